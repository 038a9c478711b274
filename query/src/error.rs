//! What is told when a query is refused or breaks off: a code, a sentence, and the place in the text.

use std::fmt;

use crate::code::Code;

/// Where something stands in the text of a query, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Of its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

impl Span {
    /// From the beginning of this one to the end of another.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A place of a text as people count: both from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What stands there, at most [`PIECE_CHARACTERS_MAX`] characters.
    pub piece: String,
}

/// Characters of the text that an error repeats.
pub const PIECE_CHARACTERS_MAX: usize = 40;

/// Why a query was refused or broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    code: Code,
    message: String,
    span: Option<Span>,
    place: Option<Place>,
}

impl QueryError {
    /// An error that has no place in a text.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span: None,
            place: None,
        }
    }

    pub(crate) fn at(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            ..Self::new(code, message)
        }
    }

    /// What failed, as a stable word.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What failed and what is possible there, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The place in the text, unless the error has none.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Counts the lines up to the place.
    pub(crate) fn in_text(mut self, text: &str) -> Self {
        let Some(span) = self.span else {
            return self;
        };
        if self.place.is_none() {
            let before = text.get(..span.start).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let piece = text.get(span.start..span.end).unwrap_or_default();
            self.place = Some(Place {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                piece: piece.chars().take(PIECE_CHARACTERS_MAX).collect(),
            });
        }
        self
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) if place.piece.is_empty() => {
                write!(out, "line {}, column {}: ", place.line, place.column)?;
            }
            Some(place) => write!(
                out,
                "line {}, column {}, at `{}`: ",
                place.line, place.column, place.piece
            )?,
            None => {}
        }
        out.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

/// The result of everything here that can fail.
pub type Result<T, E = QueryError> = std::result::Result<T, E>;
