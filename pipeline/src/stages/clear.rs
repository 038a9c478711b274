//! Paths that become null when others change.
//!
//! Only a change that came in triggers a rule, at the trigger or below it; what other rules wrote does not. `[*]` in a
//! trigger captures one segment, and the nth `[*]` in a target is replaced by the nth capture. With `expand_match` a
//! `[*]` in a target stands for every key that is there.

use alloc::vec::Vec;

use crate::affected::registry::Registry;
use crate::batch::{Batch, Cause, Change, Lineage, Stage};
use crate::error::{Error, Refusal};
use crate::logic::Held;
use crate::state::State;
use crate::state::fragment::Part;
use crate::state::order;
use crate::state::paths::{PathId, SEGMENTS_MAX};
use crate::state::strings::StringId;
use crate::state::value::{Cell, Kind};
use crate::tables::text::{self, Text};

/// A rule as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClearRule {
    /// Patterns of the paths that trigger.
    pub triggers: Vec<Text>,
    /// Patterns of the paths that become null.
    pub targets: Vec<Text>,
    /// Whether `[*]` in a target stands for every key instead of for a capture.
    pub expand_match: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Literal(StringId),
    Any,
}

type Pattern = Vec<Step>;

struct Trigger {
    pattern: Pattern,
    targets: Vec<Pattern>,
    is_expanding: bool,
    held: Held,
}

/// The registry of clear rules.
#[derive(Default)]
pub struct Clear {
    triggers: Registry<Trigger>,
}

impl Clear {
    /// Adds a rule and gives each of its triggers an id; after an error those that are in have theirs.
    pub fn add(
        &mut self,
        state: &mut State,
        rule: &ClearRule,
        ids: &mut Vec<u32>,
    ) -> Result<(), Refusal> {
        for trigger in &rule.triggers {
            let compiled = Held::collect(state, |state, held| compile(state, rule, trigger, held));
            let ((pattern, targets, prefix), held) = compiled?;
            let trigger = Trigger {
                pattern,
                targets,
                is_expanding: rule.expand_match,
                held,
            };
            ids.push(
                self.triggers
                    .add(&mut state.paths, trigger, Vec::from([prefix])),
            );
        }
        Ok(())
    }

    /// Takes one trigger out.
    pub fn remove(&mut self, state: &mut State, id: u32) {
        if let Some(trigger) = self.triggers.remove(&mut state.paths, id) {
            trigger.held.release(state);
        }
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.triggers.is_empty()
    }

    /// Sets to null what these incoming changes trigger.
    pub(crate) fn run(&self, batch: &mut Batch<'_>, genuine: &[Change]) -> Result<(), Refusal> {
        if self.triggers.is_empty() {
            return Ok(());
        }
        for change in genuine {
            let mut found: Vec<u32> = Vec::new();
            let watch = self.triggers.watch();
            watch.visit_upwards(&batch.state.paths, change.path, &mut |_, id| found.push(id));
            order::sort_and_dedup(&mut found);
            for trigger in found.iter().filter_map(|id| self.triggers.get(*id)) {
                run_one(batch, trigger, change)?;
            }
        }
        Ok(())
    }
}

fn compile(
    state: &mut State,
    rule: &ClearRule,
    trigger: &Text,
    held: &mut Held,
) -> Result<(Pattern, Vec<Pattern>, PathId), Refusal> {
    let pattern = parse(state, trigger.as_bytes(), held)?;
    let mut targets = Vec::new();
    for target in &rule.targets {
        let compiled = parse(state, target.as_bytes(), held)?;
        if !rule.expand_match && wildcard_count(&compiled) > wildcard_count(&pattern) {
            let target = text::display(target.as_bytes());
            return Err(Error::UnboundWildcard { target }.into());
        }
        targets.push(compiled);
    }
    let mut prefix = PathId::ROOT;
    for step in &pattern {
        let Step::Literal(segment) = step else { break };
        let State { strings, paths, .. } = &mut *state;
        prefix = paths.child(strings, prefix, *segment)?;
    }
    Ok((pattern, targets, prefix))
}

