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

mod admit;
mod attach;
pub mod buffer;
mod builder;
mod commit;
mod contract;
mod db;
mod debug;
mod door;
mod ending;
mod endpoints;
mod error;
mod failure;
mod flow;
mod graph;
mod kept;
mod key;
mod lend;
mod link;
mod part;
mod plan;
mod platform;
mod portable;
mod reader;
mod reading;
mod record;
mod registrar;
mod remove;
pub mod runtime;
mod shape;
mod shaped;
mod store;
mod task;
mod transform;
mod wakers;
mod written;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

// For whoever uses the engine and no contracts of their own.
pub use aimdb_contracts::Code;
// For `portable!`.
#[doc(hidden)]
pub use aimdb_contracts::Linkable;

pub use attach::{Attachment, Claim};
pub use buffer::{BufferConfig, Read};
pub use builder::AimDbBuilder;
pub use commit::{Commit, Counters, Entry, Origin, Write};
pub use contract::{Contract, Contracts};
pub use db::AimDb;
pub use door::{Fields, JsonDoor, RecordDoor};
pub use endpoints::{Closed, Consumer, Producer};
pub use error::{BuildError, Problem, WriteError};
pub use failure::TaskFailure;
pub use flow::Flow;
pub use graph::Node;
pub use key::{KEY_BYTES_MAX, KeyError, RECORDS_MAX, RecordId, check_key};
pub use link::{Direction, Link, LinkEvent, Links};
pub use part::{SourcePart, TapPart, TransformPart};
pub use platform::{Level, Logger, StateCell, TimeOps};
pub use portable::{Each, EachPart, Every, EveryPart, Portable};
pub use reader::DoorReader;
pub use reading::{Next, READS_PER_TURN, Reader};
pub use record::Record;
pub use registrar::{Join, Registrar};
pub use runtime::{Erase, Hold, Part, RuntimeAdapter, Spawn};
pub use shape::{Described, Packed, Shape, Typed};
pub use shaped::{Door, TypedDoor};
pub use store::names::Names;
pub use task::{GRACE, Task};
pub use transform::{Stateful, Stateless, Step, Transform};
pub use written::{JOURNAL_MAX, Written};
