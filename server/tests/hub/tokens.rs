//! The hub with a gate: what a grant does not cover never leaves, whatever is asked, and how a token's time ends.

use aimdb_contracts::Streamable;
use aimdb_contracts::builtin::{Humidity, Temperature};
use aimdb_server::hub::{
    AUTH_GRACE_MS, AUTH_WITHIN_MS, Action, ClientId, Denial, Effect, Gate, Grants, Hub, Input,
    Limits, Outcome, Pass, QueryAnswer, SUBJECT_NAMES_MAX, TopicKind, TopicSpec,
};
use aimdb_ws_protocol::Pattern;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const ONE: ClientId = ClientId(1);
const TWO: ClientId = ClientId(2);

/// Knows the tokens that a test gives it.
#[derive(Default)]
struct Tokens(Mutex<BTreeMap<String, Pass>>);

impl Tokens {
    fn give(&self, token: &str, subject: &str, grants: Grants, until_ms: Option<u64>) {
        let pass = Pass {
            subject: subject.into(),
            grants: Arc::new(grants),
            until_ms,
        };
        self.0.lock().unwrap().insert(token.to_owned(), pass);
    }
}

impl Gate for Tokens {
    fn admit(&self, token: &str, now_ms: u64) -> Result<Pass, Denial> {
        let pass = self.0.lock().unwrap().get(token).cloned();
        let pass = pass.ok_or(Denial::Unknown)?;
        match pass.until_ms {
            Some(until) if until <= now_ms => Err(Denial::Expired),
            _ => Ok(pass),
        }
    }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts
        .iter()
        .map(|text| Pattern::parse(text).unwrap())
        .collect()
}

fn all() -> Grants {
    Grants {
        subscribe: patterns(&["#"]),
        write: patterns(&["#"]),
        query: patterns(&["#"]),
    }
}

