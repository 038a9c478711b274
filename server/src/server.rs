//! The composition root: a hub, the linked records, and a listener, run together.
//!
//! Guarantees: nothing listens before every link was understood; a shutdown closes each socket
//! with 1012 and ends within a bounded time. Does not: read configuration files or signals; the
//! binary does.

use crate::auth::Keyring;
use crate::config::{Config, ConfigProblem};
use crate::edge::accept;
use crate::edge::authorize::Authorize;
use crate::edge::http;
use crate::edge::lobby::Lobby;
use crate::edge::room::{self, Room};
use crate::error::{LinkError, ServeError};
use crate::hub::{Gate, Hub};
use crate::store::{Keep, Store};
use crate::thread::event::{Event, Events};
use crate::thread::root::Root;
use crate::thread::template::Template;
use crate::thread::turns;
use crate::watch::{Counters, Outlook, outlook};
use aimdb_core::{AimDb, Link, LinkEvent, Links};
use aimdb_tokio_adapter::TokioAdapter;
use axum::Router;
use axum::serve::Listener;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::{io, thread};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// A server that is put together and does not listen yet.
pub struct Server {
    config: Config,
    root: Root,
    links: Links<TokioAdapter>,
    outlook: Option<TcpListener>,
    authorize: Option<Arc<dyn Authorize>>,
    is_guarded: bool,
    routers: Vec<Wrap>,
}

/// Makes another router of one.
type Wrap = Box<dyn FnOnce(Router) -> Router + Send>;

impl Server {
    /// Makes a server for the records that `links` gives; those of them that are configured by now
    /// become topics at once, later ones when they come. Call it inside the tokio runtime. What the
    /// configuration says of an address and of records is for who calls this, such as the binary.
    ///
    /// # Errors
    /// A value of the configuration or a link that cannot be used.
    pub fn new(config: Config, links: Links<TokioAdapter>) -> Result<Self, ServeError> {
        Self::begin(config, links, None)
    }

    /// The same for a server that keeps what is written, and what its records publish: it goes on where an earlier one with
    /// the same store ended.
    ///
    /// # Errors
    /// As [`Server::new`]; or the store cannot be read.
    pub fn with_store(
        config: Config,
        links: Links<TokioAdapter>,
        store: Box<dyn Store>,
    ) -> Result<Self, ServeError> {
        Self::begin(config, links, Some(store))
    }

    fn begin(
        config: Config,
        mut links: Links<TokioAdapter>,
        store: Option<Box<dyn Store>>,
    ) -> Result<Self, ServeError> {
        config.check().map_err(ServeError::Config)?;
        let instance = store.as_ref().map(|store| store.instance().to_string());
        let mut hub = Hub::new(config.limits.clone(), instance.unwrap_or_else(new_instance))
            .map_err(|error| ServeError::Config(ConfigProblem::Limit(error)))?;
        if let Some(auth) = &config.auth {
            let keyring = Keyring::load(auth).map_err(ServeError::Config)?;
            hub.guard(Arc::new(keyring));
        }
        let mut root = Root::new(hub, &config.limits).map_err(ServeError::Listen)?;
        if let Some(store) = store {
            root.keep(store).map_err(ServeError::Listen)?;
        }
        while let Some(event) = links.try_next() {
            if let LinkEvent::Opened(link) = event {
                root.link(link).map_err(ServeError::Link)?;
            }
        }
        Ok(Self {
            root,
            links,
            outlook: None,
            authorize: None,
            is_guarded: config.auth.is_some(),
            routers: Vec::new(),
            config,
        })
    }

    /// Publishes a record, or takes writes for it, that no link was configured for.
    ///
    /// # Errors
    /// A link that cannot be used.
    pub fn link(&mut self, link: Link<TokioAdapter>) -> Result<(), LinkError> {
        self.root.link(link)
    }

    /// Lets the record of a topic take integers beyond 2^53 - 1, which every tab refuses, and so does the server without this. Its
    /// link may have come before, or come later.
    pub fn exact_integers(&mut self, topic: &str) {
        self.root.exact_integers(topic);
    }

    /// How much of a topic's past is kept, where there is a store. Its link may have come before, or come later.
    pub fn keep(&mut self, topic: &str, keep: Keep) {
        self.root.keep_of(topic, keep);
    }

    /// Makes records of a pattern with their first write, and removes those that are idle.
    pub fn template(&mut self, db: &AimDb<TokioAdapter>, template: Template) {
        self.root.template(db, template);
    }

    /// Has a program's own rules decide who may connect and who may do what.
    pub fn authorize(&mut self, authorize: impl Authorize) {
        let authorize = Arc::new(authorize);
        self.root.hub.ask(authorize.clone());
        self.authorize = Some(authorize);
    }

