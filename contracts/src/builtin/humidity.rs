//! How humid the air is.

use super::walk::Walk;
use crate::{Contract, Settable, Simulatable};

/// Relative humidity.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "humidity", version = 1, icon = "💧")]
pub struct Humidity {
    /// Relative humidity.
    #[contract(unit = "%", min = 0.0, max = 100.0, signal)]
    pub percent: f32,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

impl Settable for Humidity {
    type Value = f32;

    fn set(percent: f32, timestamp: u64) -> Self {
        Self { percent, timestamp }
    }
}

impl Simulatable for Humidity {
    type Params = Walk;

    fn simulate(
        walk: &Walk,
        previous: Option<&Self>,
        random: &mut fastrand::Rng,
        timestamp: u64,
    ) -> Self {
        let percent = walk.step(previous.map(|before| before.percent), random);
        Self::set(percent.clamp(0.0, 100.0), timestamp)
    }
}
