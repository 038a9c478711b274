//! The engine's own copy of the state: one cell for each path id, with a journal that can take everything back.
//!
//! Reading is an array access. Writing creates what is missing above (arrays for decimal segments) and refuses to
//! write through a primitive, to anything but an index of an array, and past an array's end. Every cell keeps its path,
//! its text and its slot alive. Until [`State::commit`] each write can be undone bit by bit.

pub(crate) mod fragment;
pub(crate) mod marks;
pub(crate) mod order;
pub(crate) mod paths;
pub(crate) mod strings;
pub(crate) mod value;

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{Error, Refusal};
use crate::state::fragment::{Fragment, Part, head};
use crate::state::paths::{PathId, Paths, SEGMENTS_MAX};
use crate::state::strings::{StringId, Strings};
use crate::state::value::{CANONICAL_NAN, Cell, Kind, NO_SLOT, Value};
use crate::tables::slots::Slots;

/// The most values the inputs of one batch may write.
pub const WRITES_MAX: u32 = 1 << 21;
/// The most values the rules may write in one batch: rules that copy each other's objects ever deeper end here.
pub const DERIVED_WRITES_MAX: u32 = 1 << 17;

/// What was at a path.
pub(crate) struct Saved {
    pub(crate) path: PathId,
    pub(crate) cell: Cell,
}

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Equality {
    /// The same bits: +0 and -0 differ.
    SameBits,
    /// As a rule's author means it: +0 equals -0.
    SameMeaning,
}

/// Ids that are free again after a batch: whoever caches them must forget them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Freed path ids.
    pub paths: Vec<u32>,
    /// Freed text ids.
    pub texts: Vec<u32>,
    /// Freed slots.
    pub slots: Vec<u32>,
}

/// Paths, texts and values.
#[derive(Default)]
pub struct State {
    pub(crate) strings: Strings,
    pub(crate) paths: Paths,
    pub(crate) slots: Slots,
    cells: Vec<Cell>,
    journal: Vec<Saved>,
    writes_max: u32,
    journal_max: usize,
    is_reshaped: bool,
}

impl State {
    /// The value at a path. `length` below an array is its length.
    pub fn read(&self, path: PathId) -> Value {
        self.cell(path).value()
    }

    /// The table of paths.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The table of texts.
    pub fn strings(&self) -> &Strings {
        &self.strings
    }

    /// The id of a path, new or old. It lives until the end of the next batch, or as long as it is referred to.
    pub fn intern_path(&mut self, path: &[u8]) -> Result<PathId, Refusal> {
        self.paths.intern(&mut self.strings, path)
    }

    /// The id of the path one key below another: for keys that may contain dots.
    pub fn intern_child(&mut self, parent: PathId, key: &[u8]) -> Result<PathId, Refusal> {
        let segment = self.strings.intern(key)?;
        self.paths.child(&mut self.strings, parent, segment)
    }

    /// The id of a text, new or old. It lives until the end of the next batch, or as long as it is referred to.
    pub fn intern_text(&mut self, text: &[u8]) -> Result<StringId, Refusal> {
        self.strings.intern(text)
    }

    /// The present values one segment below a path; an array's in the order of their indexes.
    pub fn children(&self, path: PathId) -> Vec<PathId> {
        let present = |child: &PathId| self.own(*child).kind != Kind::Absent;
        let children = crate::tables::lists::listed(self.paths.children(path).filter(present));
        if self.own(path).kind != Kind::Array {
            return children;
        }
        order::by_rank(children, &|child| {
            u64::from(self.index(*child).unwrap_or_default())
        })
    }

    /// How many values are present.
    pub fn value_count(&self) -> usize {
        self.cells
            .iter()
            .filter(|cell| cell.kind != Kind::Absent)
            .count()
    }

