//! Conditions over the state: the form in which they are written, and the compiled form that is evaluated.
//!
//! Types are strict (30 is not "30"). Absent is undefined and not equal to null; an explicit undefined does not exist
//! and is empty. Objects are equal when all below is equal. `x.length` works for arrays. Compiling turns paths and
//! texts into ids and keeps them alive until [`Compiled::release`].

pub(crate) mod template;
pub(crate) mod value_logic;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::{Error, Refusal};
use crate::state::fragment::{Fragment, Part};
use crate::state::order;
use crate::state::paths::PathId;
use crate::state::strings::StringId;
use crate::state::value::{Cell, Kind};
use crate::state::{Equality, State, array_index};
use crate::tables::text::{self, Text};

/// How deep a rule or one of its literals may nest.
pub const LOGIC_DEPTH_MAX: usize = 32;

/// A value as a rule's author writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Undefined.
    Undefined,
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Text),
    /// An array.
    Array(Vec<Literal>),
    /// A plain object.
    Object(Vec<(Text, Literal)>),
}

/// A condition as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum BoolLogic {
    /// The value at the path equals the literal.
    IsEqual(Text, Literal),
    /// The value is neither null nor undefined.
    Exists(Text),
    /// The value is null, undefined, an empty text, an empty array or an empty object.
    IsEmpty(Text),
    /// All hold; true when there are none.
    And(Vec<BoolLogic>),
    /// Any holds; false when there are none.
    Or(Vec<BoolLogic>),
    /// It does not hold.
    Not(Box<BoolLogic>),
    /// The value is a greater number.
    Gt(Text, f64),
    /// The value is a smaller number.
    Lt(Text, f64),
    /// The value is a number at least as great.
    Gte(Text, f64),
    /// The value is a number at most as great.
    Lte(Text, f64),
    /// The value equals one of the literals.
    In(Text, Vec<Literal>),
    /// The value is an array with at least one of the literals.
    ContainsAny(Text, Vec<Literal>),
    /// The value is an array with all of the literals.
    ContainsAll(Text, Vec<Literal>),
}