    /// Lets nobody in whose token this does not take, instead of what `auth` in the configuration says: for tokens of a kind of
    /// your own. They are renewed in the open socket, and end, as the others do.
    pub fn guard(&mut self, gate: impl Gate + 'static) {
        self.root.hub.guard(Arc::new(gate));
        self.is_guarded = true;
    }

    /// Changes what is answered over HTTP: adds routes of your own to `/ws`, `/health`, `/version` and the files, or
    /// layers around all of them. Called when the server begins to serve, in the order in which it was asked for.
    pub fn with_router(&mut self, change: impl FnOnce(Router) -> Router + Send + 'static) {
        self.routers.push(Box::new(change));
    }

    /// Answers `/metrics`, `/healthz` and `/readyz` on a listener of their own while it serves.
    pub fn watch(&mut self, listener: TcpListener) {
        self.outlook = Some(listener);
    }

    /// What happens in this server, to be read at any time.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.root.counters()
    }

    /// Serves until `shutdown` ends, then closes every socket and waits for them, but not long. The listener may be
    /// tokio's or one of your own; what it accepts need not be a TCP socket.
    ///
    /// # Errors
    /// The hub's thread could not begin, or failed.
    pub async fn serve<L>(
        self,
        listener: L,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError>
    where
        L: Listener<Addr = SocketAddr>,
    {
        let Self {
            config,
            root,
            links,
            outlook,
            authorize,
            is_guarded,
            routers,
        } = self;
        let events = root.events();
        let (counters, status) = (root.counters(), root.status.clone());
        // Who asks before the first turn is to know what there is.
        root.count();
        let room = room_for(config.limits.clients_max);
        let trusted = config.trusted().map_err(ServeError::Config)?;
        let shared = (events.clone(), status.clone(), counters.clone());
        let router = http::router(&config, shared, (authorize, is_guarded), room.sockets);
        let router = router.map_err(ServeError::Config)?;
        let router = routers
            .into_iter()
            .fold(router, |router, change| change(router));
        // Ended by being dropped, when this ends.
        let _watching = watch_by(
            outlook,
            Outlook {
                counters: counters.clone(),
                status,
            },
        );
        tokio::spawn(forward(links, events.clone()));
        // Whatever ends this future ends the thread.
        let stop = StopOnDrop(events.clone());
        let hub = spawn(root).map_err(ServeError::Listen)?;
        let (announce, stopping) = watch::channel(false);
        let lobby = Lobby::new(room.requests, room.requests_each);
        let doors = (lobby, trusted);
        let serving = accept::serve(listener, router, doors, counters.clone(), stopping);
        let stop_all = async {
            tokio::select! {
                () = shutdown => {}
                // The hub failed; nobody is served any more.
                () = events.closed() => {}
            }
            counters.stopping();
            drop(stop);
            // Whoever has gone already needs no word.
            let _ = announce.send(true);
        };
        tokio::join!(serving, stop_all);
        hub.await
            .map_err(|_| ServeError::Listen(io::Error::other("the hub's thread failed")))
    }
}

/// The room that the system leaves for so many clients; says so if it is not enough.
fn room_for(clients_max: usize) -> Room {
    let files_max = room::files_max();
    let room = Room::new(clients_max, files_max);
    if room.sockets < clients_max {
        tracing::warn!(
            "this process may have {files_max} files open, which is enough for {} of {clients_max} clients; raise \
             its limit (`ulimit -n`)",
            room.sockets
        );
    }
    room
}

/// Begins what answers those who watch.
fn watch_by(listener: Option<TcpListener>, outlook: Outlook) -> JoinSet<()> {
    let mut watching = JoinSet::new();
    watching.spawn(outlook::tell_left_out(outlook.counters.clone()));
    if let Some(listener) = listener {
        watching.spawn(outlook::serve(listener, outlook));
    }
    watching
}

/// Begins the hub's thread; gives the word that it has ended as it should.
fn spawn(root: Root) -> io::Result<oneshot::Receiver<()>> {
    let (ended, end) = oneshot::channel();
    thread::Builder::new()
        .name("aimdb-hub".to_string())
        .spawn(move || {
            turns::run(root);
            // Nobody may wait for it.
            let _ = ended.send(());
        })?;
    Ok(end)
}

/// Gives the hub's thread the records that come and go while the server runs.
async fn forward(mut links: Links<TokioAdapter>, events: Events) {
    while let Some(event) = links.next().await {
        if events.send(Event::Link(event)).await.is_err() {
            return;
        }
    }
}

struct StopOnDrop(Events);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.wake().stop();
    }
}

/// A name that no earlier start of a server had: its clients count versions anew by it.
#[must_use]
pub fn new_instance() -> String {
    // The standard library seeds each of these from the system's randomness.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}
