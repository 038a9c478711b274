//! The engine: one state, all stages, one batch at a time.
//!
//! A batch goes through `diff -> aggregation writes -> apply -> clear -> sync -> flip -> aggregation reads ->
//! computations`, the derived stages repeat until nothing changes, and then conditions, validators and listeners are
//! planned. A batch or a registration that is refused leaves everything as it was. Functions of the user are not
//! called from here: the report says whom to call.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::batch::diff;
use crate::batch::{Batch, Cause, Change, Input, Lineage, Stage};
use crate::error::{Error, InputFault, Refusal, malformed};
use crate::readers::registered::Registered;
use crate::run::registrations::Registrations;
use crate::run::report::Report;
use crate::run::rules::Rules;
use crate::run::settle::{Passes, ROUNDS_MAX, Settling};
use crate::run::stages::Stages;
use crate::stages::flip::Written;
use crate::state::fragment::{Fragment, Part};
use crate::state::marks::Marks;
use crate::state::paths::PathId;
use crate::state::strings::StringId;
use crate::state::value::Cell;
use crate::state::{DERIVED_WRITES_MAX, State, WRITES_MAX};

/// How often listeners may answer the changes of listeners.
pub const LISTENER_DEPTH_MAX: u32 = 32;

/// What a batch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// 0 for a batch of the user's; for what a listener answers, one more than the batch it was called for.
    pub listener_depth: u32,
}

/// The engine.
pub struct Engine {
    state: State,
    stages: Stages,
    passes: Passes,
    registrations: Registrations,
    /// Paths the caller keeps alive, counted apart so that it cannot take references of others.
    pins: Vec<u32>,
    report: Report,
    work: Work,
}

/// Buffers that are used again.
#[derive(Default)]
struct Work {
    log: Vec<Change>,
    kept: Vec<u32>,
    places: Vec<Place>,
    genuine: Vec<Change>,
    marks: Marks,
    fragment: Fragment,
    written: Written,
}

/// Where an input is written.
struct Place {
    path: PathId,
    input: u32,
    stage: Stage,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Passes::Settle(ROUNDS_MAX))
    }
}

impl Engine {
    /// An engine whose state is an empty object.
    pub fn new(passes: Passes) -> Self {
        let mut state = State::default();
        // An empty object at the root cannot be refused.
        state.allow_writes(1);
        let _ = state.write(PathId::ROOT, &[Part::of(Cell::OBJECT)]);
        state.commit();
        Self {
            state,
            stages: Stages::default(),
            passes,
            registrations: Registrations::default(),
            pins: Vec::new(),
            report: Report::default(),
            work: Work::default(),
        }
    }

    /// The state after the last batch.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the last batch or registration did.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The id of a path, which lives until the end of the next batch unless something refers to it.
    pub fn intern_path(&mut self, path: &[u8]) -> Result<PathId, Error> {
        self.state.intern_path(path).map_err(|refusal| *refusal)
    }

    /// The id of the path one key below another; the key may contain dots.
    pub fn intern_child(&mut self, parent: PathId, key: &[u8]) -> Result<PathId, Error> {
        if !self.state.paths.is_alive(parent) {
            return Err(*malformed(0, InputFault::Path));
        }
        self.state
            .intern_child(parent, key)
            .map_err(|refusal| *refusal)
    }

    /// The id of a text, which lives until the end of the next batch unless something refers to it.
    pub fn intern_text(&mut self, text: &[u8]) -> Result<StringId, Error> {
        self.state.intern_text(text).map_err(|refusal| *refusal)
    }

    /// Keeps a path id alive.
    pub fn retain_path(&mut self, path: PathId) {
        if !self.state.paths.is_alive(path) {
            return;
        }
        let index = path.0 as usize;
        if index >= self.pins.len() {
            self.pins.resize(self.state.paths.id_bound(), 0);
        }
        self.pins[index] += 1;
        self.state.paths.retain(path);
    }

    /// Ends what [`Self::retain_path`] began.
    pub fn release_path(&mut self, path: PathId) {
        if let Some(count @ 1..) = self.pins.get_mut(path.0 as usize) {
            *count -= 1;
            self.state.paths.release(path);
        }
    }

    /// The answer of a condition.
    pub fn holds(&self, condition: u32) -> Option<bool> {
        self.stages.concerns.holds(condition)
    }

    /// The number of the literal a choice yields.
    pub fn leaf(&self, choice: u32) -> Option<u32> {
        self.stages.concerns.leaf(choice)
    }

    /// A registered text filled in.
    pub fn text(&self, text: u32) -> Option<Vec<u8>> {
        self.stages.concerns.text(&self.state, text)
    }

    /// The paths of a registered text's placeholders, each once.
    pub fn placeholders(&self, text: u32) -> Vec<PathId> {
        self.stages.concerns.placeholders(text)
    }

    /// The paths whose values a validator needs.
    pub fn validator_paths(&self, validator: u32) -> &[PathId] {
        self.stages.validators.dependencies(validator)
    }

