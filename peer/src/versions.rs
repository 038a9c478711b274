//! Contracts that a server holds in another version than the records here: whoever has the newer one converts.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::Schema;
use aimdb_core::{Fields, Names, RecordDoor};
use aimdb_ws_bridge::{Bridge, Entry};
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

/// A value as JSON text for a server: in its own, older version of the contract, where it has one; with the version, where
/// there is a choice. What does not become one is sent as it is, and refused there with the reason.
pub(crate) fn outgoing(
    schema: &Schema,
    fields: &Fields,
    older: Option<u32>,
) -> (String, Option<u32>) {
    let Some(version) = older else {
        return (schema.to_json(fields), None);
    };
    match in_older(schema, fields, version) {
        Some(text) => (text, Some(version)),
        None => (schema.to_json(fields), Some(schema.version)),
    }
}

fn in_older(schema: &Schema, fields: &Fields, version: u32) -> Option<String> {
    let value = schema.to_plain_json(fields);
    let older = schema.migrate_down(value, version).ok()?;
    Some(older.to_text())
}

/// Makes of the writes that wait in a session what a server takes that holds an older version of their contract.
pub(crate) fn fit<D: RecordDoor + ?Sized>(
    records: &Records<D>,
    session: SessionId,
    (bridge, admitted): (&mut Bridge, &mut [Entry]),
) {
    if records.iter().all(|bound| bound.older.is_none()) {
        return;
    }
    let known = |entry: &Entry| {
        let source = entry.source.as_ref()?;
        let bound = records.get(source.record)?;
        let is_it = *bound.door.key() == *source.key && bound.session == Some(session);
        Some((bound.door.schema(), bound.older.filter(|_| is_it)?))
    };
    let mut make = |entry: &Entry| {
        let (schema, older) = known(entry)?;
        if entry.version.unwrap_or(schema.version) <= older {
            return None;
        }
        let fields = &entry.source.as_ref()?.fields;
        Some((in_older(schema, fields, older)?, older))
    };
    bridge.convert(admitted, &mut make, &|entry| Some(known(entry)?.0.version));
}
