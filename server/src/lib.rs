//! The hub as a state machine, and the server around it.
//!
//! Guarantees: the hub performs no I/O and never panics on what a client sends; the server
//! publishes the records of an `AimDb` that are linked to `ws://…`, checks each write of a client
//! against the record's contract, and answers it. Does not by itself: encrypt, ask who comes, or
//! outlive its process. A listener of [`Certificate`] does the first, [`Server::guard`] the second,
//! [`Server::with_store`] the third; without them it belongs on no network that you do not trust.
//!
//! ```
//! use aimdb_contracts::{Settable, builtin::Temperature};
//! use aimdb_core::{AimDbBuilder, BufferConfig};
//! use aimdb_server::{Config, Server};
//! use aimdb_tokio_adapter::TokioAdapter;
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! let mut builder = AimDbBuilder::new(TokioAdapter::current()?);
//! let links = builder.connector("ws");
//! builder.configure::<Temperature>("room.temperature", |reg| {
//!     reg.buffer(BufferConfig::SingleLatest)
//!         .link_to("ws://room/temperature")
//!         .link_from("ws://room/temperature");
//! });
//! let db = builder.build()?;
//! db.producer::<Temperature>("room.temperature")?.produce(Temperature::set(21.5, 1))?;
//!
//! let server = Server::new(Config::default(), links)?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let shutdown = async { /* such as a signal */ };
//! server.serve(listener, shutdown).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod auth;
pub mod check;
pub mod command;
pub mod config;
pub mod demo;
mod edge;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod hub;
pub mod records;
mod server;
pub mod store;
mod thread;
pub mod watch;
mod wire;

/// The HTTP stack that routes and layers are made with.
pub use axum;

pub use aimdb_ws_protocol::{ErrorCode, Pattern};
pub use config::Config;
pub use edge::authorize::Authorize;
pub use edge::listen::{Listen, ListenError, ListenProblem};
pub use edge::tls::{Certificate, TlsIo, TlsListener};
pub use error::{LinkError, ServeError};
pub use server::{Server, new_instance};
pub use thread::template::Template;
