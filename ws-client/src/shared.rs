//! What a bridge and its driver have in common: commands one way, state and events the other.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aimdb_core::Code;
use aimdb_peer::session::{Status, WritePolicy};
use aimdb_peer::{ConflictError, Mirroring, TopicTaken};
use futures_channel::oneshot;
use futures_util::task::AtomicWaker;

use crate::event::{Event, Listener};

/// So many commands wait for the driver.
pub const COMMANDS_MAX: usize = 1_024;

/// What the application wants.
pub(crate) enum Command {
    Subscribe(Vec<String>),
    Unsubscribe(Vec<String>),
    Write {
        topic: String,
        payload: String,
        policy: WritePolicy,
    },
    Mirror {
        key: String,
        mirroring: Mirroring,
        done: oneshot::Sender<Result<(), MirrorError>>,
    },
    ListTopics(oneshot::Sender<Answer>),
    Query {
        pattern: String,
        from: Option<u64>,
        to: Option<u64>,
        limit: Option<u64>,
        done: oneshot::Sender<Answer>,
    },
    Reconnect,
    Disconnect,
}

/// What a request brought, as the frame that it came in: it is read by who asked.
pub(crate) type Answer = Result<String, RequestError>;

/// Why a command was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// The bridge has ended.
    Ended,
    /// [`COMMANDS_MAX`] commands wait already.
    Busy,
}

impl CommandError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ended => Code::Disconnected.as_str(),
            Self::Busy => Code::TooManyCommands.as_str(),
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => out.write_str("this bridge has ended: connect a new one"),
            Self::Busy => write!(
                out,
                "{COMMANDS_MAX} commands wait already: give the bridge time to take them"
            ),
        }
    }
}

impl std::error::Error for CommandError {}

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// It was not taken.
    Command(CommandError),
    /// The session could not ask, or the server refused.
    Failed {
        /// What failed, as a stable code.
        code: String,
        /// The finer why, as a stable word, where there is one.
        reason: Option<String>,
        /// A sentence for a person.
        message: String,
    },
    /// The answer cannot be read.
    Unreadable,
}

impl RequestError {
    /// What failed, as a stable code for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Command(error) => error.code(),
            Self::Failed { code, .. } => code,
            Self::Unreadable => Code::FrameInvalid.as_str(),
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(error) => error.fmt(out),
            Self::Failed { message, .. } => out.write_str(message),
            Self::Unreadable => out.write_str("the server sent an answer that cannot be read"),
        }
    }
}

impl std::error::Error for RequestError {}

impl From<CommandError> for RequestError {
    fn from(error: CommandError) -> Self {
        Self::Command(error)
    }
}

/// Why a record does not take part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MirrorError {
    /// The database has no record of this key.
    UnknownRecord {
        /// The key.
        key: String,
    },
    /// Another record has its topic.
    Topic(TopicTaken),
    /// Its policy for conflicts would do nothing.
    Conflict {
        /// The record's key.
        key: String,
        /// Why.
        error: ConflictError,
    },
    /// The bridge has ended, or too many commands wait.
    Command(CommandError),
}

impl MirrorError {
    /// What failed, as a stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownRecord { .. } => Code::RecordUnknown.as_str(),
            Self::Topic(_) => Code::TopicTaken.as_str(),
            Self::Conflict { .. } => Code::OptionsInvalid.as_str(),
            Self::Command(error) => error.code(),
        }
    }
}

impl fmt::Display for MirrorError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRecord { key } => {
                write!(out, "there is no record '{key}': configure it first")
            }
            Self::Topic(error) => error.fmt(out),
            Self::Conflict { key, error } => write!(out, "record '{key}': {error}"),
            Self::Command(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for MirrorError {}

impl From<CommandError> for MirrorError {
    fn from(error: CommandError) -> Self {
        Self::Command(error)
    }
}

struct State {
    commands: VecDeque<Command>,
    status: Status,
    pending: usize,
    listeners: Vec<Weak<Listener>>,
    has_ended: bool,
}

/// See the module.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Wakes the driver.
    pub(crate) waker: AtomicWaker,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                commands: VecDeque::new(),
                status: Status::Connecting,
                pending: 0,
                listeners: Vec::new(),
                has_ended: false,
            }),
            waker: AtomicWaker::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code of others runs while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn command(&self, command: Command) -> Result<(), CommandError> {
        let mut state = self.state();
        if state.has_ended {
            return Err(CommandError::Ended);
        }
        // The end is always taken.
        if state.commands.len() >= COMMANDS_MAX && !matches!(command, Command::Disconnect) {
            return Err(CommandError::Busy);
        }
        state.commands.push_back(command);
        drop(state);
        self.waker.wake();
        Ok(())
    }

    pub(crate) fn next_command(&self) -> Option<Command> {
        self.state().commands.pop_front()
    }

    pub(crate) fn status(&self) -> Status {
        self.state().status
    }

    pub(crate) fn pending(&self) -> usize {
        self.state().pending
    }

    pub(crate) fn note(&self, status: Status, pending: usize) {
        let mut state = self.state();
        (state.status, state.pending) = (status, pending);
    }

    pub(crate) fn listen(&self) -> Arc<Listener> {
        let listener = Arc::new(Listener::default());
        let mut state = self.state();
        if state.has_ended {
            listener.close();
        } else {
            state.listeners.retain(|known| known.strong_count() > 0);
            state.listeners.push(Arc::downgrade(&listener));
        }
        listener
    }

    pub(crate) fn tell(&self, event: &Event) {
        // Out of the lock first: a waker is code of others.
        let listeners = self.state().listeners.clone();
        for listener in listeners.iter().filter_map(Weak::upgrade) {
            listener.tell(event);
        }
    }

    /// Nothing more will be taken or told.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.has_ended = true;
        state.status = Status::Disconnected;
        state.pending = 0;
        // What waits holds the askers' ends: they hear of it when it is dropped.
        let commands = std::mem::take(&mut state.commands);
        let listeners = std::mem::take(&mut state.listeners);
        drop(state);
        drop(commands);
        for listener in listeners.iter().filter_map(Weak::upgrade) {
            listener.close();
        }
    }
}
