//! The thread that keeps: one batch after the other, so that the hub's thread never waits for a disk.
//!
//! Guarantees: at most one batch is under way; the hub is woken when it is done. Does not: try again; the next batch is
//! the next try.

use super::{Batch, Store, StoreError};
use crate::thread::event::Wake;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A batch and the time that it is kept at.
type Job = (Batch, u64);

/// What became of a batch.
pub(crate) struct Done {
    pub(crate) result: Result<(), StoreError>,
    pub(crate) ops: usize,
    pub(crate) took: Duration,
}

/// See the module above.
pub(crate) struct Keeper {
    jobs: Option<Sender<Job>>,
    done: Receiver<Done>,
    /// Whether something is in there: a channel does not tell without giving.
    is_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(store: Box<dyn Store>, wake: Arc<Wake>) -> io::Result<Self> {
        let (jobs, to_do) = channel();
        let (tell, done) = channel();
        let is_done = Arc::new(AtomicBool::new(false));
        let tell = Tell {
            done: tell,
            is_done: is_done.clone(),
            wake,
        };
        let thread = thread::Builder::new()
            .name("aimdb-store".to_string())
            .spawn(move || keep(store, &to_do, &tell))?;
        Ok(Self {
            jobs: Some(jobs),
            done,
            is_done,
            thread: Some(thread),
        })
    }

    /// Gives it a batch; gives the batch's end at once if the thread is gone.
    pub(crate) fn keep(&self, batch: Batch, now_ms: u64) -> Option<Done> {
        let ops = batch.ops.len();
        let sent = self.jobs.as_ref().map(|jobs| jobs.send((batch, now_ms)));
        match sent {
            Some(Ok(())) => None,
            _ => Some(ended(ops)),
        }
    }

    /// Whether a batch has ended. The hub's thread looks once more after it said that it sleeps: who ends a batch before
    /// that wakes nobody.
    pub(crate) fn has_done(&self) -> bool {
        self.is_done.load(Ordering::SeqCst)
    }

    /// The end of a batch, if there is one.
    pub(crate) fn done(&self) -> Option<Done> {
        // Before it is taken: one that ends now says so again.
        self.is_done.store(false, Ordering::SeqCst);
        self.done.try_recv().ok()
    }

    /// Waits for the end of the batch that is under way.
    pub(crate) fn wait(&self) -> Done {
        self.done.recv().unwrap_or_else(|_| ended(0))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that keeps data failed");
        }
    }
}

fn ended(ops: usize) -> Done {
    Done {
        result: Err(StoreError::Disk(
            "the thread that keeps data has ended".into(),
        )),
        ops,
        took: Duration::ZERO,
    }
}

/// How the hub's thread learns of the end of a batch.
struct Tell {
    done: Sender<Done>,
    is_done: Arc<AtomicBool>,
    wake: Arc<Wake>,
}

fn keep(mut store: Box<dyn Store>, jobs: &Receiver<Job>, tell: &Tell) {
    for (batch, now_ms) in jobs {
        let begun = Instant::now();
        let result = match batch.ops.is_empty() {
            true => Ok(()),
            false => store.append(&batch.ops, now_ms),
        };
        let one = Done {
            result,
            ops: batch.ops.len(),
            took: begun.elapsed(),
        };
        if tell.done.send(one).is_err() {
            return;
        }
        tell.is_done.store(true, Ordering::SeqCst);
        tell.wake.if_asleep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Memory, Op};
    use crate::thread::event;

    #[test]
    fn that_a_batch_has_ended_is_seen_without_being_woken() {
        let poll = mio::Poll::new().unwrap();
        let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
        let (events, _inbox) = event::channel(waker);
        let keeper = Keeper::start(Box::new(Memory::default()), events.wake()).unwrap();
        assert!(!keeper.has_done());
        for _ in 0..3 {
            let topic = "a".into();
            let batch = Batch {
                ops: vec![Op::Missed { topic, seq: 1 }],
            };
            assert!(keeper.keep(batch, 0).is_none());
            // Nobody is asleep, so nobody is woken.
            while !keeper.has_done() {
                thread::yield_now();
            }
            assert!(keeper.done().is_some() && !keeper.has_done());
        }
    }
}
