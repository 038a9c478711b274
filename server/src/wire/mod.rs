//! Sockets after their upgrade: taken out of the HTTP stack, read and written by one thread.
//!
//! Guarantees: an idle connection keeps no buffer; every queue has a bound in bytes; a close is announced with its
//! code and waits a bounded time for what was sent before. Does not: know what messages say; the hub does.

mod codec;
mod connection;
mod sockets;
mod stream;

#[cfg(feature = "fuzzing")]
pub(crate) use codec::Decoder;
pub(crate) use codec::{Broken, Message};
pub(crate) use connection::{Phase, Taken};
pub(crate) use sockets::{Seen, Sockets};
pub(crate) use stream::Stream;
