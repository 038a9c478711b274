//! XXH64, by the crate `twox-hash`: it is `no_std`, kept, and its licence is on our list; `xxhash-rust`'s is not.

use twox_hash::XxHash64;

/// XXH64 of some bytes.
pub fn xxh64(seed: u64, bytes: &[u8]) -> u64 {
    XxHash64::oneshot(seed, bytes)
}
