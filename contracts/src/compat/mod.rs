//! What a change of a contract breaks, in the words of the schema registries.
//!
//! **Backward**: a reader of the new contract takes what the old one wrote. **Forward**: a reader of the old takes what
//! the new writes. Readers are as they are here: they leave unknown fields out unless they refuse them, fill in defaults,
//! and where versions differ, the newer contract's migrations are taken, up or down.
//!
//! Guarantees: where a side [`Holds`](Verdict::Holds), its reader takes every value that the other side writes. Where it
//! [`Breaks`](Verdict::Breaks), there is one that it refuses. Where neither can be told (two patterns, steps that are code,
//! counts of distinct elements), it [`MayBreak`](Verdict::MayBreak). Does not: judge what values mean, such as units.
//!
//! ```
//! use aimdb_contracts::compat::{Verdict, compare};
//! use aimdb_contracts::{Json, Schema};
//!
//! let contract = |fields: &str| {
//!     let file = format!(r#"{{ "name": "tank", "fields": [{fields}] }}"#);
//!     Schema::from_file(&Json::parse(&file).unwrap()).unwrap()
//! };
//! let old = contract(r#"{ "name": "level", "kind": "u8", "max": 100 }"#);
//! let new = contract(r#"{ "name": "level", "kind": "u8" }, { "name": "at", "kind": "time", "optional": true }"#);
//! let report = compare(&old, &new);
//! assert_eq!((report.backward, report.forward), (Verdict::Holds, Verdict::Breaks));
//! assert_eq!(report.changes[0].place, "level");
//! ```

mod counts;
mod kinds;
mod numbers;
mod sources;
mod texts;
mod verdict;
mod walk;

use alloc::string::String;
use alloc::vec::Vec;

use crate::decode::Policy;
use crate::json::Json;
use crate::schema::Schema;
use crate::testing;
use sources::Sources;
use verdict::Finding;
use walk::Walk;

pub use verdict::Verdict;

/// So many made up values are tried for an example of what a reader refuses.
const EXAMPLES_TRIED: usize = 400;

/// What is demanded of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Readers of the new take what the old wrote.
    Backward,
    /// Readers of the old take what the new writes.
    Forward,
    /// Both.
    Full,
}

/// One difference between two contracts.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where: `lines[].count`; empty for the contract as a whole.
    pub place: String,
    /// What it is, in words.
    pub what: String,
    /// What it does to readers of the new.
    pub backward: Verdict,
    /// What it does to readers of the old.
    pub forward: Verdict,
    /// The steps of a migration, or the change of the contract, that would mend it.
    pub mend: Option<String>,
}

/// What a change of a contract breaks.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every difference, in the order of the old contract's fields.
    pub changes: Vec<Change>,
    /// Whether readers of the new take what the old wrote.
    pub backward: Verdict,
    /// Whether readers of the old take what the new writes.
    pub forward: Verdict,
    /// A value of the old that a reader of the new refuses, and why, where one was found.
    pub backward_example: Option<Example>,
    /// A value of the new that a reader of the old refuses, and why, where one was found.
    pub forward_example: Option<Example>,
}

/// A value that a reader refuses.
#[derive(Clone, Debug)]
pub struct Example {
    /// The value as its writer writes it.
    pub value: Json,
    /// The words of the refusal.
    pub refusal: String,
}

impl Report {
    /// Whether a level is met for sure.
    pub fn meets(&self, level: Level) -> bool {
        let (backward, forward) = (self.backward, self.forward);
        match level {
            Level::Backward => backward == Verdict::Holds,
            Level::Forward => forward == Verdict::Holds,
            Level::Full => backward.max(forward) == Verdict::Holds,
        }
    }
}

/// Compares an older contract with a newer one.
pub fn compare(old: &Schema, new: &Schema) -> Report {
    let backward = walk(old, new, true);
    let forward = walk(new, old, false);
    let mut changes: Vec<Change> = Vec::new();
    for (found, is_backward) in [(backward, true), (forward, false)] {
        for finding in found {
            let known = changes
                .iter_mut()
                .find(|change| change.place == finding.place && change.what == finding.what);
            let change = match known {
                Some(change) => change,
                None => {
                    changes.push(Change {
                        place: finding.place,
                        what: finding.what,
                        backward: Verdict::Holds,
                        forward: Verdict::Holds,
                        mend: None,
                    });
                    let last = changes.len() - 1;
                    &mut changes[last]
                }
            };
            let side = match is_backward {
                true => &mut change.backward,
                false => &mut change.forward,
            };
            *side = finding.verdict.max(*side);
            if finding.mend.is_some() {
                change.mend = finding.mend;
            }
        }
    }
    let worst = |side: fn(&Change) -> Verdict| changes.iter().map(side).max();
    let backward = worst(|change| change.backward).unwrap_or(Verdict::Holds);
    let forward = worst(|change| change.forward).unwrap_or(Verdict::Holds);
    let example = |verdict, writer, reader| match verdict {
        Verdict::Holds => None,
        _ => example(writer, reader),
    };
    let (backward_example, forward_example) =
        (example(backward, old, new), example(forward, new, old));
    // What was found is no doubt any more.
    let settled = |verdict: Verdict, example: &Option<Example>| match example {
        Some(_) => Verdict::Breaks,
        None => verdict,
    };
    Report {
        backward: settled(backward, &backward_example),
        forward: settled(forward, &forward_example),
        changes,
        backward_example,
        forward_example,
    }
}

/// What a value of one contract is to a reader of the other: converted by the newer one, as peers do, and read.
///
/// # Errors
/// The words of the refusal.
pub fn reads(writer: &Schema, reader: &Schema, value: Json) -> Result<(), String> {
    let policy = Policy::default();
    let read = match writer.version > reader.version {
        true => writer
            .migrate_down(value, reader.version)
            .and_then(|value| reader.decode(&value, policy)),
        false => reader.decode_any_version(value, Some(writer.version), policy),
    };
    read.map(|_| ())
        .map_err(|refusal| alloc::format!("{refusal}"))
}

/// A value that the writer writes and the reader refuses.
fn example(writer: &Schema, reader: &Schema) -> Option<Example> {
    testing::values(writer, 1)
        .take(EXAMPLES_TRIED)
        .find_map(|value| {
            let fields = writer.decode(&value, Policy::default()).ok()?;
            let value = writer.to_plain_json(&fields);
            let refusal = reads(writer, reader, value.clone()).err()?;
            Some(Example { value, refusal })
        })
}

fn walk(writer: &Schema, reader: &Schema, is_backward: bool) -> Vec<Finding> {
    let sources = Sources::of(writer, reader);
    let mut walk = Walk::new(is_backward);
    walk.root(&sources, writer, reader);
    walk.found
}
