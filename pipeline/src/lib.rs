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

// From the lowest to the highest, each using only those before it: tables, state, logic and watch, batch, affected,
// stages, readers, run (`xtask check circles` holds it). Errors are used by all.
mod affected;
mod batch;
mod code;
mod error;
mod logic;
mod readers;
mod run;
mod stages;
mod state;
mod tables;
mod watch;

pub use affected::matching;
pub use affected::registry::Registry;
pub use batch::{Input, Lineage};
pub use code::Code;
pub use error::{Error, InputFault, Refusal};
pub use logic::template::Template;
pub use logic::value_logic::{CompiledValue, NO_LEAF, ValueLogic};
pub use logic::{BoolLogic, Compiled, LOGIC_DEPTH_MAX, Literal};
pub use readers::conditions::{ConcernReport, Concerns};
pub use readers::listeners::{ABOVE_SCOPE, ListenerPlan, Listeners};
pub use readers::registered::Registered;
pub use readers::validation::Validators;
pub use run::engine::{Engine, LISTENER_DEPTH_MAX, Origin};
pub use run::report::Report;
pub use run::rules::{AggregationRule, ComputationRule, ListenerRule, Rules};
pub use run::settle::{Passes, ROUNDS_MAX};
pub use stages::aggregation::Aggregations;
pub use stages::clear::{Clear, ClearRule};
pub use stages::computation::{Computations, Operation};
pub use stages::flip::Flip;
pub use stages::sync::Sync;
pub use state::paths::{PATHS_MAX, PathId, Paths, SEGMENTS_MAX};
pub use state::strings::{StringId, Strings, TEXT_BYTES_MAX, TEXTS_MAX};
pub use state::value::{Kind, NO_SLOT, PART, SLOTS_MAX, Value};
pub use state::{DERIVED_WRITES_MAX, Reclaimed, State, WRITES_MAX};
pub use tables::slots::Slots;
pub use tables::text::Text;
pub use tables::{number_text, text};
pub use watch::Watch;
pub use watch::graph::Graph;
