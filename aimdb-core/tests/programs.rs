//! Random programs that configure, derive, attach, detach, remove, write and read, beside a plain model
//! that knows what each step must come to. A failure prints its seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use aimdb_contracts::builtin::Temperature;
use aimdb_contracts::{Settable, Streamable};
use aimdb_core::buffer::{Buffer, Cursor};
use aimdb_core::{
    AimDb, AimDbBuilder, Attachment, BufferConfig, BuildError, Claim, Consumer, LinkEvent, Links,
    Next, Node, Problem, Producer, Read, RecordId, WriteError,
};
use support::{Bare, Seeded, now};

const PROGRAMS: u64 = 400;
const STEPS: usize = 150;
const KEYS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

fn at(number: f32) -> Temperature {
    Temperature::set(number, 1)
}

/// What every derivation here makes of a value.
fn derived(number: f32) -> f32 {
    (number + 1.0) % 50.0
}

/// A record that is there, as the model has it.
struct Known {
    id: RecordId,
    buffer: BufferConfig,
    linked: bool,
    taps: usize,
    /// Of its inputs and taps, those with a task.
    tasks: usize,
    /// Code outside of the database derives it: the model does not know its values.
    is_claimed: bool,
    writer: Option<&'static str>,
    /// Its inputs, and how often each had been written when the reading began.
    inputs: Vec<(&'static str, u64)>,
    /// The newest value, where only the program itself wrote.
    values: Option<Buffer<f32>>,
}

/// A reader with its place in the model.
struct Reading {
    consumer: Consumer<Temperature, Bare>,
    of: RecordId,
    cursor: Cursor,
    /// What the record held when it went.
    left: Option<Buffer<f32>>,
    closed: bool,
}

/// What was attached or claimed, for whoever detaches it.
struct Attached {
    attachment: Attachment,
    derives: bool,
    /// There is no task behind it.
    is_claimed: bool,
}

impl Attached {
    fn new(attachment: Attachment, derives: bool, is_claimed: bool) -> Self {
        Self {
            attachment,
            derives,
            is_claimed,
        }
    }
}

struct Program {
    random: Seeded,
    runtime: Bare,
    db: AimDb<Bare>,
    links: Links<Bare>,
    /// In the order of configuration.
    known: Vec<(&'static str, Known)>,
    ever: Vec<RecordId>,
    producers: Vec<(RecordId, Producer<Temperature, Bare>)>,
    readings: Vec<Reading>,
    attachments: Vec<Attached>,
    changed: BTreeSet<RecordId>,
    heard: BTreeSet<RecordId>,
}

impl Program {
    fn new(seed: u64) -> Self {
        let runtime = Bare::default();
        let mut builder = AimDbBuilder::new(runtime.clone());
        let links = builder.connector("bus");
        Self {
            random: Seeded(seed),
            runtime,
            db: builder.build().unwrap(),
            links,
            known: Vec::new(),
            ever: Vec::new(),
            producers: Vec::new(),
            readings: Vec::new(),
            attachments: Vec::new(),
            changed: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    fn step(&mut self) {
        match self.random.below(15) {
            0..=2 => self.configure(),
            3 | 4 => self.derive(),
            5 => self.tap(),
            6 => self.detach(),
            7 => self.remove(),
            8 => self.remove_with_dependents(),
            9 | 10 => self.write(),
            11 => self.read(),
            12 => self.hear(),
            13 => self.source(),
            _ => self.settle(),
        }
        self.compare();
    }

    fn key(&mut self) -> &'static str {
        KEYS[self.random.below(KEYS.len())]
    }

    fn find(&self, key: &str) -> Option<&Known> {
        let known = self.known.iter().find(|(own, _)| *own == key);
        known.map(|(_, known)| known)
    }

    fn find_mut(&mut self, key: &str) -> Option<&mut Known> {
        let known = self.known.iter_mut().find(|(own, _)| *own == key);
        known.map(|(_, known)| known)
    }

    fn some_inputs(&mut self, least: usize) -> Vec<&'static str> {
        let count = least + self.random.below(3);
        (0..count).map(|_| self.key()).collect()
    }