fn wildcard_count(pattern: &[Step]) -> usize {
    pattern.iter().filter(|step| **step == Step::Any).count()
}

/// `a.[*].b` and `a[*].b` mean the same.
fn parse(state: &mut State, pattern: &[u8], held: &mut Held) -> Result<Pattern, Refusal> {
    let mut steps = Vec::new();
    if pattern.is_empty() {
        return Ok(steps);
    }
    for segment in pattern.split(|byte| *byte == b'.') {
        let (mut literal, start) = (segment, steps.len());
        while let Some(rest) = literal.strip_suffix(b"[*]") {
            literal = rest;
            steps.push(Step::Any);
        }
        if !literal.is_empty() || segment.is_empty() {
            steps.insert(start, Step::Literal(held.text(state, literal)?));
        }
    }
    if steps.len() > SEGMENTS_MAX {
        let segments = steps.len();
        return Err(Error::PathTooDeep { segments }.into());
    }
    Ok(steps)
}

fn run_one(batch: &mut Batch<'_>, trigger: &Trigger, change: &Change) -> Result<(), Refusal> {
    let mut segments = Vec::new();
    batch
        .state
        .paths
        .segments_between(PathId::ROOT, change.path, &mut segments);
    let Some(captures) = captures(&trigger.pattern, &segments) else {
        return Ok(());
    };
    let cause = change.leads_to(Stage::Clear, 0, Lineage::CLEAR);
    let cause = Cause {
        input: None,
        ..cause
    };
    for target in &trigger.targets {
        for path in resolve(batch.state, target, &captures, trigger.is_expanding)? {
            batch.write(path, &[Part::of(Cell::NULL)], cause)?;
        }
    }
    Ok(())
}

fn captures(pattern: &[Step], segments: &[StringId]) -> Option<Vec<StringId>> {
    if segments.len() < pattern.len() {
        return None;
    }
    let mut captures = Vec::new();
    for (step, segment) in pattern.iter().zip(segments) {
        match step {
            Step::Any => captures.push(*segment),
            Step::Literal(literal) if literal == segment => {}
            Step::Literal(_) => return None,
        }
    }
    Some(captures)
}

fn resolve(
    state: &mut State,
    pattern: &[Step],
    captures: &[StringId],
    is_expanding: bool,
) -> Result<Vec<PathId>, Refusal> {
    let mut found = Vec::from([PathId::ROOT]);
    let mut captures = captures.iter();
    for step in pattern {
        if *step == Step::Any && is_expanding {
            let parents = core::mem::take(&mut found);
            for path in parents {
                found.extend(children_in_order(state, path));
            }
            continue;
        }
        let segment = match step {
            Step::Literal(segment) => Some(*segment),
            Step::Any => captures.next().copied(),
        };
        let Some(segment) = segment else {
            return Ok(Vec::new());
        };
        let State { strings, paths, .. } = &mut *state;
        for path in &mut found {
            *path = paths.child(strings, *path, segment)?;
        }
    }
    Ok(found)
}

/// An array's elements by their indexes, an object's values by the bytes of their keys: not by how the state came about.
fn children_in_order(state: &State, path: PathId) -> Vec<PathId> {
    let mut children = state.children(path);
    if state.own(path).kind == Kind::Array {
        return children;
    }
    let key = |child: &PathId| state.strings.text(state.paths.segment(*child));
    let longest = children.iter().map(|child| key(child).len()).max();
    children = order::by_rank(children, &|child| key(child).len() as u64);
    // Eight bytes at a time from the end: each sort keeps the order of the one before among equals.
    for start in (0..longest.unwrap_or_default()).step_by(8).rev() {
        children = order::by_rank(children, &|child| {
            let mut eight = [0; 8];
            let bytes = key(child).get(start..).unwrap_or_default();
            let count = bytes.len().min(8);
            eight[..count].copy_from_slice(&bytes[..count]);
            u64::from_be_bytes(eight)
        });
    }
    children
}
