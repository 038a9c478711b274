//! A pumping station for the technician of `examples/field-pwa`: a boiler, a pump, and a tank with a valve.
//!
//! Guarantees: it answers what is set and commanded, and what technicians send is kept as long as its bytes have room. Does
//! not: obey a command that is older than a command may be, whoever delivers it.

mod contracts;
mod plant;

use self::contracts::{Command, Measure, Photo, Reading, Setpoint, Valve};
use self::plant::{Level, Loop, Position};
use super::shared::{begin, link};
use crate::store::Keep;
use aimdb_contracts::builtin::Temperature;
use aimdb_contracts::{Linkable, Timestamp};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Problem, TimeOps};
use aimdb_tokio_adapter::TokioAdapter;

const READINGS: &str = "field.readings";
const PHOTOS: &str = "field.photos";
const COMMANDS: &str = "field.commands";
const VALVE: &str = "field.tank.valve";
const LEVEL: &str = "field.tank.level";
const BOILER: Machine = Machine {
    setpoint: "field.boiler.setpoint",
    measure: "field.boiler.measure",
    at_start: 62.0,
};
const PUMP: Machine = Machine {
    setpoint: "field.pump.setpoint",
    measure: "field.pump.measure",
    at_start: 4.2,
};

/// Readings of about two years of a busy technician.
const READINGS_KEPT: Keep = Keep {
    values: 100_000,
    bytes: 64 * 1024 * 1024,
    age_ms: u64::MAX,
};
/// Photos count by their bytes: about 600 of them.
const PHOTOS_KEPT: Keep = Keep {
    values: 10_000,
    bytes: 32 * 1024 * 1024,
    age_ms: u64::MAX,
};

/// Something that follows a setpoint.
struct Machine {
    setpoint: &'static str,
    measure: &'static str,
    at_start: f64,
}

/// How much is kept of topics whose values are not like others, where there is a folder for it.
pub(super) fn keeps() -> [(String, Keep); 3] {
    let topic = |key| aimdb_ws_protocol::key_to_topic(key).to_string();
    [
        (topic(READINGS), READINGS_KEPT),
        (topic(PHOTOS), PHOTOS_KEPT),
        (topic(COMMANDS), Keep::values(1_000)),
    ]
}

/// Adds the records. `clock` is a record that has a value twice a second.
pub(super) fn configure(builder: &mut AimDbBuilder<TokioAdapter>, clock: &'static str) {
    taken::<Reading>(builder, READINGS, BufferConfig::SpmcRing { capacity: 200 });
    taken::<Photo>(builder, PHOTOS, BufferConfig::SpmcRing { capacity: 24 });
    taken::<Command>(builder, COMMANDS, BufferConfig::SpmcRing { capacity: 50 });
    for machine in [BOILER, PUMP] {
        taken::<Setpoint>(builder, machine.setpoint, BufferConfig::SingleLatest);
        builder.configure::<Measure>(machine.measure, |reg| {
            reg.buffer(BufferConfig::SingleLatest)
                .transform_join(Loop::at(machine.at_start), |join| {
                    join.on::<Setpoint, _>(machine.setpoint, Loop::set)
                        .on::<Temperature, _>(clock, Loop::step);
                })
                .link_to(&link(machine.measure));
        });
    }
    builder.configure::<Valve>(VALVE, |reg| {
        reg.buffer(BufferConfig::SingleLatest)
            .transform_join(Position::default(), |join| {
                join.on::<Command, _>(COMMANDS, Position::obey)
                    .on::<Temperature, _>(clock, Position::step);
            })
            .link_to(&link(VALVE));
    });
    builder.configure::<Measure>(LEVEL, |reg| {
        reg.buffer(BufferConfig::SingleLatest)
            .transform_join(Level::default(), |join| {
                join.on::<Valve, _>(VALVE, Level::hear)
                    .on::<Temperature, _>(clock, Level::step);
            })
            .link_to(&link(LEVEL));
    });
}

/// A record that technicians write.
fn taken<T: Linkable>(
    builder: &mut AimDbBuilder<TokioAdapter>,
    key: &'static str,
    buffer: BufferConfig,
) {
    builder.configure::<T>(key, |reg| {
        reg.buffer(buffer).link_to(&link(key)).link_from(&link(key));
    });
}

/// Gives the machines their first setpoints.
pub(super) fn start(db: &AimDb<TokioAdapter>) -> Result<(), Problem> {
    let now = Timestamp(i64::try_from(db.runtime().unix_ms()).unwrap_or(i64::MAX));
    for machine in [BOILER, PUMP] {
        let setpoint = Setpoint {
            value: machine.at_start,
            by: "control room".into(),
            timestamp: now,
        };
        begin(db, machine.setpoint, setpoint)?;
    }
    Ok(())
}
