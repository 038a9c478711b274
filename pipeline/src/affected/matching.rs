//! How a change concerns a path that a rule names: exactly, from above, or from below.
//!
//! From above: a plain object was written and holds a value for the path (an absent one is no match; null and an
//! explicit undefined are). An array never matches from above. From below: the rest of the path is kept.

use alloc::vec::Vec;

use crate::batch::Input;
use crate::error::{InputFault, Refusal, malformed};
use crate::state::State;
use crate::state::fragment::{Fragment, Part, head};
use crate::state::paths::{PathId, Paths};
use crate::state::value::Kind;

/// Which relations count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All three.
    All,
    /// Only changes below the path.
    ChildrenOnly,
}

/// A found relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The path itself was written.
    Exact,
    /// An object above it was written.
    Above,
    /// Something below it was written.
    Below,
}

/// The relation between a written path and a named one, by the paths alone.
pub fn relate(paths: &Paths, written: PathId, named: PathId) -> Option<Relation> {
    if written == named {
        Some(Relation::Exact)
    } else if paths.is_at_or_below(written, named) {
        Some(Relation::Below)
    } else if paths.is_at_or_below(named, written) {
        Some(Relation::Above)
    } else {
        None
    }
}

/// The first path of a group that an entry of an input concerns.
pub fn find(
    state: &State,
    input: &Input<'_>,
    index: usize,
    group: &[PathId],
    mode: Mode,
) -> Result<Option<(PathId, Relation)>, Refusal> {
    if index >= input.len() || !input.has_matching_lengths() {
        return Err(malformed(index, InputFault::Length));
    }
    let mut value = Fragment::default();
    input.fragment(index, state, &mut value)?;
    let group = group.iter().copied();
    Ok(find_in_group(
        &state.paths,
        input.path(index),
        &value,
        group,
        mode,
    ))
}

/// The part of a written value that belongs to the named path.
pub(crate) fn extract<'a>(
    paths: &Paths,
    written: PathId,
    value: &'a Fragment,
    named: PathId,
) -> Option<(Relation, &'a [Part])> {
    let relation = relate(paths, written, named)?;
    if relation != Relation::Above {
        return Some((relation, &value.parts));
    }
    if head(&value.parts).kind != Kind::Object {
        return None;
    }
    let mut segments = Vec::new();
    paths.segments_between(written, named, &mut segments);
    value.find(&segments).map(|parts| (relation, parts))
}

/// The first path of a group that a change concerns.
pub(crate) fn find_in_group(
    paths: &Paths,
    written: PathId,
    value: &Fragment,
    mut group: impl Iterator<Item = PathId>,
    mode: Mode,
) -> Option<(PathId, Relation)> {
    group.find_map(|named| {
        let (relation, _) = extract(paths, written, value, named)?;
        let is_wanted = mode == Mode::All || relation == Relation::Below;
        is_wanted.then_some((named, relation))
    })
}
