//! A temperature as it was measured, and one that is asked for.

use super::walk::Walk;
use crate::{Contract, Settable, Simulatable};

/// A measured temperature.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "temperature", version = 2, icon = "🌡️")]
pub struct Temperature {
    /// The version of the shape, 2 when the sender did not say.
    #[contract(default = 2)]
    pub schema_version: u32,
    /// The temperature.
    #[contract(unit = "°C", signal)]
    pub celsius: f32,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
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
