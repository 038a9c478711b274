//! Values chosen by the state: `{IF, THEN, ELSE}` and `{MATCH, CASES, DEFAULT}`.
//!
//! The literals a rule can yield are numbered in the order of its text and stay with the caller: the outcome is the
//! number of the chosen literal, so that a choice crosses the boundary as one integer. A branch may be another rule.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::Refusal;
use crate::logic::{self, BoolLogic, Check, Held};
use crate::state::State;
use crate::state::paths::PathId;
use crate::state::value::Value;
use crate::tables::number_text;
use crate::tables::text::Text;

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
    Match(Text, Vec<(Text, ValueLogic)>, Option<Box<ValueLogic>>),
}

#[derive(Debug)]
enum Choice {
    Leaf(u32),
    If(Check, Box<Choice>, Box<Choice>),
    Match(PathId, Vec<(Key, Choice)>, Box<Choice>),
}

/// A case's key with the number it is the text of.
#[derive(Debug)]
struct Key {
    text: Box<[u8]>,
    number: Option<f64>,
}

impl Key {
    fn new(text: &Text) -> Self {
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
}

impl CompiledValue {
    /// Compiles a choice; after an error nothing is held.
    pub fn new(state: &mut State, logic: &ValueLogic) -> Result<Self, Refusal> {
        let compiled = Held::collect(state, |state, held| compile(state, logic, 0, held));
        compiled.map(|(choice, held)| Self { choice, held })
    }

    /// The number of the literal this state chooses.
    pub fn choose(&self, state: &State) -> u32 {
        choose(state, &self.choice)
    }

    /// The paths whose changes can change the choice.
    pub fn watched(&self, state: &State) -> Vec<PathId> {
        self.held.watched(state)
    }

    /// Lets go of paths and texts.
    pub fn release(self, state: &mut State) {
        self.held.release(state);
    }
}

fn compile(
    state: &mut State,
    logic: &ValueLogic,
    depth: usize,
    held: &mut Held,
) -> Result<Choice, Refusal> {
    logic::refuse_depth(depth)?;
    Ok(match logic {
        ValueLogic::Leaf(leaf) => Choice::Leaf(*leaf),
        ValueLogic::If(condition, then, otherwise) => {
            let condition = logic::compile(state, condition, 0, held)?;
            let then = Box::new(compile(state, then, depth + 1, held)?);
            let otherwise = compile_otherwise(state, otherwise.as_deref(), depth, held)?;
            Choice::If(condition, then, otherwise)
        }
        ValueLogic::Match(path, cases, default) => {
            let path = held.path(state, path)?;
            let mut compiled = Vec::with_capacity(cases.len());
            for (key, case) in cases {
                compiled.push((Key::new(key), compile(state, case, depth + 1, held)?));
            }
            let otherwise = compile_otherwise(state, default.as_deref(), depth, held)?;
            Choice::Match(path, compiled, otherwise)
        }
    })
}

/// The branch that is taken otherwise; without it the outcome is [`NO_LEAF`].
fn compile_otherwise(
    state: &mut State,
    logic: Option<&ValueLogic>,
    depth: usize,
    held: &mut Held,
) -> Result<Box<Choice>, Refusal> {
    let choice = match logic {
        Some(logic) => compile(state, logic, depth + 1, held)?,
        None => Choice::Leaf(NO_LEAF),
    };
    Ok(Box::new(choice))
}

fn choose(state: &State, choice: &Choice) -> u32 {
    match choice {
        Choice::Leaf(leaf) => *leaf,
        Choice::If(condition, then, otherwise) => {
            let is_then = logic::holds(state, condition);
            choose(state, if is_then { then } else { otherwise })
        }
        Choice::Match(path, cases, otherwise) => {
            let value = state.read(*path);
            let case = cases.iter().find(|(key, _)| key.matches(state, value));
            choose(state, case.map_or(otherwise, |(_, case)| case))
        }
    }
}
