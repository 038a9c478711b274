//! What a server counts.
//!
//! Guarantees: each method is called when what it is named by has happened, counts it, and says it in the log
//! at a bounded rate where an owner wants to know; nothing that a client writes becomes the name of a series.
//! Does not: know single clients.

use super::limiter::{Limiter, Verdict};
use crate::hub::{Frame, Totals};
use crate::thread::status::Status;
use aimdb_ws_protocol::PROTOCOL_VERSION;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Series of one metric; reasons are written in this program, so there are fewer. What comes beyond counts as `other`.
const SERIES_MAX: usize = 64;
/// A frame that says that something was refused begins like this, and tells why like that.
const ERROR_FRAME: &str = r#"{"type":"error""#;
const REASON: &str = r#""reason":""#;

/// What the log says at a bounded rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    RefusedSocket,
    ClosedSocket,
    RefusedFrame,
    RefusedWrite,
    MissedValues,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RefusedSocket => "refused_socket",
            Self::ClosedSocket => "closed_socket",
            Self::RefusedFrame => "refused_frame",
            Self::RefusedWrite => "refused_write",
            Self::MissedValues => "missed_values",
        }
    }
}

/// What happened in a server since it started. Cheap to call from anywhere.
pub struct Counters {
    registry: Registry,
    start: Instant,
    limiter: Mutex<Limiter<Kind>>,
    is_stopping: AtomicBool,
    opened_sockets: Counter,
    refused_sockets: Named<1>,
    closed_sockets: Named<2>,
    received_frames: Counter,
    received_bytes: Counter,
    sent_frames: Counter,
    sent_bytes: Counter,
    refused_frames: Named<1>,
    acknowledged_writes: Counter,
    refused_writes: Named<1>,
    missed_values: Named<1>,
    let_go_connections: Counter,
    batches: Named<1>,
    kept_entries: Counter,
    keeping_seconds: Counter<f64, AtomicU64>,
    left_out_lines: Named<1>,
    // What is looked up when somebody asks.
    clients: Gauge,
    topics: Gauge,
    uptime_seconds: Gauge,
    open_sockets: Gauge,
    queued_bytes: Family<[(&'static str, &'static str); 1], Gauge>,
    // What the hub writes down once a turn.
    totals: [AtomicU64; 3],
    missed_by_clients: AtomicU64,
}