    /// Bytes held by cells and tables.
    pub fn capacity_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>()
            + self.journal.capacity() * size_of::<Saved>()
            + self.paths.capacity_bytes()
            + self.strings.capacity_bytes()
            + self.slots.capacity_bytes()
    }

    /// The cell of a path, the length of an array included.
    pub(crate) fn cell(&self, path: PathId) -> Cell {
        let cell = self.own(path);
        if cell.kind != Kind::Absent || self.paths.segment(path) != StringId::LENGTH {
            return cell;
        }
        match self.paths.parent(path).map(|parent| self.own(parent)) {
            Some(array) if array.kind == Kind::Array => {
                Cell::number(f64::from(array.array_length()))
            }
            _ => cell,
        }
    }

    /// The cell of a path without derived values.
    #[inline]
    pub(crate) fn own(&self, path: PathId) -> Cell {
        self.cells.get(path.0 as usize).copied().unwrap_or_default()
    }

    /// Whether a number is at a path, by its bits; every NaN is the same. What every entry of a feed goes through: it
    /// looks at no more of the cell than it needs.
    #[inline]
    pub(crate) fn holds_number(&self, path: PathId, number: f64) -> bool {
        self.cells.get(path.0 as usize).is_some_and(|cell| {
            let is_same =
                cell.bits == number.to_bits() || number.is_nan() && cell.bits == CANONICAL_NAN;
            is_same && cell.kind == Kind::Number
        })
    }

    /// Collects a value and all that is below.
    pub(crate) fn capture(&self, path: PathId, fragment: &mut Fragment) {
        fragment.parts.clear();
        let cell = self.cell(path);
        if cell.kind != Kind::Absent {
            self.capture_below(path, Part::of(cell), fragment);
        }
    }

    fn capture_below(&self, path: PathId, part: Part, fragment: &mut Fragment) {
        fragment.parts.push(part);
        if !part.cell.kind.is_container() {
            return;
        }
        for child in self.children(path) {
            let segment = self.paths.segment(child);
            let part = Part {
                cell: self.own(child),
                segment,
                depth: part.depth + 1,
            };
            self.capture_below(child, part, fragment);
        }
    }

    /// Whether the value at a path, with all below, equals the fragment.
    pub(crate) fn is_equal(&self, path: PathId, parts: &[Part], equality: Equality) -> bool {
        let Some((first, below)) = parts.split_first() else {
            return matches!(self.cell(path).kind, Kind::Absent | Kind::Undefined);
        };
        if !is_equal_alone(self.cell(path), first.cell, equality) {
            return false;
        }
        if !first.cell.kind.is_container() {
            return true;
        }
        let mut stack = [PathId::ROOT; SEGMENTS_MAX + 2];
        stack[0] = path;
        let mut present = 0;
        for part in below {
            let depth = usize::from(part.depth - first.depth);
            let Some(child) = self.paths.find_child(stack[depth - 1], part.segment) else {
                return false;
            };
            let cell = self.own(child);
            if cell.kind == Kind::Absent || !is_equal_alone(cell, part.cell, equality) {
                return false;
            }
            stack[depth] = child;
            present += 1;
        }
        present == self.count_below(path)
    }

    fn count_below(&self, path: PathId) -> usize {
        if !self.own(path).kind.is_container() {
            return 0;
        }
        let present = |child: &PathId| self.own(*child).kind != Kind::Absent;
        self.paths
            .children(path)
            .filter(present)
            .map(|child| 1 + self.count_below(child))
            .sum()
    }

    /// Writes a value with all below, whatever was there.
    pub(crate) fn write(&mut self, path: PathId, parts: &[Part]) -> Result<(), Refusal> {
        let old = self.own(path).kind;
        if parts.len() == 1 && is_leaf(old) && is_leaf(head(parts).kind) {
            self.forget_pieces_above(path)?;
            return self.set(path, head(parts));
        }
        self.is_reshaped = true;
        self.prepare_parents(path, path)?;
        self.forget_pieces_above(path)?;
        self.remove_below(path)?;
        self.set(path, head(parts))?;
        let Some((first, below)) = parts.split_first() else {
            return Ok(());
        };
        if below.is_empty() {
            return Ok(());
        }
        let mut stack = [PathId::ROOT; SEGMENTS_MAX + 2];
        stack[0] = path;
        for part in below {
            let depth = usize::from(part.depth - first.depth);
            let parent = stack[depth - 1];
            let child = self.paths.child(&mut self.strings, parent, part.segment)?;
            self.set(child, part.cell)?;
            stack[depth] = child;
        }
        Ok(())
    }

    /// Sets how many more values may be written.
    pub(crate) fn allow_writes(&mut self, writes_max: u32) {
        self.writes_max = writes_max;
        self.journal_max = self.journal.len() + writes_max as usize;
    }

    /// Takes back every write since the last commit.
    pub(crate) fn undo(&mut self) {
        while let Some(Saved { path, cell }) = self.journal.pop() {
            self.replace(path, cell);
        }
        self.is_reshaped = false;
    }

    /// Makes the writes final.
    pub(crate) fn commit(&mut self) {
        self.journal.clear();
        crate::tables::lists::shrink(&mut self.journal);
        self.is_reshaped = false;
    }

    /// Whether the writes since the last commit did more than put one plain value in the place of another.
    pub(crate) fn is_reshaped(&self) -> bool {
        self.is_reshaped
    }

    /// Frees what nothing refers to any more.
    pub(crate) fn collect(&mut self, reclaimed: &mut Reclaimed) {
        self.paths.collect(&mut self.strings, &mut reclaimed.paths);
        self.strings.collect(&mut reclaimed.texts);
        self.slots.collect(&mut reclaimed.slots);
    }

    /// The cells that were overwritten since the last commit, as they were; the first for a path is the one before.
    pub(crate) fn journal(&self) -> &[Saved] {
        &self.journal
    }

    /// An error that names a path.
    #[cold]
    pub(crate) fn refusal(&self, path: PathId, error: fn(String) -> Error) -> Refusal {
        error(self.paths.display(&self.strings, path)).into()
    }

    /// The index an array element's path ends with.
    pub(crate) fn index(&self, path: PathId) -> Option<u32> {
        array_index(self.strings.text(self.paths.segment(path)))
    }

    fn prepare_parents(&mut self, path: PathId, written: PathId) -> Result<(), Refusal> {
        let Some(parent) = self.paths.parent(path) else {
            return Ok(());
        };
        let cell = self.own(parent);
        match cell.kind {
            Kind::Object => Ok(()),
            Kind::Array => self.prepare_element(path, parent, cell, written),
            Kind::Absent | Kind::Undefined | Kind::Null => {
                self.prepare_parents(parent, written)?;
                if self.index(path).is_none() || parent == PathId::ROOT {
                    return self.set(parent, Cell::OBJECT);
                }
                self.set(parent, Cell::ARRAY)?;
                self.prepare_element(path, parent, Cell::ARRAY, written)
            }
            Kind::Bool | Kind::Number | Kind::Text | Kind::Slot => Err(Error::ThroughPrimitive {
                path: self.paths.display(&self.strings, written),
                blocked_at: self.paths.display(&self.strings, parent),
            }
            .into()),
        }
    }

    fn prepare_element(
        &mut self,
        path: PathId,
        array: PathId,
        cell: Cell,
        written: PathId,
    ) -> Result<(), Refusal> {
        let length = cell.array_length();
        match self.index(path) {
            None => Err(self.refusal(written, |path| Error::NotAnIndex { path })),
            Some(index) if index < length => Ok(()),
            Some(index) if index == length => self.set(array, cell.with_array_length(length + 1)),
            Some(_) => Err(Error::PastArrayEnd {
                path: self.paths.display(&self.strings, written),
                length,
            }
            .into()),
        }
    }

    /// An object whose inside changes is no longer the piece that JavaScript knows by its slot.
    fn forget_pieces_above(&mut self, path: PathId) -> Result<(), Refusal> {
        let mut id = path;
        while let Some(parent) = self.paths.parent(id) {
            let cell = self.own(parent);
            if cell.kind.is_container() && cell.slot() != NO_SLOT {
                self.set(parent, cell.with_slot(NO_SLOT))?;
            }
            id = parent;
        }
        Ok(())
    }

    fn remove_below(&mut self, path: PathId) -> Result<(), Refusal> {
        if !self.own(path).kind.is_container() {
            return Ok(());
        }
        let mut next = self.paths.first_child(path);
        while let Some(child) = next {
            if self.own(child).kind != Kind::Absent {
                self.remove_below(child)?;
                self.set(child, Cell::ABSENT)?;
            }
            next = self.paths.next_sibling(child);
        }
        Ok(())
    }

    fn set(&mut self, path: PathId, cell: Cell) -> Result<(), Refusal> {
        if self.journal.len() >= WRITES_MAX as usize {
            return Err(Error::TooManyWrites {
                writes_max: WRITES_MAX,
            }
            .into());
        }
        let old = self.replace(path, cell);
        self.journal.push(Saved { path, cell: old });
        Ok(())
    }

    fn replace(&mut self, path: PathId, cell: Cell) -> Cell {
        let index = path.0 as usize;
        if index >= self.cells.len() {
            let bound = self.paths.id_bound().max(index + 1);
            self.cells
                .reserve_exact(bound - self.cells.len() + self.cells.len() / 8);
            self.cells.resize(bound, Cell::ABSENT);
        }
        let old = core::mem::replace(&mut self.cells[index], cell);
        match (old.kind == Kind::Absent, cell.kind == Kind::Absent) {
            (true, false) => self.paths.retain(path),
            (false, true) => self.paths.release(path),
            _ => {}
        }
        self.count(cell, true);
        self.count(old, false);
        old
    }

    /// Adds or takes the references of a cell to a text or slot.
    fn count(&mut self, cell: Cell, is_added: bool) {
        let holds_slot =
            cell.kind == Kind::Slot || cell.kind.is_container() && cell.slot() != NO_SLOT;
        match (cell.kind, is_added) {
            (Kind::Text, true) => self.strings.retain(cell.text()),
            (Kind::Text, false) => self.strings.release(cell.text()),
            (_, true) if holds_slot => self.slots.retain(cell.slot()),
            (_, false) if holds_slot => self.slots.release(cell.slot()),
            _ => {}
        }
    }
}

/// Present, and nothing can lie below.
fn is_leaf(kind: Kind) -> bool {
    kind != Kind::Absent && !kind.is_container()
}

fn is_equal_alone(left: Cell, right: Cell, equality: Equality) -> bool {
    let is_zero = |cell: Cell| cell.kind == Kind::Number && f64::from_bits(cell.bits) == 0.0;
    left.is_same_alone(right)
        || equality == Equality::SameMeaning && is_zero(left) && is_zero(right)
}

/// The index a segment names, in the one form JavaScript writes it.
pub(crate) fn array_index(segment: &[u8]) -> Option<u32> {
    if segment.is_empty() || segment.len() > 9 || segment[0] == b'0' && segment.len() > 1 {
        return None;
    }
    segment.iter().try_fold(0u32, |index, digit| {
        digit
            .is_ascii_digit()
            .then(|| index * 10 + u32::from(digit - b'0'))
    })
}
