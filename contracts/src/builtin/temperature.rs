//! A temperature as it was measured, and one that is asked for.

use alloc::vec;
use alloc::vec::Vec;

use super::walk::Walk;
use crate::json::Json;
use crate::migrate::{Change, Migration};
use crate::{Contract, Settable, Simulatable};

/// A measured temperature.
///
/// Version 1 was `{ temp, unit: "C" | "F" | "K", timestamp }`; a value that says another unit was of no version and
/// does not become one of this.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "temperature", version = 2, icon = "🌡️", migrations = migrations)]
pub struct Temperature {
    /// The version of the shape, 2 when the sender did not say.
    #[contract(default = 2)]
    pub schema_version: u32,
    /// The temperature.
    ///
    /// From absolute zero to a million °C. Thermocouples end below 2,400 °C and pyrometers below 4,000 °C, and the heat of
    /// a plasma is told in electronvolts: what is above was not measured but computed wrongly.
    #[contract(unit = "°C", min = -273.15, max = 1_000_000, signal)]
    pub celsius: f32,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

/// From version 1 and back, where °C stand in the place of whatever unit it was.
fn migrations() -> Vec<Migration> {
    let field = |name: &str| name.into();
    let is_unit = |unit: &str, mut steps: Vec<Change>| {
        // Only where the unit is known: otherwise there is no `celsius`, and the value is refused.
        steps.push(Change::Rename {
            from: field("temp"),
            to: field("celsius"),
        });
        Change::When {
            field: field("unit"),
            is: Json::Text(unit.into()),
            steps,
        }
    };
    let scale = |factor, offset| Change::Scale {
        field: field("temp"),
        factor,
        offset,
    };
    vec![Migration {
        from: 1,
        up: vec![
            is_unit("C", Vec::new()),
            is_unit("F", vec![scale(5.0 / 9.0, -160.0 / 9.0)]),
            is_unit("K", vec![scale(1.0, -273.15)]),
            Change::Drop {
                field: field("unit"),
            },
        ],
        down: vec![
            Change::Rename {
                from: field("celsius"),
                to: field("temp"),
            },
            Change::Add {
                field: field("unit"),
                value: Json::Text("C".into()),
            },
        ],
    }]
}

impl Settable for Temperature {
    type Value = f32;

    fn set(celsius: f32, timestamp: u64) -> Self {
        Self {
            schema_version: 2,
            celsius,
            timestamp,
        }
    }
}

impl Simulatable for Temperature {
    type Params = Walk;

    fn simulate(
        walk: &Walk,
        previous: Option<&Self>,
        random: &mut fastrand::Rng,
        timestamp: u64,
    ) -> Self {
        Self::set(
            walk.step(previous.map(|before| before.celsius), random),
            timestamp,
        )
    }
}

/// A temperature that is asked for.
///
/// It has the shape of a [`Temperature`], so that a client that knows only that can write one, and
/// a range that no room controller needs to leave.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "setpoint", version = 2, icon = "🎚️")]
pub struct Setpoint {
    /// The version of the shape, 2 when the sender did not say.
    #[contract(default = 2)]
    pub schema_version: u32,
    /// The temperature that is asked for.
    #[contract(unit = "°C", min = -50.0, max = 100.0, signal)]
    pub celsius: f32,
    /// When it was asked for.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

impl Settable for Setpoint {
    type Value = f32;

    fn set(celsius: f32, timestamp: u64) -> Self {
        Self {
            schema_version: 2,
            celsius,
            timestamp,
        }
    }
}