    fn versions(&self, inputs: &[&'static str]) -> Vec<(&'static str, u64)> {
        let version = |key: &str| self.db.door(key).unwrap().version();
        inputs.iter().map(|key| (*key, version(key))).collect()
    }

    fn configure(&mut self) {
        let key = self.key();
        let inputs = self.some_inputs(0);
        let buffer = match self.random.below(2) {
            0 => BufferConfig::SingleLatest,
            _ => BufferConfig::SpmcRing { capacity: 4 },
        };
        let linked = self.random.below(2) == 0;
        let mut expected = BTreeSet::new();
        if self.find(key).is_some() {
            expected.insert("KEY_TAKEN");
        }
        for input in &inputs {
            if self.find(input).is_none() && *input != key {
                expected.insert("INPUT_UNKNOWN");
            }
            if *input == key && self.find(key).is_none() {
                expected.insert("CYCLE");
            }
        }
        let versions = if expected.is_empty() {
            self.versions(&inputs)
        } else {
            Vec::new()
        };
        let configured = self.db.configure::<Temperature>(key, |reg| {
            reg.buffer(buffer);
            if linked {
                reg.link_to(&format!("bus://{key}"));
            }
            let step = |value: &Temperature| Some(at(derived(value.celsius)));
            match inputs.as_slice() {
                [] => {}
                [input] => {
                    reg.transform(input, step);
                }
                several => {
                    reg.transform_join((), |join| {
                        for input in several {
                            join.on(input, move |(), value: &Temperature| step(value));
                        }
                    });
                }
            }
        });
        match configured {
            Err(error) => assert_eq!(codes(&error), expected, "{error}"),
            Ok(record) => {
                assert!(expected.is_empty(), "{key} was configured: {expected:?}");
                self.db.door(key).unwrap().watch(true);
                self.ever.push(record.id());
                let producer = self.db.producer(key).unwrap();
                self.producers.push((record.id(), producer));
                let values = inputs.is_empty().then(|| Buffer::new(buffer).unwrap());
                let known = Known {
                    id: record.id(),
                    buffer,
                    linked,
                    taps: 0,
                    tasks: inputs.len(),
                    is_claimed: false,
                    writer: writer(&inputs),
                    inputs: versions,
                    values,
                };
                self.known.push((key, known));
            }
        }
    }

    fn derive(&mut self) {
        let key = self.key();
        let least = self.random.below(2);
        let inputs = self.some_inputs(least);
        let mut expected = BTreeSet::new();
        if inputs.is_empty() {
            expected.insert("INPUTS_MISSING");
        }
        if inputs.iter().any(|input| self.find(input).is_none()) {
            expected.insert("INPUT_UNKNOWN");
        }
        match self.find(key) {
            None => {
                expected.insert("RECORD_UNKNOWN");
            }
            Some(known) => {
                if known.writer.is_some() {
                    expected.insert("TWO_WRITERS");
                }
                let downstream = self.downstream(key);
                if inputs.iter().any(|input| downstream.contains(input)) {
                    expected.insert("CYCLE");
                }
            }
        }
        let versions = if expected.is_empty() {
            self.versions(&inputs)
        } else {
            Vec::new()
        };
        let step = |_: usize, entry: aimdb_core::Entry<aimdb_core::Fields>| {
            let value = Temperature::from_fields(entry.value).unwrap();
            Some(at(derived(value.celsius)).to_fields())
        };
        let is_claimed = self.random.below(3) == 0;
        let derived = if is_claimed {
            self.db.claim(key, Claim::Derivation(&inputs))
        } else {
            self.db.derive(key, &inputs, Box::new(step))
        };
        match derived {
            Err(error) => {
                assert_eq!(codes(&error), expected, "{error}");
                self.check_circles(key, &inputs, &error);
            }
            Ok(attachment) => {
                assert!(expected.is_empty(), "{key} was derived: {expected:?}");
                let attached = Attached::new(attachment, true, is_claimed);
                self.attachments.push(attached);
                let known = self.find_mut(key).unwrap();
                known.is_claimed = is_claimed;
                known.tasks += if is_claimed { 0 } else { inputs.len() };
                known.writer = writer(&inputs);
                known.inputs = versions;
                known.values = None;
            }
        }
    }

    /// Each circle is told once, and is one: every record on it is derived from the one before, the
    /// last step apart, which is what was asked for.
    fn check_circles(&self, key: &'static str, inputs: &[&'static str], error: &BuildError) {
        let mut told = BTreeSet::new();
        for problem in &error.problems {
            let Problem::Cycle { path } = problem else {
                continue;
            };
            let (first, rest) = path.split_first().unwrap();
            assert_eq!((first.as_str(), path.last().unwrap().as_str()), (key, key));
            let last = path[path.len() - 2].as_str();
            assert!(inputs.contains(&last) && told.insert(last.to_string()));
            let mut from = first;
            for to in &rest[..rest.len() - 1] {
                let inputs = &self.find(to).unwrap().inputs;
                assert!(inputs.iter().any(|(input, _)| input == from), "{path:?}");
                from = to;
            }
        }
        if self.find(key).is_some() {
            let downstream = self.downstream(key);
            let closing: BTreeSet<_> = inputs.iter().filter(|i| downstream.contains(*i)).collect();
            assert_eq!(told.len(), closing.len());
        }
    }

