//! Everything before the hub: who connects, under which name and through which proxy, what is answered over HTTP, and
//! the way to a WebSocket.

pub(crate) mod accept;
pub(crate) mod addresses;
pub(crate) mod authority;
pub(crate) mod authorize;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod listen;
pub(crate) mod lobby;
pub(crate) mod origin;
pub(crate) mod page_origin;
pub(crate) mod proxy;
pub(crate) mod room;
pub(crate) mod tls;
pub(crate) mod upgrade;
