//! Texts, as far as constants can look at them.

use super::Cow;

/// Code points: bytes that do not continue one.
pub(super) const fn characters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut index, mut count) = (0, 0);
    while index < bytes.len() {
        count += (bytes[index] & 0b1100_0000 != 0b1000_0000) as usize;
        index += 1;
    }
    count
}

pub(super) const fn is_same(this: &str, that: &str) -> bool {
    let (this, that) = (this.as_bytes(), that.as_bytes());
    if this.len() != that.len() {
        return false;
    }
    let mut index = 0;
    while index < this.len() {
        if this[index] != that[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[allow(
    clippy::ptr_arg,
    reason = "a constant keeps its text longer than a plain reference says"
)]
pub(super) const fn borrowed(text: &Cow<'static, str>) -> &'static str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(_) => panic!("a constant owns nothing"),
    }
}