/// A client, and how it was closed.
type Close = (ClientId, u16, &'static str);
/// What a timer did: when, frames, closes.
type Told = (u64, Vec<Value>, Vec<Close>);

struct Table {
    hub: Hub,
    tokens: Arc<Tokens>,
    now_ms: u64,
    /// What came of the last input.
    frames: Vec<(ClientId, Value)>,
    closes: Vec<Close>,
    writes: Vec<(String, String)>,
    wake_at: u64,
    /// Who is to answer a ping.
    pinged: Vec<ClientId>,
}

impl Table {
    fn new() -> Self {
        let limits = Limits {
            frames_in_flight_max: 1_000_000,
            frames_per_second_max: 1_000_000,
            frames_burst_max: 1_000_000,
            in_flight_bytes_max: 1 << 40,
            total_in_flight_bytes_max: 1 << 40,
            ..Limits::default()
        };
        let tokens = Arc::new(Tokens::default());
        let mut hub = Hub::new(limits, "instance").unwrap();
        hub.guard(tokens.clone());
        Self {
            hub,
            tokens,
            now_ms: 1_000,
            frames: Vec::new(),
            closes: Vec::new(),
            writes: Vec::new(),
            wake_at: 0,
            pinged: Vec::new(),
        }
    }

    fn run(&mut self, input: Input<'_>) {
        let Self {
            hub,
            frames,
            closes,
            writes,
            wake_at,
            pinged,
            ..
        } = self;
        frames.clear();
        closes.clear();
        let mut answers = Vec::new();
        hub.handle(input, self.now_ms, &mut |effect| match effect {
            Effect::Send { client, frame } => frames.extend(
                frame
                    .texts()
                    .map(|text| (client, serde_json::from_str(text).unwrap())),
            ),
            Effect::Close {
                client,
                code,
                reason,
            } => closes.push((client, code, reason)),
            Effect::Write {
                token,
                topic,
                payload,
                ..
            } => {
                writes.push((topic.to_string(), payload.to_owned()));
                answers.push(Ok(token));
            }
            Effect::Query {
                token,
                request,
                topics,
                ..
            } => {
                // The past of each topic is its name.
                let records = topics.iter().map(|topic| aimdb_server::hub::HistoryRecord {
                    topic: topic.clone(),
                    payload: format!("{topic:?}").into(),
                    ts: 1,
                });
                let answer = QueryAnswer {
                    total: topics.len() as u64,
                    records: records.collect(),
                };
                answers.push(Err((token, answer.encode(request))));
            }
            Effect::PingSocket { client } => pinged.push(client),
            Effect::WakeAt { at_ms } => *wake_at = at_ms,
            _ => {}
        });
        for answer in answers {
            let input = match answer {
                Ok(token) => Input::WriteAnswered {
                    token,
                    answer: Outcome::Taken { seq: None },
                },
                Err((token, text)) => Input::QueryAnswered {
                    token,
                    answer: Ok(text),
                },
            };
            hub.handle(input, self.now_ms, &mut |effect| {
                if let Effect::Send { client, frame } = effect {
                    frames.extend(
                        frame
                            .texts()
                            .map(|text| (client, serde_json::from_str(text).unwrap())),
                    );
                }
            });
        }
    }

    fn say(&mut self, client: ClientId, frame: &Value) -> Vec<Value> {
        self.run(Input::Frame {
            client,
            text: &frame.to_string(),
        });
        let own = self.frames.iter().filter(|(to, _)| *to == client);
        own.map(|(_, frame)| frame.clone()).collect()
    }

    fn enter(&mut self, client: ClientId, name: &str, token: &str) -> Vec<Value> {
        self.run(Input::Connected { client });
        self.say(client, &hello(name, token))
    }

    fn register(&mut self, name: &str, kind: TopicKind, schema: Option<&str>) {
        self.run(Input::Register(TopicSpec {
            schema_type: schema.map(str::to_owned),
            writable: true,
            ..TopicSpec::new(name, kind)
        }));
    }

    fn publish(&mut self, topic: &str, value: u64) {
        self.run(Input::Published {
            topic,
            payload: value.to_string().into(),
            cause: None,
            stamp: None,
        });
    }

    /// Lets time go on, with timers as they were asked for.
    fn until(&mut self, at_ms: u64) -> Vec<Told> {
        let mut told = Vec::new();
        while self.wake_at <= at_ms && self.wake_at > self.now_ms {
            self.now_ms = self.wake_at;
            self.run(Input::Timer);
            let frames = self.frames.iter().map(|(_, frame)| frame.clone()).collect();
            told.push((self.now_ms, frames, self.closes.clone()));
            for client in std::mem::take(&mut self.pinged) {
                self.run(Input::Alive { client, count: 1 });
            }
        }
        self.now_ms = at_ms;
        told
    }
}

fn hello(name: &str, token: &str) -> Value {
    json!({"type": "ping", "hello": {"v": 6, "client": name, "token": token, "contracts": [
        {"name": "temperature", "version": 1, "fingerprint": "0000000000000000"},
        {"name": "humidity", "version": 1, "fingerprint": "0000000000000000"},
        {"name": "nowhere", "version": 1, "fingerprint": "0000000000000000"},
    ]}})
}

fn types(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap())
        .collect()
}

#[test]
fn whatever_is_said_first_but_a_token_ends_the_connection_without_a_word() {
    for first in [
        json!({"type": "ping"}),
        json!({"type": "ping", "hello": {"v": 6, "client": "a"}}),
        json!({"type": "subscribe", "topics": ["#"]}),
        json!({"type": "list_topics", "id": "l"}),
        json!({"type": "contracts", "id": "c", "names": ["temperature"]}),
        json!({"type": "query", "id": "q", "pattern": "#"}),
        json!({"type": "write", "id": 1, "topic": "a", "payload": 1}),
        json!({"type": "auth", "token": "not-in-a-hello"}),
        json!("no frame"),
        json!({"type": "ping", "hello": {"v": 6, "client": "a", "token": "two words"}}),
    ] {
        let mut table = Table::new();
        table.register("a", TopicKind::Latest, None);
        table.run(Input::Connected { client: ONE });
        assert_eq!(table.say(ONE, &first), Vec::<Value>::new(), "{first}");
        assert_eq!(table.closes, [(ONE, 4401, "token_missing")], "{first}");
    }
    let mut table = Table::new();
    table.run(Input::Connected { client: ONE });
    table.run(Input::BinaryFrame { client: ONE });
    assert_eq!(
        (table.frames.len(), &*table.closes),
        (0, &[(ONE, 4401, "token_missing")][..])
    );
    table.run(Input::Connected { client: TWO });
    assert_eq!(table.say(TWO, &hello("a", "nobodys")), Vec::<Value>::new());
    assert_eq!(table.closes, [(TWO, 4401, "token_unknown")]);
}

