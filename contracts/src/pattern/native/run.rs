//! Looks for a match, and counts the steps.

use alloc::vec;
use alloc::vec::Vec;

use super::class::is_word;
use super::program::{Bounds, Letter, Op, Program, Way};

/// Steps before places that were visited are written down: nearly all searches end before.
const PLAIN_STEPS_MAX: usize = 4096;

/// Most places that are written down, a bit each; memory that nothing visits is never touched. It goes on without
/// beyond that.
const PLACES_MAX: usize = 1 << 27;

/// Steps that it costs to ask for a property of Unicode.
const PROPERTY_STEPS: usize = 16;

/// Whether the program matches somewhere in the text; nothing when that took more steps than allowed.
pub(super) fn is_found(program: &Program, text: &str, steps_max: usize) -> Option<bool> {
    // Reading a text is a step for each of its characters.
    let steps = steps_max.checked_sub(text.len())?;
    let text: Vec<char> = text.chars().collect();
    let places = program.len().saturating_mul(text.len() + 1);
    if !program.is_written_out || places > PLACES_MAX {
        return Run::new(program, &text, steps, None).search();
    }
    let plain = steps.min(PLAIN_STEPS_MAX);
    Run::new(program, &text, plain, None)
        .search()
        .or_else(|| Run::new(program, &text, steps - plain, Some(places)).search())
}

/// The same, noting visited places from the first step on.
#[cfg(test)]
pub(super) fn is_found_noting_places(program: &Program, text: &str, steps: usize) -> Option<bool> {
    let text: Vec<char> = text.chars().collect();
    let places = program.len() * (text.len() + 1);
    Run::new(program, &text, steps, Some(places)).search()
}

/// There are no steps left.
struct OutOfSteps;

/// No place, and no iteration yet.
const NOWHERE: usize = usize::MAX;

/// What to do when the way that was tried led nowhere.
enum Frame {
    /// Try another.
    Try { op: usize, at: usize },
    /// Try another iteration.
    Iterate { op: usize, at: usize },
    /// Take one character less.
    Fewer { op: usize, at: usize, left: u32 },
    /// Take one character more.
    More { op: usize, at: usize, left: u32 },
    /// Put back what a group had matched.
    Group { group: usize, was: (usize, usize) },
    /// Put back a counter and the place where its last iteration began.
    Counter { counter: usize, was: (u32, usize) },
}

struct Run<'a> {
    program: &'a Program,
    text: &'a [char],
    steps: usize,
    frames: Vec<Frame>,
    groups: Vec<(usize, usize)>,
    counters: Vec<(u32, usize)>,
    visited: Visited,
}

impl<'a> Run<'a> {
    fn new(program: &'a Program, text: &'a [char], steps: usize, places: Option<usize>) -> Self {
        Self {
            program,
            text,
            steps,
            frames: Vec::new(),
            groups: vec![(NOWHERE, NOWHERE); program.groups],
            counters: vec![(0, NOWHERE); program.counters],
            visited: Visited::new(places),
        }
    }

    fn search(mut self) -> Option<bool> {
        let is_anchored = matches!(self.program.ops.first(), Some(Op::Start));
        let last = if is_anchored { 0 } else { self.text.len() };
        for start in 0..=last {
            match self.attempt(0, start) {
                Ok(true) => return Some(true),
                Ok(false) => {}
                Err(OutOfSteps) => return None,
            }
        }
        Some(false)
    }

    fn spend(&mut self, steps: usize) -> Result<(), OutOfSteps> {
        self.steps = self.steps.checked_sub(steps).ok_or(OutOfSteps)?;
        Ok(())
    }

    /// Follows the program from an instruction to its end, trying every way. What is left of the frames then is
    /// what could undo the match.
    fn attempt(&mut self, mut op: usize, mut at: usize) -> Result<bool, OutOfSteps> {
        let base = self.frames.len();
        loop {
            self.spend(1)?;
            let next = match &self.program.ops[op] {
                Op::Done => return Ok(true),
                Op::Split(first, second) => {
                    if self.is_new(op, at) {
                        self.frames.push(Frame::Try { op: *second, at });
                        Some((*first, at))
                    } else {
                        None
                    }
                }
                Op::Jump(target) => Some((*target, at)),
                Op::Take(letter, way) => self.take(letter, *way, at)?.map(|at| (op + 1, at)),
                Op::Start => (at == 0).then_some((op + 1, at)),
                Op::End => (at == self.text.len()).then_some((op + 1, at)),
                Op::WordEdge { is_negated } => {
                    (self.is_word_edge(at) != *is_negated).then_some((op + 1, at))
                }
                Op::Look { is_negated, after } => {
                    let holds = self.is_new(op, at) && self.look(op + 1, at, *is_negated)?;
                    holds.then_some((*after, at))
                }
                Op::Open(group, way) => {
                    self.mark(*group, *way == Way::Forward, at);
                    Some((op + 1, at))
                }
                Op::Close(group, way) => {
                    self.mark(*group, *way == Way::Backward, at);
                    Some((op + 1, at))
                }
                Op::Forget(from, up_to) => {
                    self.spend(up_to - from)?;
                    for group in *from..*up_to {
                        self.set_group(group, (NOWHERE, NOWHERE));
                    }
                    Some((op + 1, at))
                }
                Op::Repeated(group, way) => self.repeated(*group, *way, at)?.map(|at| (op + 1, at)),
                Op::Count(counter) => {
                    self.set_counter(*counter, (0, NOWHERE));
                    Some((op + 1, at))
                }
                Op::Again {
                    counter,
                    bounds,
                    exit,
                } => self.again(op, *counter, *bounds, *exit, at),
                Op::Many(letter, way, bounds) => self.many(op, letter, *way, *bounds, at)?,
            };
            let next = match next {
                Some(next) => Some(next),
                None => self.back(base)?,
            };
            match next {
                Some(next) => (op, at) = next,
                None => return Ok(false),
            }
        }
    }

