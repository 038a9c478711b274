//! Taking records into a database: all of them, or none.
//!
//! It happens in one look into the store, so that nobody finds a record before its readers have their
//! places, and what is refused leaves nothing behind. What comes from the application, such as the
//! closures of a refused plan, is called and dropped outside of it.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::TypeId;

use aimdb_contracts::Schema;

use crate::buffer::Buffer;
use crate::db::AimDb;
use crate::error::{BuildError, Problem, wrong_type};
use crate::graph::{Target, circles};
use crate::key::{RECORDS_MAX, check_key};
use crate::link::LinkSender;
use crate::plan::Plan;
use crate::platform::StateCell;
use crate::record::door::RecordDoor;
use crate::runtime::{Doors, Part, RuntimeAdapter, Start};
use crate::store::names::Names;
use crate::store::{Held, Store};

impl<R: RuntimeAdapter> AimDb<R> {
    /// Checks the plans together, then opens the records, gives every reader its place, hands out
    /// the links and starts the tasks, in this order. Gives the records in the order of the plans.
    pub(crate) fn admit(&self, mut plans: Vec<Plan<R>>) -> Result<Vec<Arc<R::Door>>, BuildError> {
        let are_linked = plans.iter().any(|plan| !plan.links.is_empty());
        let mut starts = Vec::new();
        let doors = self.shared.store.with(|store| {
            store.check_open().map_err(|closed| alloc::vec![closed])?;
            let inputs = check(store, &plans, &self.shared.connectors)?;
            let doors = self.open(store, &plans)?;
            wire(
                self.runtime(),
                store,
                &mut plans,
                &doors,
                &inputs,
                &mut starts,
            )?;
            self.put(store, &mut plans, &doors, &inputs);
            Ok::<_, Vec<Problem>>(doors)
        });
        let doors = doors.map_err(|problems| BuildError { problems })?;
        if are_linked {
            self.shared.connectors.iter().for_each(LinkSender::wake);
        }
        for start in starts {
            start(self.runtime());
        }
        Ok(doors)
    }

    fn open(&self, store: &Store<R>, plans: &[Plan<R>]) -> Result<Vec<Arc<R::Door>>, Vec<Problem>> {
        let mut doors = Vec::with_capacity(plans.len());
        let mut problems = Vec::new();
        for (plan, id) in plans.iter().zip(store.records.upcoming(plans.len())) {
            // The check before has made sure that there is a buffer, and that it can be.
            let Some(buffer) = plan.buffer else { continue };
            match plan
                .shape
                .open(id, plan.key.clone(), buffer, self.shared.changes.clone())
            {
                Ok(door) => doors.push(door),
                Err(error) => problems.push(Problem::Capacity {
                    record: plan.key.to_string(),
                    error,
                }),
            }
        }
        unless(problems, doors)
    }

    /// Puts the records into the store, where others see them.
    fn put(
        &self,
        store: &mut Store<R>,
        plans: &mut [Plan<R>],
        doors: &[Arc<R::Door>],
        inputs: &[Vec<Target>],
    ) {
        for (plan, door) in plans.iter_mut().zip(doors) {
            for connector in self.shared.connectors.iter() {
                connector.open(&plan.links, door);
            }
            let mut held = Held::new(plan.key.clone(), door.clone());
            held.writers = core::mem::take(&mut plan.writers);
            held.links = core::mem::take(&mut plan.links);
            held.taps = plan.taps;
            let id = store.put(held);
            self.shared.changes.with(|changes| changes.admit(id));
        }
        // After all are in: a record may be derived from one behind it.
        for (door, inputs) in doors.iter().zip(inputs) {
            let place = |input: &Target| match input {
                Target::Old(place) => *place,
                Target::New(index) => doors[*index].id().index(),
            };
            store.join(door.id().index(), inputs.iter().map(place));
        }
    }
}

/// Puts the tasks together.
fn wire<R: RuntimeAdapter>(
    runtime: &R,
    store: &Store<R>,
    plans: &mut [Plan<R>],
    doors: &[Arc<R::Door>],
    inputs: &[Vec<Target>],
    starts: &mut Vec<Start<R>>,
) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    for ((plan, own), inputs) in plans.iter_mut().zip(doors).zip(inputs) {
        let door = |input: &Target| match input {
            Target::Old(place) => Some(store.records.at(*place)?.door.clone()),
            Target::New(index) => doors.get(*index).cloned(),
        };
        let doors = Doors {
            runtime: runtime.clone(),
            own: own.clone(),
            inputs: inputs.iter().filter_map(door).collect(),
        };
        for part in core::mem::take(&mut plan.parts) {
            match part.wire(&doors) {
                Ok(start) => starts.push(start),
                Err(problem) => problems.push(problem),
            }
        }
    }
    unless(problems, ())
}

