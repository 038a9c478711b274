//! The machines of the pumping station, a step each time that the plant's clock ticks.
//!
//! Guarantees: no clock and no randomness but what comes in. Does not: claim to be hydraulics.

use super::contracts::{Action, Command, Measure, Setpoint, Valve};
use aimdb_contracts::Timestamp;
use aimdb_contracts::builtin::Temperature;

/// Ticks of the clock between two values: one a second.
const TICKS_EACH: u32 = 2;
/// The share of the way to its setpoint that a machine goes between two values.
const SPEED: f64 = 0.12;
/// How far what is measured sways around where the machine is, as a share of it.
const SWAY: f64 = 0.002;
/// A command that is older than this is not obeyed: whoever gave it is not looking any more.
const COMMAND_AGE_MS_MAX: i64 = 30_000;
/// Per cent of the tank that come in through the open valve, and that leave it, between two values.
const INFLOW: f64 = 0.9;
const OUTFLOW: f64 = 0.25;
/// What the tank is never filled above, nor emptied below, in per cent.
const FULL: f64 = 96.0;
const LOW: f64 = 12.0;

fn time_of(tick: &Temperature) -> Timestamp {
    Timestamp(i64::try_from(tick.timestamp).unwrap_or(i64::MAX))
}

/// A control loop: what is measured follows the setpoint.
pub(super) struct Loop {
    value: f64,
    setpoint: f64,
    ticks: u32,
}

impl Loop {
    pub(super) fn at(value: f64) -> Self {
        Self {
            value,
            setpoint: value,
            ticks: 0,
        }
    }

    pub(super) fn set(&mut self, setpoint: &Setpoint) -> Option<Measure> {
        self.setpoint = setpoint.value;
        None
    }

    pub(super) fn step(&mut self, tick: &Temperature) -> Option<Measure> {
        self.ticks = self.ticks.wrapping_add(1);
        if !self.ticks.is_multiple_of(TICKS_EACH) {
            return None;
        }
        self.value += (self.setpoint - self.value) * SPEED;
        let sway = (f64::from(self.ticks) * 0.7).sin() * SWAY * self.value;
        Some(Measure {
            value: ((self.value + sway) * 100.0).round() / 100.0,
            timestamp: time_of(tick),
        })
    }
}

/// The valve: stays as it was commanded last.
#[derive(Default)]
pub(super) struct Position {
    is_open: bool,
    now: i64,
    is_told: bool,
}

impl Position {
    pub(super) fn obey(&mut self, command: &Command) -> Option<Valve> {
        // Before the first tick there are only commands of before this start.
        let age_ms = self.now.saturating_sub(command.timestamp.0);
        let wants_open = command.action == Action::Open;
        if self.now == 0 || age_ms > COMMAND_AGE_MS_MAX || wants_open == self.is_open {
            return None;
        }
        self.is_open = wants_open;
        Some(Valve {
            open: self.is_open,
            timestamp: Timestamp(self.now),
        })
    }

    pub(super) fn step(&mut self, tick: &Temperature) -> Option<Valve> {
        self.now = time_of(tick).0;
        if self.is_told {
            return None;
        }
        self.is_told = true;
        Some(Valve {
            open: false,
            timestamp: time_of(tick),
        })
    }
}

/// The tank's level: rises while the valve is open, and falls with what the town takes.
pub(super) struct Level {
    percent: f64,
    is_open: bool,
    ticks: u32,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            percent: 58.0,
            is_open: false,
            ticks: 0,
        }
    }
}

impl Level {
    pub(super) fn hear(&mut self, valve: &Valve) -> Option<Measure> {
        self.is_open = valve.open;
        None
    }

    pub(super) fn step(&mut self, tick: &Temperature) -> Option<Measure> {
        self.ticks = self.ticks.wrapping_add(1);
        if !self.ticks.is_multiple_of(TICKS_EACH) {
            return None;
        }
        let inflow = if self.is_open { INFLOW } else { 0.0 };
        self.percent = (self.percent + inflow - OUTFLOW).clamp(LOW, FULL);
        Some(Measure {
            value: (self.percent * 10.0).round() / 10.0,
            timestamp: time_of(tick),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_contracts::{Linkable as _, Settable as _};

    fn tick(timestamp: u64) -> Temperature {
        Temperature::set(20.0, timestamp)
    }

    fn open_at(timestamp: i64) -> Command {
        let json = format!(r#"{{"id":"command-1","action":"open","timestamp":{timestamp}}}"#);
        Command::from_bytes(json.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_measured_comes_to_its_setpoint() {
        let mut machine = Loop::at(60.0);
        machine.set(&Setpoint {
            value: 70.0,
            by: "test".into(),
            timestamp: Timestamp(0),
        });
        let last = (1..200).filter_map(|ms| machine.step(&tick(ms))).last();
        assert!((last.unwrap().value - 70.0).abs() < 0.5);
    }

    #[test]
    fn a_command_is_obeyed_within_thirty_seconds_and_not_later() {
        let cases = [(1_000, true), (31_000, true), (31_001, false)];
        for (now, is_obeyed) in cases {
            let mut valve = Position::default();
            valve.step(&tick(now));
            assert_eq!(valve.obey(&open_at(1_000)).is_some(), is_obeyed, "{now}");
        }
    }

    #[test]
    fn a_command_from_before_the_start_is_not_obeyed() {
        assert_eq!(Position::default().obey(&open_at(1_000)), None);
    }

    #[test]
    fn the_tank_fills_while_the_valve_is_open_and_never_runs_over() {
        let mut tank = Level::default();
        let mut after = |open, ticks: u64| {
            tank.hear(&Valve {
                open,
                timestamp: Timestamp(0),
            });
            (0..ticks)
                .filter_map(|ms| tank.step(&tick(ms)))
                .last()
                .unwrap()
                .value
        };
        assert!(after(true, 20) > 60.0);
        assert!((after(true, 1_000) - FULL).abs() < 0.1);
        assert!((after(false, 1_000) - LOW).abs() < 0.1);
    }
}