    /// Code outside of the database writes a record from now on.
    fn source(&mut self) {
        let key = self.key();
        let mut expected = BTreeSet::new();
        match self.find(key) {
            None => expected.insert("RECORD_UNKNOWN"),
            Some(known) => known.writer.is_some() && expected.insert("TWO_WRITERS"),
        };
        match self.db.claim(key, Claim::Source) {
            Err(error) => assert_eq!(codes(&error), expected, "{error}"),
            Ok(attachment) => {
                assert!(expected.is_empty(), "{key} has a source: {expected:?}");
                self.attachments.push(Attached::new(attachment, true, true));
                self.find_mut(key).unwrap().writer = Some("source");
            }
        }
    }

    fn tap(&mut self) {
        let key = self.key();
        let is_claimed = self.random.below(2) == 0;
        let tapped = if is_claimed {
            self.db.claim(key, Claim::Tap)
        } else {
            let tapped = self.db.tap(key, Box::new(|_| {}));
            tapped.map_err(BuildError::from)
        };
        match tapped {
            Err(error) => {
                assert!(self.find(key).is_none());
                assert_eq!(codes(&error), BTreeSet::from(["RECORD_UNKNOWN"]));
            }
            Ok(attachment) => {
                let attached = Attached::new(attachment, false, is_claimed);
                self.attachments.push(attached);
                let known = self.find_mut(key).unwrap();
                known.taps += 1;
                known.tasks += usize::from(!is_claimed);
            }
        }
    }

    fn detach(&mut self) {
        if self.attachments.is_empty() {
            return;
        }
        let place = self.random.below(self.attachments.len());
        let Attached {
            attachment,
            derives,
            is_claimed,
        } = self.attachments.swap_remove(place);
        let is_there = |(_, known): &&mut (&str, Known)| known.id == attachment.record();
        let known = self.known.iter_mut().find(is_there);
        assert_eq!(self.db.detach(attachment), known.is_some());
        assert!(!self.db.detach(attachment));
        if let Some((_, known)) = known {
            let tasks = if derives { known.inputs.len() } else { 1 };
            known.tasks -= if is_claimed { 0 } else { tasks };
            if derives {
                known.writer = None;
                known.inputs.clear();
            } else {
                known.taps -= 1;
            }
        }
    }

    fn readers(&self, key: &str) -> BTreeSet<&'static str> {
        let reads = |known: &Known| known.inputs.iter().any(|(input, _)| *input == key);
        let readers = self.known.iter().filter(|(_, known)| reads(known));
        readers.map(|(reader, _)| *reader).collect()
    }

    fn downstream(&self, key: &'static str) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::from([key]);
        loop {
            let next: Vec<_> = found.iter().flat_map(|key| self.readers(key)).collect();
            let before = found.len();
            found.extend(next);
            if found.len() == before {
                return found;
            }
        }
    }

    fn remove(&mut self) {
        let key = self.key();
        let readers = self.readers(key);
        match self.db.remove(key) {
            Ok(()) => {
                assert!(readers.is_empty());
                self.forget(key);
            }
            Err(Problem::InUse {
                record,
                readers: told,
            }) => {
                let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
                assert_eq!((record.as_str(), told), (key, readers));
            }
            Err(error) => {
                assert_eq!(error.code(), "RECORD_UNKNOWN");
                assert!(self.find(key).is_none());
            }
        }
    }

    fn remove_with_dependents(&mut self) {
        let key = self.key();
        let expected = self.downstream(key);
        match self.db.remove_with_dependents(key) {
            Ok(gone) => {
                assert_eq!(gone.last().map(|key| &**key), Some(key));
                assert_eq!(gone.len(), expected.len());
                assert!(gone.iter().all(|key| expected.contains(&**key)));
                expected.into_iter().for_each(|key| self.forget(key));
            }
            Err(error) => {
                assert_eq!(error.code(), "RECORD_UNKNOWN");
                assert!(self.find(key).is_none());
            }
        }
    }

    fn forget(&mut self, key: &str) {
        let place = self.known.iter().position(|(own, _)| *own == key).unwrap();
        let (_, known) = self.known.remove(place);
        self.changed.remove(&known.id);
        for reading in self.readings.iter_mut().filter(|one| one.of == known.id) {
            reading.closed = true;
            reading.left = known.values.clone();
        }
    }