#[test]
fn who_says_nothing_is_closed_in_time() {
    let mut table = Table::new();
    table.run(Input::Connected { client: ONE });
    let told = table.until(1_000 + AUTH_WITHIN_MS);
    let (at_ms, frames, closes) = told.last().unwrap();
    assert_eq!(*at_ms, 1_000 + AUTH_WITHIN_MS);
    assert_eq!(
        (frames.len(), &**closes),
        (0, &[(ONE, 4401, "token_missing")][..])
    );
}

#[test]
fn a_token_that_expires_is_told_of_and_renewed_in_the_open_socket() {
    let mut table = Table::new();
    table.register("a", TopicKind::Latest, None);
    table.tokens.give("first", "s", all(), Some(21_000));
    table.tokens.give("second", "s", all(), Some(41_000));
    table.tokens.give("third", "s", all(), Some(200_000));
    table.tokens.give("others", "t", all(), None);
    let entered = table.enter(ONE, "c", "first");
    assert_eq!(
        entered[0],
        json!({"type": "auth_ok", "until": 21_000, "now": 1_000})
    );
    assert_eq!(types(&entered), ["auth_ok", "pong"]);
    // In time: nobody hears of an end.
    table.until(11_000);
    let renewed = table.say(ONE, &json!({"type": "auth", "token": "second"}));
    assert_eq!(
        renewed,
        [json!({"type": "auth_ok", "until": 41_000, "now": 11_000})]
    );
    assert!(
        table
            .until(31_000)
            .iter()
            .all(|(_, frames, _)| frames.is_empty())
    );
    // Too late, but within the time that is left for it.
    let told = table.until(41_000 + AUTH_GRACE_MS - 1);
    let expired: Vec<_> = told
        .iter()
        .filter(|(_, frames, _)| !frames.is_empty())
        .collect();
    assert_eq!(expired.len(), 1);
    assert_eq!(
        (expired[0].0, &*expired[0].1),
        (41_000, &[json!({"type": "auth_expired"})][..])
    );
    // Of another subject, or none: the connection is nobody else's.
    for (token, reason) in [
        ("others", "token_subject"),
        ("first", "token_expired"),
        ("x", "token_unknown"),
    ] {
        let refused = table.say(ONE, &json!({"type": "auth", "token": token}));
        assert_eq!(
            (&refused[0]["code"], &refused[0]["reason"]),
            (&json!("UNAUTHORIZED"), &json!(reason))
        );
    }
    let renewed = table.say(ONE, &json!({"type": "auth", "token": "third"}));
    assert_eq!(types(&renewed), ["auth_ok"]);
    let told = table.until(200_000 + AUTH_GRACE_MS);
    let ends: Vec<_> = told
        .iter()
        .filter(|(_, _, closes)| !closes.is_empty())
        .collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].0, 200_000 + AUTH_GRACE_MS);
    assert_eq!(ends[0].2, [(ONE, 4401, "token_expired")]);
}

#[test]
fn a_token_that_is_not_renewed_ends_the_connection_after_its_grace() {
    let mut table = Table::new();
    table.tokens.give("t", "s", all(), Some(2_000));
    table.enter(ONE, "c", "t");
    let end = 2_000 + AUTH_GRACE_MS;
    let told = table.until(end - 1);
    assert!(told.iter().all(|(_, _, closes)| closes.is_empty()));
    let told = table.until(end);
    assert_eq!(told.last().unwrap().2, [(ONE, 4401, "token_expired")]);
    assert_eq!(told.last().unwrap().0, end);
}