    /// Takes the results of validators, each a kind and a number; writes to `changed` those that are new.
    pub fn accept_results(
        &mut self,
        validators: &[u32],
        kinds: &[u8],
        numbers: &[f64],
        changed: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let results = Input {
            paths: validators,
            kinds,
            numbers,
            senders: &[],
        };
        self.accept(results, changed).map_err(|refusal| *refusal)
    }

    /// Puts a batch through the pipeline.
    pub fn process(&mut self, input: Input<'_>, origin: Origin) -> Result<&Report, Error> {
        self.run(input, origin).map_err(|refusal| *refusal)?;
        Ok(&self.report)
    }

    /// Puts rules in and lets the state agree with them; the report says what that changed.
    pub fn register(&mut self, rules: impl Into<Arc<Rules>>) -> Result<Registered, Error> {
        self.install(&rules.into()).map_err(|refusal| *refusal)
    }

    /// Takes the rules of a registration out at once; false when there is none of that id.
    pub fn unregister(&mut self, id: u32) -> bool {
        self.report.clear();
        let is_known = self
            .registrations
            .remove(&mut self.state, &mut self.stages, id);
        self.state.collect(&mut self.report.reclaimed);
        is_known
    }

    /// Bytes held by the state, its tables and the report.
    pub fn capacity_bytes(&self) -> usize {
        self.state.capacity_bytes()
            + self.report.capacity_bytes()
            + self.work.log.capacity() * size_of::<Change>()
    }

    fn accept(&mut self, results: Input<'_>, changed: &mut Vec<u32>) -> Result<(), Refusal> {
        changed.clear();
        if !results.has_matching_lengths() {
            return Err(malformed(0, InputFault::Length));
        }
        for index in 0..results.len() {
            results.cell(index, &self.state)?;
        }
        let Self { state, stages, .. } = self;
        for (index, validator) in results.paths.iter().enumerate() {
            let cell = results.cell(index, state)?;
            if stages.validators.accept(state, *validator, cell) {
                changed.push(*validator);
            }
        }
        Ok(())
    }

    fn run(&mut self, input: Input<'_>, origin: Origin) -> Result<(), Refusal> {
        self.report.clear();
        if !input.has_matching_lengths() {
            return Err(malformed(0, InputFault::Length));
        }
        if origin.listener_depth > LISTENER_DEPTH_MAX {
            let depth_max = LISTENER_DEPTH_MAX;
            return Err(Error::ListenerTooDeep { depth_max }.into());
        }
        let unchanged = diff::unchanged_count(&self.state, &input);
        if unchanged < input.len() {
            let result = self.run_input(input, unchanged, origin);
            self.finish(result)?;
        }
        self.state.collect(&mut self.report.reclaimed);
        Ok(())
    }

    fn install(&mut self, rules: &Arc<Rules>) -> Result<Registered, Refusal> {
        self.report.clear();
        let result = self
            .registrations
            .add(&mut self.state, &mut self.stages, rules);
        let id = match result {
            Ok(id) => id,
            Err(error) => {
                self.state.collect(&mut self.report.reclaimed);
                return Err(error);
            }
        };
        let result = self.run_registered(id);
        if let Err(error) = self.finish(result) {
            self.unregister(id);
            return Err(error);
        }
        self.state.collect(&mut self.report.reclaimed);
        Ok(self.registrations.ids(id))
    }

    fn run_input(
        &mut self,
        input: Input<'_>,
        unchanged: usize,
        origin: Origin,
    ) -> Result<(), Refusal> {
        let Self {
            state,
            stages,
            work,
            registrations,
            ..
        } = self;
        let Work {
            log,
            kept,
            places,
            genuine,
            marks,
            fragment,
            written,
        } = work;
        log.clear();
        genuine.clear();
        written.clear();
        mention_slots(state, &input);
        diff::keep(state, &input, unchanged, marks, fragment, kept)?;
        self.report.kept_count = kept.len();
        place_inputs(stages, state, &input, kept, places)?;
        state.allow_writes(WRITES_MAX);
        let computed = stages.computations.targets();
        let mut batch = Batch {
            state,
            log,
            input,
            computed,
        };
        // A registration that this batch wakes may bring the first rule that clears.
        let may_clear = !stages.clear.is_empty() || registrations.may_wake();
        let genuine_wanted = may_clear.then_some(&mut *genuine);
        apply(&mut batch, places, origin, genuine_wanted, fragment)?;
        let applied = log.len();
        let woken = registrations.toggle(state, stages, log)?;
        state.allow_writes(DERIVED_WRITES_MAX);
        let computed = stages.computations.targets();
        let mut batch = Batch {
            state,
            log,
            input,
            computed,
        };
        stages.clear.run(&mut batch, genuine)?;
        self.settle(input, Settling::behind_inputs(applied), woken)
    }

    /// What a registration changes by itself.
    fn run_registered(&mut self, id: u32) -> Result<(), Refusal> {
        self.work.log.clear();
        self.work.written.clear();
        self.state.allow_writes(DERIVED_WRITES_MAX);
        self.settle(Input::default(), Settling::default(), Vec::from([id]))
    }

