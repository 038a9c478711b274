//! What the records of the demo have in common.

use aimdb_contracts::Linkable;
use aimdb_core::{AimDb, Problem};
use aimdb_tokio_adapter::TokioAdapter;

/// Values kept of each measured record: five minutes at two a second.
pub const HISTORY_LENGTH: usize = 600;

/// Where a record goes: `a.b` to the topic `a/b`.
pub(super) fn link(key: &str) -> String {
    format!("ws://{}", aimdb_ws_protocol::key_to_topic(key))
}

/// Gives a record its first value, if it has none.
pub(super) fn begin<T: Linkable>(
    db: &AimDb<TokioAdapter>,
    key: &str,
    value: T,
) -> Result<(), Problem> {
    if db.consumer::<T>(key)?.latest().is_some() {
        return Ok(());
    }
    if let Err(error) = db.producer::<T>(key)?.produce(value) {
        tracing::warn!("{error}");
    }
    Ok(())
}
