//! Records with a contract and a buffer, who writes them, who reads them, and how one derives from
//! another: the engine, on any runtime.
//!
//! A [`Record`] is a typed value in one of three [buffers](buffer). Values come in through a
//! [`Producer`], a source, a transform or the record's [door](RecordDoor), and the contract refuses
//! what is wrong at every one of them. Readers ([`Consumer`]) each have a place of their own. What
//! is too slow is told how much it missed and goes on: lag is a value, not an error.
//!
//! The engine does no I/O and knows no platform. A [`RuntimeAdapter`] brings clocks, tasks, a log
//! and the cell in which shared state lives.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

extern crate alloc;
// The runtime of the tests is written for users of this crate.
#[cfg(test)]
extern crate self as aimdb_core;
#[cfg(test)]
extern crate std;

pub mod buffer;
mod contract;
mod db;
mod debug;
mod error;
mod graph;
mod key;
mod link;
mod plan;
mod platform;
mod record;
pub mod runtime;
mod store;
mod task;
mod wakers;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

// For whoever uses the engine and no contracts of their own.
pub use aimdb_contracts::Code;
// For `portable!`.
#[doc(hidden)]
pub use aimdb_contracts::Linkable;

pub use buffer::{BufferConfig, Read};
pub use contract::{Contract, Contracts};
pub use db::AimDb;
pub use db::attach::{Attachment, Claim};
pub use db::builder::AimDbBuilder;
pub use error::{BuildError, Problem, WriteError};
pub use graph::Node;
pub use key::{KEY_BYTES_MAX, KeyError, RECORDS_MAX, RecordId, check_key};
pub use link::{Direction, Link, LinkEvent, Links};
pub use plan::portable::{Each, EachPart, Every, EveryPart, Portable};
pub use plan::registrar::{Join, Registrar};
pub use platform::{Level, Logger, StateCell, TimeOps};
pub use record::Record;
pub use record::commit::{Commit, Counters, Entry, Origin, Write};
pub use record::door::{Fields, JsonDoor, RecordDoor};
pub use record::endpoints::{Closed, Consumer, Producer};
pub use record::reader::DoorReader;
pub use record::reading::{Next, READS_PER_TURN, Reader};
pub use record::shape::{Described, Packed, Shape, Typed};
pub use record::shaped::{Door, TypedDoor};
pub use record::written::{JOURNAL_MAX, Written};
pub use runtime::{Erase, Hold, Part, RuntimeAdapter, Spawn};
pub use store::names::Names;
pub use task::failure::TaskFailure;
pub use task::flow::Flow;
pub use task::part::{SourcePart, TapPart, TransformPart};
pub use task::transform::{Stateful, Stateless, Step, Transform};
pub use task::{GRACE, Task};
