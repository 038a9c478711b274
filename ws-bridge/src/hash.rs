//! A hash of topics in a few instructions: the one that comes with the tables is three kilobytes of every tab.
//!
//! Who knows the seed can choose topics that collide; a session's is random.

use core::hash::{BuildHasher, Hasher};

/// Makes hashers that start from a number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seeded(pub(crate) u64);

/// FNV-1a, mixed at the end since the tables look at both ends of the number.
pub(crate) struct TopicHasher(u64);

impl BuildHasher for Seeded {
    type Hasher = TopicHasher;

    fn build_hasher(&self) -> TopicHasher {
        TopicHasher(self.0 ^ 0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for TopicHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;

    #[test]
    fn topics_that_differ_in_a_number_spread_over_a_table() {
        for seed in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            // The ends that a table looks at: a place from the lowest bits, a mark from the highest.
            let (mut places, mut marks) = (vec![0_u32; 4096], vec![0_u32; 128]);
            for number in 0..40_960 {
                let hash = Seeded(seed).hash_one(format!("sensors/{number}/temperature"));
                places[(hash % 4096) as usize] += 1;
                marks[(hash >> 57) as usize] += 1;
            }
            // Ten of them in each place and 320 under each mark, give or take what chance does.
            assert!(places.iter().all(|count| *count < 40), "seed {seed}");
            assert!(
                marks.iter().all(|count| (200..450).contains(count)),
                "seed {seed}"
            );
        }
    }
}