/// Finds everything that is wrong with the plans, in their order, then with the graph they make; or
/// where the inputs of each are. Records that are there already are only looked up: adding one of
/// many must not cost more than adding the first.
fn check<R: RuntimeAdapter>(
    store: &Store<R>,
    plans: &[Plan<R>],
    connectors: &[LinkSender<R>],
) -> Result<Vec<Vec<Target>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut new = Names::default();
    for (index, plan) in plans.iter().enumerate() {
        if let Err(error) = check_key(&plan.key) {
            problems.push(Problem::Key(error));
        }
        let is_twice = !new.insert(plan.key.clone(), index);
        if is_twice || store.names.get(&plan.key).is_some() {
            let record = plan.key.to_string();
            problems.push(Problem::DuplicateKey { record });
        }
        check_buffer(plan, &mut problems);
        check_links(plan, connectors, &mut problems);
    }
    if store.records.len() + plans.len() > RECORDS_MAX {
        problems.push(Problem::TooManyRecords);
    }
    let find = |key: &str| match store.names.get(key) {
        Some(place) => Some(Target::Old(place)),
        None => new.get(key).map(Target::New),
    };
    let inputs = check_inputs(store, plans, &find, &mut problems);
    unless(problems, inputs)
}

/// What is wrong with the graph that the plans make.
fn check_inputs<R: RuntimeAdapter>(
    store: &Store<R>,
    plans: &[Plan<R>],
    find: &dyn Fn(&str) -> Option<Target>,
    problems: &mut Vec<Problem>,
) -> Vec<Vec<Target>> {
    let mut types = Vec::new();
    let mut targets = Vec::with_capacity(plans.len());
    for plan in plans {
        if plan.writers.len() > 1 {
            problems.push(Problem::TwoWriters {
                record: plan.key.to_string(),
                writers: plan.writers.clone(),
            });
        }
        if plan.is_derived && plan.inputs.is_empty() {
            problems.push(Problem::NoInputs {
                record: plan.key.to_string(),
            });
        }
        let mut found = Vec::with_capacity(plan.inputs.len());
        for input in &plan.inputs {
            let Some(target) = find(&input.key) else {
                problems.push(Problem::UnknownInput {
                    record: plan.key.to_string(),
                    input: input.key.clone(),
                });
                continue;
            };
            found.push(target);
            let Some((schema, form)) = kind(store, plans, target) else {
                continue;
            };
            if form != input.form && !schema.is_alike(input.schema) {
                types.push(wrong_type(&input.key, input.schema, schema));
            }
        }
        targets.push(found);
    }
    problems.extend(circles(&targets, &|index| plans[index].key.to_string()));
    problems.append(&mut types);
    targets
}

/// A record's contract, and the type that it is kept as.
fn kind<'a, R: RuntimeAdapter>(
    store: &'a Store<R>,
    plans: &'a [Plan<R>],
    target: Target,
) -> Option<(&'a Schema, TypeId)> {
    match target {
        Target::Old(place) => {
            let door = &store.records.at(place)?.door;
            Some((door.schema(), door.as_any().type_id()))
        }
        Target::New(index) => {
            let shape = &plans[index].shape;
            Some((shape.schema(), shape.form()))
        }
    }
}

fn check_buffer<R: RuntimeAdapter>(plan: &Plan<R>, problems: &mut Vec<Problem>) {
    let record = || plan.key.to_string();
    match plan.buffer.map(Buffer::<()>::new) {
        None => problems.push(Problem::MissingBuffer { record: record() }),
        Some(Err(error)) => problems.push(Problem::Capacity {
            record: record(),
            error,
        }),
        Some(Ok(_)) => {}
    }
}

fn check_links<R: RuntimeAdapter>(
    plan: &Plan<R>,
    connectors: &[LinkSender<R>],
    problems: &mut Vec<Problem>,
) {
    for link in &plan.links {
        let record = plan.key.to_string();
        let Some((scheme, _)) = link.parts() else {
            let url = link.url.clone();
            problems.push(Problem::LinkAddress { record, url });
            continue;
        };
        if connectors.iter().all(|known| known.scheme != scheme) {
            let scheme = scheme.to_string();
            problems.push(Problem::UnknownScheme { record, scheme });
        }
    }
}

/// The outcome, unless there are problems.
fn unless<T>(problems: Vec<Problem>, outcome: T) -> Result<T, Vec<Problem>> {
    if problems.is_empty() {
        Ok(outcome)
    } else {
        Err(problems)
    }
}
