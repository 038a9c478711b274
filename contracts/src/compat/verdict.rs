//! What one difference means.

use alloc::string::String;

/// Whether a reader takes what a writer writes; the worse is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every value is taken.
    Holds,
    /// It cannot be told.
    MayBreak,
    /// Some value is refused.
    Breaks,
}

impl Verdict {
    /// A stable word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::MayBreak => "may_break",
            Self::Breaks => "breaks",
        }
    }
}

/// A difference as one side meets it.
pub(super) struct Finding {
    pub(super) place: String,
    pub(super) what: String,
    pub(super) verdict: Verdict,
    pub(super) mend: Option<String>,
}
