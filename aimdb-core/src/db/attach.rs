//! What is attached to the records of a running database by code that does not know their types:
//! taps and derivations, by key, and taken off again at any time. Code that brings its own readers
//! and writers, such as JavaScript, claims its place in the graph and needs no task.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::db::{AimDb, unknown};
use crate::error::{BuildError, Problem};
use crate::key::RecordId;
use crate::platform::StateCell;
use crate::record::door::RecordDoor;
use crate::runtime::{RuntimeAdapter, Spawn};
use crate::store::{Attached, Store};
use crate::task::Task;
use crate::task::ending::{Ending, end};
use crate::task::flow::{Flow, Input, Work};
use crate::task::lend::Lending;

/// What [`AimDb::tap`], [`AimDb::derive`] or [`AimDb::claim`] attached, for [`AimDb::detach`]. Never
/// used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attachment {
    record: RecordId,
    number: u64,
}

impl Attachment {
    /// The attachment of this number, for whoever kept the number alone.
    pub fn new(record: RecordId, number: u64) -> Self {
        Self { record, number }
    }

    /// The record that it is attached to.
    pub fn record(self) -> RecordId {
        self.record
    }

    /// Its number, which no other attachment of the database ever has.
    pub fn number(self) -> u64 {
        self.number
    }
}

/// What code outside of the database does with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim<'a> {
    /// It writes values of its own.
    Source,
    /// It derives the values from these records.
    Derivation(&'a [&'a str]),
    /// It looks at them.
    Tap,
}

impl<R: Spawn<Task<Flow<R>, R>>> AimDb<R> {
    /// Looks at a record from now on: `tap` is called with each value, with each lag, and at last with
    /// [`Next::Closed`](crate::Next::Closed), unless it is detached before. On a mailbox it is a
    /// reader like any other, and takes. An error if there is no such record.
    pub fn tap(&self, key: &str, tap: Box<R::Tap>) -> Result<Attachment, Problem> {
        let (attachment, ending, input): (_, _, Input<R>) = self.shared.store.with(|store| {
            let (attachment, ending) = look(store, key)?;
            let held = store.records.get(attachment.record);
            let door = held.ok_or_else(|| unknown(key))?.door.clone();
            Ok((attachment, ending, Input::new(0, door)))
        })?;
        let work = R::Cell::new(Lending::new(Work::Tap(tap)));
        let door = input.door().clone();
        let flow = Flow::new(input, None, work, ending, self.runtime());
        self.start("tap", door, flow);
        Ok(attachment)
    }

    /// Derives a record that is there from others from now on: `step` is called with each value of
    /// each input and the input's position in `inputs`, and the record takes what it gives, by its
    /// contract. The step is called for one value at a time, whichever input it is of. A lag, and a
    /// value that the contract refuses, go to the log, as for [`transform`](crate::Registrar::transform).
    ///
    /// It ends when it is detached, when the record is removed, or when the database closes. An error
    /// names all that is wrong: a record that is not there, no inputs, another writer, a circle.
    pub fn derive(
        &self,
        key: &str,
        inputs: &[&str],
        step: Box<R::Step>,
    ) -> Result<Attachment, BuildError> {
        let checked = self.shared.store.with(|store| {
            let ((attachment, ending), places) = write(store, key, inputs, kind(inputs))?;
            // Their readers have their places before anything else can be written.
            let mut inputs: Vec<Input<R>> = Vec::with_capacity(places.len());
            for place in places {
                if let Some(held) = store.records.at(place) {
                    inputs.push(Input::new(inputs.len(), held.door.clone()));
                }
            }
            let target = store.records.get(attachment.record);
            let target = target.map(|held| held.door.clone());
            Ok((attachment, ending, target, inputs))
        });
        let (attachment, ending, target, inputs) =
            checked.map_err(|problems| BuildError { problems })?;
        let work = R::Cell::new(Lending::new(Work::Step(step)));
        let Some(target) = target else {
            return Ok(attachment);
        };
        let name = kind(&inputs);
        let flow = |input| {
            let (to, work, ending) = (target.clone(), work.clone(), ending.clone());
            Flow::new(input, Some(to), work, ending, self.runtime())
        };
        // All are made before one runs, so that the record knows how many derive it.
        let flows: Vec<Flow<R>> = inputs.into_iter().map(flow).collect();
        for flow in flows {
            self.start(name, target.clone(), flow);
        }
        Ok(attachment)
    }

    fn start(&self, name: &'static str, door: Arc<R::Door>, flow: Flow<R>) {
        let runtime = self.runtime();
        runtime.spawn(Task::new(name, door, runtime, flow));
    }
}

