//! Integers that JavaScript would round: which contracts can have them, and which values do.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decode::Policy;
use crate::number::SAFE_INTEGER_MAX;
use crate::schema::{Body, Field, Kind, Link, Object, Schema, Type};
use crate::value::Value;
use crate::violation::Violation;

impl Schema {
    /// The refusal that a tab would give for an integer that JavaScript rounds; nothing if the value has none.
    pub fn rounded(&self, fields: &[Value]) -> Option<Box<Violation>> {
        if !fields.iter().any(may_be_rounded) {
            return None;
        }
        let plain = self.to_plain_json(fields);
        self.decode(&plain, Policy::JAVASCRIPT).err()
    }

    /// Whether a value of the contract can have an integer that JavaScript rounds.
    pub fn can_be_rounded(&self) -> bool {
        let mut seen = Vec::new();
        object(&self.object, self, &mut seen)
    }
}

/// Whether it is, or has in it, an integer beyond what JavaScript holds.
fn may_be_rounded(value: &Value) -> bool {
    match value {
        Value::Unsigned(value) => *value > SAFE_INTEGER_MAX,
        Value::Signed(value) => value.unsigned_abs() > SAFE_INTEGER_MAX,
        Value::Json(json) => json.flaw(None, true).is_some(),
        Value::List(parts) | Value::Object(parts) | Value::Case(_, parts) => {
            parts.iter().any(may_be_rounded)
        }
        Value::Map(entries) => entries.iter().any(|(_, value)| may_be_rounded(value)),
        _ => false,
    }
}

/// The contracts that were looked at, by address: they may nest in themselves.
type Seen = Vec<*const Schema>;

fn object(of: &Object, scope: &Schema, seen: &mut Seen) -> bool {
    of.fields
        .iter()
        .any(|Field { of, .. }| type_of(of, scope, seen))
}

fn type_of(of: &Type, scope: &Schema, seen: &mut Seen) -> bool {
    match &of.kind {
        Kind::Unsigned { bits } | Kind::Signed { bits } => *bits == 64,
        Kind::Json => true,
        Kind::List(of) | Kind::Map(of) | Kind::Nullable(of) => type_of(of, scope, seen),
        Kind::Tuple(types) => types.iter().any(|of| type_of(of, scope, seen)),
        Kind::Object(of) => object(of, scope, seen),
        Kind::Contract(link) => linked(*link, scope, seen),
        Kind::OneOf(union) => union.cases.iter().any(|case| match &case.body {
            Body::Object(of) => object(of, scope, seen),
            Body::Contract(link) => linked(*link, scope, seen),
        }),
        _ => false,
    }
}

fn linked(link: Link, scope: &Schema, seen: &mut Seen) -> bool {
    let (schema, scope) = scope.follow(link);
    let place: *const Schema = schema;
    if seen.contains(&place) {
        return false;
    }
    seen.push(place);
    object(&schema.object, scope, seen)
}
