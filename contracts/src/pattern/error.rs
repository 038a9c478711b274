//! Why a pattern is none, or cannot be judged.

use alloc::string::String;
use core::fmt;

/// Longest pattern, in characters: several times what the longest useful ones have.
pub const PATTERN_LENGTH_MAX: usize = 512;

/// Why a pattern cannot be used, or gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It has more than [`PATTERN_LENGTH_MAX`] characters.
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// It is no ECMAScript regular expression, in the words of the engine.
    Syntax(String),
    /// Finding out took more steps than are allowed for one text.
    TooManySteps,
    /// Nothing here can judge patterns: no engine was installed, and the feature `patterns` is off.
    NoEngine,
}

impl fmt::Display for PatternError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { characters } => write!(
                out,
                "a pattern has at most {PATTERN_LENGTH_MAX} characters, this one {characters}"
            ),
            Self::Syntax(words) => out.write_str(words),
            Self::TooManySteps => out.write_str("the pattern takes too many steps on this text"),
            Self::NoEngine => out.write_str("there is no engine for patterns here"),
        }
    }
}

impl core::error::Error for PatternError {}
