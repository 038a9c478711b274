//! When, and by whom, something was written: a total order, and its text.

use alloc::string::String;
use core::fmt;

use super::node::{self, NodeError};

/// The last millisecond that a stamp can name: JavaScript's largest exact integer.
pub const MILLIS_MAX: u64 = (1 << 53) - 1;

/// A hybrid timestamp. Ordered by `millis`, then `counter`, then `node` by its UTF-8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp<'a> {
    /// Milliseconds since 1970, at most [`MILLIS_MAX`].
    pub millis: u64,
    /// Tells apart what was written in one millisecond.
    pub counter: u32,
    /// Who wrote it. [`NodeId::new`](crate::NodeId::new) says what a name may be.
    pub node: &'a str,
}

impl<'a> Stamp<'a> {
    /// Reads `millis:counter:node`: exactly three parts, the first two of decimal digits only.
    pub fn parse(text: &'a str) -> Result<Self, StampError> {
        let mut parts = text.split(':');
        let (Some(millis), Some(counter), Some(node), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(StampError::Parts {
                count: text.split(':').count(),
            });
        };
        let stamp = Self {
            millis: digits(millis, MILLIS_MAX).ok_or(StampError::Millis)?,
            counter: digits(counter, u64::from(u32::MAX)).ok_or(StampError::Counter)? as u32,
            node,
        };
        stamp.check()?;
        Ok(stamp)
    }

    /// Whether its parts are within their limits.
    pub fn check(&self) -> Result<(), StampError> {
        if self.millis > MILLIS_MAX {
            return Err(StampError::Millis);
        }
        node::check(self.node).map_err(StampError::Node)
    }

    /// The text that [`Stamp::parse`] reads.
    pub fn to_text(&self) -> String {
        use alloc::string::ToString;
        self.to_string()
    }
}

impl fmt::Display for Stamp<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.millis, self.counter, self.node)
    }
}

/// A number of decimal digits and nothing else, up to a limit.
fn digits(text: &str, max: u64) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= max)
}

/// Why something is no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampError {
    /// The text has not exactly three parts.
    Parts {
        /// How many it has.
        count: usize,
    },
    /// The milliseconds are no decimal integer up to [`MILLIS_MAX`].
    Millis,
    /// The counter is no decimal integer of 32 bits.
    Counter,
    /// The node's name is none.
    Node(NodeError),
}

impl StampError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Parts { .. } => "stamp_parts",
            Self::Millis => "stamp_millis",
            Self::Counter => "stamp_counter",
            Self::Node(error) => error.reason(),
        }
    }
}

impl fmt::Display for StampError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts { count } => write!(
                out,
                "a stamp has {count} parts: it must be millis:counter:node"
            ),
            Self::Millis => write!(
                out,
                "a stamp's milliseconds must be a decimal integer from 0 to {MILLIS_MAX}"
            ),
            Self::Counter => write!(
                out,
                "a stamp's counter must be a decimal integer from 0 to {}",
                u32::MAX
            ),
            Self::Node(error) => error.fmt(out),
        }
    }
}

impl core::error::Error for StampError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_read_or_refused_for_a_reason() {
        let check = |text: &str, expected: Result<(u64, u32, &str), StampError>| {
            let got = Stamp::parse(text).map(|stamp| (stamp.millis, stamp.counter, stamp.node));
            assert_eq!(got, expected, "{text}");
        };
        check("0:0:n", Ok((0, 0, "n")));
        check("1700000000000:42:Ünï", Ok((1_700_000_000_000, 42, "Ünï")));
        check(
            "9007199254740991:4294967295:n",
            Ok((MILLIS_MAX, u32::MAX, "n")),
        );
        check("9007199254740992:0:n", Err(StampError::Millis));
        check("99999999999999999999999:0:n", Err(StampError::Millis));
        check("0:4294967296:n", Err(StampError::Counter));
        check("-5:0:n", Err(StampError::Millis));
        check("+5:0:n", Err(StampError::Millis));
        check(" 5:0:n", Err(StampError::Millis));
        check("1.9:0:n", Err(StampError::Millis));
        check("1e3:0:n", Err(StampError::Millis));
        check("١:0:n", Err(StampError::Millis));
        check(":0:n", Err(StampError::Millis));
        check("0::n", Err(StampError::Counter));
        check("0:0:", Err(StampError::Node(NodeError::Empty)));
        check("", Err(StampError::Parts { count: 1 }));
        check("0:0", Err(StampError::Parts { count: 2 }));
        check("0:0:a:b", Err(StampError::Parts { count: 4 }));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_written_again(text in "[0-9:a-c]{0,12}") {
            if let Ok(stamp) = Stamp::parse(&text) {
                let again = stamp.to_text();
                prop_assert_eq!(Stamp::parse(&again), Ok(stamp));
            }
        }

        #[test]
        fn the_order_is_millis_then_counter_then_bytes(
            a in (0u64..3, 0u32..3, "[a-cü_]{1,3}"), b in (0u64..3, 0u32..3, "[a-cü_]{1,3}")
        ) {
            fn stamp(parts: &(u64, u32, String)) -> Stamp<'_> {
                Stamp { millis: parts.0, counter: parts.1, node: &parts.2 }
            }
            fn plain(parts: &(u64, u32, String)) -> (u64, u32, &[u8]) {
                (parts.0, parts.1, parts.2.as_bytes())
            }
            prop_assert_eq!(stamp(&a).cmp(&stamp(&b)), plain(&a).cmp(&plain(&b)));
        }
    }
}
