//! The channels that are measured: ours in two runtimes, those of tokio, and the least that works, written by hand.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use aimdb_contracts::builtin::Temperature;
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Consumer, Next, Producer, RuntimeAdapter};
use aimdb_tokio_adapter::TokioAdapter;
use tokio::sync::{broadcast, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::{BroadcastStream, WatchStream};

use bare::Bare;

aimdb_conformance::bare!();

/// How many values a ring keeps; a power of two.
pub const CAPACITY: usize = 4096;

/// What is measured: a writer and one reader.
pub trait Channel {
    fn push(&mut self, value: Temperature);
    fn try_recv(&mut self) -> Option<Temperature>;
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Temperature>;
}

/// A ring of one thread with the check of the one contract.
pub struct HandRing {
    ring: Rc<RefCell<Ring>>,
    next: u64,
}

struct Ring {
    values: Box<[Temperature]>,
    head: u64,
    waiting: Vec<Waker>,
}

fn checked(value: &Temperature) -> bool {
    value.schema_version == 2 && (-273.15..=1e6).contains(&value.celsius)
}

impl HandRing {
    pub fn new(first: &Temperature) -> Self {
        let values = vec![first.clone(); CAPACITY].into();
        let ring = Ring {
            values,
            head: 0,
            waiting: Vec::new(),
        };
        Self {
            ring: Rc::new(RefCell::new(ring)),
            next: 0,
        }
    }
}

impl Channel for HandRing {
    fn push(&mut self, value: Temperature) {
        assert!(checked(&value));
        let mut ring = self.ring.borrow_mut();
        let place = ring.head as usize & (CAPACITY - 1);
        ring.values[place] = value;
        ring.head += 1;
        ring.waiting.drain(..).for_each(Waker::wake);
    }

    fn try_recv(&mut self) -> Option<Temperature> {
        let ring = self.ring.borrow();
        if self.next == ring.head {
            return None;
        }
        self.next = self.next.max(ring.head.saturating_sub(CAPACITY as u64));
        let value = ring.values[self.next as usize & (CAPACITY - 1)].clone();
        self.next += 1;
        Some(value)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Temperature> {
        if let Some(value) = self.try_recv() {
            return Poll::Ready(value);
        }
        self.ring.borrow_mut().waiting.push(context.waker().clone());
        Poll::Pending
    }
}

pub struct Broadcast {
    sender: broadcast::Sender<Temperature>,
    receiver: broadcast::Receiver<Temperature>,
    stream: Option<BroadcastStream<Temperature>>,
}

impl Broadcast {
    pub fn new() -> Self {
        let (sender, receiver) = broadcast::channel(CAPACITY);
        Self {
            sender,
            receiver,
            stream: None,
        }
    }
}

impl Channel for Broadcast {
    fn push(&mut self, value: Temperature) {
        assert!(self.sender.send(value).is_ok());
    }

    fn try_recv(&mut self) -> Option<Temperature> {
        loop {
            match self.receiver.try_recv() {
                Ok(value) => return Some(value),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Temperature> {
        let sender = &self.sender;
        let stream = self
            .stream
            .get_or_insert_with(|| BroadcastStream::new(sender.subscribe()));
        loop {
            match Pin::new(&mut *stream).poll_next(context) {
                Poll::Ready(Some(Ok(value))) => return Poll::Ready(value),
                Poll::Ready(Some(Err(_))) => {}
                Poll::Ready(None) => unreachable!("the sender lives"),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

pub struct Watch {
    sender: watch::Sender<Temperature>,
    receiver: watch::Receiver<Temperature>,
    stream: Option<WatchStream<Temperature>>,
}

impl Watch {
    pub fn new(first: &Temperature) -> Self {
        let (sender, receiver) = watch::channel(first.clone());
        Self {
            sender,
            receiver,
            stream: None,
        }
    }
}

impl Channel for Watch {
    fn push(&mut self, value: Temperature) {
        self.sender.send_replace(value);
    }

    fn try_recv(&mut self) -> Option<Temperature> {
        let is_new = self.receiver.has_changed().unwrap_or_default();
        is_new.then(|| self.receiver.borrow_and_update().clone())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Temperature> {
        let sender = &self.sender;
        let stream = self
            .stream
            .get_or_insert_with(|| WatchStream::from_changes(sender.subscribe()));
        let polled = Pin::new(stream).poll_next(context);
        polled.map(|value| value.unwrap_or_else(|| unreachable!("the sender lives")))
    }
}

pub struct Ours<R: RuntimeAdapter> {
    producer: Producer<Temperature, R>,
    consumer: Consumer<Temperature, R>,
    _db: AimDb<R>,
}

impl Ours<Bare> {
    pub fn of_one_thread(buffer: BufferConfig) -> Self {
        let mut builder = AimDbBuilder::new(Bare::default());
        builder.configure::<Temperature>("room", |record| {
            record.buffer(buffer);
        });
        Self::of(builder.build().expect("a record"))
    }
}

impl Ours<TokioAdapter> {
    pub fn of_tokio(runtime: &tokio::runtime::Runtime, buffer: BufferConfig) -> Self {
        let mut builder = AimDbBuilder::new(TokioAdapter::new(runtime.handle().clone()));
        builder.configure::<Temperature>("room", |record| {
            record.buffer(buffer);
        });
        Self::of(builder.build().expect("a record"))
    }
}

impl<R: RuntimeAdapter> Ours<R> {
    fn of(db: AimDb<R>) -> Self {
        Self {
            producer: db.producer("room").expect("the record"),
            consumer: db.consumer("room").expect("the record"),
            _db: db,
        }
    }
}

impl<R: RuntimeAdapter> Channel for Ours<R> {
    fn push(&mut self, value: Temperature) {
        assert!(self.producer.produce(value).is_ok());
    }

    fn try_recv(&mut self) -> Option<Temperature> {
        self.consumer.try_next()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Temperature> {
        loop {
            match self.consumer.poll_event(context) {
                Poll::Ready(Next::Value(value)) => return Poll::Ready(value),
                Poll::Ready(Next::Lagged { .. }) => {}
                Poll::Ready(Next::Closed) => unreachable!("the database lives"),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
