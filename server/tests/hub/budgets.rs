//! What one client may cost the others: work in slices, and bytes within their budgets.

use aimdb_server::hub::{
    ClientId, Effect, Frame, Hub, Input, Limits, TopicKind, TopicSpec, Totals,
};
use std::collections::BTreeMap;

const GREEDY: ClientId = ClientId(1);
const OTHER: ClientId = ClientId(2);

/// The texts of frames, one after the other.
fn texts(frames: &[Frame]) -> Vec<&str> {
    frames.iter().flat_map(Frame::texts).collect()
}

/// A hub with what each client was sent and has not read.
struct World {
    hub: Hub,
    now_ms: u64,
    sockets: BTreeMap<ClientId, Vec<Frame>>,
    closed: Vec<(ClientId, u16)>,
    queries: usize,
}

impl World {
    fn new(limits: Limits, topics: impl IntoIterator<Item = String>, kind: TopicKind) -> Self {
        let mut world = Self {
            hub: Hub::new(limits, "instance").unwrap(),
            now_ms: 0,
            sockets: BTreeMap::new(),
            closed: Vec::new(),
            queries: 0,
        };
        for topic in topics {
            world.take(Input::Register(TopicSpec::new(&topic, kind)));
        }
        for client in [GREEDY, OTHER] {
            world.take(Input::Connected { client });
        }
        world
    }

    fn take(&mut self, input: Input<'_>) {
        let (sockets, closed, queries) = (&mut self.sockets, &mut self.closed, &mut self.queries);
        self.hub.take(input, self.now_ms, &mut |effect| {
            note(effect, sockets, closed, queries)
        });
    }

    fn turn(&mut self) {
        let (sockets, closed, queries) = (&mut self.sockets, &mut self.closed, &mut self.queries);
        self.hub
            .turn(&mut |effect| note(effect, sockets, closed, queries));
    }

    fn say(&mut self, client: ClientId, text: &str) {
        self.take(Input::Frame { client, text });
    }

    fn publish(&mut self, topic: &str, payload: &str) {
        let payload = payload.into();
        self.take(Input::Published {
            topic,
            payload,
            cause: None,
            stamp: None,
        });
        self.turn();
    }

    /// Reads all that was sent to a client, and all that comes then.
    fn read(&mut self, client: ClientId) -> Vec<Frame> {
        let mut read = Vec::new();
        loop {
            self.turn();
            let frames = std::mem::take(self.sockets.entry(client).or_default());
            if frames.is_empty() {
                return read;
            }
            self.drained(client, &frames);
            read.extend(frames);
        }
    }

    fn drained(&mut self, client: ClientId, frames: &[Frame]) {
        let bytes = frames.iter().map(|frame| frame.bytes().len()).sum();
        let frames = frames.iter().map(Frame::count).sum();
        self.take(Input::Drained {
            client,
            frames,
            bytes,
        });
    }

    fn unread_bytes(&self, client: ClientId) -> usize {
        let frames = self.sockets.get(&client).into_iter().flatten();
        frames.map(|frame| frame.bytes().len()).sum()
    }
}

fn note(
    effect: Effect<'_>,
    sockets: &mut BTreeMap<ClientId, Vec<Frame>>,
    closed: &mut Vec<(ClientId, u16)>,
    queries: &mut usize,
) {
    match effect {
        Effect::Send { client, frame } => sockets.entry(client).or_default().push(frame),
        Effect::Close { client, code, .. } => closed.push((client, code)),
        Effect::Query { .. } => *queries += 1,
        _ => {}
    }
}

fn plant() -> impl Iterator<Item = String> {
    (0..4_000).map(|n| format!("plant/{}/{}/x{}", n / 200, n / 10 % 20, n % 10))
}

