//! Defaults of fields.

use core::fmt;

use crate::value::Value;

/// What an absent field reads as.
#[derive(Clone)]
pub enum Preset {
    /// Written by the derive.
    Made(fn() -> Value),
    /// Read from a file.
    Given(Value),
}

impl Preset {
    /// The value.
    pub fn value(&self) -> Value {
        match self {
            Self::Made(make) => make(),
            Self::Given(value) => value.clone(),
        }
    }
}

impl fmt::Debug for Preset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(out)
    }
}
