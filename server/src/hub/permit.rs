//! Who may do what, as the hub asks for it.

use super::api::Refusal;
use aimdb_ws_protocol::Pattern;

/// What a client is about to do.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Follow topics, also those that come later. Whether a grant covers the pattern says
    /// [`Pattern::covers`]; `matches` is for topics.
    Subscribe(&'a Pattern),
    /// Give a topic a value.
    Write(&'a str),
    /// Read the history of topics.
    Query(&'a Pattern),
    /// Learn that there is a topic.
    List(&'a str),
}

/// Says who may do what. Asked on the hub's own thread for each action, so it answers at once.
pub trait Permit: Send + Sync {
    /// Whether somebody may do something.
    ///
    /// # Errors
    /// Why not, as it goes to the client.
    fn may(&self, who: &str, action: Action<'_>) -> Result<(), Refusal>;
}
