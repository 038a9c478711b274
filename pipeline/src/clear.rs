//! Paths that become null when others change.
//!
//! Only a change that came in triggers a rule, at the trigger or below it; what other rules wrote does not. `[*]` in a
//! trigger captures one segment, and the nth `[*]` in a target is replaced by the nth capture. With `expand_match` a
//! `[*]` in a target stands for every key that is there.

use alloc::string::String;
use alloc::vec::Vec;

use crate::batch::{Batch, Cause, Change, Lineage, Stage};
use crate::error::{Error, Refusal};
use crate::fragment::Fragment;
use crate::logic::Held;
use crate::order;
use crate::paths::{PathId, SEGMENTS_MAX};
use crate::registry::Registry;
use crate::state::State;
use crate::strings::StringId;
use crate::value::Cell;

/// A rule as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClearRule {
    /// Patterns of the paths that trigger.
    pub triggers: Vec<String>,
    /// Patterns of the paths that become null.
    pub targets: Vec<String>,
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
    /// Adds a rule: one id for each of its triggers.
    pub fn add(&mut self, state: &mut State, rule: &ClearRule) -> Result<Vec<u32>, Refusal> {
        let mut ids = Vec::new();
        for trigger in &rule.triggers {
            match self.add_trigger(state, rule, trigger) {
                Ok(id) => ids.push(id),
                Err(error) => {
                    ids.into_iter().for_each(|id| self.remove(state, id));
                    return Err(error);
                }
            }
        }
        Ok(ids)
    }

    /// Takes one trigger out.
    pub fn remove(&mut self, state: &mut State, id: u32) {
        if let Some(mut trigger) = self.triggers.remove(&mut state.paths, id) {
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
            for trigger in found.into_iter().filter_map(|id| self.triggers.get(id)) {
                run_one(batch, trigger, change)?;
            }
        }
        Ok(())
    }

    fn add_trigger(
        &mut self,
        state: &mut State,
        rule: &ClearRule,
        trigger: &str,
    ) -> Result<u32, Refusal> {
        let mut held = Held::default();
        match compile(state, rule, trigger, &mut held) {
            Ok((pattern, targets, prefix)) => {
                let is_expanding = rule.expand_match;
                let trigger = Trigger {
                    pattern,
                    targets,
                    is_expanding,
                    held,
                };
                Ok(self
                    .triggers
                    .add(&mut state.paths, trigger, Vec::from([prefix])))
            }
            Err(error) => {
                held.release(state);
                Err(error)
            }
        }
    }
}

fn compile(
    state: &mut State,
    rule: &ClearRule,
    trigger: &str,
    held: &mut Held,
) -> Result<(Pattern, Vec<Pattern>, PathId), Refusal> {
    let pattern = parse(state, trigger, held)?;
    let wildcards = |pattern: &Pattern| pattern.iter().filter(|step| **step == Step::Any).count();
    let mut targets = Vec::new();
    for target in &rule.targets {
        let compiled = parse(state, target, held)?;
        if !rule.expand_match && wildcards(&compiled) > wildcards(&pattern) {
            return Err(Error::UnboundWildcard {
                target: target.clone(),
            }
            .into());
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

/// `a.[*].b` and `a[*].b` mean the same.
fn parse(state: &mut State, pattern: &str, held: &mut Held) -> Result<Pattern, Refusal> {
    let mut steps = Vec::new();
    if pattern.is_empty() {
        return Ok(steps);
    }
    for segment in pattern.split('.') {
        let literal = segment.trim_end_matches("[*]");
        if !literal.is_empty() || segment.is_empty() {
            steps.push(Step::Literal(held.text(state, literal)?));
        }
        let wildcards = (segment.len() - literal.len()) / "[*]".len();
        steps.extend(core::iter::repeat_n(Step::Any, wildcards));
    }
    if steps.len() > SEGMENTS_MAX {
        return Err(Error::PathTooDeep {
            segments: steps.len(),
        }
        .into());
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
    let null = Fragment::of(Cell::NULL);
    let cause = change.leads_to(Stage::Clear, 0, Lineage::CLEAR);
    let cause = Cause {
        input: None,
        ..cause
    };
    for target in &trigger.targets {
        for path in resolve(batch.state, target, &captures, trigger.is_expanding)? {
            batch.write(path, &null.parts, cause)?;
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
            found = found
                .into_iter()
                .flat_map(|path| state.children(path))
                .collect();
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
