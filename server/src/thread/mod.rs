//! What the hub's thread does: turns of events and sockets, and the records that it reads and writes for the hub.

pub(crate) mod clock;
mod conflict;
pub(crate) mod event;
pub(crate) mod hands;
pub(crate) mod keep;
pub(crate) mod publish;
pub(crate) mod query;
pub(crate) mod root;
pub(crate) mod source;
pub(crate) mod status;
pub(crate) mod template;
pub(crate) mod turns;