#[test]
fn a_renewal_that_grants_less_ends_what_it_does_not_grant() {
    let mut table = Table::new();
    for topic in ["plant/a", "plant/b", "office/c"] {
        table.register(topic, TopicKind::Latest, None);
        table.publish(topic, 1);
    }
    table.tokens.give("all", "s", all(), None);
    let less = Grants {
        subscribe: patterns(&["plant/#"]),
        ..Grants::default()
    };
    table.tokens.give("less", "s", less, None);
    table.enter(ONE, "c", "all");
    table.say(
        ONE,
        &json!({"type": "subscribe", "topics": ["#", "plant/a", "office/*"]}),
    );
    let renewed = table.say(ONE, &json!({"type": "auth", "token": "less"}));
    assert_eq!(renewed[0]["type"], "auth_ok");
    let ended: Vec<_> = renewed[1..]
        .iter()
        .map(|frame| (&frame["topic"], &frame["reason"]))
        .collect();
    assert_eq!(
        ended,
        [
            (&json!("#"), &json!("not_granted")),
            (&json!("office/*"), &json!("not_granted"))
        ]
    );
    for (topic, expected) in [("plant/a", 1), ("plant/b", 0), ("office/c", 0)] {
        table.publish(topic, 2);
        assert_eq!(table.frames.len(), expected, "{topic}");
    }
}

#[test]
fn what_is_kept_of_writes_belongs_to_the_subject() {
    let mut table = Table::new();
    table.register("a", TopicKind::Latest, None);
    for subject in ["ann", "bob"] {
        table.tokens.give(subject, subject, all(), None);
    }
    let write = |id: u64, value: u64| json!({"type": "write", "id": id, "after": id - 1, "topic": "a", "payload": value});
    table.enter(ONE, "device", "ann");
    assert_eq!(types(&table.say(ONE, &write(1, 1))), ["ack"]);
    // The same name of another subject is another client: it neither fences the first one nor sees its answers.
    table.run(Input::Connected { client: TWO });
    let mut high = hello("device", "bob");
    high["hello"]["epoch"] = json!(9);
    table.say(TWO, &high);
    assert_eq!(
        table.say(TWO, &write(2, 2)),
        [json!({"type": "expected", "last": 0})]
    );
    assert_eq!(types(&table.say(TWO, &write(1, 7))), ["ack"]);
    assert_eq!(types(&table.say(ONE, &write(2, 2))), ["ack"]);
    assert_eq!(types(&table.say(ONE, &write(1, 1))), ["ack"]);
    let values: Vec<&str> = table.writes.iter().map(|(_, value)| &**value).collect();
    assert_eq!(values, ["1", "7", "2"]);
}

#[test]
fn a_subject_fills_its_own_room_and_nobody_elses() {
    let mut table = Table::new();
    table.register("a", TopicKind::Latest, None);
    for subject in ["ann", "bob"] {
        table.tokens.give(subject, subject, all(), None);
    }
    let write = json!({"type": "write", "id": 1, "after": 0, "topic": "a", "payload": 1});
    table.enter(ClientId(0), "device", "bob");
    table.say(ClientId(0), &write);
    // None of ann's says that it has its answers, so none may go.
    for number in 1..=SUBJECT_NAMES_MAX as u64 {
        let client = ClientId::at(1, number as u32);
        table.enter(client, &format!("n{number}"), "ann");
        assert_eq!(types(&table.say(client, &write)), ["ack"]);
        table.run(Input::Disconnected { client });
    }
    let client = ClientId::at(1, 0);
    table.enter(client, "more", "ann");
    assert_eq!(table.say(client, &write)[0]["reason"], "too_many_sessions");
    // Who has its answers makes room.
    let first = ClientId::at(2, 1);
    table.enter(first, "n1", "ann");
    table.say(first, &json!({"type": "settled", "id": 1}));
    table.run(Input::Disconnected { client: first });
    assert_eq!(types(&table.say(client, &write)), ["ack"]);
    // Bob's answer is there all the same.
    assert_eq!(types(&table.say(ClientId(0), &write)), ["ack"]);
    assert_eq!(table.writes.len(), SUBJECT_NAMES_MAX + 2);
}

/// A small generator, so that a failing seed says all.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn pattern(&mut self) -> String {
        let levels = 1 + self.below(3);
        let levels: Vec<&str> = (0..levels)
            .map(|_| ["a", "b", "c", "*"][self.below(4)])
            .collect();
        let text = levels.join("/");
        match self.below(4) {
            0 => format!("{text}/#"),
            1 if self.below(3) == 0 => "#".into(),
            _ => text,
        }
    }

    fn topic(&mut self) -> String {
        let levels = 1 + self.below(3);
        let levels: Vec<&str> = (0..levels)
            .map(|_| ["a", "b", "c"][self.below(3)])
            .collect();
        levels.join("/")
    }

    fn grants(&mut self) -> Grants {
        let mut list = || {
            let count = self.below(3);
            let texts: Vec<String> = (0..count).map(|_| self.pattern()).collect();
            patterns(&texts.iter().map(String::as_str).collect::<Vec<_>>())
        };
        Grants {
            subscribe: list(),
            write: list(),
            query: list(),
        }
    }
}

