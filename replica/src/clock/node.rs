//! The name of a replica.

use alloc::boxed::Box;
use core::fmt;

/// A node's name may have this many bytes: a UUID and a prefix fit, and a stamp's text stays below
/// [`TAG_BYTES_MAX`](crate::TAG_BYTES_MAX).
pub const NODE_BYTES_MAX: usize = 64;

/// How many letters a generated name has. 36^16 names are enough that two never meet.
const GENERATED_LETTERS: usize = 16;

/// A replica's name: 1 to [`NODE_BYTES_MAX`] bytes of UTF-8 without a `:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(Box<str>);

impl NodeId {
    /// Takes a name, or says why it is none.
    pub fn new(name: &str) -> Result<Self, NodeError> {
        check(name)?;
        Ok(Self(name.into()))
    }

    /// Makes a name of `[0-9a-z]` from 128 random bits. Equal bits give equal names.
    pub fn from_random(bits: u128) -> Self {
        let mut rest = bits;
        let letters = (0..GENERATED_LETTERS).map(|_| {
            let digit = (rest % 36) as u32;
            rest /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        });
        Self(letters.collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text may name a node.
pub(crate) fn check(name: &str) -> Result<(), NodeError> {
    if name.is_empty() {
        return Err(NodeError::Empty);
    }
    if name.len() > NODE_BYTES_MAX {
        return Err(NodeError::TooLong { bytes: name.len() });
    }
    if name.contains(':') {
        return Err(NodeError::Colon);
    }
    Ok(())
}

/// Why a text names no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeError {
    /// It has no letter.
    Empty,
    /// It has more than [`NODE_BYTES_MAX`] bytes.
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It has a `:`, which separates the parts of a stamp's text.
    Colon,
}

impl NodeError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "node_empty",
            Self::TooLong { .. } => "node_too_long",
            Self::Colon => "node_colon",
        }
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("a node's name is empty: give it a letter at least"),
            Self::TooLong { bytes } => write!(
                out,
                "a node's name has {bytes} bytes: {NODE_BYTES_MAX} are allowed"
            ),
            Self::Colon => {
                out.write_str("a node's name has a ':', which separates parts of a stamp")
            }
        }
    }
}

impl core::error::Error for NodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_or_refused_for_a_reason() {
        let check = |name: &str, expected: Result<(), NodeError>| {
            assert_eq!(NodeId::new(name).map(|_| ()), expected, "{name}");
        };
        check("n1", Ok(()));
        check("Ünï", Ok(()));
        check(&"a".repeat(NODE_BYTES_MAX), Ok(()));
        check("", Err(NodeError::Empty));
        check("a:b", Err(NodeError::Colon));
        let bytes = NODE_BYTES_MAX + 1;
        check(&"a".repeat(bytes), Err(NodeError::TooLong { bytes }));
    }

    #[test]
    fn a_generated_name_is_of_digits_and_small_letters_and_follows_its_bits() {
        for bits in [0, 1, 35, 36, u128::MAX, 0x1234_5678_9abc_def0] {
            let name = NodeId::from_random(bits);
            assert_eq!(name, NodeId::from_random(bits));
            assert_eq!(name.as_str().len(), GENERATED_LETTERS);
            let is_plain = |letter: char| letter.is_ascii_digit() || letter.is_ascii_lowercase();
            assert!(name.as_str().chars().all(is_plain));
        }
        assert_ne!(NodeId::from_random(1), NodeId::from_random(2));
    }
}
