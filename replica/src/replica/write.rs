//! Writes of this node itself.

use alloc::string::String;

use crate::clock::epoch::Epoch;
use crate::clock::stamp::Stamp;
use crate::clock::{Clock, ClockError};
use crate::codec::record::{Content, Record};

use super::merge::{Applied, Reason, Sender};
use super::{ItemId, Replica};

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local<'a> {
    pub(crate) key: &'a str,
    /// The tag; without one, the text of the stamp that the write gets.
    pub(crate) tag: Option<&'a str>,
    pub(crate) content: Content<'a>,
    pub(crate) ttl_ms: Option<u64>,
}

impl Replica {
    /// A stamp that is later than what is sealed and than another one, whatever clock it comes from.
    pub(crate) fn stamp<'a>(
        &self,
        clock: &'a mut Clock,
        wall_ms: u64,
        after: Option<Stamp<'_>>,
    ) -> Result<Stamp<'a>, ClockError> {
        let sealed_ms = self.horizon.sealed.start_ms();
        if clock.last().millis < sealed_ms {
            let node = clock.node().clone();
            clock.restore(Stamp {
                millis: sealed_ms,
                counter: 0,
                node: node.as_str(),
            })?;
        }
        if let Some(after) = after {
            clock.restore(after)?;
        }
        clock.now(wall_ms)
    }

    /// Stamps and writes a record, which wins over what is there.
    pub(crate) fn write(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        local: Local<'_>,
    ) -> Result<ItemId, Reason> {
        let before = local.tag.and_then(|tag| self.find(local.key, tag));
        let after = before.map(|record| record.stamp);
        let stamp = self.stamp(clock, wall_ms, after).map_err(Reason::Clock)?;
        self.write_stamped(stamp, local)
    }

    /// Writes a record under a stamp of [`Replica::stamp`].
    pub(crate) fn write_stamped(
        &mut self,
        stamp: Stamp<'_>,
        local: Local<'_>,
    ) -> Result<ItemId, Reason> {
        let made: String;
        let tag = match local.tag {
            Some(tag) => tag,
            None => {
                made = stamp.to_text();
                &made
            }
        };
        let record = Record {
            key: local.key,
            tag,
            stamp,
            ttl_ms: local.ttl_ms,
            content: local.content,
        };
        self.check(&record)?;
        let applied = self.apply(&record, Sender::Behind)?;
        let Applied::Changed(slot) = applied else {
            debug_assert!(false, "a stamp after all others wins: {applied:?}");
            let sealed = self.horizon.sealed;
            return Err(Reason::TooOld { sealed });
        };
        self.unsynced.insert(slot);
        self.log.push(slot, Epoch::of(stamp.millis));
        Ok(ItemId(slot))
    }
}