    /// Runs the derived stages, and again as long as they wake somebody.
    fn settle(
        &mut self,
        input: Input<'_>,
        mut settling: Settling,
        mut woken: Vec<u32>,
    ) -> Result<(), Refusal> {
        let Self {
            state,
            stages,
            work,
            registrations,
            passes,
            ..
        } = self;
        let Work { log, written, .. } = work;
        for _ in 0..ROUNDS_MAX {
            let seen = log.len();
            let computed = stages.computations.targets();
            let mut batch = Batch {
                state,
                log,
                input,
                computed,
            };
            for installed in woken.iter().filter_map(|id| registrations.installed(*id)) {
                stages.agree(&mut batch, installed)?;
            }
            settling.run(stages, &mut batch, *passes, written)?;
            woken = registrations.toggle(state, stages, &log[seen..])?;
            if woken.is_empty() {
                return Ok(());
            }
        }
        let path = log
            .last()
            .map(|last| state.paths.display(&state.strings, last.path));
        Err(Error::NotSettled {
            rounds: ROUNDS_MAX,
            path: path.unwrap_or_default(),
        }
        .into())
    }

    /// Commits and reports, or takes everything back.
    fn finish(&mut self, result: Result<(), Refusal>) -> Result<(), Refusal> {
        let Self {
            state,
            stages,
            work,
            report,
            registrations,
            ..
        } = self;
        let Work {
            log,
            marks,
            fragment,
            ..
        } = &mut *work;
        if let Err(error) = result {
            state.undo();
            registrations.undo(state, stages);
            log.clear();
            report.kept_count = 0;
            state.collect(&mut report.reclaimed);
            return Err(error);
        }
        report.take_changes(state, log, marks, fragment);
        let asleep = registrations.list_sleepers();
        let Stages {
            concerns,
            validators,
            listeners,
            ..
        } = stages;
        concerns.run(state, log, asleep, &mut report.concerns);
        validators.plan(state, log, &asleep.validators, &mut report.validators);
        let (paths, kinds) = (&report.paths, &report.kinds);
        let asleep = &asleep.listeners;
        listeners.plan(&state.paths, paths, kinds, asleep, &mut report.plan);
        registrations.commit(stages, report);
        state.commit();
        crate::tables::lists::shrink(log);
        crate::tables::lists::shrink(&mut work.kept);
        crate::tables::lists::shrink(&mut work.places);
        crate::tables::lists::shrink(&mut work.genuine);
        Ok(())
    }
}

/// Slots of a batch that nothing keeps have to be reported as free.
fn mention_slots(state: &mut State, input: &Input<'_>) {
    for index in 0..input.kinds.len() {
        if let Ok(cell) = input.cell(index, state)
            && (cell.kind == crate::state::value::Kind::Slot || cell.kind.is_container())
            && cell.slot() != crate::state::value::NO_SLOT
        {
            state.slots.mention(cell.slot());
        }
    }
}

/// Replaces writes to aggregation targets by writes to their sources, as the state before the batch has it.
fn place_inputs(
    stages: &Stages,
    state: &mut State,
    input: &Input<'_>,
    kept: &[u32],
    places: &mut Vec<Place>,
) -> Result<(), Refusal> {
    places.clear();
    for index in kept {
        let path = input.path(*index as usize);
        match stages.aggregations.distribution(state, path)? {
            None => places.push(Place {
                path,
                input: *index,
                stage: Stage::Input,
            }),
            Some(sources) => {
                let place = |path| Place {
                    path,
                    input: *index,
                    stage: Stage::Distribution,
                };
                places.extend(sources.into_iter().map(place));
            }
        }
    }
    Ok(())
}

/// Writes the inputs and notes those that came from outside and changed something.
fn apply(
    batch: &mut Batch<'_>,
    places: &[Place],
    origin: Origin,
    mut genuine: Option<&mut Vec<Change>>,
    fragment: &mut Fragment,
) -> Result<(), Refusal> {
    let lineage = if origin.listener_depth > 0 {
        Lineage::LISTENER
    } else {
        Lineage::default()
    };
    for place in places {
        let index = place.input as usize;
        batch.input.fragment(index, batch.state, fragment)?;
        let mut cause = Cause {
            stage: place.stage,
            rule: 0,
            lineage,
            sender: batch.input.sender(index),
            input: Some(place.input),
        };
        if place.stage == Stage::Distribution {
            cause.lineage = lineage.and(Lineage::AGGREGATION);
        }
        let is_changed = batch.write(place.path, &fragment.parts, cause)?;
        let Some(genuine) = genuine.as_deref_mut().filter(|_| is_changed) else {
            continue;
        };
        if genuine
            .last()
            .is_none_or(|last| last.cause.input != Some(place.input))
        {
            let cell = crate::state::fragment::head(&fragment.parts);
            let path = batch.input.path(index);
            genuine.push(Change {
                path,
                cell,
                cause: Cause { lineage, ..cause },
            });
        }
    }
    Ok(())
}
