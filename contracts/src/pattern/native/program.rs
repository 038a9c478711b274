//! A pattern as instructions for [`super::run`].
//!
//! There are two ways to say a repetition. Written out (`a{2,3}` as `aa(a(nothing)|nothing)`), all that decides how a match
//! goes on is the instruction and the place, so that none has to be visited twice. Counted, it takes no room
//! however large the numbers are; patterns with references, and those that would become too long, are counted.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::class::{Class, is_line_end};
use super::syntax::{Node, Reference, Syntax};

/// Longest program with its repetitions written out.
const WRITTEN_OUT_MAX: usize = 4096;

/// What one character has to be.
#[derive(Clone, Debug)]
pub(super) enum Letter {
    Exactly(char),
    /// Half a surrogate pair, which no text has.
    Never,
    Any,
    OneOf(Arc<Class>),
}

impl Letter {
    pub(super) fn matches(&self, letter: char) -> bool {
        match self {
            Self::Exactly(wanted) => letter == *wanted,
            Self::Never => false,
            Self::Any => !is_line_end(letter),
            Self::OneOf(class) => class.contains(letter),
        }
    }
}

/// An instruction.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Takes a character.
    Take(Letter, Way),
    /// Goes on at the first; at the second if that leads nowhere.
    Split(usize, usize),
    Jump(usize),
    Start,
    End,
    WordEdge {
        is_negated: bool,
    },
    /// Runs what follows up to its [`Op::Done`], and goes on after it.
    Look {
        is_negated: bool,
        after: usize,
    },
    /// A group begins.
    Open(usize, Way),
    /// A group ends.
    Close(usize, Way),
    /// The groups from and up to have matched nothing.
    Forget(usize, usize),
    /// Takes what a group matched.
    Repeated(usize, Way),
    /// Sets a counter to 0.
    Count(usize),
    /// Decides whether there is another iteration, which follows.
    Again {
        counter: usize,
        bounds: Bounds,
        exit: usize,
    },
    /// Takes a character so many times.
    Many(Letter, Way, Bounds),
    Done,
}

/// Where the next character is: before the place inside of a look behind, else after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Backward,
}

/// How often something is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) is_greedy: bool,
}

/// What [`super::run`] runs.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    /// Groups that are remembered, the whole included.
    pub(super) groups: usize,
    pub(super) counters: usize,
    /// Whether the instruction and the place decide how a match goes on.
    pub(super) is_written_out: bool,
    /// Whether what a group matched can decide too.
    pub(super) has_references: bool,
}

impl Program {
    pub(super) fn len(&self) -> usize {
        self.ops.len()
    }
}

/// Writes the program of a pattern.
pub(super) fn build(syntax: &Syntax) -> Result<Program, String> {
    if !syntax.has_references
        && let Ok(program) = Builder::new(syntax, true).build()
    {
        return Ok(program);
    }
    match Builder::new(syntax, false).build() {
        Ok(program) => Ok(program),
        Err(Stop::NoSuchGroup(group)) => Err(format!("there is no group {group}")),
        // Counted, a program is a few times as long as its pattern.
        Err(Stop::TooLong) => Err("the pattern is too large".into()),
    }
}

enum Stop {
    TooLong,
    NoSuchGroup(String),
}

struct Builder<'a> {
    syntax: &'a Syntax,
    ops: Vec<Op>,
    counters: usize,
    writes_out: bool,
    /// Nodes that may still be written: what is repeated may be nothing, and leave no instruction.
    nodes_left: usize,
}

impl<'a> Builder<'a> {
    fn new(syntax: &'a Syntax, writes_out: bool) -> Self {
        Self {
            syntax,
            ops: Vec::new(),
            counters: 0,
            writes_out,
            nodes_left: 4 * WRITTEN_OUT_MAX,
        }
    }

    fn build(mut self) -> Result<Program, Stop> {
        self.node(&self.syntax.root, Way::Forward)?;
        self.ops.push(Op::Done);
        Ok(Program {
            ops: self.ops,
            groups: self.syntax.groups + 1,
            counters: self.counters,
            is_written_out: self.writes_out,
            has_references: self.syntax.has_references,
        })
    }

    fn node(&mut self, node: &Node, way: Way) -> Result<(), Stop> {
        let left = self.nodes_left.checked_sub(1);
        self.nodes_left = left.ok_or(Stop::TooLong)?;
        if self.ops.len() > WRITTEN_OUT_MAX {
            return Err(Stop::TooLong);
        }
        if let Some(letter) = letter(node) {
            self.ops.push(Op::Take(letter, way));
            return Ok(());
        }
        match node {
            Node::Sequence(parts) => self.sequence(parts, way),
            Node::Choice(ways) => self.choice(ways, way),
            Node::Capture { group, inside } if self.syntax.has_references => {
                self.ops.push(Op::Open(*group, way));
                self.node(inside, way)?;
                self.ops.push(Op::Close(*group, way));
                Ok(())
            }
            Node::Capture { inside, .. } => self.node(inside, way),
            Node::Reference(reference) => {
                let group = self.group(reference)?;
                self.ops.push(Op::Repeated(group, way));
                Ok(())
            }
            Node::Look {
                is_behind,
                is_negated,
                inside,
            } => self.look(*is_behind, *is_negated, inside),
            Node::Repeat {
                min,
                max,
                is_greedy,
                inside,
                groups,
            } => {
                let bounds = Bounds {
                    min: *min,
                    max: *max,
                    is_greedy: *is_greedy,
                };
                if self.writes_out {
                    self.write_out(bounds, inside, way)
                } else {
                    self.count(bounds, inside, *groups, way)
                }
            }
            Node::Start => self.push(Op::Start),
            Node::End => self.push(Op::End),
            Node::WordEdge { is_negated } => {
                let is_negated = *is_negated;
                self.push(Op::WordEdge { is_negated })
            }
            // They are letters.
            Node::Char(_) | Node::Class(_) | Node::Any => Ok(()),
        }
    }

