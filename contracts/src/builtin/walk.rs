//! A random walk that stays near a middle: how the simulated sensors move.

/// Where a simulated value moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walk {
    /// What it is drawn back to.
    pub middle: f32,
    /// The largest step at once.
    pub step: f32,
    /// How far from the middle it may get.
    pub reach: f32,
}

impl Walk {
    /// The value after `previous`, to two decimals.
    pub(super) fn step(&self, previous: Option<f32>, random: &mut fastrand::Rng) -> f32 {
        let before = previous.unwrap_or(self.middle);
        let drift = (self.middle - before) * 0.02;
        let moved = before + drift + (random.f32() * 2.0 - 1.0) * self.step;
        let kept = moved.clamp(self.middle - self.reach, self.middle + self.reach);
        // `f32::round` is not in core; the values are far below 2^31.
        let hundredths = kept * 100.0;
        let half = if hundredths < 0.0 { -0.5 } else { 0.5 };
        (hundredths + half) as i32 as f32 / 100.0
    }
}
