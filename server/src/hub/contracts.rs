//! The contracts of the topics: what clients are told of them, and values for those who hold an older
//! version.
//!
//! Guarantees: only versions that the migrations lead to are converted to. Does not: check values; the
//! record's contract has.

use aimdb_contracts::{Json, Schema};
use aimdb_ws_protocol::HeldContract;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A contract, with what is said of it worked out once.
pub(super) struct Known {
    schema: Arc<Schema>,
    pub(super) fingerprint: String,
    /// The contract file.
    pub(super) file: String,
}

/// How what a client holds compares with what is known here.
pub(super) enum Comparison {
    /// The same, or a newer version: then the client converts.
    Fine,
    /// An older version, to which values are converted.
    Older(u32),
    /// An older version to which no migrations lead.
    TooOld,
    /// The same version of something else.
    Mismatch,
}

/// Contracts by name.
pub(super) type Contracts = BTreeMap<String, Known>;

impl Known {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        Self {
            fingerprint: schema.fingerprint_text(),
            file: schema.to_file().to_text(),
            schema,
        }
    }

    pub(super) fn version(&self) -> u32 {
        self.schema.version
    }

    /// What a hello says of it.
    pub(super) fn held(&self) -> HeldContract<'static> {
        HeldContract {
            name: Cow::Owned(self.schema.name.to_string()),
            version: self.schema.version.into(),
            fingerprint: Cow::Owned(self.fingerprint.clone()),
        }
    }

    pub(super) fn compare(&self, held: &HeldContract<'_>) -> Comparison {
        let ours = u64::from(self.schema.version);
        if held.version == ours && *held.fingerprint != *self.fingerprint {
            return Comparison::Mismatch;
        }
        match u32::try_from(held.version) {
            Ok(version) if u64::from(version) < ours => match self.schema.knows_version(version) {
                true => Comparison::Older(version),
                false => Comparison::TooOld,
            },
            _ => Comparison::Fine,
        }
    }

    /// A value as one of an older version; nothing if it does not become one.
    pub(super) fn older(&self, payload: &str, version: u32) -> Option<Arc<str>> {
        let value = Json::parse_for_contract(payload).ok()?;
        let older = self.schema.migrate_down(value, version).ok()?;
        Some(older.to_text().into())
    }
}