    /// The next way to try; nothing when there is none above the base.
    fn back(&mut self, base: usize) -> Result<Option<(usize, usize)>, OutOfSteps> {
        while self.frames.len() > base {
            let Some(frame) = self.frames.pop() else {
                break;
            };
            self.spend(1)?;
            match frame {
                Frame::Try { op, at } => return Ok(Some((op, at))),
                Frame::Iterate { op, at } => {
                    if let Op::Again { counter, .. } = &self.program.ops[op] {
                        self.iterate(*counter, at);
                    }
                    return Ok(Some((op + 1, at)));
                }
                Frame::Fewer { op, at, left } => {
                    let Op::Many(_, way, _) = &self.program.ops[op] else {
                        continue;
                    };
                    let at = match way {
                        Way::Forward => at - 1,
                        Way::Backward => at + 1,
                    };
                    if left > 1 {
                        let left = left - 1;
                        self.frames.push(Frame::Fewer { op, at, left });
                    }
                    return Ok(Some((op + 1, at)));
                }
                Frame::More { op, at, left } => {
                    let Op::Many(letter, way, _) = &self.program.ops[op] else {
                        continue;
                    };
                    let Some(at) = self.take(letter, *way, at)? else {
                        continue;
                    };
                    if left > 1 {
                        let left = left - 1;
                        self.frames.push(Frame::More { op, at, left });
                    }
                    return Ok(Some((op + 1, at)));
                }
                Frame::Group { group, was } => self.groups[group] = was,
                Frame::Counter { counter, was } => self.counters[counter] = was,
            }
        }
        Ok(None)
    }

    /// The place after a character that is as wanted.
    fn take(&mut self, letter: &Letter, way: Way, at: usize) -> Result<Option<usize>, OutOfSteps> {
        let (place, after) = match way {
            Way::Forward => (at, at + 1),
            // Before the start is nowhere.
            Way::Backward => (at.wrapping_sub(1), at.wrapping_sub(1)),
        };
        let Some(found) = self.text.get(place) else {
            return Ok(None);
        };
        if matches!(letter, Letter::OneOf(class) if class.is_dear()) {
            self.spend(PROPERTY_STEPS)?;
        }
        Ok(letter.matches(*found).then_some(after))
    }

    fn is_word_edge(&self, at: usize) -> bool {
        let is_word = |place: usize| self.text.get(place).is_some_and(|letter| is_word(*letter));
        is_word(at.wrapping_sub(1)) != is_word(at)
    }

    /// Whether what is looked for is there. What it matched stays remembered, but no other way to match is tried.
    fn look(&mut self, op: usize, at: usize, is_negated: bool) -> Result<bool, OutOfSteps> {
        let base = self.frames.len();
        let visits = self.visited.begin();
        let is_there = self.attempt(op, at)?;
        self.visited.end(visits, is_there);
        if !is_there {
            return Ok(is_negated);
        }
        self.spend(self.frames.len() - base)?;
        if is_negated {
            for frame in self.frames.drain(base..).rev() {
                match frame {
                    Frame::Group { group, was } => self.groups[group] = was,
                    Frame::Counter { counter, was } => self.counters[counter] = was,
                    _ => {}
                }
            }
            return Ok(false);
        }
        let mut kept = base;
        for place in base..self.frames.len() {
            if matches!(
                self.frames[place],
                Frame::Group { .. } | Frame::Counter { .. }
            ) {
                self.frames.swap(kept, place);
                kept += 1;
            }
        }
        self.frames.truncate(kept);
        Ok(true)
    }

    fn mark(&mut self, group: usize, is_start: bool, at: usize) {
        let (start, end) = self.groups[group];
        let now = if is_start { (at, end) } else { (start, at) };
        self.set_group(group, now);
    }

