//! A bridge as an application holds it.

use std::sync::Arc;

use aimdb_core::{AimDb, Code, Links, RuntimeAdapter, Spawn};
use aimdb_peer::Mirroring;
use aimdb_peer::session::{QueryRecord, Status, TopicInfo, WritePolicy};
use aimdb_ws_protocol::{Raw, ServerFrame};
use futures_channel::oneshot;

use crate::driver::Driver;
use crate::event::Events;
use crate::options::{ConnectError, Options};
use crate::shared::{Answer, Command, CommandError, MirrorError, RequestError, Shared};
use crate::socket;

/// A server's topics, mirrored into the records of a database. It ends when the last clone of it is dropped, or by
/// [`disconnect`](Self::disconnect).
#[derive(Clone)]
pub struct WsBridge {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.shared.command(Command::Disconnect);
    }
}

impl std::fmt::Debug for WsBridge {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WsBridge")
            .field("status", &self.status())
            .field("pending_writes", &self.pending_writes())
            .finish()
    }
}

impl WsBridge {
    /// Begins to mirror the server at `url` (`ws://host:port/ws`); returns at once. All records of the database take part,
    /// those that come later by [`mirror`](Self::mirror). Natively it is called inside of a tokio runtime.
    ///
    /// # Errors
    /// The address, an option or a record cannot be used, or another bridge mirrors the database.
    pub fn connect<R>(db: &AimDb<R>, url: &str, options: Options) -> Result<Self, ConnectError>
    where
        R: RuntimeAdapter + Spawn<Driver<R>>,
    {
        Self::begin(db, url, options, None)
    }

    /// The same for the records whose configuration has links of a scheme that was
    /// [claimed](aimdb_core::AimDbBuilder::connector), with the topic behind `//`, early or late.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn link<R>(
        db: &AimDb<R>,
        links: Links<R>,
        url: &str,
        options: Options,
    ) -> Result<Self, ConnectError>
    where
        R: RuntimeAdapter + Spawn<Driver<R>>,
    {
        Self::begin(db, url, options, Some(links))
    }

    fn begin<R>(
        db: &AimDb<R>,
        url: &str,
        options: Options,
        links: Option<Links<R>>,
    ) -> Result<Self, ConnectError>
    where
        R: RuntimeAdapter + Spawn<Driver<R>>,
    {
        socket::check_url(url)?;
        let shared = Arc::new(Shared::new());
        let driver = Driver::new(db, url, options, links, shared.clone())?;
        db.runtime().spawn(driver);
        let inner = Arc::new(Inner { shared });
        Ok(Self { inner })
    }

    /// The present status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.shared.status()
    }

    /// How many writes wait to be sent or answered.
    #[must_use]
    pub fn pending_writes(&self) -> usize {
        self.inner.shared.pending()
    }

    /// What happens from now on. Who takes no events for long misses the oldest, and is told how many.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.inner.shared.listen())
    }

    /// Lets a record take part that was configured after the bridge began, or in another way than by default.
    ///
    /// # Errors
    /// Another record has its topic, or the bridge has ended.
    pub async fn mirror(&self, key: &str, mirroring: Mirroring) -> Result<(), MirrorError> {
        let (done, answer) = oneshot::channel();
        let key = key.to_owned();
        self.command(Command::Mirror {
            key,
            mirroring,
            done,
        })?;
        match answer.await {
            Ok(admitted) => admitted,
            Err(_) => Err(MirrorError::Command(CommandError::Ended)),
        }
    }

    /// Follows more patterns; one that is followed already is asked for its values again.
    ///
    /// # Errors
    /// The bridge has ended, or too many commands wait.
    pub fn subscribe(&self, topics: &[&str]) -> Result<(), CommandError> {
        self.command(Command::Subscribe(owned(topics)))
    }

    /// Follows patterns no more.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&self, topics: &[&str]) -> Result<(), CommandError> {
        self.command(Command::Unsubscribe(owned(topics)))
    }

    /// Writes a topic that need not be a record here; `payload` is JSON text. [`events`](Self::events) tell what became of it.
    ///
    /// # Errors
    /// The payload is no JSON, the bridge has ended, or too many commands wait.
    pub fn write(
        &self,
        topic: &str,
        payload: &str,
        policy: WritePolicy,
    ) -> Result<(), RequestError> {
        let payload = Raw::check(payload).map_err(|_| RequestError::Failed {
            code: Code::PayloadInvalid.as_str().into(),
            reason: None,
            message: format!("the payload for '{topic}' is no JSON"),
        })?;
        let (topic, payload) = (topic.to_owned(), payload.get().to_owned());
        let command = Command::Write {
            topic,
            payload,
            policy,
        };
        self.command(command).map_err(RequestError::Command)
    }

    /// Asks which topics the server has, and shows them.
    ///
    /// # Errors
    /// No answer came, or none that can be read.
    pub async fn list_topics<O>(
        &self,
        show: impl FnOnce(&[TopicInfo<'_>]) -> O,
    ) -> Result<O, RequestError> {
        let text = self.ask(Command::ListTopics).await?;
        match ServerFrame::decode(&text) {
            Ok(ServerFrame::TopicList { topics, .. }) => Ok(show(&topics)),
            _ => Err(RequestError::Unreadable),
        }
    }

    /// Asks for what the server kept of the topics that match, and shows it: ascending by time, with how many records there
    /// were before the limit. `from` and `to` are Unix milliseconds, `limit` counts records a topic.
    ///
    /// # Errors
    /// As [`list_topics`](Self::list_topics).
    pub async fn query<O>(
        &self,
        pattern: &str,
        (from, to): (Option<u64>, Option<u64>),
        limit: Option<u64>,
        show: impl FnOnce(&[QueryRecord<'_>], u64) -> O,
    ) -> Result<O, RequestError> {
        let pattern = pattern.to_owned();
        let text = self
            .ask(|done| Command::Query {
                pattern,
                from,
                to,
                limit,
                done,
            })
            .await?;
        match ServerFrame::decode(&text) {
            Ok(ServerFrame::QueryResult { records, total, .. }) => Ok(show(&records, total)),
            _ => Err(RequestError::Unreadable),
        }
    }

    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Answer>) -> Command,
    ) -> Result<String, RequestError> {
        let (done, answer) = oneshot::channel();
        self.command(command(done))?;
        // The driver drops what it cannot ask any more.
        answer
            .await
            .unwrap_or(Err(RequestError::Command(CommandError::Ended)))
    }

    /// Tries to connect now, instead of when its time has come, or again after it gave up.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn reconnect(&self) -> Result<(), CommandError> {
        self.command(Command::Reconnect)
    }

    /// Ends the bridge: writes that wait are reported. Calling it again does nothing.
    pub fn disconnect(&self) {
        let _ = self.command(Command::Disconnect);
    }

    fn command(&self, command: Command) -> Result<(), CommandError> {
        self.inner.shared.command(command)
    }
}

fn owned(topics: &[&str]) -> Vec<String> {
    topics.iter().map(|topic| (*topic).to_owned()).collect()
}
