//! One contract described twice, e.g. by a Rust type and by a file: whether it is one, and how a value of the
//! one becomes a value of the other.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decode::Policy;
use crate::schema::Schema;
use crate::value::Value;
use crate::violation::Violation;

impl Schema {
    /// Whether both take and write the same values: one description, or two of one
    /// [fingerprint](Schema::fingerprint).
    pub fn is_alike(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
            || (self.name == other.name
                && self.version == other.version
                && self.fingerprint() == other.fingerprint())
    }

    /// Whether fields of one of two contracts that are alike are fields of the other as they are. If not, they
    /// list the cases of a union in another order, and [`recast`](Self::recast) is to be called.
    pub fn shares_fields_with(&self, other: &Self) -> bool {
        core::ptr::eq(self, other) || self.essence() == other.essence()
    }

    /// Makes fields of this contract of checked fields of one that is alike.
    ///
    /// # Errors
    /// The other contract is not alike, and this one refuses the value.
    pub fn recast(&self, of: &Self, fields: &[Value]) -> Result<Vec<Value>, Box<Violation>> {
        let plain = of.to_plain_json(fields);
        self.decode_any_version(plain, Some(self.version), Policy::default())
    }
}
