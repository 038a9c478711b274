//! What of a schema a contract cannot say.

use alloc::string::String;
use core::fmt;

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
        "SCHEMA_UNSUPPORTED"
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
}

impl fmt::Display for SchemaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("schema: ")?;
        out.write_str(&self.keyword)?;
        if !self.pointer.is_empty() {
            out.write_str(" at ")?;
            out.write_str(&self.pointer)?;
        }
        out.write_str(": ")?;
        out.write_str(&self.reason)
    }
}

impl core::error::Error for SchemaError {}
