//! What the other tasks of a server say to the hub's thread, and how they wake it.
//!
//! Guarantees: the channel has a bound in number and in bytes; who sends beyond it waits. Does not: decide
//! anything.

use crate::edge::addresses::Place;
use crate::hub::{QueryToken, Refusal};
use crate::wire::Stream;
use aimdb_core::{LinkEvent, RuntimeAdapter};
use aimdb_tokio_adapter::TokioAdapter;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// A record's door as the native runtime has it.
pub(crate) type Door = <TokioAdapter as RuntimeAdapter>::Door;

/// Events that wait for the hub.
const EVENTS_MAX: usize = 1_024;
/// Bytes of answers that wait for the hub.
const EVENT_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// What the hub's thread hears.
pub(crate) enum Event {
    /// A socket is open.
    Connected {
        stream: Stream,
        /// What came behind the handshake already.
        early: Vec<u8>,
        place: Place,
        /// Who it is, if somebody asked.
        who: Option<Arc<str>>,
        /// The token that came with the request, if one did.
        token: Option<String>,
    },
    /// A query was looked up: the frame that answers it.
    QueryAnswered {
        token: QueryToken,
        answer: Result<String, Refusal>,
    },
    /// A record is to be published, or not any more.
    Link(LinkEvent<TokioAdapter>),
}

impl Event {
    fn bytes(&self) -> usize {
        match self {
            Self::Connected { early, .. } => early.len(),
            Self::QueryAnswered { answer, .. } => answer.as_ref().map_or(0, String::len),
            Self::Link(_) => 0,
        }
    }
}

/// An event with the bytes that it takes of those that may wait.
type Weighed = (Event, OwnedSemaphorePermit);

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events {
    sender: mpsc::Sender<Weighed>,
    bytes: Arc<Semaphore>,
    wake: Arc<Wake>,
}

/// Where events come from.
pub(crate) struct Inbox {
    receiver: mpsc::Receiver<Weighed>,
}

/// The hub's thread has ended.
#[derive(Debug)]
pub(crate) struct Ended;

/// How the hub's thread is woken, and told to stop.
pub(crate) struct Wake {
    waker: mio::Waker,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// The channel to a hub's thread.
pub(crate) fn channel(waker: mio::Waker) -> (Events, Inbox) {
    let (sender, receiver) = mpsc::channel(EVENTS_MAX);
    let wake = Wake {
        waker,
        asleep: AtomicBool::new(false),
        stop: AtomicBool::new(false),
    };
    let events = Events {
        sender,
        bytes: Arc::new(Semaphore::new(EVENT_BYTES_MAX as usize)),
        wake: Arc::new(wake),
    };
    (events, Inbox { receiver })
}

impl Events {
    /// Gives an event to the hub, as soon as there is room for it.
    pub(crate) async fn send(&self, event: Event) -> Result<(), Ended> {
        // One that is larger than all there is gets all there is.
        let bytes = u32::try_from(event.bytes())
            .unwrap_or(u32::MAX)
            .min(EVENT_BYTES_MAX);
        let permit = self.bytes.clone().acquire_many_owned(bytes).await;
        let weighed = (event, permit.map_err(|_| Ended)?);
        self.sender.send(weighed).await.map_err(|_| Ended)?;
        self.wake.if_asleep();
        Ok(())
    }

    /// Ends when the hub's thread has.
    pub(crate) async fn closed(&self) {
        self.sender.closed().await;
    }

    pub(crate) fn wake(&self) -> Arc<Wake> {
        self.wake.clone()
    }
}

impl Inbox {
    /// The next event, if one waits.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.receiver.try_recv().ok().map(|(event, _)| event)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }
}

impl Wake {
    /// Wakes the thread if it sleeps. Whoever puts something where the thread looks calls this afterwards; the
    /// thread [says](Self::fall_asleep) that it sleeps before it looks a last time: one of the two sees the other.
    pub(crate) fn if_asleep(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!("the hub was not woken: {error}");
        }
    }

    pub(crate) fn fall_asleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    pub(crate) fn wake_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Tells the thread to stop.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        // It may be that nobody listens any more.
        let _: io::Result<()> = self.waker.wake();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
