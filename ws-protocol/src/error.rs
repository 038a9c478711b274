//! What can be wrong with a frame, and the error codes that stand on the wire.
//!
//! Guarantees: every error says which frame and which field, and has a stable code.
//! Does not: carry the offending text (it may be large or secret).

use crate::code::Code;
use alloc::string::String;
use core::fmt;

/// The six error codes of version 1. A seventh would make published clients drop the frame, so
/// detail goes into `reason` instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The client did not say who it is.
    Unauthorized,
    /// The client may not do this, or has too much of it.
    Forbidden,
    /// No such topic.
    UnknownTopic,
    /// The frame or its payload cannot be read.
    SerializationError,
    /// The write was read and refused.
    WriteError,
    /// The server cannot do this now.
    ServerError,
}

impl ErrorCode {
    /// All codes, in the order of the protocol's text.
    pub const ALL: [Self; 6] = [
        Self::Unauthorized,
        Self::Forbidden,
        Self::UnknownTopic,
        Self::SerializationError,
        Self::WriteError,
        Self::ServerError,
    ];

    /// The code as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Forbidden => "FORBIDDEN",
            Self::UnknownTopic => "UNKNOWN_TOPIC",
            Self::SerializationError => "SERIALIZATION_ERROR",
            Self::WriteError => "WRITE_ERROR",
            Self::ServerError => "SERVER_ERROR",
        }
    }

    /// Reads a code from the wire.
    #[must_use]
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldProblem {
    /// The frame needs it and it is not there.
    Missing,
    /// It is there with a type or a value the protocol does not have.
    WrongType,
}

/// Why a text is not a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// The text is not one JSON object.
    NotJson,
    /// A field is missing or has the wrong type.
    Field {
        /// The frame's type, or `frame` when the type itself is what is wrong.
        frame: &'static str,
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        problem: FieldProblem,
    },
    /// The frame's type is none that this side understands.
    UnknownType {
        /// The type's first characters.
        name: String,
    },
    /// The frame is beyond its size limit.
    TooLarge {
        /// Bytes that came.
        bytes: usize,
        /// Bytes that are allowed.
        bytes_max: usize,
    },
}

impl FrameError {
    /// What failed, as a stable code for programs: one of [`Code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson => Code::NotJson.as_str(),
            Self::Field {
                problem: FieldProblem::Missing,
                ..
            } => Code::MissingField.as_str(),
            Self::Field {
                problem: FieldProblem::WrongType,
                ..
            } => Code::WrongFieldType.as_str(),
            Self::UnknownType { .. } => Code::UnknownType.as_str(),
            Self::TooLarge { .. } => Code::FrameTooLarge.as_str(),
        }
    }

    /// The word for it that goes over the wire, as a frame's `reason`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::Field {
                problem: FieldProblem::Missing,
                ..
            } => "missing_field",
            Self::Field {
                problem: FieldProblem::WrongType,
                ..
            } => "wrong_field_type",
            Self::UnknownType { .. } => "unknown_type",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The words a published server uses, because clients show them.
            Self::NotJson => out.write_str("Invalid JSON message"),
            Self::Field {
                frame,
                field,
                problem: FieldProblem::Missing,
            } => {
                write!(out, "{frame}: the field `{field}` is missing")
            }
            Self::Field {
                frame,
                field,
                problem: FieldProblem::WrongType,
            } => {
                write!(
                    out,
                    "{frame}: the field `{field}` has a wrong type or value"
                )
            }
            Self::UnknownType { name } => write!(out, "unknown message type `{name}`"),
            Self::TooLarge { bytes, bytes_max } => {
                write!(
                    out,
                    "the message has {bytes} bytes, at most {bytes_max} are allowed"
                )
            }
        }
    }
}

impl core::error::Error for FrameError {}
