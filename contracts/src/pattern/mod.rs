//! Patterns of texts: ECMAScript regular expressions with the flag `u`, not anchored.
//!
//! In a tab the browser's own `RegExp` judges, which costs no download; it is told to this module once, as an
//! [`Engine`]. Natively the feature `patterns` brings an engine that follows the same standard and counts its steps,
//! because a server takes patterns from contract files of tabs and texts from anybody: a match that would go on for
//! ever ends as [`PatternError::TooManySteps`], which is neither yes nor no.

use alloc::string::String;
use once_cell::race::OnceRef;

mod error;
#[cfg(feature = "patterns")]
mod native;

pub use error::{PATTERN_LENGTH_MAX, PatternError};

/// What judges patterns where this program runs.
#[derive(Debug)]
pub struct Engine {
    /// Says in words why a text is no pattern.
    pub check: fn(pattern: &str) -> Result<(), String>,
    /// Whether a pattern that `check` took is found in a text; nothing if finding out took too many steps.
    pub is_match: fn(pattern: &str, text: &str) -> Option<bool>,
}

static INSTALLED: OnceRef<'static, Engine> = OnceRef::new();

/// Says what judges patterns from now on. The first call counts, later ones are ignored.
///
/// ```
/// use aimdb_contracts::pattern::{self, Engine};
///
/// static LITERAL: Engine = Engine {
///     check: |_| Ok(()),
///     is_match: |pattern, text| Some(text.contains(pattern)),
/// };
/// pattern::install(&LITERAL);
/// assert_eq!(pattern::is_match("b", "abc"), Ok(true));
/// ```
pub fn install(engine: &'static Engine) {
    // An error says that there is one already.
    let _ = INSTALLED.set(engine);
}

/// Checks that a text is a pattern.
///
/// Modifiers of groups (`(?i:a)`) are refused although the newest browsers know them: a contract means the same in
/// every tab, or it is refused in all.
///
/// # Errors
/// [`PatternError::TooLong`], [`PatternError::Syntax`], [`PatternError::NoEngine`].
pub fn check(pattern: &str) -> Result<(), PatternError> {
    let characters = pattern.chars().count();
    if characters > PATTERN_LENGTH_MAX {
        return Err(PatternError::TooLong { characters });
    }
    if has_modifiers(pattern) {
        let words = String::from(pattern) + ": a group cannot have modifiers";
        return Err(PatternError::Syntax(words));
    }
    match INSTALLED.get() {
        Some(engine) => (engine.check)(pattern).map_err(PatternError::Syntax),
        #[cfg(feature = "patterns")]
        None => native::check(pattern),
        #[cfg(not(feature = "patterns"))]
        None => Err(PatternError::NoEngine),
    }
}

/// Whether the pattern is found somewhere in the text.
///
/// # Errors
/// [`PatternError::TooManySteps`] and [`PatternError::NoEngine`]; of a pattern that [`check`] refuses, an error as well.
pub fn is_match(pattern: &str, text: &str) -> Result<bool, PatternError> {
    match INSTALLED.get() {
        Some(engine) => (engine.is_match)(pattern, text).ok_or(PatternError::TooManySteps),
        #[cfg(feature = "patterns")]
        None => native::is_match(pattern, text),
        #[cfg(not(feature = "patterns"))]
        None => {
            let _ = (pattern, text);
            Err(PatternError::NoEngine)
        }
    }
}

/// Whether a group begins with `(?` and none of `:`, `=`, `!` and `<`.
fn has_modifiers(pattern: &str) -> bool {
    let mut in_class = false;
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => {
                rest.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                let inside = rest.as_str().strip_prefix('?');
                if inside.is_some_and(|inside| !inside.starts_with([':', '=', '!', '<'])) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
