//! Chance from a seed.

/// A generator (splitmix64): the same on every machine and in every run of a seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The chance of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0, below `bound`; 0 where there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        match bound {
            0 => 0,
            _ => self.any() % bound,
        }
    }

    /// A place in a list of this length.
    pub fn place(&mut self, length: usize) -> usize {
        // A remainder of a length fits a length.
        self.below(length as u64) as usize
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A generator of its own, for a part of the world.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.any())
    }
}
