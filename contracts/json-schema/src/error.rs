//! What of a schema a contract cannot say.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use aimdb_contracts::{Code, Json};

/// A keyword that cannot be converted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The keyword, e.g. `patternProperties`; of a contract file, the name of the part.
    pub keyword: String,
    /// The schema in which it stands, as a JSON pointer: `/properties/lines/items`; empty for the whole.
    pub pointer: String,
    /// What is in the way, and where there is one, a way around it.
    pub reason: String,
}

impl SchemaError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        Code::SchemaUnsupported.as_str()
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn new(keyword: &str, pointer: &str, reason: &str) -> Self {
        Self {
            keyword: keyword.into(),
            pointer: pointer.into(),
            reason: reason.into(),
        }
    }

    /// The error as one line for a person.
    pub fn words(&self) -> String {
        let place = if self.pointer.is_empty() { "" } else { " at " };
        let parts = [
            "schema: ",
            &self.keyword,
            place,
            &self.pointer,
            ": ",
            &self.reason,
        ];
        parts.concat()
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.words())
    }
}

impl core::error::Error for SchemaError {}

/// What a conversion gives, or what stands in its way.
pub(crate) type Result<'a, T> = core::result::Result<T, Refusal<'a>>;

/// The same on its way: its place is not yet looked up.
#[derive(Debug)]
pub(crate) struct Refusal<'a> {
    pub(crate) keyword: &'a str,
    pub(crate) at: &'a Json,
    pub(crate) reason: Cow<'static, str>,
}

impl<'a> Refusal<'a> {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(keyword: &'a str, at: &'a Json, reason: &'static str) -> Self {
        Self {
            keyword,
            at,
            reason: Cow::Borrowed(reason),
        }
    }

    /// With a reason that is made of several.
    #[cold]
    #[inline(never)]
    pub(crate) fn of(keyword: &'a str, at: &'a Json, reason: &[&str]) -> Self {
        Self {
            keyword,
            at,
            reason: Cow::Owned(reason.concat()),
        }
    }
}
