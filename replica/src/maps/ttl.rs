//! Times to live, as JavaScript has them.

use core::fmt;

use crate::codec::record::TTL_MS_MAX;

/// The time to live that a number of JavaScript means: a whole one from 1 to [`TTL_MS_MAX`].
pub fn ttl_from_number(number: f64) -> Result<u64, TtlError> {
    let ttl_ms = number as u64;
    let is_exact = ttl_ms as f64 == number && (1..=TTL_MS_MAX).contains(&ttl_ms);
    match is_exact {
        true => Ok(ttl_ms),
        false => Err(TtlError { number }),
    }
}

/// A number that is no time to live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TtlError {
    /// The number.
    pub number: f64,
}

impl TtlError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        "replica_ttl"
    }
}

impl fmt::Display for TtlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the number: printing a double is 6 kB of a tab's download.
        write!(
            out,
            "a time to live must be a whole number of milliseconds from 1 to {TTL_MS_MAX}"
        )
    }
}

impl core::error::Error for TtlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_or_refused() {
        let check = |number: f64, expected: Option<u64>| {
            assert_eq!(ttl_from_number(number).ok(), expected, "{number}");
        };
        check(1.0, Some(1));
        check(TTL_MS_MAX as f64, Some(TTL_MS_MAX));
        check(TTL_MS_MAX as f64 + 1.0, None);
        check(0.0, None);
        check(-1.0, None);
        check(1.5, None);
        check(f64::NAN, None);
        check(f64::INFINITY, None);
    }
}
