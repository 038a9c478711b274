//! The clocks of one machine in the world.

/// Where Unix time stands when a world begins.
pub const UNIX_MS: u64 = 1_795_166_172_014;

/// A monotonic clock that stands still while its machine sleeps, and a wall clock that goes on and can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    mono_ms: u64,
    wall_ms: u64,
}

impl Clock {
    /// A machine that was switched on so many milliseconds ago.
    #[must_use]
    pub fn new(mono_ms: u64) -> Self {
        Self {
            mono_ms,
            wall_ms: UNIX_MS,
        }
    }

    /// Milliseconds since it was switched on, without those that it slept.
    #[must_use]
    pub fn mono_ms(self) -> u64 {
        self.mono_ms
    }

    /// Unix milliseconds, as this machine believes.
    #[must_use]
    pub fn wall_ms(self) -> u64 {
        self.wall_ms
    }

    /// Time passes.
    pub fn pass(&mut self, ms: u64) {
        self.mono_ms += ms;
        self.wall_ms += ms;
    }

    /// Time passes while the machine sleeps.
    pub fn sleep(&mut self, ms: u64) {
        self.wall_ms += ms;
    }

    /// Somebody sets the clock.
    pub fn set(&mut self, ahead: bool, by_ms: u64) {
        self.wall_ms = match ahead {
            true => self.wall_ms.saturating_add(by_ms),
            false => self.wall_ms.saturating_sub(by_ms),
        };
    }

    /// The program begins again: its monotonic clock has another zero.
    pub fn begin_again(&mut self, mono_ms: u64) {
        self.mono_ms = mono_ms;
    }
}
