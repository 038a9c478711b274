//! Code of the application that the engine calls (`Clone`, `PartialEq` and `Drop` of a value, wakers, what is shown a
//! history) may ask the record that it is called for: no cell is held meanwhile. The cells of [`Bare`] panic when
//! they are entered twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use aimdb_contracts::{Contract, Streamable, Value};
use aimdb_core::{
    AimDb, AimDbBuilder, BufferConfig, DoorReader, LinkEvent, Next, Origin, RecordDoor, Shape,
    Write,
};
use support::{Bare, now};

thread_local! {
    /// The record that all code here asks.
    static ASKED: RefCell<Option<Arc<dyn RecordDoor>>> = const { RefCell::new(None) };
    static ASKS: Cell<usize> = const { Cell::new(0) };
    static IS_ASKING: Cell<bool> = const { Cell::new(false) };
}

fn ask_about(door: Arc<dyn RecordDoor>) {
    // The one before is dropped outside, since its values ask too.
    let _before = ASKED.with(|asked| asked.borrow_mut().replace(door));
}

/// Asks the record all that can be asked, writes apart.
fn ask() {
    // A question clones values, which would ask without an end.
    if IS_ASKING.replace(true) {
        return;
    }
    let door = ASKED.try_with(|asked| asked.borrow().clone());
    if let Ok(Some(door)) = door {
        ASKS.set(ASKS.get() + 1);
        let mut reader = door.subscribe();
        let _ = (door.latest(), door.version(), door.counters());
        // Of a mailbox it would take what the test is to read.
        if door.buffer() != BufferConfig::Mailbox {
            let _ = door.read(&mut reader);
            let _ = door.poll(&mut reader, &mut Context::from_waker(Waker::noop()));
        }
        door.slice(u64::MAX, 2, &mut |_, _| {});
        door.leave(&mut reader);
    }
    IS_ASKING.set(false);
}

/// How often the record was asked by what `work` made the engine call.
fn asks(work: impl FnOnce()) -> usize {
    let before = ASKS.get();
    work();
    ASKS.get() - before
}

#[derive(Debug, Default)]
struct Nosy;

impl Clone for Nosy {
    fn clone(&self) -> Self {
        ask();
        Self
    }
}

impl PartialEq for Nosy {
    fn eq(&self, _: &Self) -> bool {
        ask();
        true
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        ask();
    }
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "level", version = 1)]
struct Level {
    meters: f64,
    #[contract(skip)]
    nosy: Nosy,
}

fn level(meters: f64) -> Level {
    Level { meters, nosy: Nosy }
}

const BUFFERS: [BufferConfig; 3] = [
    BufferConfig::SpmcRing { capacity: 2 },
    BufferConfig::SingleLatest,
    BufferConfig::Mailbox,
];

fn with_level(buffer: BufferConfig) -> AimDb<Bare> {
    let mut builder = AimDbBuilder::new(Bare::default());
    builder.configure::<Level>("level", |reg| {
        reg.buffer(buffer);
    });
    let db = builder.build().unwrap();
    ask_about(db.door("level").unwrap());
    db
}

#[test]
fn a_value_that_asks_its_record_is_written_compared_read_and_dropped() {
    for buffer in BUFFERS {
        let db = with_level(buffer);
        let (record, producer) = (
            db.record::<Level>("level").unwrap(),
            db.producer("level").unwrap(),
        );
        let mut reader = db.consumer::<Level>("level").unwrap();
        let write = |meters| {
            producer.produce(level(meters)).unwrap();
        };
        write(1.0);
        assert!(
            asks(|| write(2.0)) + asks(|| write(3.0)) > 0,
            "the old one is dropped"
        );
        assert!(asks(|| drop(reader.try_next().unwrap())) > 0);
        write(4.0);
        assert!(asks(|| drop(now(reader.next()).unwrap())) > 0);
        assert!(asks(|| drop(record.latest())) > 0);
        assert!(asks(|| drop(record.history(5))) > 0);
        let same = Write {
            origin: Origin::Remote,
            skip_equal: true,
        };
        assert!(
            asks(|| {
                let commit = record.produce(level(4.0), same).unwrap();
                assert_eq!((commit.changed, commit.version), (false, 4));
            }) > 0
        );
        let commit = record.produce(level(5.0), same).unwrap();
        assert_eq!((commit.changed, commit.version), (true, 5));
        assert!(asks(|| record.clear()) > 0);
        let commit = record.produce(level(5.0), same).unwrap();
        assert_eq!((commit.changed, commit.version), (true, 6));
    }
}