    fn push(&mut self, op: Op) -> Result<(), Stop> {
        self.ops.push(op);
        Ok(())
    }

    fn sequence(&mut self, parts: &[Node], way: Way) -> Result<(), Stop> {
        match way {
            Way::Forward => parts.iter().try_for_each(|part| self.node(part, way)),
            Way::Backward => parts.iter().rev().try_for_each(|part| self.node(part, way)),
        }
    }

    fn choice(&mut self, ways: &[Node], way: Way) -> Result<(), Stop> {
        let mut ends = Vec::new();
        for (place, node) in ways.iter().enumerate() {
            let is_last = place + 1 == ways.len();
            let split = self.ops.len();
            if !is_last {
                self.ops.push(Op::Split(split + 1, 0));
            }
            self.node(node, way)?;
            if !is_last {
                ends.push(self.ops.len());
                self.ops.push(Op::Jump(0));
                self.ops[split] = Op::Split(split + 1, self.ops.len());
            }
        }
        for end in ends {
            self.ops[end] = Op::Jump(self.ops.len());
        }
        Ok(())
    }

    fn look(&mut self, is_behind: bool, is_negated: bool, inside: &Node) -> Result<(), Stop> {
        let way = if is_behind {
            Way::Backward
        } else {
            Way::Forward
        };
        let start = self.ops.len();
        self.ops.push(Op::Done);
        self.node(inside, way)?;
        self.ops.push(Op::Done);
        let after = self.ops.len();
        self.ops[start] = Op::Look { is_negated, after };
        Ok(())
    }

    fn write_out(&mut self, bounds: Bounds, inside: &Node, way: Way) -> Result<(), Stop> {
        for _ in 0..bounds.min {
            self.node(inside, way)?;
        }
        let Some(max) = bounds.max else {
            let split = self.ops.len();
            self.ops.push(Op::Done);
            self.node(inside, way)?;
            self.ops.push(Op::Jump(split));
            self.ops[split] = either(bounds, split + 1, self.ops.len());
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in bounds.min..max {
            splits.push(self.ops.len());
            self.ops.push(Op::Done);
            self.node(inside, way)?;
        }
        for split in splits {
            self.ops[split] = either(bounds, split + 1, self.ops.len());
        }
        Ok(())
    }

    fn count(
        &mut self,
        bounds: Bounds,
        inside: &Node,
        groups: (usize, usize),
        way: Way,
    ) -> Result<(), Stop> {
        if let Some(letter) = letter(inside) {
            return self.push(Op::Many(letter, way, bounds));
        }
        let counter = self.counters;
        self.counters += 1;
        self.ops.push(Op::Count(counter));
        let again = self.ops.len();
        self.ops.push(Op::Done);
        if groups.0 < groups.1 && self.syntax.has_references {
            self.ops.push(Op::Forget(groups.0, groups.1));
        }
        self.node(inside, way)?;
        self.ops.push(Op::Jump(again));
        self.ops[again] = Op::Again {
            counter,
            bounds,
            exit: self.ops.len(),
        };
        Ok(())
    }

    fn group(&self, reference: &Reference) -> Result<usize, Stop> {
        match reference {
            Reference::Number(group) if *group <= self.syntax.groups => Ok(*group),
            Reference::Number(group) => Err(Stop::NoSuchGroup(group.to_string())),
            Reference::Name(name) => {
                let mut names = self.syntax.names.iter();
                let found = names.find(|(known, _)| known == name);
                let found = found.ok_or_else(|| Stop::NoSuchGroup(name.clone()))?;
                Ok(found.1)
            }
        }
    }
}

fn either(bounds: Bounds, another: usize, exit: usize) -> Op {
    if bounds.is_greedy {
        Op::Split(another, exit)
    } else {
        Op::Split(exit, another)
    }
}

/// The character that a node takes, if it takes exactly one.
fn letter(node: &Node) -> Option<Letter> {
    match node {
        Node::Char(code) => Some(char::from_u32(*code).map_or(Letter::Never, Letter::Exactly)),
        Node::Any => Some(Letter::Any),
        Node::Class(class) => Some(Letter::OneOf(class.clone())),
        _ => None,
    }
}
