//! A pump and its meters: an engine of one's own. JavaScript opens the pump's record like any other, sets it and
//! follows the meters; what comes of it is worked out here, in the same database.

use std::time::Duration;

use aimdb_contracts::Contract;
use aimdb_core::{AimDbBuilder, BufferConfig, Level, Logger, Producer, TimeOps};
use aimdb_wasm_adapter::WasmAdapter;

aimdb_wasm_adapter::engine! {
    contracts: [Pump, Meter],
    graph: build,
}

/// What a pump is to do.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "pump", version = 1, icon = "⛽")]
struct Pump {
    on: bool,
    /// From the inlet to the outlet.
    #[contract(min_items = 1, max_items = 4)]
    stages: Vec<Stage>,
    note: Option<String>,
}

/// One wheel of a pump.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "stage", version = 1)]
struct Stage {
    /// Turns a minute.
    #[contract(min = 0, max = 3000)]
    rpm: f64,
}

/// What a meter shows.
#[derive(Clone, Copy, Debug, PartialEq, Contract)]
#[contract(name = "meter", version = 1)]
struct Meter {
    #[contract(min = 0, signal)]
    value: f64,
    /// When it was read, in Unix milliseconds.
    at: u64,
}

/// Litres a second that a turn a minute moves.
const LITRES_PER_TURN: f64 = 0.01;
/// The flow beyond which somebody should know, in litres a second.
const FLOW_HIGH: f64 = 18.0;
/// How often the pressure is read.
const READING: Duration = Duration::from_millis(100);

fn build(builder: &mut AimDbBuilder<WasmAdapter>) {
    builder.configure::<Pump>("pump", |reg| {
        reg.buffer(BufferConfig::SingleLatest);
    });
    // In bar. A sensor would be asked here; this one counts from 1 to 5.
    builder.configure::<Meter>("pressure", |reg| {
        reg.buffer(BufferConfig::SpmcRing { capacity: 32 })
            .source(read_pressure);
    });
    // In litres a second.
    builder.configure::<Meter>("flow", |reg| {
        reg.buffer(BufferConfig::SingleLatest)
            .transform("pump", |pump: &Pump| Some(flow(pump)))
            .tap(|runtime: WasmAdapter, mut flow| async move {
                while let Some(Meter { value, .. }) = flow.next().await {
                    if value > FLOW_HIGH {
                        runtime.log(Level::Warn, format_args!("the flow is {value} l/s"));
                    }
                }
            });
    });
    // In watts: what the water takes along.
    builder.configure::<Meter>("power", |reg| {
        reg.buffer(BufferConfig::SingleLatest)
            .transform_join(Power::default(), |join| {
                join.on("flow", |power: &mut Power, flow: &Meter| {
                    power.litres = Some(flow.value);
                    power.meter(flow.at)
                });
                join.on("pressure", |power: &mut Power, pressure: &Meter| {
                    power.bar = Some(pressure.value);
                    power.meter(pressure.at)
                });
            });
    });
}

async fn read_pressure(runtime: WasmAdapter, producer: Producer<Meter, WasmAdapter>) {
    for reading in 0_u32.. {
        // The page may have freed its database while this waited.
        if producer.is_closed() {
            return;
        }
        let value = f64::from(1 + reading % 5);
        let at = runtime.unix_ms();
        if let Err(error) = producer.produce(Meter { value, at }) {
            runtime.log(Level::Error, format_args!("no pressure: {error}"));
            return;
        }
        runtime.sleep(READING).await;
    }
}

fn flow(pump: &Pump) -> Meter {
    let turns = pump.stages.iter().map(|stage| stage.rpm);
    let slowest = turns.fold(f64::INFINITY, f64::min);
    Meter {
        value: if pump.on {
            slowest * LITRES_PER_TURN
        } else {
            0.0
        },
        at: WasmAdapter.unix_ms(),
    }
}

#[derive(Default)]
struct Power {
    litres: Option<f64>,
    bar: Option<f64>,
}

impl Power {
    /// Once both are known. A bar and a litre are a hundred joules.
    fn meter(&self, at: u64) -> Option<Meter> {
        let value = self.litres? * self.bar? * 100.0;
        Some(Meter { value, at })
    }
}
