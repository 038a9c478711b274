//! Values that a device keeps, to be shown before there is a network.
//!
//! Guarantees: what is kept is what a server has confirmed over the present connection, and nothing that was only written
//! here; what is put back is shown as restored, until a server says what it has. Does not: keep anything; the driver does.

use aimdb_contracts::{Policy, Violation};
use aimdb_core::{BufferConfig, Fields, Origin, RecordDoor, RecordId, RuntimeAdapter, Write};
use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::api::{Payload, SessionId};
use crate::conflict::Basis;
use crate::peer::Peer;

/// What is known of a value besides itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its number within the topic, where the server numbers its values.
    pub seq: Option<u64>,
    /// The server that gave it.
    pub server: Option<&'a str>,
    /// The versions of values that are in a ring though no server took them.
    pub untaken: Vec<u64>,
}

impl<R: RuntimeAdapter> Peer<R> {
    /// What is known of a record's newest value, if a later run may show it: nothing of one that holds what no server has
    /// confirmed, nor of commands.
    pub fn seen(&self, id: RecordId) -> Option<Seen<'_>> {
        let bound = self.records.get(id)?;
        let is_state = !matches!(bound.door.buffer(), BufferConfig::Mailbox);
        if !is_state || bound.mirror.has_pending() || !self.is_confirmed(id) {
            return None;
        }
        let session = self.sessions.get(bound.session?)?.as_ref()?;
        Some(Seen {
            seq: bound.seq,
            server: session.bridge.instance(),
            untaken: bound.own.untaken(),
        })
    }

    /// The server that a session of an earlier run has heard last. Said before the session starts.
    pub fn heard_before(&mut self, session: SessionId, server: &str) {
        if let Some(session) = self.sessions.get_mut(session).and_then(Option::as_mut) {
            session.bridge.heard_before(server);
        }
    }

    /// Shows a value that an earlier run has kept, of this version of the contract. `seq` is its number under the server that
    /// was [heard before](Self::heard_before): a ring asks for what came since, and a write that must find things unchanged names
    /// it. Nothing where no session mirrors the record.
    ///
    /// # Errors
    /// The contract does not take it any more, and then the record stays as it is.
    pub fn restore_value(
        &mut self,
        id: RecordId,
        payload: &dyn Payload,
        version: Option<u32>,
        seq: Option<u64>,
    ) -> Result<(), Box<Violation>> {
        let Some(bound) = self
            .records
            .get_mut(id)
            .filter(|bound| bound.session.is_some())
        else {
            return Ok(());
        };
        let fields: Fields = payload.decode(bound.door.schema(), version, Policy::JAVASCRIPT)?;
        // It fits the contract: it was decoded by it.
        let _ = bound.door.accept(fields, Write::from(Origin::Restored));
        bound.seq = seq.or(bound.seq);
        bound.shown = Basis::of(seq);
        Ok(())
    }
}
