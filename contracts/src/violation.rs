//! A refusal: which record, which field, what was expected and what came.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// Longest rendering of what came, in characters: a refusal is for people and logs.
pub const GOT_LENGTH_MAX: usize = 80;

/// Why a value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Another kind of value was expected.
    Kind,
    /// A number is NaN or infinite, or too large for its width.
    NotFinite,
    /// A number is outside its range.
    Range,
    /// A field that must be there is not.
    Missing,
    /// A field that the contract does not know, where that is refused.
    UnknownField,
    /// An integer that JavaScript cannot hold exactly.
    UnsafeInteger,
    /// Text, bytes, a list or a map beyond its limit.
    TooLong,
    /// Text, bytes, a list or a map below its least length.
    TooShort,
    /// A number that is no multiple of the step that is asked for.
    Multiple,
    /// Text that none of the choices is.
    Choice,
    /// Text that does not match its pattern.
    Pattern,
    /// A pattern that takes too many steps on this text.
    PatternSteps,
    /// Nothing here can judge patterns; see [`pattern`](crate::pattern).
    PatternEngine,
    /// Text that is not of its format.
    Format,
    /// An element that stands in its list twice.
    NotUnique,
    /// Nested too deeply.
    TooDeep,
    /// A value of too many parts.
    TooLarge,
    /// An object that is no data, such as a `Map` of JavaScript.
    NotData,
    /// Text with half a character, which JavaScript and JSON can write and Unicode does not have.
    LoneSurrogate,
    /// A version that cannot be one.
    VersionInvalid,
    /// A version that is newer than the contract.
    VersionTooNew,
    /// A version from which no migrations lead to the contract's.
    VersionTooOld,
    /// A value of an older version that does not become one of this.
    MigrationFailed,
    /// The input could not be read at all, e.g. it is not JSON.
    Malformed,
}

impl Reason {
    /// The word of it, which goes over the wire and into messages for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::NotFinite => "not_finite",
            Self::Range => "range",
            Self::Missing => "missing",
            Self::UnknownField => "unknown_field",
            Self::UnsafeInteger => "unsafe_integer",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Multiple => "multiple",
            Self::Choice => "choice",
            Self::Pattern => "pattern",
            Self::PatternSteps => "pattern_steps",
            Self::PatternEngine => "pattern_engine",
            Self::Format => "format",
            Self::NotUnique => "not_unique",
            Self::TooDeep => "too_deep",
            Self::TooLarge => "too_large",
            Self::NotData => "not_data",
            Self::LoneSurrogate => "lone_surrogate",
            Self::VersionInvalid => "version_invalid",
            Self::VersionTooNew => "version_too_new",
            Self::VersionTooOld => "version_too_old",
            Self::MigrationFailed => "migration_failed",
            Self::Malformed => "malformed",
        }
    }
}

/// A value that a contract refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The key of the record that was to be written, once that is known.
    pub record: Option<String>,
    /// The name of the contract.
    pub schema: Cow<'static, str>,
    /// The field, e.g. `position.latitude` or `readings[3]`; empty for the value as a whole.
    pub path: String,
    /// What the contract asks for.
    pub expected: String,
    /// What came, shortened to [`GOT_LENGTH_MAX`].
    pub got: String,
    /// The kind of disagreement.
    pub reason: Reason,
}

impl Violation {
    /// The same refusal with the record's key.
    pub fn in_record(mut self: Box<Self>, key: &str) -> Box<Self> {
        self.record = Some(key.into());
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(record) = &self.record {
            write!(out, "record '{record}': ")?;
        }
        out.write_str(&self.schema)?;
        if !self.path.is_empty() {
            write!(out, ": {}", self.path)?;
        }
        write!(out, ": expected {}, got {}", self.expected, self.got)
    }
}

impl core::error::Error for Violation {}

/// Shortens what came to something a log line can hold.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(GOT_LENGTH_MAX) {
        None => text.into(),
        Some((end, _)) => {
            let mut short = String::from(&text[..end]);
            short.push('…');
            short
        }
    }
}
