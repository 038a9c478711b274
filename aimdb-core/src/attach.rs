//! What is attached to the records of a running database by code that does not know their types:
//! taps and derivations, by key, and taken off again at any time.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::db::{AimDb, unknown};
use crate::door::RecordDoor;
use crate::error::{BuildError, Problem};
use crate::flow::{Flow, Input, Work};
use crate::key::RecordId;
use crate::runtime::{RuntimeAdapter, Spawn, StateCell};
use crate::store::{Attached, Store};
use crate::wakers::{Slot, WakeBatch, WakerList, wake_all};

/// What [`AimDb::tap`] or [`AimDb::derive`] attached, for [`AimDb::detach`]. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attachment {
    record: RecordId,
    number: u64,
}

impl Attachment {
    /// The record that it is attached to.
    pub fn record(self) -> RecordId {
        self.record
    }
}

/// The word to tasks that they are to end.
#[derive(Default)]
pub(crate) struct Ending {
    has_come: bool,
    waiters: WakerList,
}

impl Ending {
    /// Whether it has come; wakes the task when it does.
    pub(crate) fn has_come(&mut self, slot: &mut Option<Slot>, waker: &core::task::Waker) -> bool {
        if !self.has_come {
            self.waiters.wait(slot, waker);
        }
        self.has_come
    }

    pub(crate) fn leave(&mut self, slot: Slot) {
        self.waiters.leave(slot);
    }
}

/// Tells tasks to end.
pub(crate) fn end<R: RuntimeAdapter>(ending: &R::Cell<Ending>) {
    let mut batch = WakeBatch::default();
    let mut from = Some(0);
    while let Some(start) = from {
        from = ending.with(|ending| {
            ending.has_come = true;
            ending.waiters.take(start, &mut batch)
        });
        wake_all(&mut batch);
    }
}

impl<R: Spawn<Flow<R>>> AimDb<R> {
    /// Looks at a record from now on: `tap` is called with each value, with each lag, and at last with
    /// [`Next::Closed`](crate::Next::Closed), unless it is detached before. On a mailbox it is a
    /// reader like any other, and takes. An error if there is no such record.
    pub fn tap(&self, key: &str, tap: Box<R::Tap>) -> Result<Attachment, Problem> {
        let (attachment, ending, input) = self.store.with(|store| {
            let place = store.names.get(key).ok_or_else(|| unknown(key))?;
            let held = store.records.at_mut(place).ok_or_else(|| unknown(key))?;
            held.taps += 1;
            let input: Input<R> = Input::new(0, held.door.clone());
            let (attachment, ending) = attach(store, input.door.id(), false);
            Ok((attachment, ending, input))
        })?;
        let work = R::Cell::new(Work::Tap(tap));
        self.start(Flow::new(input, None, work, ending, self.runtime()));
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
        let checked = self.store.with(|store| {
            let kind = if inputs.len() == 1 {
                "transform"
            } else {
                "join"
            };
            let (id, places) = check(store, key, inputs, kind)?;
            let (attachment, ending) = attach(store, id, true);
            store.join(id.index(), places.iter().copied());
            if let Some(held) = store.records.at_mut(id.index()) {
                held.writers.push(kind);
            }
            // Their readers have their places before anything else can be written.
            let mut inputs: Vec<Input<R>> = Vec::with_capacity(places.len());
            for place in places {
                if let Some(held) = store.records.at(place) {
                    inputs.push(Input::new(inputs.len(), held.door.clone()));
                }
            }
            let target = store.records.at(id.index()).map(|held| held.door.clone());
            Ok((attachment, ending, target, inputs))
        });
        let (attachment, ending, target, inputs) =
            checked.map_err(|problems| BuildError { problems })?;
        let work = R::Cell::new(Work::Step(step));
        for input in inputs {
            let (target, work, ending) = (target.clone(), work.clone(), ending.clone());
            self.start(Flow::new(input, target, work, ending, self.runtime()));
        }
        Ok(attachment)
    }

    fn start(&self, flow: Flow<R>) {
        self.runtime().spawn(flow);
    }
}

impl<R: RuntimeAdapter> AimDb<R> {
    /// Ends what was attached, at once: at most a call that is under way is still finished. A derived
    /// record stays, with its values and without a writer. `false`: it was detached before, or the
    /// record is gone.
    pub fn detach(&self, attachment: Attachment) -> bool {
        let Attachment { record, number } = attachment;
        let attached = self.store.with(|store| {
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

fn attach<R: RuntimeAdapter>(
    store: &mut Store<R>,
    record: RecordId,
    derives: bool,
) -> (Attachment, R::Cell<Ending>) {
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

/// Finds all that is wrong with a derivation, or where its records are.
fn check<R: RuntimeAdapter>(
    store: &mut Store<R>,
    key: &str,
    inputs: &[&str],
    kind: &'static str,
) -> Result<(RecordId, Vec<usize>), Vec<Problem>> {
    let record = || key.to_string();
    let mut problems = Vec::new();
    let mut places = Vec::with_capacity(inputs.len());
    if inputs.is_empty() {
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