    /// Writes with a producer of now or of then.
    fn write(&mut self) {
        if self.producers.is_empty() {
            return;
        }
        let place = self.random.below(self.producers.len());
        let number = self.random.below(50) as f32;
        let (id, producer) = &self.producers[place];
        let known = self.known.iter_mut().find(|(_, known)| known.id == *id);
        // What is derived is left to what derives it, so that the model knows its value.
        if known
            .as_ref()
            .is_some_and(|(_, known)| known.writer.is_some())
        {
            return;
        }
        match (producer.produce(at(number)), known) {
            (Ok(commit), Some((_, known))) => {
                self.changed.insert(*id);
                if let Some(values) = &mut known.values {
                    assert_eq!(commit.version, values.push(number));
                }
            }
            (Err(WriteError::Removed { record }), None) => {
                assert_eq!(&*record, producer.key());
                assert!(producer.is_removed());
                self.producers.swap_remove(place);
            }
            (written, _) => panic!("{written:?}"),
        }
    }

    /// Begins to read a record, or reads on, also where it is gone.
    fn read(&mut self) {
        let key = self.key();
        if let Some(known) = self.find(key)
            && self.readings.len() < 12
        {
            let reading = Reading {
                consumer: self.db.consumer(key).unwrap(),
                of: known.id,
                cursor: known
                    .values
                    .as_ref()
                    .map(Buffer::subscribe)
                    .unwrap_or_default(),
                left: None,
                closed: false,
            };
            self.readings.push(reading);
        }
        if self.readings.is_empty() {
            return;
        }
        let place = self.random.below(self.readings.len());
        let Reading {
            consumer,
            of,
            cursor,
            left,
            closed,
        } = &mut self.readings[place];
        let known = self.known.iter_mut().find(|(_, known)| known.id == *of);
        let values = match known {
            Some((_, known)) => known.values.as_mut(),
            None => left.as_mut(),
        };
        match values {
            Some(values) => loop {
                let expected = match values.read(cursor) {
                    Read::Value(number) => Some(Next::Value(at(number))),
                    Read::Lagged { missed } => Some(Next::Lagged { missed }),
                    Read::Empty => closed.then_some(Next::Closed),
                };
                assert_eq!(now(consumer.next_event()), expected);
                if matches!(expected, None | Some(Next::Closed)) {
                    break;
                }
            },
            None => loop {
                match now(consumer.next_event()) {
                    Some(Next::Closed) => break assert!(*closed),
                    None => break assert!(!*closed),
                    Some(_) => {}
                }
            },
        }
        if *closed {
            self.readings.swap_remove(place);
        }
    }

    /// What the connector hears is each link that is there, once, and the end of each that it heard of.
    fn hear(&mut self) {
        while let Some(event) = self.links.try_next() {
            match event {
                LinkEvent::Opened(link) => {
                    assert!(!link.door.is_removed());
                    assert!(self.heard.insert(link.door.id()));
                }
                LinkEvent::Ended { record, .. } => {
                    assert!(self.heard.remove(&record));
                    assert!(self.db.door_at(record).is_none());
                }
            }
        }
        let linked = self.known.iter().filter(|(_, known)| known.linked);
        assert!(
            self.heard
                .iter()
                .copied()
                .eq(linked.map(|(_, known)| known.id))
        );
    }

    /// Lets all tasks run: what is derived has what its inputs give, changes are told, and no task is
    /// left of what is gone.
    fn settle(&mut self) {
        self.runtime.run();
        let expected: usize = self.known.iter().map(|(_, known)| known.tasks).sum();
        assert_eq!(self.runtime.tasks(), expected);
        let newest = |key: &str| self.db.record::<Temperature>(key).unwrap().latest();
        for (key, known) in self.known.iter().filter(|(_, known)| !known.is_claimed) {
            let given = |(input, since): &(&'static str, u64)| {
                let door = self.db.door(input).unwrap();
                let starts_with_current = door.buffer() == BufferConfig::SingleLatest;
                let is_heard = door.version() > if starts_with_current { 0 } else { *since };
                is_heard.then(|| derived(newest(input).unwrap().value.celsius))
            };
            let given: Vec<f32> = known.inputs.iter().filter_map(given).collect();
            if !given.is_empty() {
                let is = newest(key).unwrap().value.celsius;
                assert!(given.contains(&is), "{key} is {is}, and not of {given:?}");
            }
            assert_eq!(self.db.door(key).unwrap().buffer(), known.buffer);
        }
        let mut changes = Vec::new();
        self.db.drain_changes(&mut changes);
        let told: BTreeSet<RecordId> = changes.iter().copied().collect();
        assert_eq!(told.len(), changes.len());
        assert!(told.is_superset(&self.changed));
        assert!(told.iter().all(|id| self.db.door_at(*id).is_some()));
        self.changed.clear();
    }

