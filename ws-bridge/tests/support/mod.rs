//! A session driven by hand: inputs in, effects out as lines.
#![allow(dead_code, reason = "each test uses what it needs")]

use aimdb_ws_bridge::{Bridge, Effect, Input, Now, Options, ValueHead, WritePolicy};
use aimdb_ws_protocol::{Raw, ServerFrame};

/// A text frame as a driver hands it over.
pub(crate) fn frame(text: &str) -> Input<'_> {
    // A test is short, and the head of a value borrows the frame.
    let frame = Box::leak(Box::new(ServerFrame::decode(text)));
    match frame.as_ref().ok().and_then(ValueHead::of) {
        Some((head, _)) => Input::Value(head),
        None => Input::Frame(frame.clone()),
    }
}

pub(crate) fn at(mono_ms: u64) -> Now {
    let wall_ms = 1_795_166_172_014 + mono_ms;
    Now { mono_ms, wall_ms }
}

pub(crate) const HELLO: &str =
    r#"send {"type":"ping","hello":{"v":7,"client":"me","epoch":0,"contracts":[]}}"#;
pub(crate) const OURS: &str = r#"{"type":"pong","hello":{"v":1,"server":"one"}}"#;
pub(crate) const PUBLISHED: &str = r#"{"type":"pong"}"#;

pub(crate) struct Session {
    pub(crate) bridge: Bridge,
    pub(crate) now_ms: u64,
    pub(crate) effects: Vec<String>,
    pub(crate) wake_at: Option<u64>,
}

pub(crate) fn options() -> Options {
    Options {
        client: Some("me".into()),
        subscribe_topics: vec!["a/#".into()],
        retry_ms_min: 500,
        retry_ms_max: 500,
        ..Options::default()
    }
}

pub(crate) fn line(effect: Effect<'_>) -> String {
    match effect {
        Effect::Send(text) => format!("send {text}"),
        Effect::Status(status) => status.as_str().to_owned(),
        Effect::Open { attempt } => format!("open {attempt}"),
        Effect::Close { code, .. } => format!("close {code}"),
        Effect::Deliver {
            topic, kind, by, ..
        } => {
            format!("{kind:?} {topic}{}", if by.is_some() { " own" } else { "" })
        }
        Effect::Lagged { topic, missed } => format!("lagged {topic} {missed}"),
        Effect::Store(entry) => {
            let mark = if entry.handed_over { " marked" } else { "" };
            format!("store {}{mark}", entry.id.0)
        }
        Effect::Unstore { entry, .. } => format!("unstore {}", entry.id.0),
        Effect::WriteStored { write, .. } => format!("stored {}", write.0),
        Effect::WriteTaken { write, .. } => format!("write {}", write.0),
        Effect::WriteSettled { entry, outcome } => format!("settled {} {outcome:?}", entry.id.0),
        Effect::Error(error) => format!("error {}", error.code()),
        Effect::TopicList { request, topics } => format!("list {} {}", request.0, topics.len()),
        Effect::QueryResult {
            request,
            records,
            total,
        } => {
            format!("result {} {}/{total}", request.0, records.len())
        }
        Effect::RequestFailed { request, failure } => {
            format!("failed {} {}", request.0, failure.reason())
        }
        other => format!("{other:?}"),
    }
}

impl Session {
    pub(crate) fn new(options: Options) -> Self {
        let bridge = Bridge::new(options, 1).unwrap();
        Self {
            bridge,
            now_ms: 1_000,
            effects: Vec::new(),
            wake_at: None,
        }
    }

    pub(crate) fn give(&mut self, input: Input<'_>) {
        let (effects, wake_at) = (&mut self.effects, &mut self.wake_at);
        self.bridge
            .handle(input, at(self.now_ms), &mut |effect| match effect {
                Effect::WakeAt { at_ms } => *wake_at = Some(at_ms),
                other => effects.push(line(other)),
            });
    }

    pub(crate) fn check(&mut self, input: Input<'_>, expected: &[&str]) {
        self.effects.clear();
        let name = format!("{input:?}");
        self.give(input);
        assert_eq!(self.effects, expected, "after {name}");
    }

    /// Lets time pass, with each timer at its time, and returns what happened.
    pub(crate) fn wait(&mut self, ms: u64) -> Vec<String> {
        self.effects.clear();
        let end = self.now_ms + ms;
        while let Some(at) = self.wake_at.filter(|at| *at <= end) {
            self.now_ms = at;
            self.wake_at = None;
            self.give(Input::Timer);
        }
        self.now_ms = end;
        std::mem::take(&mut self.effects)
    }

    pub(crate) fn connected(options: Options, pong: &str) -> Self {
        let mut session = Self::new(options);
        session.give(Input::Start);
        session.give(Input::SocketOpened);
        session.give(frame(pong));
        session
    }

    pub(crate) fn write(
        &mut self,
        topic: &str,
        payload: &str,
        policy: WritePolicy,
        expected: &[&str],
    ) {
        self.check(
            Input::Write {
                topic,
                payload: Raw::known(payload),
                policy,
                source: None,
                condition: None,
            },
            expected,
        );
    }
}

pub(crate) fn sent(payload: u32, id: u64) -> String {
    format!(r#"send {{"type":"write","topic":"a/x","payload":{payload},"id":{id}}}"#)
}