/// The oracle: every topic that a pattern could mean, one by one. All topics of this test have up to three levels of three
/// names, and a fourth stands for all that are deeper or called otherwise.
fn meant(pattern: &Pattern) -> BTreeSet<String> {
    let names = ["a", "b", "c", "other"];
    let mut topics: Vec<String> = vec![String::new()];
    let mut all = BTreeSet::new();
    for _ in 0..4 {
        topics = topics
            .iter()
            .flat_map(|topic| {
                names.iter().map(move |name| match topic.is_empty() {
                    true => (*name).to_string(),
                    false => format!("{topic}/{name}"),
                })
            })
            .collect();
        all.extend(
            topics
                .iter()
                .filter(|topic| matches(pattern.as_str(), topic))
                .cloned(),
        );
    }
    all
}

/// Written anew, level by level, so that the test does not ask what it tests.
fn matches(pattern: &str, topic: &str) -> bool {
    let (pattern, topic): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), topic.split('/').collect());
    let at = |index: usize| match pattern.get(index) {
        Some(&"#") => Some(true),
        Some(&"*") => topic.get(index).map(|_| false),
        Some(name) => (topic.get(index) == Some(name)).then_some(false),
        None => None,
    };
    for index in 0..pattern.len() {
        match at(index) {
            Some(true) => return true,
            Some(false) => {}
            None => return false,
        }
    }
    pattern.len() == topic.len()
}

fn is_within(grants: &[Pattern], asked: &Pattern) -> bool {
    let asked = meant(asked);
    // Containment in one grant: what no single one covers is refused, though two together might.
    grants.iter().any(|grant| asked.is_subset(&meant(grant)))
}

fn reaches(grants: &[Pattern], topic: &str) -> bool {
    grants.iter().any(|grant| matches(grant.as_str(), topic))
}

/// Everything that frames say of topics and contracts.
fn named(frames: &[Value]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut topics, mut contracts) = (BTreeSet::new(), BTreeSet::new());
    let mut note = |value: &Value| topics.extend(value.as_str().map(str::to_owned));
    for frame in frames {
        match frame["type"].as_str().unwrap() {
            "data" | "snapshot" | "gone" => note(&frame["topic"]),
            "topic_list" => frame["topics"]
                .as_array()
                .unwrap()
                .iter()
                .for_each(|one| note(&one["name"])),
            "query_result" => frame["records"]
                .as_array()
                .unwrap()
                .iter()
                .for_each(|one| note(&one["topic"])),
            "contract_list" => contracts.extend(
                frame["contracts"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["name"].as_str().unwrap().to_owned()),
            ),
            "pong" => contracts.extend(
                frame["hello"]["contracts"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|one| one["name"].as_str().unwrap().to_owned()),
            ),
            _ => {}
        }
    }
    (topics, contracts)
}