    /// The database and the model hold the same.
    fn compare(&self) {
        let graph: Vec<Node> = self.db.graph();
        assert_eq!(graph.len(), self.known.len());
        for ((key, known), node) in self.known.iter().zip(&graph) {
            assert_eq!(*key, &*node.key);
            let inputs = known.inputs.iter().map(|(input, _)| *input);
            assert!(inputs.eq(node.inputs.iter().map(String::as_str)));
            assert!(known.writer.iter().eq(&node.writers));
            assert_eq!(known.taps, node.taps);
            assert_eq!(known.linked, !node.links.is_empty());
            assert_eq!(self.db.door(key).unwrap().id(), known.id);
        }
        let ids = self.known.iter().map(|(_, known)| known.id);
        assert!(ids.clone().eq(self.db.doors().iter().map(|door| door.id())));
        let living: BTreeMap<RecordId, &str> =
            ids.zip(self.known.iter().map(|(k, _)| *k)).collect();
        for id in &self.ever {
            let door = self.db.door_at(*id);
            let found = door.as_ref().map(|door| door.key());
            assert_eq!(found, living.get(id).copied());
        }
    }
}

fn codes(error: &BuildError) -> BTreeSet<&'static str> {
    error.problems.iter().map(Problem::code).collect()
}

fn writer(inputs: &[&str]) -> Option<&'static str> {
    match inputs.len() {
        0 => None,
        1 => Some("transform"),
        _ => Some("join"),
    }
}

/// Says which program failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the program of seed {} failed", self.0);
        }
    }
}

#[test]
fn any_program_does_what_its_model_says() {
    for seed in 1..=PROGRAMS {
        let _seed = Seed(seed);
        let mut program = Program::new(seed);
        for _ in 0..STEPS {
            program.step();
        }
        program.settle();
        program.hear();
        for key in KEYS {
            if program.find(key).is_some() {
                program.remove_all(key);
            }
        }
        program.settle();
        assert_eq!((program.runtime.tasks(), program.db.doors().len()), (0, 0));
    }
}

impl Program {
    fn remove_all(&mut self, key: &'static str) {
        let gone = self.downstream(key);
        self.db.remove_with_dependents(key).unwrap();
        gone.into_iter().for_each(|key| self.forget(key));
    }
}

#[test]
fn lag_is_reported_alike_with_and_without_a_type() {
    let runtime = Bare::default();
    let db = AimDbBuilder::new(runtime.clone()).build().unwrap();
    let add = |key: &str, capacity| {
        let added = db.configure::<Temperature>(key, |reg| {
            reg.buffer(BufferConfig::SpmcRing { capacity });
        });
        added.unwrap();
    };
    add("room", 4);
    add("untyped", 4);
    db.configure::<Temperature>("typed", |reg| {
        reg.buffer(BufferConfig::SingleLatest)
            .transform("room", |_: &Temperature| Some(at(f32::NAN)));
    })
    .unwrap();
    let nan = |_: usize, _: aimdb_core::Entry<aimdb_core::Fields>| Some(at(f32::NAN).to_fields());
    db.derive("untyped", &["room"], Box::new(nan)).unwrap();
    let heard = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let tap = {
        let heard = heard.clone();
        move |next: Next<_>| heard.borrow_mut().push(next.map(|_| ()))
    };
    db.tap("room", Box::new(tap)).unwrap();
    let room = db.producer::<Temperature>("room").unwrap();
    for number in 0..5 {
        room.produce(at(number as f32)).unwrap();
    }
    runtime.run();
    let log = runtime.take_log();
    let of = |name: &str| -> Vec<String> {
        let lines = log
            .iter()
            .filter(|line| line.contains(&format!("'{name}'")) || line.starts_with(name));
        lines.map(|line| line.replace(name, "it")).collect()
    };
    assert_eq!(of("untyped").len(), 5);
    assert_eq!(of("untyped"), of("typed"));
    assert_eq!(of("typed")[0], "it missed 1 values of room");
    assert_eq!(heard.borrow()[0], Next::Lagged { missed: 1 });
    assert_eq!(heard.borrow().len(), 5);
    assert_eq!(db.door("untyped").unwrap().counters().refused, 4);
}