impl Counters {
    /// All at nothing.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let mut book = Book(Registry::with_prefix("aimdb"));
        let build = Info::new(vec![
            ("version", env!("CARGO_PKG_VERSION").to_string()),
            ("protocol", PROTOCOL_VERSION.to_string()),
        ]);
        let help = "The server's version and that of its protocol";
        book.0.register("build", help, build);
        Arc::new(Self {
            uptime_seconds: book.add("uptime", "seconds", "Time since the server started"),
            open_sockets: book.add("open", "sockets", "Sockets that are open"),
            opened_sockets: book.add("opened", "sockets", "Sockets that were opened"),
            refused_sockets: book.named("refused", "sockets", "Sockets that were not given, by reason", ["reason"]),
            closed_sockets: book.named(
                "closed",
                "sockets",
                "Sockets that the server closed, by close code and reason",
                ["code", "reason"],
            ),
            clients: book.add("known", "clients", "Clients that the hub serves"),
            topics: book.add("served", "topics", "Topics that there are"),
            received_frames: book.add("received", "frames", "Frames that came from clients"),
            received_bytes: book.add("received", "bytes", "Bytes of the text frames that came from clients"),
            sent_frames: book.add("sent", "frames", "Frames that were given to sockets"),
            sent_bytes: book.add("sent", "bytes", "Bytes of the frames that were given to sockets"),
            queued_bytes: book.add(
                "queued",
                "bytes",
                "Bytes that wait: given to sockets and not taken, answers, or values that are kept for followers",
            ),
            refused_frames: book.named(
                "refused",
                "frames",
                "Errors that clients were sent, by reason",
                ["reason"],
            ),
            acknowledged_writes: book.add("acknowledged", "writes", "Writes that a record took"),
            refused_writes: book.named("refused", "writes", "Writes that a record or its contract refused, by reason", ["reason"]),
            missed_values: book.named(
                "missed",
                "values",
                "Values that were overtaken: of a record before they were published, or of a ring on the way to a client",
                ["place"],
            ),
            let_go_connections: book.add(
                "let_go",
                "connections",
                "Connections that were let go for new ones before they became sockets",
            ),
            batches: book.named("store", "batches", "Batches that were written down, or could not be, by result", ["result"]),
            kept_entries: book.add("stored", "entries", "Values, answers and the like that were written down"),
            keeping_seconds: book.add("storing", "seconds", "Time that writing down took"),
            left_out_lines: book.named(
                "left_out_log",
                "lines",
                "Lines of the log that were counted and not said, by kind",
                ["kind"],
            ),
            registry: book.0,
            start: Instant::now(),
            limiter: Mutex::default(),
            is_stopping: AtomicBool::new(false),
            totals: Default::default(),
            missed_by_clients: AtomicU64::new(0),
        })
    }

    /// A socket was opened.
    pub fn opened(&self) {
        self.opened_sockets.inc();
    }

    /// A socket was not given, for a reason in `snake_case`.
    pub fn refused_socket(&self, reason: &'static str, address: IpAddr, words: &dyn fmt::Display) {
        self.refused_sockets.count([reason], 1);
        self.say(Kind::RefusedSocket, |left_out| {
            tracing::warn!(left_out, reason, "refused {address} a socket: {words}");
        });
    }

    /// The server closes a client's socket.
    pub fn closed(&self, client: u64, code: u16, words: &'static str) {
        self.closed_sockets.count([&code.to_string(), words], 1);
        self.say(Kind::ClosedSocket, |left_out| {
            tracing::info!(left_out, code, "closed client {client}: {words}");
        });
    }

    /// A frame came from a client; of one that is no text the size does not count.
    pub fn received(&self, bytes: usize) {
        self.received_frames.inc();
        self.received_bytes.inc_by(bytes as u64);
    }

    /// Frames are given to a client's socket. One that says that something was refused counts as that, too; it comes
    /// alone.
    pub fn sent(&self, client: u64, frame: &Frame) {
        let bytes = frame.bytes();
        self.sent_frames.inc_by(frame.count().into());
        self.sent_bytes.inc_by(bytes.len() as u64);
        // A header has two or four bytes where the text is as short as that of an error.
        let is_error = |header: usize| {
            let text = bytes.get(header..);
            text.is_some_and(|text| text.starts_with(ERROR_FRAME.as_bytes()))
        };
        if is_error(2) || is_error(4) {
            let text = frame.texts().next().unwrap_or_default();
            self.refused_frame(client, reason_of(text));
        }
    }

    /// The hub ends a turn with so much that waits, and so many values of rings that clients were told to have missed
    /// since it began.
    pub fn turn(&self, totals: Totals, missed: u64) {
        let Totals {
            in_flight,
            replies,
            kept,
        } = totals;
        for (place, bytes) in self.totals.iter().zip([in_flight, replies, kept]) {
            place.store(bytes as u64, Ordering::Relaxed);
        }
        self.missed_by_clients.store(missed, Ordering::Relaxed);
    }

    /// A connection had to leave for a new one before it became a socket.
    pub fn let_go(&self) {
        self.let_go_connections.inc();
    }

    fn refused_frame(&self, client: u64, reason: &str) {
        self.refused_frames.count([reason], 1);
        self.say(Kind::RefusedFrame, |left_out| {
            tracing::info!(left_out, reason, "refused a frame of client {client}");
        });
    }

    /// A record took a client's write.
    pub fn acknowledged_write(&self) {
        self.acknowledged_writes.inc();
    }

    /// A batch was written down, or could not be.
    pub(crate) fn kept(&self, ops: usize, took: Duration, is_kept: bool) {
        let result = if is_kept { "kept" } else { "failed" };
        self.batches.count([result], 1);
        if is_kept {
            self.kept_entries.inc_by(ops as u64);
        }
        self.keeping_seconds.inc_by(took.as_secs_f64());
    }

    /// A record, or its contract, refused a client's write, for a reason in `snake_case`.
    pub fn refused_write(&self, client: u64, topic: &str, reason: &str, words: &dyn fmt::Display) {
        self.refused_writes.count([reason], 1);
        self.say(Kind::RefusedWrite, |left_out| {
            tracing::info!(
                left_out,
                reason,
                "refused a write of client {client} to {topic}: {words}"
            );
        });
    }

    /// A record was faster than it could be published.
    pub fn missed_values(&self, topic: &str, missed: u64) {
        self.missed_values.count(["record"], missed);
        self.say(Kind::MissedValues, |left_out| {
            tracing::warn!(
                left_out,
                "{missed} values of {topic} came too fast to publish"
            );
        });
    }

    /// The server begins to stop.
    pub fn stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// All of it in the text form of OpenMetrics.
    ///
    /// # Errors
    /// None that is known; the form's writer has them.
    pub(crate) fn to_text(&self, status: &Status) -> Result<String, fmt::Error> {
        for (gauge, count) in [
            (&self.clients, status.clients()),
            (&self.topics, status.topics()),
            (&self.open_sockets, status.sockets()),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.uptime_seconds
            .set(as_gauge(status.uptime_ms() / 1_000));
        let queues = ["sockets", "answers", "values"];
        for (queue, bytes) in queues.into_iter().zip(&self.totals) {
            let gauge = self.queued_bytes.get_or_create(&[("queue", queue)]);
            gauge.set(as_gauge(bytes.load(Ordering::Relaxed)));
        }
        let missed = self.missed_by_clients.load(Ordering::Relaxed);
        self.missed_values.set(["client"], missed);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn say(&self, kind: Kind, line: impl FnOnce(Option<u64>)) {
        let verdict = self.limiter().hear(kind, self.now_ms());
        match verdict {
            Verdict::Say { left_out } => line((left_out > 0).then_some(left_out)),
            Verdict::LeaveOut => self.left_out_lines.count([kind.name()], 1),
        }
    }

    /// Says what was left out since something of its kind was said.
    pub(crate) fn tell_left_out(&self) {
        let overdue = self.limiter().overdue(self.now_ms());
        for (kind, left_out) in overdue {
            tracing::info!(left_out, "more of {}, which are counted only", kind.name());
        }
    }

    /// Since this began.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Limiter<Kind>> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Counters").finish_non_exhaustive()
    }
}