#[test]
fn what_is_shown_a_history_may_write_the_record() {
    for buffer in BUFFERS {
        let db = with_level(buffer);
        let producer = db.producer::<Level>("level").unwrap();
        producer.produce(level(1.0)).unwrap();
        let door = db.door("level").unwrap();
        let mut shown = Vec::new();
        door.slice(u64::MAX, 9, &mut |version, _| {
            shown.push(version);
            producer.produce(level(2.0)).unwrap();
            ask();
        });
        assert_eq!((shown, door.version()), (vec![1], 2));
    }
}

/// A form of values that asks the record whenever it is used.
#[derive(Clone)]
struct Curious;

impl Shape for Curious {
    type Value = (f64, Nosy);

    fn schema(&self) -> &aimdb_contracts::Schema {
        Level::SCHEMA
    }

    fn keep_fields(&self, fields: Vec<Value>) -> Option<Self::Value> {
        ask();
        Some((Level::from_fields(fields)?.meters, Nosy))
    }

    fn lend_fields(&self, value: &Self::Value) -> Vec<Value> {
        ask();
        level(value.0).to_fields()
    }

    fn keep_slots(&self, slots: &[f64]) -> Option<Self::Value> {
        ask();
        Some((*slots.first()?, Nosy))
    }

    fn lend_slots(&self, value: &Self::Value, slots: &mut [f64]) -> bool {
        ask();
        slots[0] = value.0;
        true
    }
}

#[test]
fn a_form_of_values_may_ask_its_record() {
    let mut builder = AimDbBuilder::new(Bare::default());
    builder.configure_as("level", Curious, BUFFERS[0]);
    let db = builder.build().unwrap();
    let door = db.door("level").unwrap();
    ask_about(door.clone());
    let mut reader = DoorReader::<Bare>::new(door.clone());
    door.accept(level(1.0).to_fields(), Write::default())
        .unwrap();
    door.accept_slots(&[2.0], Default::default(), Write::default())
        .unwrap();
    assert!(asks(|| drop(door.latest())) > 0);
    assert!(asks(|| assert!(door.latest_slots(&mut [0.0]).is_some())) > 0);
    assert!(asks(|| drop(reader.read())) > 0);
    assert!(asks(|| assert!(now(reader.next_event()).is_some())) > 0);
    assert!(asks(|| assert_eq!(door.slice(u64::MAX, 2, &mut |_, _| {}), 2)) > 0);
}

/// A waker that asks the record when it is woken and dropped.
fn nosy_waker() -> Waker {
    struct Asking;

    impl Wake for Asking {
        fn wake(self: Arc<Self>) {
            ask();
        }
    }

    impl Drop for Asking {
        fn drop(&mut self) {
            ask();
        }
    }

    Waker::from(Arc::new(Asking))
}

#[test]
fn a_waker_may_ask_the_record_that_it_waits_for() {
    let mut builder = AimDbBuilder::new(Bare::default());
    let mut links = builder.connector("bus");
    builder.configure::<Level>("level", |reg| {
        reg.buffer(BUFFERS[0]);
    });
    let db = builder.build().unwrap();
    let door = db.door("level").unwrap();
    ask_about(door.clone());
    let producer = db.producer::<Level>("level").unwrap();
    let mut reader = db.consumer::<Level>("level").unwrap();
    let mut closed = Box::pin(producer.closed());

    // Each waker takes the place of the one before, which is dropped.
    let wait = |poll: &mut dyn FnMut(&mut Context<'_>)| {
        let dropped = asks(|| (0..3).for_each(|_| poll(&mut Context::from_waker(&nosy_waker()))));
        assert!(dropped >= 2, "{dropped}");
    };
    wait(&mut |context| assert!(reader.poll_event(context).is_pending()));
    wait(&mut |context| assert!(closed.as_mut().poll(context).is_pending()));
    wait(&mut |context| {
        let mut next = std::pin::pin!(links.next());
        assert!(next.as_mut().poll(context).is_pending());
    });
    wait(&mut |context| db.on_change(context.waker().clone()));
    door.watch(true);
    assert!(asks(|| drop(producer.produce(level(1.0)))) >= 2);
    assert!(
        asks(|| {
            db.configure::<Level>("linked", |reg| {
                reg.buffer(BUFFERS[0]).link_to("bus://a");
            })
            .unwrap();
        }) > 0
    );
    assert!(matches!(links.try_next(), Some(LinkEvent::Opened(_))));
    let _ = now(reader.next_event());
    assert!(
        reader
            .poll_event(&mut Context::from_waker(&nosy_waker()))
            .is_pending()
    );
    assert!(asks(|| drop(reader)) > 0);
    assert!(asks(|| drop(closed)) > 0);
    let mut reader = db.consumer::<Level>("level").unwrap();
    assert!(
        reader
            .poll_event(&mut Context::from_waker(&nosy_waker()))
            .is_pending()
    );
    assert!(asks(|| db.close()) > 0);
    assert_eq!(
        now(reader.next_event()).map(|next| matches!(next, Next::Closed)),
        Some(true)
    );
}