impl<R: RuntimeAdapter> AimDb<R> {
    /// Notes in the graph what code outside of the database does with a record, under the same checks as
    /// [`tap`](Self::tap) and [`derive`](Self::derive); the reading and writing is left to that code. It ends when it is
    /// detached or the record is removed. An error names all that is wrong.
    pub fn claim(&self, key: &str, claim: Claim<'_>) -> Result<Attachment, BuildError> {
        let (kind, inputs) = match claim {
            Claim::Source => (SOURCE, &[] as &[&str]),
            Claim::Derivation(inputs) => (kind(inputs), inputs),
            Claim::Tap => ("", &[] as &[&str]),
        };
        let claimed = self.shared.store.with(|store| match claim {
            Claim::Tap => look(store, key).map_err(|problem| alloc::vec![problem]),
            _ => write(store, key, inputs, kind).map(|(attaching, _)| attaching),
        });
        let claimed = claimed.map(|(attachment, _)| attachment);
        claimed.map_err(|problems| BuildError { problems })
    }

    /// Ends what was attached, at once: at most a call that is under way is still finished. A derived
    /// record stays, with its values and without a writer. `false`: it was detached before, or the
    /// record is gone.
    pub fn detach(&self, attachment: Attachment) -> bool {
        let Attachment { record, number } = attachment;
        let attached = self.shared.store.with(|store| {
            store.records.get(record)?;
            let held = store.records.at_mut(record.index())?;
            let is_it = |known: &Attached<R>| known.number == number;
            let place = held.attached.iter().rposition(is_it)?;
            let attached = held.attached.swap_remove(place);
            if attached.derives {
                // It was the only one.
                held.writers.clear();
                store.part(record.index());
            } else {
                held.taps -= 1;
            }
            Some(attached)
        });
        if let Some(attached) = &attached {
            end::<R>(&attached.ending);
        }
        attached.is_some()
    }
}

/// How a source stands in the graph.
const SOURCE: &str = "source";

/// How a derivation stands in the graph.
fn kind<T>(inputs: &[T]) -> &'static str {
    if inputs.len() == 1 {
        "transform"
    } else {
        "join"
    }
}

type Attaching<R> = (Attachment, <R as RuntimeAdapter>::Cell<Ending>);

/// Notes one who looks at a record.
fn look<R: RuntimeAdapter>(store: &mut Store<R>, key: &str) -> Result<Attaching<R>, Problem> {
    store.check_open()?;
    let place = store.names.get(key).ok_or_else(|| unknown(key))?;
    let held = store.records.at_mut(place).ok_or_else(|| unknown(key))?;
    held.taps += 1;
    let id = held.door.id();
    Ok(attach(store, id, false))
}

/// Notes the one who writes a record, and gives the places of what it is derived from.
fn write<R: RuntimeAdapter>(
    store: &mut Store<R>,
    key: &str,
    inputs: &[&str],
    kind: &'static str,
) -> Result<(Attaching<R>, Vec<usize>), Vec<Problem>> {
    let (id, places) = check(store, key, inputs, kind)?;
    let attaching = attach(store, id, true);
    store.join(id.index(), places.iter().copied());
    if let Some(held) = store.records.at_mut(id.index()) {
        held.writers.push(kind);
    }
    Ok((attaching, places))
}

fn attach<R: RuntimeAdapter>(
    store: &mut Store<R>,
    record: RecordId,
    derives: bool,
) -> Attaching<R> {
    store.attachments += 1;
    let number = store.attachments;
    let ending = R::Cell::new(Ending::default());
    if let Some(held) = store.records.at_mut(record.index()) {
        held.attached.push(Attached {
            number,
            derives,
            ending: ending.clone(),
        });
    }
    (Attachment { record, number }, ending)
}

/// Finds all that is wrong with a writer, or where its records are.
fn check<R: RuntimeAdapter>(
    store: &mut Store<R>,
    key: &str,
    inputs: &[&str],
    kind: &'static str,
) -> Result<(RecordId, Vec<usize>), Vec<Problem>> {
    store.check_open().map_err(|closed| alloc::vec![closed])?;
    let record = || key.to_string();
    let mut problems = Vec::new();
    let mut places = Vec::with_capacity(inputs.len());
    if inputs.is_empty() && kind != SOURCE {
        problems.push(Problem::NoInputs { record: record() });
    }
    for input in inputs {
        match store.names.get(input) {
            Some(place) => places.push(place),
            None => problems.push(Problem::UnknownInput {
                record: record(),
                input: input.to_string(),
            }),
        }
    }
    let Some(held) = store.find(key) else {
        problems.push(unknown(key));
        return Err(problems);
    };
    let (id, mut writers) = (held.door.id(), held.writers.clone());
    if !writers.is_empty() {
        writers.push(kind);
        let record = record();
        problems.push(Problem::TwoWriters { record, writers });
    }
    problems.append(&mut store.circles(id.index(), &places));
    if problems.is_empty() {
        Ok((id, places))
    } else {
        Err(problems)
    }
}
