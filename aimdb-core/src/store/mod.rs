//! What is in a database: the records, by key and by number, and who is derived from whom.

pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod places;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::Problem;
use crate::graph::{CIRCLES_TOLD, Node};
use crate::key::RecordId;
use crate::link::LinkPlan;
use crate::record::door::RecordDoor;
use crate::runtime::RuntimeAdapter;
use crate::task::ending::Ending;
use names::Names;
use order::trim;
use places::Places;

/// What a runtime's cell holds.
pub(crate) struct Store<R: RuntimeAdapter> {
    pub(crate) records: Places<Held<R>>,
    pub(crate) names: Names,
    /// Nothing is added any more.
    pub(crate) is_closed: bool,
    /// How many attachments there ever were.
    pub(crate) attachments: u64,
    /// The number of the last walk; see [`Held::walk`].
    walk: u64,
}

/// A record as the database holds it.
pub(crate) struct Held<R: RuntimeAdapter> {
    pub(crate) key: Arc<str>,
    pub(crate) door: Arc<R::Door>,
    /// What it is derived from, in order; each knows its position among the readers of that record.
    inputs: Vec<Edge>,
    /// What is derived from it; each knows its position among the inputs of that record.
    readers: Vec<Edge>,
    pub(crate) writers: Vec<&'static str>,
    pub(crate) taps: usize,
    pub(crate) links: Vec<LinkPlan>,
    /// What was attached to it while the database ran.
    pub(crate) attached: Vec<Attached<R>>,
    /// The last walk that came by, so that a walk needs no table of its own.
    walk: u64,
}

/// A task, or one for each input, that can be ended.
pub(crate) struct Attached<R: RuntimeAdapter> {
    pub(crate) number: u64,
    /// Whether it writes the record, else it looks at it.
    pub(crate) derives: bool,
    pub(crate) ending: R::Cell<Ending>,
}

/// One end of what joins a record and one that is derived from it. Both ends know each other, so that
/// one of many readers goes as quickly as one of few.
#[derive(Clone, Copy)]
struct Edge {
    /// The place of the other.
    place: usize,
    /// The position of the other end there.
    other: usize,
}

impl<R: RuntimeAdapter> Default for Store<R> {
    fn default() -> Self {
        Self {
            records: Places::default(),
            names: Names::default(),
            is_closed: false,
            attachments: 0,
            walk: 0,
        }
    }
}

impl<R: RuntimeAdapter> Held<R> {
    /// A record that is derived from nothing yet.
    pub(crate) fn new(key: Arc<str>, door: Arc<R::Door>) -> Self {
        Self {
            key,
            door,
            inputs: Vec::new(),
            readers: Vec::new(),
            writers: Vec::new(),
            taps: 0,
            links: Vec::new(),
            attached: Vec::new(),
            walk: 0,
        }
    }
}

impl<R: RuntimeAdapter> Store<R> {
    /// An error if the database is closed.
    pub(crate) fn check_open(&self) -> Result<(), Problem> {
        match self.is_closed {
            true => Err(Problem::Closed),
            false => Ok(()),
        }
    }

    /// The record with this key.
    pub(crate) fn find(&self, key: &str) -> Option<&Held<R>> {
        self.records.at(self.names.get(key)?)
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        let edges = |held: &Held<R>| held.inputs.capacity() + held.readers.capacity();
        let edges: usize = self.records.iter().map(edges).sum();
        self.records.capacity() + self.names.capacity() + edges
    }

    /// Puts a record in. Its inputs hear of it by [`join`](Self::join) once they are in too.
    pub(crate) fn put(&mut self, held: Held<R>) -> RecordId {
        let key = held.key.clone();
        let id = self.records.put(held);
        self.names.insert(key, id.index());
        id
    }

    /// Takes a record out, and out of the lists of those that it reads.
    pub(crate) fn take(&mut self, id: RecordId) -> Option<Box<Held<R>>> {
        self.records.get(id)?;
        self.part(id.index());
        let held = self.records.take(id)?;
        self.names.remove(&held.key);
        Some(held)
    }

