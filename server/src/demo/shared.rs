//! What the records of the demo have in common.

/// Values kept of each measured record: five minutes at two a second.
pub const HISTORY_LENGTH: usize = 600;

/// Where a record goes: `a.b` to the topic `a/b`.
pub(super) fn link(key: &str) -> String {
    format!("ws://{}", aimdb_ws_protocol::key_to_topic(key))
}
