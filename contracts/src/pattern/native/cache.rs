//! Compiled patterns, the latest used of them.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};

use super::program::Program;
use crate::pattern::error::PatternError;

/// Patterns that are kept: more than the contracts of a large server have.
const PATTERNS_MAX: usize = 256;

/// Instructions of all kept patterns together, some ten bytes each.
const INSTRUCTIONS_MAX: usize = 1 << 18;

/// The latest used comes last.
static KEPT: Mutex<Vec<(String, Arc<Program>)>> = Mutex::new(Vec::new());

/// The compiled form of a pattern, from here or made now. What cannot be compiled is not kept.
pub(super) fn get_or_make(
    pattern: &str,
    make: impl FnOnce() -> Result<Program, PatternError>,
) -> Result<Arc<Program>, PatternError> {
    if let Some(program) = find(pattern) {
        return Ok(program);
    }
    // Outside the lock: others go on meanwhile.
    let program = Arc::new(make()?);
    keep(pattern, &program);
    Ok(program)
}

fn find(pattern: &str) -> Option<Arc<Program>> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let place = kept.iter().rposition(|(known, _)| known == pattern)?;
    let entry = kept.remove(place);
    let program = entry.1.clone();
    kept.push(entry);
    Some(program)
}

fn keep(pattern: &str, program: &Arc<Program>) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    // Another thread may have been quicker.
    kept.retain(|(known, _)| known != pattern);
    kept.push((pattern.to_owned(), program.clone()));
    let mut sum: usize = kept.iter().map(|(_, program)| program.len()).sum();
    let mut oldest = 0;
    while kept.len() - oldest > PATTERNS_MAX || (sum > INSTRUCTIONS_MAX && oldest + 1 < kept.len())
    {
        sum -= kept[oldest].1.len();
        oldest += 1;
    }
    kept.drain(..oldest);
}

#[cfg(test)]
pub(super) fn sizes() -> (usize, usize) {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    (
        kept.len(),
        kept.iter().map(|(_, program)| program.len()).sum(),
    )
}

#[cfg(test)]
pub(super) const LIMITS: (usize, usize) = (PATTERNS_MAX, INSTRUCTIONS_MAX);
