//! The engine of servers, command lines and tests: backtracking that counts its steps.
//!
//! Why one of our own. `regress` follows ECMAScript but has no bound on its steps. `fancy-regex` has one, but another
//! language: references to groups that took no part match nothing there and everything here, captures are not reset
//! with each iteration, classes nest. A translation would have to be proven; a matcher that does what the standard's
//! own text says is shorter than one. `regress` has a say in the syntax and knows the properties of Unicode, and is what the
//! tests compare with, beside answers that V8 gave.
//!
//! Patterns without references are found in time that grows with pattern times text, since no state is visited twice.
//! With references that cannot be had, and the count of steps is what ends it.

mod cache;
mod class;
mod program;
mod run;
mod syntax;

use alloc::string::ToString;
use alloc::sync::Arc;

use super::error::{PATTERN_LENGTH_MAX, PatternError};
use program::Program;

/// Steps that one text may take: some milliseconds.
const STEPS_MAX: usize = 1 << 20;

pub(super) fn check(pattern: &str) -> Result<(), PatternError> {
    compiled(pattern).map(|_| ())
}

pub(super) fn is_match(pattern: &str, text: &str) -> Result<bool, PatternError> {
    let program = compiled(pattern)?;
    run::is_found(&program, text, STEPS_MAX).ok_or(PatternError::TooManySteps)
}

fn compiled(pattern: &str) -> Result<Arc<Program>, PatternError> {
    cache::get_or_make(pattern, || compile(pattern))
}

/// A text is a pattern when both readers take it.
fn compile(pattern: &str) -> Result<Program, PatternError> {
    if pattern.chars().count() > PATTERN_LENGTH_MAX {
        // The stack of the readers is bounded by it.
        let characters = pattern.chars().count();
        return Err(PatternError::TooLong { characters });
    }
    regress::Regex::with_flags(pattern, "u")
        .map_err(|error| PatternError::Syntax(error.to_string()))?;
    let syntax = syntax::read(pattern).map_err(PatternError::Syntax)?;
    program::build(&syntax).map_err(PatternError::Syntax)
}

#[cfg(test)]
mod tests;
