//! Whether a write is taken that is taken on a condition: judged by the newest value of its record, with what is under way.
//!
//! Guarantees: all writes of clients come here one after the other, each when those before it are in their records or under
//! way, so no two of them find the same value. Does not: wait for what a program's own thread writes in the same moment.

use crate::hub::{Cause, Contender, Present, Refusal, Winner, judge, superseded};
use crate::thread::source::{Newest, Source, number_in};
use aimdb_core::Fields;
use aimdb_ws_protocol::Condition;

/// Why a write is not taken.
pub(crate) struct Lost {
    pub(crate) refusal: Refusal,
    /// Whether it lost against something that is still to be kept, so that nobody may hear of it yet.
    pub(crate) is_early: bool,
}

/// The newest value that was read of the record has the number `seq`; `is_kept` says whether clients are told of it already.
pub(crate) fn check(
    source: &Source,
    condition: &Condition<'_>,
    (cause, fields): (&Cause, &Fields),
    (seq, is_kept): (u64, bool),
    now_ms: u64,
) -> Result<(), Lost> {
    let schema = source.door.schema();
    let newest = source.newest();
    let time_in = |fields: &Fields| match condition {
        Condition::Newer { field } => number_in(schema, fields, field),
        _ => None,
    };
    let write = Contender {
        client: cause.name.as_deref(),
        time: time_in(fields),
    };
    let by = newest.cause.as_ref();
    let present = Present {
        seq: match &newest.fields {
            None => Some(0),
            Some(_) => newest.is_told.then_some(seq),
        },
        by: by.and_then(|cause| Some((cause.name.as_deref()?, cause.write?))),
        time: newest.fields.as_ref().and_then(time_in),
    };
    judge(condition, write, present, now_ms).map_err(|refusal| Lost {
        is_early: newest.is_under_way || !is_kept,
        refusal: complete(refusal, schema, newest, (seq, is_kept)),
    })
}

/// The refusal with the value that won, if it lost against one.
fn complete(
    refusal: Refusal,
    schema: &aimdb_contracts::Schema,
    newest: Newest,
    (seq, is_kept): (u64, bool),
) -> Refusal {
    let is_lost = refusal.reason == superseded(None).reason;
    let is_settled = is_kept || newest.is_under_way;
    let Some(fields) = newest.fields.filter(|_| is_lost && is_settled) else {
        // The hub knows what is there once it has been told of it.
        return refusal;
    };
    superseded(Some(Winner {
        payload: schema.to_json(&fields).into(),
        seq: newest.seq.or(newest.is_told.then_some(seq)),
    }))
}
