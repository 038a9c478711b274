//! State addressed by path, with rules between paths: a batch of changes goes in, a settled set of changes and a plan
//! of whom to call comes out.
//!
//! The crate guarantees that a batch is a transaction, that the same input gives the same output in the same order,
//! and that a change is never lost and a non-change never passed on. It does no I/O, calls no function of the user's
//! and never looks into opaque values.
//!
//! ```
//! use aimdb_pipeline::{Engine, Input, Kind, Origin, Rules};
//!
//! let mut engine = Engine::default();
//! let rules = Rules { sync: vec![("a".into(), "b".into())], ..Rules::default() };
//! engine.register(&rules)?;
//! let a = engine.intern_path(b"a")?;
//! let input = Input { paths: &[a.0], numbers: &[2.5], ..Input::default() };
//! let report = engine.process(input, Origin::default())?;
//! assert_eq!(report.numbers, [2.5, 2.5]);
//! let report = engine.process(input, Origin::default())?;
//! assert!(report.is_unchanged());
//! # Ok::<(), aimdb_pipeline::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
#[macro_use]
extern crate std;

mod aggregation;
mod batch;
mod clear;
mod computation;
mod conditions;
mod diff;
mod engine;
mod error;
mod flip;
mod fragment;
mod graph;
mod groups;
mod id_map;
mod listeners;
mod logic;
mod marks;
pub mod matching;
pub mod number_text;
mod numbered;
mod order;
mod pairs;
mod paths;
mod registrations;
mod registry;
mod report;
mod rules;
mod settle;
mod slots;
mod state;
mod strings;
mod sync;
mod table;
mod template;
pub mod text;
mod validation;
mod value;
mod value_logic;
mod watch;

pub use aggregation::Aggregations;
pub use batch::{Input, Lineage};
pub use clear::{Clear, ClearRule};
pub use computation::{Computations, Operation};
pub use conditions::{ConcernReport, Concerns};
pub use engine::{Engine, LISTENER_DEPTH_MAX, Origin};
pub use error::{Error, InputFault, Refusal};
pub use flip::Flip;
pub use graph::Graph;
pub use listeners::{ABOVE_SCOPE, ListenerPlan, Listeners};
pub use logic::{BoolLogic, Compiled, LOGIC_DEPTH_MAX, Literal};
pub use paths::{PATHS_MAX, PathId, Paths, SEGMENTS_MAX};
pub use registry::Registry;
pub use report::Report;
pub use rules::{AggregationRule, ComputationRule, ListenerRule, Registered, Rules};
pub use settle::{Passes, ROUNDS_MAX};
pub use slots::Slots;
pub use state::{DERIVED_WRITES_MAX, Reclaimed, State, WRITES_MAX};
pub use strings::{StringId, Strings, TEXT_BYTES_MAX, TEXTS_MAX};
pub use sync::Sync;
pub use template::Template;
pub use text::Text;
pub use validation::Validators;
pub use value::{Kind, NO_SLOT, PART, SLOTS_MAX, Value};
pub use value_logic::{CompiledValue, NO_LEAF, ValueLogic};
pub use watch::Watch;

/// Makes room for one more by an eighth instead of by doubling: tables of ten thousands of entries stay small.
pub(crate) fn grow<T>(list: &mut alloc::vec::Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 8).max(16));
    }
}

/// A list of what an iterator gives. The library's `collect` asks for sizes first, which is most of its code.
pub(crate) fn listed<T>(items: impl Iterator<Item = T>) -> alloc::vec::Vec<T> {
    let mut list = alloc::vec::Vec::new();
    for item in items {
        list.push(item);
    }
    list
}

/// Buffers larger than this many entries are given back after the batch that needed them.
const ENTRIES_KEPT: usize = 1024;

/// Gives back the memory of a buffer that one large batch made grow.
pub(crate) fn shrink<T>(list: &mut alloc::vec::Vec<T>) {
    if list.capacity() > ENTRIES_KEPT {
        list.shrink_to(ENTRIES_KEPT);
    }
}
