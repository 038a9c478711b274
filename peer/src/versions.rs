//! Contracts that a server holds in another version than the records here: whoever has the newer one converts.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::Schema;
use aimdb_core::{Fields, Names, RecordDoor};
use aimdb_ws_protocol::HeldContract;

use crate::api::SessionId;
use crate::bound::Records;

/// The contracts of the records that a session mirrors, each once.
pub(crate) fn held<D: RecordDoor + ?Sized>(
    records: &Records<D>,
    session: SessionId,
) -> Vec<HeldContract<'static>> {
    let (mut held, mut names) = (Vec::new(), Names::default());
    for bound in records
        .iter()
        .filter(|bound| bound.session == Some(session))
    {
        let schema = bound.door.schema();
        if names.get(&schema.name).is_none() {
            names.insert((*schema.name).into(), 0);
            held.push(HeldContract {
                name: Cow::Owned(schema.name.to_string()),
                version: schema.version.into(),
                fingerprint: Cow::Owned(schema.fingerprint_text()),
            });
        }
    }
    held
}

/// Notes of which contracts the session's server holds an older version.
pub(crate) fn note<D: RecordDoor + ?Sized>(
    records: &mut Records<D>,
    session: SessionId,
    held: &[HeldContract<'_>],
) {
    let mut places = Names::default();
    for (place, held) in held.iter().enumerate() {
        places.insert(held.name.as_ref().into(), place);
    }
    let mirrored = records.iter_mut();
    for bound in mirrored.filter(|bound| bound.session == Some(session)) {
        let schema = bound.door.schema();
        let theirs = places.get(&schema.name).and_then(|place| held.get(place));
        let theirs = theirs.and_then(|held| u32::try_from(held.version).ok());
        bound.older = theirs.filter(|theirs| *theirs < schema.version);
    }
}

/// A value as JSON text for a server: in its own, older version of the contract, where it has one. What
/// does not become one is sent as it is, and refused there with the reason.
pub(crate) fn outgoing(schema: &Schema, fields: &Fields, older: Option<u32>) -> String {
    let older = older.and_then(|version| {
        let value = schema.to_plain_json(fields);
        schema.migrate_down(value, version).ok()
    });
    match older {
        Some(value) => value.to_text(),
        None => schema.to_json(fields),
    }
}