#[test]
fn what_a_grant_does_not_cover_never_leaves() {
    for seed in 0..200 {
        let mut random = Random(seed * 7_919 + 1);
        let mut table = Table::new();
        table.run(Input::RegisterContract(Arc::new(
            (*Temperature::SCHEMA).clone(),
        )));
        table.run(Input::RegisterContract(Arc::new(
            (*Humidity::SCHEMA).clone(),
        )));
        let mut topics = BTreeMap::new();
        let mut grants = random.grants();
        table.tokens.give("t", "s", grants.clone(), None);
        let mut entered = false;
        for step in 0..120 {
            let context = format!("seed {seed}, step {step}, {grants:?}");
            match random.below(9) {
                0 | 1 => {
                    let topic = random.topic();
                    let schema = ["temperature", "humidity"][random.below(2)];
                    let kind = [TopicKind::Latest, TopicKind::Ring][random.below(2)];
                    topics.entry(topic).or_insert_with_key(|topic| {
                        table.register(topic, kind, Some(schema));
                        schema
                    });
                }
                2 if !topics.is_empty() => {
                    let topic = topics
                        .keys()
                        .nth(random.below(topics.len()))
                        .unwrap()
                        .clone();
                    table.publish(&topic, step);
                }
                3 if topics.len() > 3 => {
                    let topic = topics.keys().next().unwrap().clone();
                    topics.remove(&topic);
                    table.run(Input::Unregister { topic: &topic });
                }
                4 if entered => {
                    let pattern = random.pattern();
                    let read = Pattern::parse(&pattern).unwrap();
                    let answers =
                        table.say(ONE, &json!({"type": "subscribe", "topics": [pattern]}));
                    let is_refused = answers[0]["reason"] == "not_granted";
                    assert_eq!(
                        is_refused,
                        !is_within(&grants.subscribe, &read),
                        "{context}: subscribe {pattern}"
                    );
                }
                5 if entered => {
                    let pattern = random.pattern();
                    let read = Pattern::parse(&pattern).unwrap();
                    let answers = table.say(
                        ONE,
                        &json!({"type": "query", "id": "q", "pattern": pattern}),
                    );
                    let is_refused = answers[0]["reason"] == "not_granted";
                    assert_eq!(
                        is_refused,
                        !is_within(&grants.query, &read),
                        "{context}: query {pattern}"
                    );
                }
                6 if entered => {
                    let topic = random.topic();
                    let before = table.writes.len();
                    let answers =
                        table.say(ONE, &json!({"type": "write", "topic": topic, "payload": 1}));
                    let reason = answers.first().map(|answer| answer["reason"].clone());
                    let expected =
                        match (reaches(&grants.write, &topic), topics.contains_key(&topic)) {
                            (false, _) => Some(json!("not_granted")),
                            (true, false) => Some(json!("unknown_topic")),
                            (true, true) => None,
                        };
                    assert_eq!(reason, expected, "{context}: write {topic}");
                    assert_eq!(table.writes.len() - before, usize::from(expected.is_none()));
                }
                7 if entered => {
                    let asked = json!({"type": "contracts", "id": "c", "names": ["temperature", "humidity", "nowhere"]});
                    let (_, told) = named(&table.say(ONE, &asked));
                    let list = table.say(ONE, &json!({"type": "list_topics", "id": "l"}));
                    let (listed, _) = named(&list);
                    let known: BTreeSet<String> = topics
                        .keys()
                        .filter(|topic| knows(&grants, topic))
                        .cloned()
                        .collect();
                    assert_eq!(listed, known, "{context}");
                    let of_known: BTreeSet<String> =
                        known.iter().map(|topic| topics[topic].to_owned()).collect();
                    assert_eq!(told, of_known, "{context}");
                    table.frames.clear();
                }
                _ if !entered => {
                    let (_, told) = named(&table.enter(ONE, "c", "t"));
                    entered = true;
                    let known = topics.iter().filter(|(topic, _)| knows(&grants, topic));
                    let of_known: BTreeSet<String> =
                        known.map(|(_, schema)| (*schema).to_owned()).collect();
                    assert_eq!(told, of_known, "{context}");
                }
                _ => {
                    grants = random.grants();
                    table.tokens.give("t", "s", grants.clone(), None);
                    table.say(ONE, &json!({"type": "auth", "token": "t"}));
                }
            }
            let frames: Vec<Value> = table
                .frames
                .iter()
                .map(|(_, frame)| frame.clone())
                .collect();
            assert!(entered || frames.is_empty(), "{context}: {frames:?}");
            for frame in &frames {
                let (told, _) = named(std::slice::from_ref(frame));
                for topic in told {
                    let by = match frame["type"].as_str().unwrap() {
                        "query_result" => reaches(&grants.query, &topic),
                        _ => reaches(&grants.subscribe, &topic),
                    };
                    assert!(by, "{context}: {frame}");
                }
            }
        }
    }
}

fn knows(grants: &Grants, topic: &str) -> bool {
    assert_eq!(
        grants.allow(Action::List(topic)),
        [&grants.subscribe, &grants.write, &grants.query]
            .iter()
            .any(|list| reaches(list, topic))
    );
    grants.allow(Action::List(topic))
}