    /// Says what the record in `place` is derived from; it was derived from nothing.
    #[inline(never)]
    pub(crate) fn join(&mut self, place: usize, inputs: impl Iterator<Item = usize>) {
        for (number, input) in inputs.enumerate() {
            let Some(of) = self.records.at_mut(input) else {
                continue;
            };
            let other = of.readers.len();
            of.readers.push(Edge {
                place,
                other: number,
            });
            if let Some(held) = self.records.at_mut(place) {
                held.inputs.push(Edge {
                    place: input,
                    other,
                });
            }
        }
    }

    /// Forgets what [`join`](Self::join) said.
    #[inline(never)]
    pub(crate) fn part(&mut self, place: usize) {
        let input = |store: &mut Self| store.records.at_mut(place)?.inputs.pop();
        while let Some(input) = input(self) {
            let Some(of) = self.records.at_mut(input.place) else {
                continue;
            };
            of.readers.swap_remove(input.other);
            let length = of.readers.len();
            trim(&mut of.readers, length);
            // Another reader has come to where this one was.
            if let Some(&moved) = of.readers.get(input.other)
                && let Some(reader) = self.records.at_mut(moved.place)
            {
                reader.inputs[moved.other].other = input.other;
            }
        }
    }

    /// The places of the record in `place` and of all that is derived from it, each once, with the
    /// position here of the one that it was found through: the direct readers are those of 0.
    #[inline(never)]
    pub(crate) fn downstream(&mut self, place: usize) -> Vec<(usize, usize)> {
        self.walk += 1;
        self.is_new(place);
        let mut found = alloc::vec![(place, 0)];
        let mut at = 0;
        while let Some(&(place, _)) = found.get(at) {
            let mut next = 0;
            while let Some(reader) = self.reader(place, next) {
                if self.is_new(reader) {
                    found.push((reader, at));
                }
                next += 1;
            }
            at += 1;
        }
        found
    }

    /// The circles that would be if the record in `place` were derived from `inputs`, each with the
    /// keys around it. Only what is derived from that record is looked at.
    #[inline(never)]
    pub(crate) fn circles(&mut self, place: usize, inputs: &[usize]) -> Vec<Problem> {
        let downstream = self.downstream(place);
        let mut found = Vec::new();
        let mut untold = 0;
        for input in inputs {
            let walk = self.walk;
            // Each once: an input that was told of is made one that the walk did not meet.
            let Some(held) = self.records.at_mut(*input).filter(|held| held.walk == walk) else {
                continue;
            };
            held.walk = 0;
            if found.len() == CIRCLES_TOLD {
                untold += 1;
                continue;
            }
            let is_input = |(place, _): &(usize, usize)| place == input;
            let mut at = downstream.iter().position(is_input).unwrap_or_default();
            let mut around = alloc::vec![place];
            while at > 0 {
                around.push(downstream[at].0);
                at = downstream[at].1;
            }
            around.push(place);
            let path = self.keys(&mut around.into_iter().rev());
            found.push(Problem::Cycle { path });
        }
        if untold > 0 {
            found.push(Problem::MoreCycles { untold });
        }
        found
    }

    fn reader(&self, place: usize, number: usize) -> Option<usize> {
        Some(self.records.at(place)?.readers.get(number)?.place)
    }

    /// Whether this walk comes by for the first time.
    #[inline(never)]
    fn is_new(&mut self, place: usize) -> bool {
        let walk = self.walk;
        let held = self.records.at_mut(place);
        held.is_some_and(|held| core::mem::replace(&mut held.walk, walk) != walk)
    }

    /// The keys of the records in these places.
    pub(crate) fn keys(&self, places: &mut dyn Iterator<Item = usize>) -> Vec<String> {
        let mut keys = Vec::new();
        for place in places {
            if let Some(held) = self.records.at(place) {
                keys.push(held.key.to_string());
            }
        }
        keys
    }

    /// Who reads whom, in the order of configuration.
    pub(crate) fn graph(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        for held in self.records.iter() {
            let mut links = Vec::new();
            for link in &held.links {
                links.push(link.to_string());
            }
            nodes.push(Node {
                key: held.key.clone(),
                schema: held.door.schema().name.to_string(),
                inputs: self.keys(&mut held.inputs.iter().map(|input| input.place)),
                writers: held.writers.clone(),
                taps: held.taps,
                failed: held.door.failed(),
                links,
            });
        }
        nodes
    }
}
