//! Any JSON object.

use alloc::borrow::Cow;

use crate::migrate::Migrations;
use crate::schema::{Object, Ref, Schema};

/// Any JSON object, kept as it is: for values that something else judges, such as a schema of an application's own.
///
/// It is within [`JSON_BYTES_MAX`](crate::JSON_BYTES_MAX) and [`JSON_DEPTH_MAX`](crate::JSON_DEPTH_MAX).
pub static JSON: Schema = Schema {
    name: Cow::Borrowed("json"),
    version: 1,
    doc: Cow::Borrowed("Any JSON object, kept as it is."),
    icon: Cow::Borrowed(""),
    signal: None,
    object: Object::ANY,
    contracts: Ref::Static(&[]),
    migrations: Migrations::NONE,
};
