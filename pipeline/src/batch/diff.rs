//! What a batch really changes.
//!
//! Inputs to the same path are coalesced, the last wins; each is compared with the state before the batch. Objects,
//! arrays and opaque values are always kept. Nothing is dropped that would make a difference: behind an input that
//! writes or removes an object, inputs above and below it are kept, and compared when they are applied.

use alloc::vec::Vec;

use crate::batch::Input;
use crate::error::{InputFault, Refusal, malformed};
use crate::state::State;
use crate::state::fragment::Fragment;
use crate::state::marks::Marks;
use crate::state::paths::PathId;
use crate::state::value::{Cell, Kind};

/// How many entries at the front are what the state has already. Allocates nothing; an entry that is malformed counts
/// as different.
pub(crate) fn unchanged_count(state: &State, input: &Input<'_>) -> usize {
    let count = if input.kinds.is_empty() {
        let is_different =
            |(path, number): (&u32, &f64)| !state.holds_number(PathId(*path), *number);
        input.paths.iter().zip(input.numbers).position(is_different)
    } else {
        (0..input.len()).position(|index| !is_same_leaf(state, input, index))
    };
    count.unwrap_or(input.len())
}

/// Whether a plain value is what the state has.
fn is_same_leaf(state: &State, input: &Input<'_>, index: usize) -> bool {
    let code = input.kinds[index];
    if code == Kind::Number as u8 {
        return state.holds_number(input.path(index), input.numbers[index]);
    }
    match Kind::from_code(code) {
        Some(kind) if !kind.is_container() && kind != Kind::Slot => {
            input.cell(index, state).is_ok_and(|cell| {
                state.paths.is_alive(input.path(index)) && is_same(state, input.path(index), cell)
            })
        }
        _ => false,
    }
}

/// The indexes of the inputs to apply, in order. The first `unchanged` are known to be what the state has.
pub(crate) fn keep(
    state: &State,
    input: &Input<'_>,
    unchanged: usize,
    marks: &mut Marks,
    fragment: &mut Fragment,
    kept: &mut Vec<u32>,
) -> Result<(), Refusal> {
    if keep_leaves(state, input, unchanged, marks, kept) {
        return Ok(());
    }
    keep_any(state, input, marks, fragment, kept)
}

/// The same for a batch that only puts plain values in the place of others; false when there is anything else in it.
fn keep_leaves(
    state: &State,
    input: &Input<'_>,
    unchanged: usize,
    marks: &mut Marks,
    kept: &mut Vec<u32>,
) -> bool {
    kept.clear();
    // Feeds number their paths in order: then none comes twice, and nothing has to be coalesced.
    let mut is_ascending = true;
    let mut before = None;
    for index in unchanged..input.len() {
        let path = input.path(index);
        is_ascending &= before < Some(path.0);
        before = Some(path.0);
        if input.kinds.is_empty() && state.holds_number(path, input.numbers[index]) {
            continue;
        }
        let old = state.own(path);
        let Ok(cell) = input.cell(index, state) else {
            return false;
        };
        let is_plain = |kind: Kind| kind != Kind::Absent && !kind.is_container();
        if input.is_part(index) || !is_plain(cell.kind) || !is_plain(old.kind) {
            return false;
        }
        if !is_same(state, path, cell) {
            kept.push(index as u32);
        }
    }
    if !is_ascending {
        coalesce(state, input, marks, kept);
    }
    true
}

/// Of the entries to keep leaves out those whose path comes again, changed or not.
fn coalesce(state: &State, input: &Input<'_>, marks: &mut Marks, kept: &mut Vec<u32>) {
    let Some(first) = kept.first() else { return };
    marks.reset(state.paths.id_bound());
    for index in *first as usize..input.len() {
        marks.put(input.path(index), index as u32);
    }
    kept.retain(|index| marks.get(input.path(*index as usize)) == Some(*index));
}

fn keep_any(
    state: &State,
    input: &Input<'_>,
    marks: &mut Marks,
    fragment: &mut Fragment,
    kept: &mut Vec<u32>,
) -> Result<(), Refusal> {
    kept.clear();
    marks.reset(state.paths.id_bound());
    for index in (0..input.len())
        .rev()
        .filter(|index| !input.is_part(*index))
    {
        if !state.paths.is_alive(input.path(index)) {
            return Err(malformed(index, InputFault::Path));
        }
        if marks.insert(input.path(index), 0) {
            kept.push(index as u32);
        }
    }
    kept.reverse();
    check_parts(state, input, fragment)?;
    let mut is_reshaped = false;
    let mut failure = None;
    kept.retain(|index| {
        let path = input.path(*index as usize);
        let cell = match input.cell(*index as usize, state) {
            Ok(cell) => cell,
            Err(error) => {
                failure.get_or_insert(error);
                return false;
            }
        };
        if is_same(state, path, cell) && !(is_reshaped && is_in_reach(state, marks, path)) {
            return false;
        }
        let old = state.own(path).kind;
        let is_leaf = !old.is_container() && old != Kind::Absent && !cell.kind.is_container();
        if !is_leaf {
            is_reshaped = true;
            marks.put(path, RESHAPED);
            for above in state.paths.upwards(path).skip(1) {
                if marks.get(above) != Some(RESHAPED) {
                    marks.put(above, RESHAPED_BELOW);
                }
            }
        }
        true
    });
    failure.map_or(Ok(()), Err)
}

/// An input before wrote an object here, or something where nothing or an object was.
const RESHAPED: u32 = 2;
/// The same somewhere below.
const RESHAPED_BELOW: u32 = 1;

/// Whether an input before may have changed what is read at this path without being a write to it.
fn is_in_reach(state: &State, marks: &Marks, path: PathId) -> bool {
    marks.get(path) == Some(RESHAPED_BELOW)
        || state
            .paths
            .upwards(path)
            .any(|above| marks.get(above) == Some(RESHAPED))
}

/// Whether a value to write is what is there. An object or opaque value never is.
pub(crate) fn is_same(state: &State, path: PathId, cell: Cell) -> bool {
    let is_object = cell.kind.is_container() || cell.kind == Kind::Slot;
    !is_object && state.cell(path).is_same_alone(cell)
}

fn check_parts(state: &State, input: &Input<'_>, fragment: &mut Fragment) -> Result<(), Refusal> {
    if input.len() > 0 && input.is_part(0) {
        return Err(malformed(0, InputFault::Part));
    }
    for index in 1..input.len() {
        if input.is_part(index) && !input.is_part(index - 1) {
            input.fragment(index - 1, state, fragment)?;
        }
    }
    Ok(())
}
