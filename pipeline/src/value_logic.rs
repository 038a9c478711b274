//! Values chosen by the state: `{IF, THEN, ELSE}` and `{MATCH, CASES, DEFAULT}`.
//!
//! The literals a rule can yield are numbered in the order of its text and stay with the caller: the outcome is the
//! number of the chosen literal, so that a choice crosses the boundary as one integer. A branch may be another rule.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{Error, Refusal};
use crate::logic::{BoolLogic, Compiled, Held, LOGIC_DEPTH_MAX, sort_paths};
use crate::number_text;
use crate::paths::PathId;
use crate::state::State;
use crate::value::Value;

/// The outcome when no branch applies and there is no default: undefined.
pub const NO_LEAF: u32 = u32::MAX;

/// A choice as it is written. Leaves are numbered by the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueLogic {
    /// One of the caller's literals.
    Leaf(u32),
    /// By a condition; without `ELSE` the outcome is [`NO_LEAF`].
    If(BoolLogic, Box<ValueLogic>, Option<Box<ValueLogic>>),
    /// By the text of the value at a path: a text, a number or a boolean. A key names a number when it is exactly how
    /// JavaScript writes it, with at most 15 digits and without an exponent.
    Match(String, Vec<(String, ValueLogic)>, Option<Box<ValueLogic>>),
}

#[derive(Debug)]
enum Choice {
    Leaf(u32),
    If(Compiled, Box<Choice>, Option<Box<Choice>>),
    Match(PathId, Vec<(Key, Choice)>, Option<Box<Choice>>),
}

/// A case's key with the number it is the text of.
#[derive(Debug)]
struct Key {
    text: Box<[u8]>,
    number: Option<f64>,
}

impl Key {
    fn new(text: &str) -> Self {
        Self {
            text: text.as_bytes().into(),
            number: number_text::parse(text.as_bytes()),
        }
    }

    fn matches(&self, state: &State, value: Value) -> bool {
        match value {
            Value::Text(id) => state.strings.text(id) == &*self.text,
            Value::Number(number) => {
                self.number == Some(number) || number.is_nan() && &*self.text == b"NaN"
            }
            Value::Bool(true) => &*self.text == b"true",
            Value::Bool(false) => &*self.text == b"false",
            _ => false,
        }
    }
}

/// A choice that can be evaluated.
#[derive(Debug)]
pub struct CompiledValue {
    choice: Choice,
    held: Held,
    watched: Vec<PathId>,
}

impl CompiledValue {
    /// Compiles a choice; after an error nothing is held.
    pub fn new(state: &mut State, logic: &ValueLogic) -> Result<Self, Refusal> {
        let mut held = Held::default();
        match compile(state, logic, 0, &mut held) {
            Ok(choice) => {
                let mut watched = held.watched(state);
                collect_watched(state, &choice, &mut watched);
                sort_paths(&mut watched);
                Ok(Self {
                    choice,
                    held,
                    watched,
                })
            }
            Err(error) => {
                held.release(state);
                Err(error)
            }
        }
    }

    /// The number of the literal this state chooses.
    pub fn choose(&self, state: &State) -> u32 {
        choose(state, &self.choice)
    }

    /// The paths whose changes can change the choice.
    pub fn watched(&self) -> &[PathId] {
        &self.watched
    }

    /// Lets go of paths and texts.
    pub fn release(mut self, state: &mut State) {
        release(state, self.choice);
        self.held.release(state);
    }
}

fn compile(
    state: &mut State,
    logic: &ValueLogic,
    depth: usize,
    held: &mut Held,
) -> Result<Choice, Refusal> {
    if depth > LOGIC_DEPTH_MAX {
        return Err(Error::LogicTooDeep {
            depth_max: LOGIC_DEPTH_MAX,
        }
        .into());
    }
    match logic {
        ValueLogic::Leaf(leaf) => Ok(Choice::Leaf(*leaf)),
        ValueLogic::If(condition, then, otherwise) => {
            let then = compile(state, then, depth + 1, held)?;
            let otherwise = match compile_optional(state, otherwise, depth, held) {
                Ok(otherwise) => otherwise,
                Err(error) => {
                    release(state, then);
                    return Err(error);
                }
            };
            match Compiled::new(state, condition) {
                Ok(condition) => Ok(Choice::If(condition, Box::new(then), otherwise)),
                Err(error) => {
                    release(state, then);
                    otherwise
                        .into_iter()
                        .for_each(|choice| release(state, *choice));
                    Err(error)
                }
            }
        }
        ValueLogic::Match(path, cases, default) => {
            let mut compiled: Vec<(Key, Choice)> = Vec::with_capacity(cases.len());
            let result = cases.iter().try_for_each(|(key, case)| {
                compiled.push((Key::new(key), compile(state, case, depth + 1, held)?));
                Ok(())
            });
            let rest = result
                .and_then(|()| compile_optional(state, default, depth, held))
                .and_then(|default| Ok((held.path(state, path)?, default)));
            match rest {
                Ok((path, default)) => Ok(Choice::Match(path, compiled, default)),
                Err(error) => {
                    compiled
                        .into_iter()
                        .for_each(|(_, choice)| release(state, choice));
                    Err(error)
                }
            }
        }
    }
}

fn compile_optional(
    state: &mut State,
    logic: &Option<Box<ValueLogic>>,
    depth: usize,
    held: &mut Held,
) -> Result<Option<Box<Choice>>, Refusal> {
    let compile = |logic: &ValueLogic| compile(state, logic, depth + 1, held).map(Box::new);
    logic.as_deref().map(compile).transpose()
}

fn collect_watched(state: &State, choice: &Choice, watched: &mut Vec<PathId>) {
    match choice {
        Choice::Leaf(_) => {}
        Choice::If(condition, then, otherwise) => {
            watched.extend(condition.watched(state));
            collect_watched(state, then, watched);
            otherwise
                .iter()
                .for_each(|choice| collect_watched(state, choice, watched));
        }
        Choice::Match(_, cases, default) => {
            cases
                .iter()
                .for_each(|(_, choice)| collect_watched(state, choice, watched));
            default
                .iter()
                .for_each(|choice| collect_watched(state, choice, watched));
        }
    }
}

fn release(state: &mut State, choice: Choice) {
    match choice {
        Choice::Leaf(_) => {}
        Choice::If(condition, then, otherwise) => {
            condition.release(state);
            release(state, *then);
            otherwise
                .into_iter()
                .for_each(|choice| release(state, *choice));
        }
        Choice::Match(_, cases, default) => {
            cases
                .into_iter()
                .for_each(|(_, choice)| release(state, choice));
            default
                .into_iter()
                .for_each(|choice| release(state, *choice));
        }
    }
}

fn choose(state: &State, choice: &Choice) -> u32 {
    let optional = |choice: &Option<Box<Choice>>| {
        choice
            .as_deref()
            .map_or(NO_LEAF, |choice| choose(state, choice))
    };
    match choice {
        Choice::Leaf(leaf) => *leaf,
        Choice::If(condition, then, otherwise) => {
            if condition.holds(state) {
                choose(state, then)
            } else {
                optional(otherwise)
            }
        }
        Choice::Match(path, cases, default) => {
            let value = state.read(*path);
            match cases.iter().find(|(key, _)| key.matches(state, value)) {
                Some((_, choice)) => choose(state, choice),
                None => optional(default),
            }
        }
    }
}
