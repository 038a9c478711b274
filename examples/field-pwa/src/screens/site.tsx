/** The machines of the station: what they measure, and what they are asked for. */
import { SITE } from '../records.js';
import { SetpointCard } from './setpoint.js';
import { TankCard } from './tank.js';
import { TodayCard } from './today.js';

export function SiteScreen() {
  return (
    <>
      <h1>{SITE}</h1>
      <div className="cards">
        <SetpointCard
          name="Boiler 1"
          icon="flame"
          what="Flow temperature"
          measure="field.boiler.measure"
          setpoint="field.boiler.setpoint"
          unit="°C"
          step={0.5}
          min={40}
          max={85}
        />
        <SetpointCard
          name="Pump 2"
          icon="pump"
          what="Pressure"
          measure="field.pump.measure"
          setpoint="field.pump.setpoint"
          unit="bar"
          step={0.1}
          min={1}
          max={8}
        />
        <TankCard />
        <TodayCard />
      </div>
    </>
  );
}
