//! The migrations of a contract, as data.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::json::Json;

/// The field in which a value says which version of its contract it is, where the contract has it as an integer. As another number
/// a contract with it is refused; as what is no number, such as a text, it is a field like any other.
pub const VERSION_FIELD: &str = "schema_version";

/// How deep a `when` may stand in another.
pub const STEPS_DEPTH_MAX: usize = 8;

/// The migrations of a contract, from version to next version: ascending and without a hole.
#[derive(Clone)]
pub enum Migrations {
    /// Of a Rust type; made when they are needed.
    Made(fn() -> Vec<Migration>),
    /// Read from a file.
    Given(Arc<[Migration]>),
}

impl Migrations {
    /// There are none.
    pub const NONE: Self = Self::Made(Vec::new);

    /// Every one, by version.
    pub fn list(&self) -> Cow<'_, [Migration]> {
        match self {
            Self::Given(list) => Cow::Borrowed(list),
            Self::Made(make) => Cow::Owned(make()),
        }
    }
}

impl fmt::Debug for Migrations {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list().fmt(out)
    }
}

/// The steps between one version and the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// The older version; the newer one is the next.
    pub from: u32,
    /// From the older to the newer.
    pub up: Vec<Change>,
    /// From the newer to the older.
    pub down: Vec<Change>,
}

/// A step of a migration.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A field gets another name, with whatever it holds. It need not be there.
    Rename {
        /// Its name before.
        from: String,
        /// Its name after.
        to: String,
    },
    /// A field that is not there gets a value.
    Add {
        /// Its name.
        field: String,
        /// The value.
        value: Json,
    },
    /// A field goes.
    Drop {
        /// Its name.
        field: String,
    },
    /// A number becomes `number * factor + offset`.
    Scale {
        /// Its name.
        field: String,
        /// What it is multiplied by.
        factor: f64,
        /// What is added then.
        offset: f64,
    },
    /// One of these values becomes the one beside it; any other stays.
    Map {
        /// Its name.
        field: String,
        /// Values before and after.
        values: Vec<(Json, Json)>,
    },
    /// Steps that are taken only if a field has a value.
    When {
        /// Its name.
        field: String,
        /// The value.
        is: Json,
        /// The steps.
        steps: Vec<Change>,
    },
    /// The whole value becomes another one, by code. It cannot travel: a contract file leaves out its migration
    /// and all before it, so that a peer that knows the file alone is told that such a version is too old.
    Code(Code),
}

/// A step that is code of this program; [`typed`](crate::migrate::typed) makes one of a Rust type.
#[derive(Clone, Copy)]
pub struct Code(pub fn(Json) -> Result<Json, String>);

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Code")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Migration {
    /// Whether one of its steps is code.
    pub fn is_code(&self) -> bool {
        self.up.iter().chain(&self.down).any(Change::is_code)
    }
}

impl Change {
    fn is_code(&self) -> bool {
        match self {
            Self::Code(_) => true,
            Self::When { steps, .. } => steps.iter().any(Self::is_code),
            _ => false,
        }
    }
}