fn as_gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Why, in a frame that this server has made: quotes in its texts are escaped, so the first is the field's own.
fn reason_of(frame: &str) -> &str {
    let rest = frame.split_once(REASON).map(|(_, rest)| rest);
    let reason = rest.and_then(|rest| rest.split_once('"'));
    reason.map_or("none", |(reason, _)| reason)
}

/// Where metrics are put in, each with its unit in its name.
struct Book(Registry);

impl Book {
    fn add<M: Metric + Clone + Default>(&mut self, name: &str, unit: &str, help: &str) -> M {
        let metric = M::default();
        let unit = Unit::Other(unit.to_string());
        self.0.register_with_unit(name, help, unit, metric.clone());
        metric
    }

    fn named<const N: usize>(
        &mut self,
        name: &str,
        unit: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> Named<N> {
        Named {
            labels,
            family: self.add(name, unit, help),
            known: Mutex::default(),
        }
    }
}

/// A counter for each set of names.
struct Named<const N: usize> {
    labels: [&'static str; N],
    family: Family<Vec<(&'static str, String)>, Counter>,
    known: Mutex<BTreeSet<[String; N]>>,
}

impl<const N: usize> Named<N> {
    fn count(&self, names: [&str; N], more: u64) {
        self.with(names, |counter| {
            counter.inc_by(more);
        });
    }

    /// Brings a series up to a count that is kept elsewhere; it never goes down.
    fn set(&self, names: [&str; N], count: u64) {
        if count > 0 {
            self.with(names, |counter| {
                counter.inner().fetch_max(count, Ordering::Relaxed);
            });
        }
    }

    fn with(&self, names: [&str; N], act: impl FnOnce(&Counter)) {
        let mut names = names.map(str::to_string);
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if !known.contains(&names) {
                if known.len() >= SERIES_MAX {
                    names = names.map(|_| "other".to_string());
                } else {
                    known.insert(names.clone());
                }
            }
        }
        let labels = self.labels.into_iter().zip(names).collect();
        act(&self.family.get_or_create(&labels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(counters: &Counters) -> String {
        let status = Status::new();
        status.count(2, 1, 3);
        counters.to_text(&status).unwrap()
    }

    fn send(counters: &Counters, text: &str) {
        counters.sent(1, &Frame::new(text));
    }

    #[test]
    fn every_metric_has_its_unit_and_a_help_text_and_is_documented() {
        let counters = Counters::new();
        // What has names appears with its first event; the log's limit is reached for the last of them.
        for _ in 0..=super::super::limiter::WHOLE_MAX {
            counters.refused_socket("unknown_name", [192, 0, 2, 1].into(), &"");
        }
        counters.closed(1, 1_001, "the server stops");
        send(&counters, ERROR_FRAME);
        counters.refused_write(1, "t", "contract_violation", &"");
        counters.missed_values("t", 1);
        let text = text(&counters);
        let page = include_str!("../../../docs/server.md");
        let mut metrics = 0;
        for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let name = line.split(' ').nth(2).unwrap();
            let unit = name.rsplit('_').next().unwrap();
            assert!(text.contains(&format!("# HELP {name} ")), "{name}");
            let has_unit = text.contains(&format!("# UNIT {name} {unit}\n"));
            assert!(
                has_unit || name == "aimdb_build",
                "{name} has no unit\n{text}"
            );
            assert!(
                page.contains(&format!("`{name}")),
                "{name} is not documented"
            );
            metrics += 1;
        }
        assert_eq!(metrics, 21);
    }

    #[test]
    fn what_happened_is_counted_under_its_name() {
        let counters = Counters::new();
        let check = |line: &str| {
            let text = text(&counters);
            assert!(
                text.lines().any(|one| one == line),
                "{line} is not in\n{text}"
            );
        };
        check("aimdb_known_clients 2");
        check("aimdb_served_topics 3");
        check("aimdb_open_sockets 1");
        counters.opened();
        counters.opened();
        check("aimdb_opened_sockets_total 2");
        counters.let_go();
        check("aimdb_let_go_connections_total 1");
        counters.received(10);
        counters.received(0);
        check("aimdb_received_frames_total 2");
        check("aimdb_received_bytes_total 10");
        send(&counters, r#"{"type":"pong"}"#);
        let message = "x".repeat(200);
        let fields = format!(r#""message":"\"reason\":\"{message}","reason":"read_only""#);
        send(&counters, &format!("{ERROR_FRAME},{fields}}}"));
        send(&counters, &format!("{ERROR_FRAME}}}"));
        check("aimdb_sent_frames_total 3");
        check(r#"aimdb_refused_frames_total{reason="read_only"} 1"#);
        check(r#"aimdb_refused_frames_total{reason="none"} 1"#);
        counters.closed(1, 1_013, "the server is full");
        counters.closed(2, 1_013, "the server is full");
        check(r#"aimdb_closed_sockets_total{code="1013",reason="the server is full"} 2"#);
        counters.missed_values("a/b", 7);
        check(r#"aimdb_missed_values_total{place="record"} 7"#);
        assert!(!text(&counters).contains(r#"{place="client"}"#));
        let totals = Totals {
            in_flight: 8,
            replies: 9,
            kept: 10,
        };
        for missed in [5, 6] {
            counters.turn(totals, missed);
            check(&format!(
                "aimdb_missed_values_total{{place=\"client\"}} {missed}"
            ));
        }
        check(r#"aimdb_queued_bytes{queue="sockets"} 8"#);
        check(r#"aimdb_queued_bytes{queue="answers"} 9"#);
        check(r#"aimdb_queued_bytes{queue="values"} 10"#);
    }

    #[test]
    fn names_beyond_the_limit_are_counted_together() {
        let counters = Counters::new();
        for number in 0..SERIES_MAX + 10 {
            counters.refused_write(1, "t", &format!("reason_{number}"), &"");
        }
        counters.refused_write(1, "t", "reason_0", &"");
        let text = text(&counters);
        assert!(
            text.contains(r#"writes_total{reason="other"} 10"#),
            "{text}"
        );
        assert!(
            text.contains(r#"writes_total{reason="reason_0"} 2"#),
            "{text}"
        );
        let series = text
            .lines()
            .filter(|line| line.starts_with("aimdb_refused_writes_total{"));
        assert_eq!(series.count(), SERIES_MAX + 1);
        let left_out = r#"aimdb_left_out_log_lines_total{kind="refused_write"} 65"#;
        assert!(text.contains(left_out), "{text}");
    }
}
