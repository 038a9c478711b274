//! SHA-256, where somebody could gain from a collision.

use sha2::Digest;

/// A SHA-256 sum.
pub type Sha256 = [u8; 32];

/// SHA-256 of some parts, one after the other. Who calls it sees to it that the parts cannot be cut elsewhere.
pub(crate) fn sha256(parts: &[&[u8]]) -> Sha256 {
    let mut sum = sha2::Sha256::new();
    for part in parts {
        sum.update(part);
    }
    sum.finalize().into()
}