fn subscribe<'a>(patterns: impl IntoIterator<Item = &'a str>) -> String {
    let list: Vec<String> = patterns
        .into_iter()
        .map(|one| format!("\"{one}\""))
        .collect();
    format!(r#"{{"type":"subscribe","topics":[{}]}}"#, list.join(","))
}

#[test]
fn long_work_of_one_client_leaves_turns_for_the_others() {
    let mut world = World::new(Limits::default(), plant(), TopicKind::Latest);
    world.say(OTHER, &subscribe(["plant/0/0/x0"]));
    world.read(OTHER);
    let patterns: Vec<String> = (0..250).map(|n| format!("plant/*/*/*x{n}")).collect();
    world.say(GREEDY, &subscribe(patterns.iter().map(String::as_str)));
    let mut slices = 0;
    while world.hub.is_working() {
        assert!(world.hub.is_busy(GREEDY) && !world.hub.is_busy(OTHER));
        world.publish("plant/0/0/x0", &slices.to_string());
        assert_eq!(
            world.read(OTHER).len(),
            1,
            "each value arrives between two slices"
        );
        world.hub.work();
        slices += 1;
    }
    assert!(slices > 20, "{slices} slices");
    // What it cost is owed: the next frames are refused, and the other's are not.
    world.sockets.clear();
    world.say(GREEDY, r#"{"type":"ping"}"#);
    assert!(texts(&world.read(GREEDY))[0].contains("rate_limited"));
    world.say(OTHER, r#"{"type":"ping"}"#);
    assert_eq!(texts(&world.read(OTHER))[0], r#"{"type":"pong"}"#);
}

#[test]
fn a_frame_that_comes_all_the_same_ends_the_work_before_it() {
    let mut world = World::new(Limits::default(), plant(), TopicKind::Latest);
    world.say(GREEDY, &subscribe(["#"]));
    assert!(world.hub.is_busy(GREEDY));
    world.say(GREEDY, r##"{"type":"unsubscribe","topics":["#"]}"##);
    while world.hub.is_working() {
        world.hub.work();
    }
    world.read(GREEDY);
    world.publish("plant/0/0/x0", "1");
    assert_eq!(world.read(GREEDY).len(), 0);
}

#[test]
fn who_goes_in_the_middle_of_its_work_leaves_nothing() {
    let mut world = World::new(Limits::default(), plant(), TopicKind::Latest);
    world.say(GREEDY, &subscribe(["#", "plant/*/*/x1"]));
    world.take(Input::Disconnected { client: GREEDY });
    assert!(!world.hub.is_working());
    let before = world.hub.totals();
    world.publish("plant/0/0/x1", "1");
    assert_eq!(world.hub.totals(), Totals { kept: 1, ..before });
}

#[test]
fn a_topic_is_left_with_the_last_of_the_patterns_that_select_it() {
    let mut world = World::new(Limits::default(), ["a/b".to_string()], TopicKind::Latest);
    world.say(OTHER, &subscribe(["a/b", "a/*", "#"]));
    // A topic that comes later counts the patterns by itself.
    world.take(Input::Register(TopicSpec::new("a/c", TopicKind::Latest)));
    world.read(OTHER);
    for (left, ab, ac) in [("#", 1, 1), ("a/b", 1, 1), ("a/b", 1, 1), ("a/*", 0, 0)] {
        world.say(
            OTHER,
            &format!(r#"{{"type":"unsubscribe","topics":["{left}"]}}"#),
        );
        world.publish("a/b", "1");
        assert_eq!(world.read(OTHER).len(), ab, "a/b after {left}");
        world.publish("a/c", "1");
        assert_eq!(world.read(OTHER).len(), ac, "a/c after {left}");
    }
}

#[test]
fn following_and_leaving_without_reading_takes_no_memory() {
    let mut world = World::new(Limits::default(), ["a".to_string()], TopicKind::Latest);
    world.publish("a", "1");
    for _ in 0..200 {
        world.now_ms += 1_000;
        world.say(GREEDY, &subscribe(["a"]));
        world.say(GREEDY, r#"{"type":"unsubscribe","topics":["a"]}"#);
        world.turn();
    }
    assert!(
        world.hub.queued(GREEDY) <= 200,
        "the answers, and no topics"
    );
}

#[test]
fn unread_answers_of_one_client_are_bounded_in_bytes() {
    let limits = Limits {
        in_flight_bytes_max: 4_096,
        ..Limits::default()
    };
    let replies_max = limits.replies_bytes_max;
    let mut world = World::new(limits, plant(), TopicKind::Latest);
    let mut refused = 0;
    for request in 0..300 {
        world.now_ms += 1_000;
        world.say(
            GREEDY,
            &format!(r#"{{"type":"list_topics","id":"r{request}"}}"#),
        );
        world.turn();
        let waiting = world.hub.totals().replies;
        assert!(waiting < replies_max + 512 * 1024, "{waiting} bytes wait");
    }
    assert!(world.unread_bytes(GREEDY) < 512 * 1024);
    for frame in world.read(GREEDY) {
        refused += usize::from(texts(&[frame])[0].contains("answers_unread"));
    }
    assert!(refused > 250, "{refused}");
    assert_eq!(world.hub.totals(), Totals::default());
    assert!(world.closed.is_empty());
}

#[test]
fn unread_answers_of_all_clients_are_bounded_and_small_ones_still_go() {
    let limits = Limits {
        in_flight_bytes_max: 4_096,
        total_replies_bytes_max: 512 * 1024,
        ..Limits::default()
    };
    let mut world = World::new(limits, plant(), TopicKind::Latest);
    for client in (10..40).map(ClientId) {
        world.take(Input::Connected { client });
        for request in 0..4 {
            world.say(
                client,
                &format!(r#"{{"type":"list_topics","id":"r{request}"}}"#),
            );
        }
    }
    let waiting = world.hub.totals().replies;
    assert!(waiting < 2 * 1024 * 1024, "{waiting} bytes wait");
    world.say(OTHER, r#"{"type":"list_topics","id":"mine"}"#);
    let answer = world.read(OTHER);
    assert!(texts(&answer)[0].contains("server_busy") && texts(&answer)[0].contains("mine"));
    world.say(OTHER, r#"{"type":"ping"}"#);
    assert_eq!(world.read(OTHER).len(), 1);
    // Who goes gives back what waited.
    for client in (10..40).map(ClientId) {
        world.take(Input::Disconnected { client });
    }
    assert_eq!(world.hub.totals(), Totals::default());
    world.say(OTHER, r#"{"type":"list_topics","id":"mine"}"#);
    assert!(texts(&world.read(OTHER))[0].contains("topic_list"));
}

#[test]
fn queries_of_all_clients_are_bounded() {
    let mut world = World::new(Limits::default(), ["a".to_string()], TopicKind::Ring);
    for client in (10..30).map(ClientId) {
        world.take(Input::Connected { client });
        for request in 0..20 {
            let text = format!(r##"{{"type":"query","id":"r{request}","pattern":"#"}}"##);
            world.say(client, &text);
        }
    }
    assert_eq!(world.queries, Limits::default().total_queries_pending_max);
}

#[test]
fn what_sockets_have_not_taken_is_bounded_for_one_and_for_all() {
    let limits = Limits {
        in_flight_bytes_max: 64 * 1024,
        total_in_flight_bytes_max: 256 * 1024,
        ..Limits::default()
    };
    let topics = (0..40).map(|n| format!("t/{n}"));
    let mut world = World::new(limits, topics, TopicKind::Latest);
    for client in (10..30).map(ClientId) {
        world.take(Input::Connected { client });
        world.say(client, &subscribe(["#"]));
    }
    world.turn();
    let value = format!("\"{}\"", "x".repeat(10_000));
    for n in 0..40 {
        world.publish(&format!("t/{n}"), &value);
    }
    for client in (10..30).map(ClientId) {
        let unread = world.unread_bytes(client);
        assert!(unread < 64 * 1024 + 11_000, "{unread} bytes of one");
    }
    let all = world.hub.totals().in_flight;
    assert!(all < 256 * 1024 + 20 * 11_000, "{all} bytes of all");
    // Who reads is served while the others fill what there is.
    world.say(OTHER, &subscribe(["t/0"]));
    assert_eq!(world.read(OTHER).len(), 2);
    world.publish("t/0", "1");
    assert_eq!(world.read(OTHER).len(), 1);
    // When they read, everything arrives.
    let mut newest = 0;
    for _ in 0..40 {
        for client in (10..30).map(ClientId) {
            let frames = std::mem::take(world.sockets.entry(client).or_default());
            newest += texts(&frames)
                .iter()
                .filter(|text| text.contains("\"t/39\""))
                .count();
            world.drained(client, &frames);
        }
        world.turn();
    }
    assert_eq!(newest, 20);
    assert_eq!(world.hub.totals().in_flight, 0);
}

#[test]
fn a_burst_within_one_turn_loses_nothing_of_a_ring() {
    let limits = Limits {
        ring_backlog_max: 4,
        ..Limits::default()
    };
    let mut world = World::new(limits, ["log".to_string()], TopicKind::Ring);
    world.say(OTHER, &subscribe(["log"]));
    world.read(OTHER);
    for value in 0..20 {
        let (topic, payload) = ("log", value.to_string().into());
        world.take(Input::Published {
            topic,
            payload,
            cause: None,
            stamp: None,
        });
    }
    let frames = world.read(OTHER);
    let texts = texts(&frames);
    assert_eq!(texts.len(), 20);
    assert!(texts.iter().all(|text| !text.contains("gap")));
}

#[test]
fn kept_values_are_bounded_in_bytes_and_what_goes_is_counted() {
    let limits = Limits {
        backlog_bytes_max: 8_192,
        total_backlog_bytes_max: 16_384,
        frames_in_flight_max: 1,
        ..Limits::default()
    };
    let topics = (0..10).map(|n| format!("log/{n}"));
    let mut world = World::new(limits, topics, TopicKind::Ring);
    world.say(OTHER, &subscribe(["log/0"]));
    world.turn();
    let value = format!("\"{}\"", "x".repeat(1_000));
    for round in 0..1_000 {
        world.publish(&format!("log/{}", round % 10), &value);
        let kept = world.hub.totals().kept;
        assert!(kept <= 16_384 + 10 * 1_002, "{kept}");
    }
    let (mut received, mut missed) = (0, 0);
    for text in &texts(&world.read(OTHER))[1..] {
        let data: serde_json::Value = serde_json::from_str(text).unwrap();
        received += 1;
        missed += data["gap"].as_u64().unwrap_or(0);
    }
    assert_eq!(received + missed, 100);
    assert!(missed > 80);
}

#[test]
fn a_write_that_is_too_large_is_answered_with_its_id() {
    let limits = Limits {
        message_bytes_max: 1_024,
        ..Limits::default()
    };
    let mut world = World::new(limits, ["a".to_string()], TopicKind::Latest);
    for (id, padding) in [(7, "before"), (8, "behind")] {
        let long = "x".repeat(3_000);
        let text = match padding {
            "before" => {
                format!(r#"{{"pad":"{long}","type":"write","topic":"a","payload":1,"id":{id}}}"#)
            }
            _ => format!(r#"{{"id":{id},"type":"write","topic":"a","payload":"{long}"}}"#),
        };
        world.say(OTHER, &text);
        let answer = world.read(OTHER);
        assert!(
            texts(&answer)[0].contains(&format!(r#""id":{id},"reason":"too_large""#)),
            "{answer:?}"
        );
    }
}

#[test]
fn before_a_hello_the_names_of_extensions_may_be_anything() {
    let mut world = World::new(Limits::default(), [], TopicKind::Latest);
    let spec = TopicSpec {
        writable: true,
        ..TopicSpec::new("a/b", TopicKind::Latest)
    };
    world.take(Input::Register(spec));
    let write = |id: &str| format!(r#"{{"type":"write","topic":"a/b","payload":1,"id":{id}}}"#);
    for id in ["\"abc\"", "-1", "1.5", "[]", "{\"a\":1}", "true"] {
        world.say(OTHER, &write(id));
        assert_eq!(world.read(OTHER).len(), 0, "{id}");
    }
    world.say(OTHER, r#"{"type":"ping","hello":{"v":3,"client":"me"}}"#);
    let hello = world.read(OTHER);
    assert!(
        texts(&hello)[0].contains(r#""limits":{"message_bytes":65536,"frames_per_second":200"#)
    );
    world.say(OTHER, &write("\"abc\""));
    assert!(texts(&world.read(OTHER))[0].contains("wrong_field_type"));
}
