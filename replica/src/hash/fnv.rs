//! FNV-1a, 32 bits, over UTF-16 code units: what a key's path and partition follow.

const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// How many partitions keys are spread over.
pub const PARTITIONS: u32 = 271;

/// The hash of a text. Each code unit is xored whole, so a JavaScript string gives the same.
pub fn fnv1a(text: &str) -> u32 {
    if text.is_ascii() {
        return text
            .bytes()
            .fold(BASIS, |hash, byte| step(hash, u16::from(byte)));
    }
    text.encode_utf16().fold(BASIS, step)
}

fn step(hash: u32, unit: u16) -> u32 {
    (hash ^ u32::from(unit)).wrapping_mul(PRIME)
}

/// The partition of a key, below [`PARTITIONS`].
pub fn partition(key: &str) -> u32 {
    fnv1a(key) % PARTITIONS
}
