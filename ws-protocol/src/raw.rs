//! A JSON value that stays text.
//!
//! Guarantees: what was checked is exactly one JSON value without white space around it.
//! Does not: parse what is inside.

use crate::error::FrameError;
use serde::de::IgnoredAny;

/// One JSON value as its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    /// Takes text that may be anything.
    ///
    /// # Errors
    /// [`FrameError::NotJson`] when the text is not exactly one JSON value.
    pub fn check(text: &'a str) -> Result<Self, FrameError> {
        // Asking for nothing reads the grammar and builds nothing.
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| FrameError::NotJson)?;
        Ok(Self(text.trim_matches([' ', '\t', '\n', '\r'])))
    }

    /// Takes text that something else has already read as JSON.
    #[must_use]
    pub fn known(text: &'a str) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn get(self) -> &'a str {
        self.0
    }
}