    fn set_group(&mut self, group: usize, now: (usize, usize)) {
        let was = core::mem::replace(&mut self.groups[group], now);
        self.frames.push(Frame::Group { group, was });
    }

    fn set_counter(&mut self, counter: usize, now: (u32, usize)) {
        let was = core::mem::replace(&mut self.counters[counter], now);
        self.frames.push(Frame::Counter { counter, was });
    }

    /// The place after another copy of what a group matched. One that took no part matches nothing, everywhere.
    fn repeated(&mut self, group: usize, way: Way, at: usize) -> Result<Option<usize>, OutOfSteps> {
        let (start, end) = self.groups[group];
        if start == NOWHERE || end == NOWHERE {
            return Ok(Some(at));
        }
        let length = end - start;
        self.spend(length)?;
        let text = self.text;
        let (from, after) = match way {
            Way::Forward => (Some(at), at + length),
            Way::Backward => (at.checked_sub(length), at.wrapping_sub(length)),
        };
        let found = from.and_then(|from| text.get(from..from + length));
        Ok((found == text.get(start..end)).then_some(after))
    }

    fn iterate(&mut self, counter: usize, at: usize) {
        let (count, _) = self.counters[counter];
        self.set_counter(counter, (count.saturating_add(1), at));
    }

    /// Another iteration, the exit, or neither.
    fn again(
        &mut self,
        op: usize,
        counter: usize,
        bounds: Bounds,
        exit: usize,
        at: usize,
    ) -> Option<(usize, usize)> {
        let (mut count, began) = self.counters[counter];
        if count < bounds.min && began == at && !self.program.has_references {
            // An iteration that takes nothing can be all that are missing; else the next one takes something: `(^|a){2}b`
            // on "ab".
            self.frames.push(Frame::Iterate { op, at });
            count = bounds.min;
            self.set_counter(counter, (count, began));
        }
        // Beyond those that must be, an iteration that takes nothing leads nowhere.
        if count > bounds.min && began == at {
            return None;
        }
        if bounds.max.is_some_and(|max| count >= max) {
            return Some((exit, at));
        }
        if count >= bounds.min {
            if !bounds.is_greedy {
                self.frames.push(Frame::Iterate { op, at });
                return Some((exit, at));
            }
            self.frames.push(Frame::Try { op: exit, at });
        }
        self.iterate(counter, at);
        Some((op + 1, at))
    }

    fn many(
        &mut self,
        op: usize,
        letter: &Letter,
        way: Way,
        bounds: Bounds,
        mut at: usize,
    ) -> Result<Option<(usize, usize)>, OutOfSteps> {
        for _ in 0..bounds.min {
            self.spend(1)?;
            match self.take(letter, way, at)? {
                Some(after) => at = after,
                None => return Ok(None),
            }
        }
        let more = bounds.max.map_or(u32::MAX, |max| max - bounds.min);
        if !bounds.is_greedy {
            if more > 0 {
                let left = more;
                self.frames.push(Frame::More { op, at, left });
            }
            return Ok(Some((op + 1, at)));
        }
        let mut left = 0;
        while left < more {
            self.spend(1)?;
            match self.take(letter, way, at)? {
                Some(after) => at = after,
                None => break,
            }
            left += 1;
        }
        if left > 0 {
            self.frames.push(Frame::Fewer { op, at, left });
        }
        Ok(Some((op + 1, at)))
    }

    fn is_new(&mut self, op: usize, at: usize) -> bool {
        self.visited.insert(op * (self.text.len() + 1) + at)
    }
}

/// The instructions and places from which all ways were tried, or are about to be.
struct Visited {
    bits: Vec<u64>,
    /// What was added since the outermost look began.
    since: Vec<usize>,
    /// How many looks are open.
    looks: usize,
}

impl Visited {
    fn new(places: Option<usize>) -> Self {
        Self {
            bits: vec![0; places.map_or(0, |places| places.div_ceil(64))],
            since: Vec::new(),
            looks: 0,
        }
    }

    /// Whether it was not there. Always, if nothing is written down.
    fn insert(&mut self, place: usize) -> bool {
        let Some(word) = self.bits.get_mut(place / 64) else {
            return true;
        };
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        if is_new && self.looks > 0 {
            self.since.push(place);
        }
        is_new
    }

    /// A look begins.
    fn begin(&mut self) -> usize {
        self.looks += 1;
        self.since.len()
    }

    /// A look ends. If it found something, some of its ways lead there: another look may go them again.
    fn end(&mut self, begun: usize, is_there: bool) {
        self.looks -= 1;
        if is_there {
            for place in self.since.drain(begun..) {
                self.bits[place / 64] &= !(1 << (place % 64));
            }
        } else if self.looks == 0 {
            self.since.clear();
        }
    }
}