impl BoolLogic {
    /// The path whose value is looked at; none for a condition made of others.
    fn path(&self) -> Option<&Text> {
        match self {
            Self::And(_) | Self::Or(_) | Self::Not(_) => None,
            Self::Exists(path) | Self::IsEmpty(path) | Self::IsEqual(path, _) => Some(path),
            Self::Gt(path, _) | Self::Lt(path, _) | Self::Gte(path, _) | Self::Lte(path, _) => {
                Some(path)
            }
            Self::In(path, _) | Self::ContainsAny(path, _) | Self::ContainsAll(path, _) => {
                Some(path)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Greater,
    Less,
    AtLeast,
    AtMost,
}

/// A compiled condition: paths and literals are ids.
#[derive(Debug)]
pub(crate) enum Check {
    Equal(PathId, Fragment),
    Exists(PathId),
    Empty(PathId),
    All(Vec<Check>),
    Any(Vec<Check>),
    Not(Box<Check>),
    Compare(PathId, Order, f64),
    In(PathId, Vec<Fragment>),
    ContainsAny(PathId, Vec<Fragment>),
    ContainsAll(PathId, Vec<Fragment>),
}

/// What a compiled rule keeps alive.
#[derive(Debug, Default)]
pub(crate) struct Held {
    paths: Vec<PathId>,
    texts: Vec<StringId>,
}

impl Held {
    /// What `make` makes and what that keeps alive; nothing is kept after a refusal.
    pub(crate) fn collect<T>(
        state: &mut State,
        make: impl FnOnce(&mut State, &mut Self) -> Result<T, Refusal>,
    ) -> Result<(T, Self), Refusal> {
        let mut held = Self::default();
        match make(state, &mut held) {
            Ok(made) => Ok((made, held)),
            Err(refusal) => {
                held.release(state);
                Err(refusal)
            }
        }
    }

    /// The paths to watch: for `x.length` the array itself, whose elements decide it.
    pub(crate) fn watched(&self, state: &State) -> Vec<PathId> {
        watched(state, &self.paths)
    }

    pub(crate) fn paths(&self) -> &[PathId] {
        &self.paths
    }

    pub(crate) fn path(&mut self, state: &mut State, path: &Text) -> Result<PathId, Refusal> {
        self.path_of_bytes(state, path.as_bytes())
    }

    pub(crate) fn path_of_bytes(
        &mut self,
        state: &mut State,
        path: &[u8],
    ) -> Result<PathId, Refusal> {
        let id = state.intern_path(path)?;
        state.paths.retain(id);
        self.paths.push(id);
        Ok(id)
    }

    pub(crate) fn text(&mut self, state: &mut State, text: &[u8]) -> Result<StringId, Refusal> {
        let id = state.intern_text(text)?;
        state.strings.retain(id);
        self.texts.push(id);
        Ok(id)
    }

    pub(crate) fn literal(
        &mut self,
        state: &mut State,
        literal: &Literal,
    ) -> Result<Fragment, Refusal> {
        let mut fragment = Fragment::default();
        self.literal_below(state, literal, StringId::EMPTY, 0, &mut fragment)?;
        Ok(fragment)
    }

    fn literals(&mut self, state: &mut State, items: &[Literal]) -> Result<Vec<Fragment>, Refusal> {
        let mut fragments = Vec::with_capacity(items.len());
        for item in items {
            fragments.push(self.literal(state, item)?);
        }
        Ok(fragments)
    }

    fn literal_below(
        &mut self,
        state: &mut State,
        literal: &Literal,
        segment: StringId,
        depth: usize,
        fragment: &mut Fragment,
    ) -> Result<(), Refusal> {
        refuse_depth(depth)?;
        let cell = match literal {
            Literal::Undefined => Cell::UNDEFINED,
            Literal::Null => Cell::NULL,
            Literal::Bool(value) => Cell::bool(*value),
            Literal::Number(number) => Cell::number(*number),
            Literal::Text(text) => Cell {
                bits: u64::from(self.text(state, text.as_bytes())?.0),
                kind: Kind::Text,
            },
            Literal::Array(items) => Cell::ARRAY.with_array_length(items.len() as u32),
            Literal::Object(_) => Cell::OBJECT,
        };
        fragment.parts.push(Part {
            cell,
            segment,
            depth: depth as u16,
        });
        match literal {
            Literal::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let segment = self.text(state, &text::decimal(index as u32))?;
                    self.literal_below(state, item, segment, depth + 1, fragment)?;
                }
            }
            Literal::Object(entries) => {
                for (key, item) in entries {
                    let segment = self.text(state, key.as_bytes())?;
                    self.literal_below(state, item, segment, depth + 1, fragment)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn release(&self, state: &mut State) {
        for path in &self.paths {
            state.paths.release(*path);
        }
        for text in &self.texts {
            state.strings.release(*text);
        }
    }
}

/// The paths whose changes decide what is read at these, each once.
pub(crate) fn watched(state: &State, paths: &[PathId]) -> Vec<PathId> {
    let mut watched = crate::tables::lists::listed(paths.iter().map(|path| observed(state, *path)));
    order::sort_paths(&mut watched);
    watched
}

/// The path whose changes decide what is read at `path`.
pub(crate) fn observed(state: &State, path: PathId) -> PathId {
    match state.paths.parent(path) {
        Some(parent) if state.paths.segment(path) == StringId::LENGTH => parent,
        _ => path,
    }
}

/// A condition that can be evaluated.
#[derive(Debug)]
pub struct Compiled {
    check: Check,
    held: Held,
}

impl Compiled {
    /// Compiles a condition; after an error nothing is held.
    pub fn new(state: &mut State, logic: &BoolLogic) -> Result<Self, Refusal> {
        let compiled = Held::collect(state, |state, held| compile(state, logic, 0, held));
        compiled.map(|(check, held)| Self { check, held })
    }

    /// Whether the condition holds in this state.
    pub fn holds(&self, state: &State) -> bool {
        holds(state, &self.check)
    }

    /// The paths whose changes can change the answer.
    pub fn watched(&self, state: &State) -> Vec<PathId> {
        self.held.watched(state)
    }

    /// Lets go of paths and texts.
    pub fn release(self, state: &mut State) {
        self.held.release(state);
    }
}

/// Compiles a condition; what it keeps alive is noted in `held`, also when it is refused.
pub(crate) fn compile(
    state: &mut State,
    logic: &BoolLogic,
    depth: usize,
    held: &mut Held,
) -> Result<Check, Refusal> {
    refuse_depth(depth)?;
    let path = match logic.path() {
        Some(path) => held.path(state, path)?,
        None => PathId::ROOT,
    };
    Ok(match logic {
        BoolLogic::And(parts) => Check::All(compile_all(state, parts, depth, held)?),
        BoolLogic::Or(parts) => Check::Any(compile_all(state, parts, depth, held)?),
        BoolLogic::Not(part) => Check::Not(Box::new(compile(state, part, depth + 1, held)?)),
        BoolLogic::IsEqual(_, literal) => Check::Equal(path, held.literal(state, literal)?),
        BoolLogic::Exists(_) => Check::Exists(path),
        BoolLogic::IsEmpty(_) => Check::Empty(path),
        BoolLogic::Gt(_, number) => Check::Compare(path, Order::Greater, *number),
        BoolLogic::Lt(_, number) => Check::Compare(path, Order::Less, *number),
        BoolLogic::Gte(_, number) => Check::Compare(path, Order::AtLeast, *number),
        BoolLogic::Lte(_, number) => Check::Compare(path, Order::AtMost, *number),
        BoolLogic::In(_, items) => Check::In(path, held.literals(state, items)?),
        BoolLogic::ContainsAny(_, items) => Check::ContainsAny(path, held.literals(state, items)?),
        BoolLogic::ContainsAll(_, items) => Check::ContainsAll(path, held.literals(state, items)?),
    })
}

fn compile_all(
    state: &mut State,
    parts: &[BoolLogic],
    depth: usize,
    held: &mut Held,
) -> Result<Vec<Check>, Refusal> {
    let mut checks = Vec::with_capacity(parts.len());
    for part in parts {
        checks.push(compile(state, part, depth + 1, held)?);
    }
    Ok(checks)
}

/// Refuses what nests deeper than a rule may.
pub(crate) fn refuse_depth(depth: usize) -> Result<(), Refusal> {
    if depth > LOGIC_DEPTH_MAX {
        let depth_max = LOGIC_DEPTH_MAX;
        return Err(Error::LogicTooDeep { depth_max }.into());
    }
    Ok(())
}

/// Whether a compiled condition holds.
pub(crate) fn holds(state: &State, check: &Check) -> bool {
    let is_equal = |path: PathId, literal: &Fragment| {
        state.is_equal(path, &literal.parts, Equality::SameMeaning)
    };
    match check {
        Check::Equal(path, literal) => is_equal(*path, literal),
        Check::Exists(path) => !state.cell(*path).kind.is_nil(),
        Check::Empty(path) => is_empty(state, *path),
        Check::All(checks) => checks.iter().all(|check| holds(state, check)),
        Check::Any(checks) => checks.iter().any(|check| holds(state, check)),
        Check::Not(check) => !holds(state, check),
        Check::Compare(path, order, number) => compares(state.cell(*path), *order, *number),
        Check::In(path, items) => items.iter().any(|item| is_equal(*path, item)),
        Check::ContainsAny(path, items) => elements(state, *path).is_some_and(|elements| {
            items
                .iter()
                .any(|item| elements.iter().any(|at| is_equal(*at, item)))
        }),
        Check::ContainsAll(path, items) => elements(state, *path).is_some_and(|elements| {
            items
                .iter()
                .all(|item| elements.iter().any(|at| is_equal(*at, item)))
        }),
    }
}

fn compares(cell: Cell, order: Order, number: f64) -> bool {
    if cell.kind != Kind::Number {
        return false;
    }
    let value = f64::from_bits(cell.bits);
    match order {
        Order::Greater => value > number,
        Order::Less => value < number,
        Order::AtLeast => value >= number,
        Order::AtMost => value <= number,
    }
}

fn is_empty(state: &State, path: PathId) -> bool {
    let cell = state.cell(path);
    match cell.kind {
        Kind::Absent | Kind::Undefined | Kind::Null => true,
        Kind::Text => cell.text() == StringId::EMPTY,
        Kind::Array => cell.array_length() == 0,
        Kind::Object => !state
            .paths
            .children(path)
            .any(|child| state.own(child).kind != Kind::Absent),
        Kind::Bool | Kind::Number | Kind::Slot => false,
    }
}

/// An array's elements.
fn elements(state: &State, path: PathId) -> Option<Vec<PathId>> {
    if state.cell(path).kind != Kind::Array {
        return None;
    }
    let is_element = |child: &PathId| {
        state.own(*child).kind != Kind::Absent
            && array_index(state.strings.text(state.paths.segment(*child))).is_some()
    };
    Some(crate::tables::lists::listed(
        state.paths.children(path).filter(is_element),
    ))
}
