//! Why a batch or a registration was refused.
//!
//! A refusal leaves everything as it was. Each error has a stable code for programs and a sentence for people.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::code::Code;

/// An error on its way out: one word, so that what may refuse takes hardly more code than what never does.
pub type Refusal = Box<Error>;

/// The reason of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A write below a number, a text, a boolean or an opaque value.
    ThroughPrimitive {
        /// The path that was to be written.
        path: String,
        /// The path above it that holds no object.
        blocked_at: String,
    },
    /// A write past the end of an array by more than one.
    PastArrayEnd {
        /// The path that was to be written.
        path: String,
        /// The array's length.
        length: u32,
    },
    /// A write below an array to something that is no index.
    NotAnIndex {
        /// The path that was to be written.
        path: String,
    },
    /// A write to a path that a computation owns.
    ComputedTarget {
        /// The path that was to be written.
        path: String,
    },
    /// The rules still produced changes after the last allowed round.
    NotSettled {
        /// How many rounds were run.
        rounds: u32,
        /// A path that was still changing.
        path: String,
    },
    /// One batch wrote more values than any batch may.
    TooManyWrites {
        /// The limit.
        writes_max: u32,
    },
    /// Listeners answered listeners too many times.
    ListenerTooDeep {
        /// The limit.
        depth_max: u32,
    },
    /// A path is the target and a source of aggregations.
    AggregationCycle {
        /// The path.
        path: String,
    },
    /// A path would have to equal, or to invert, something below it.
    NestedMembers {
        /// The path.
        path: String,
    },
    /// A computation depends on its own target.
    ComputationCycle {
        /// The path.
        path: String,
    },
    /// Two rules of different kinds would own one target.
    TargetTaken {
        /// The target.
        path: String,
    },
    /// A clear target has more `[*]` than a trigger of its rule.
    UnboundWildcard {
        /// The target's pattern.
        target: String,
    },
    /// A rule nests deeper than allowed.
    LogicTooDeep {
        /// The limit.
        depth_max: usize,
    },
    /// A path has too many segments.
    PathTooDeep {
        /// How many it has at least.
        segments: usize,
    },
    /// A text is too long.
    TextTooLong {
        /// Its length.
        bytes: usize,
    },
    /// The path table is full.
    TooManyPaths,
    /// The string table is full.
    TooManyTexts,
    /// The arrays of a batch do not fit together.
    MalformedInput {
        /// The entry at which this was noticed.
        index: usize,
        /// What is wrong with it.
        reason: InputFault,
    },
}

/// What is wrong with an entry of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputFault {
    /// The arrays differ in length.
    Length,
    /// The path id names no path.
    Path,
    /// The kind code is unknown, or may not be written.
    Kind,
    /// The number is no index of a text or slot.
    Number,
    /// A part lies not below the object or array it follows, or its index is not the next one.
    Part,
}

impl Error {
    /// What failed, in a word that never changes: one of [`Code`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::ThroughPrimitive { .. } => Code::ThroughPrimitive.as_str(),
            Self::PastArrayEnd { .. } => Code::PastArrayEnd.as_str(),
            Self::NotAnIndex { .. } => Code::NotAnIndex.as_str(),
            Self::ComputedTarget { .. } => Code::ComputedTarget.as_str(),
            Self::NotSettled { .. } => Code::NotSettled.as_str(),
            Self::TooManyWrites { .. } => Code::TooManyWrites.as_str(),
            Self::ListenerTooDeep { .. } => Code::ListenerTooDeep.as_str(),
            Self::AggregationCycle { .. } => Code::AggregationCycle.as_str(),
            Self::NestedMembers { .. } => Code::NestedMembers.as_str(),
            Self::ComputationCycle { .. } => Code::ComputationCycle.as_str(),
            Self::TargetTaken { .. } => Code::TargetTaken.as_str(),
            Self::UnboundWildcard { .. } => Code::UnboundWildcard.as_str(),
            Self::LogicTooDeep { .. } => Code::LogicTooDeep.as_str(),
            Self::PathTooDeep { .. } => Code::PathTooDeep.as_str(),
            Self::TextTooLong { .. } => Code::TextTooLong.as_str(),
            Self::TooManyPaths => Code::TooManyPaths.as_str(),
            Self::TooManyTexts => Code::TooManyTexts.as_str(),
            Self::MalformedInput { .. } => Code::MalformedInput.as_str(),
        }
    }
}

/// The refusal of an entry of a batch.
#[cold]
pub(crate) fn malformed(index: usize, reason: InputFault) -> Refusal {
    Error::MalformedInput { index, reason }.into()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThroughPrimitive { path, blocked_at } => {
                write!(
                    f,
                    "cannot write '{path}': '{blocked_at}' holds a value that is no object"
                )
            }
            Self::PastArrayEnd { path, length } => {
                write!(
                    f,
                    "cannot write '{path}': the array has {length} elements, the next index is {length}"
                )
            }
            Self::NotAnIndex { path } => {
                write!(f, "cannot write '{path}': an array takes only indexes")
            }
            Self::ComputedTarget { path } => {
                write!(f, "cannot write '{path}': a computation owns it")
            }
            Self::NotSettled { rounds, path } => {
                write!(
                    f,
                    "the rules do not settle: '{path}' still changed after {rounds} rounds"
                )
            }
            Self::TooManyWrites { writes_max } => {
                write!(
                    f,
                    "the rules wrote more than {writes_max} values in one batch"
                )
            }
            Self::ListenerTooDeep { depth_max } => {
                write!(
                    f,
                    "listeners answered each other more than {depth_max} times"
                )
            }
            Self::AggregationCycle { path } => {
                write!(
                    f,
                    "'{path}' would be both target and source of aggregations"
                )
            }
            Self::NestedMembers { path } => {
                write!(f, "'{path}' cannot be bound to something above or below it")
            }
            Self::ComputationCycle { path } => {
                write!(f, "the computation of '{path}' depends on itself")
            }
            Self::TargetTaken { path } => {
                write!(f, "'{path}' is already the target of another kind of rule")
            }
            Self::UnboundWildcard { target } => {
                write!(
                    f,
                    "clear target '{target}' has more [*] than one of its triggers"
                )
            }
            Self::LogicTooDeep { depth_max } => {
                write!(f, "a rule nests deeper than {depth_max} levels")
            }
            Self::PathTooDeep { segments } => {
                write!(f, "a path has {segments} segments, which is too many")
            }
            Self::TextTooLong { bytes } => write!(f, "a text of {bytes} bytes is too long"),
            Self::TooManyPaths => f.write_str("there are too many paths"),
            Self::TooManyTexts => f.write_str("there are too many texts"),
            Self::MalformedInput { index, reason } => {
                let what = match reason {
                    InputFault::Length => "the arrays differ in length",
                    InputFault::Path => "the path id names no path",
                    InputFault::Kind => "the kind cannot be written",
                    InputFault::Number => "the number is no index of a text or slot",
                    InputFault::Part => "a part does not fit the object before it",
                };
                write!(f, "entry {index} of the batch is malformed: {what}")
            }
        }
    }
}

impl core::error::Error for Error {}
