//! Tokens over real sockets: who is let in, what each may do, and that nobody else learns anything.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_contracts::Settable;
use aimdb_contracts::builtin::{Humidity, Temperature};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig};
use aimdb_server::{Config, Server};
use aimdb_tokio_adapter::TokioAdapter;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use support::{Client, Process, get, run, temporary_file, temporary_folder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const KEY: &str = "a-shared-key-of-more-than-32-bytes";
const STATIC: &str = "display-token-0123456789";

/// Rooms of a plant, which tokens grant, and one of an office, which they do not.
struct Running {
    port: u16,
    watched: u16,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
    _db: AimDb<TokioAdapter>,
}

impl Running {
    async fn start(auth: &str) -> Self {
        let config = Config::parse(auth).unwrap();
        let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
        let links = builder.connector("ws");
        for topic in ["plant/a", "plant/b"] {
            builder.configure::<Temperature>(topic, |reg| {
                reg.buffer(BufferConfig::SpmcRing { capacity: 8 })
                    .link_to(&format!("ws://{topic}"))
                    .link_from(&format!("ws://{topic}"));
            });
        }
        builder.configure::<Humidity>("office/secret", |reg| {
            reg.buffer(BufferConfig::SpmcRing { capacity: 8 })
                .link_to("ws://office/secret")
                .link_from("ws://office/secret");
        });
        let db = builder.build().unwrap();
        let producer = db.producer::<Temperature>("plant/a").unwrap();
        producer.produce(Temperature::set(20.0, 1)).unwrap();
        let producer = db.producer::<Humidity>("office/secret").unwrap();
        producer.produce(Humidity::set(50.0, 1)).unwrap();
        let mut server = Server::new(config, links).unwrap();
        let watching = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let watched = watching.local_addr().unwrap().port();
        server.watch(watching);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.await;
            };
            server.serve(listener, shutdown).await.unwrap();
        });
        Self {
            port,
            watched,
            stop,
            served,
            _db: db,
        }
    }

    fn socket(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    async fn metrics(&self) -> String {
        let (_, body) = get(self.watched, "/metrics", "").await;
        String::from_utf8(body).unwrap()
    }

    /// Shows a token that is refused: nothing comes but the close, for this reason, and it is counted.
    async fn check_refused(&self, what: &str, token: Option<&str>, reason: &str) {
        let series = format!("aimdb_closed_sockets_total{{code=\"4401\",reason=\"{reason}\"}} ");
        let count = |metrics: &str| -> u64 {
            let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
            line.map_or(0, |count| count.parse().unwrap())
        };
        let before = count(&self.metrics().await);
        let mut client = Client::connect(&self.socket()).await;
        client.send(&hello("me", token)).await;
        let closed = client.closed_without_a_word().await;
        assert_eq!(closed, (4401, reason.to_string()), "{what}");
        assert_eq!(count(&self.metrics().await), before + 1, "{what}");
    }

    async fn enter(&self, name: &str, token: &str) -> (Client, Value) {
        let mut client = Client::connect(&self.socket()).await;
        client.send(&hello(name, Some(token))).await;
        let ok = client.next().await;
        assert_eq!(ok["type"], "auth_ok", "{ok}");
        let pong = client.next().await;
        assert_eq!(pong["type"], "pong", "{pong}");
        (client, ok)
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }
}

fn hello(name: &str, token: Option<&str>) -> String {
    json!({"type": "ping", "hello": {"v": 6, "client": name, "token": token}}).to_string()
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// What a good token says.
fn claims() -> Value {
    json!({
        "sub": "ann",
        "aud": "plant",
        "iss": "https://id.example",
        "exp": now_s() + 600,
        "aimdb": {"subscribe": ["plant/#"], "write": ["plant/a"], "query": ["plant/#"]},
    })
}

fn with(change: Value) -> Value {
    let mut claims = claims();
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn signed(algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, key).unwrap()
}

fn hs256(claims: &Value) -> String {
    signed(
        Algorithm::HS256,
        &EncodingKey::from_secret(KEY.as_bytes()),
        claims,
    )
}

/// A key pair of Ed25519: what signs, and what the server has.
fn ed25519() -> (EncodingKey, String) {
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    (
        EncodingKey::from_ed_der(&pair.serialize_der()),
        pair.public_key_pem(),
    )
}

fn of_hs256() -> String {
    format!(
        "[auth.jwt]\nalgorithm = 'HS256'\nkey = '{KEY}'\naudience = 'plant'\nissuer = 'https://id.example'\nleeway_s = 0\n\
         [[auth.tokens]]\nname = 'display'\ntoken = '{STATIC}'\ngrants = {{ subscribe = ['plant/*'] }}\n"
    )
}

#[test]
fn each_token_that_is_not_right_is_refused_without_a_word_and_counted_by_its_reason() {
    run(async {
        let server = Running::start(&of_hs256()).await;
        let foreign = EncodingKey::from_secret(b"another-key-of-more-than-32-bytes!");
        let unsigned = {
            let good = hs256(&claims());
            let body = good.split('.').nth(1).unwrap();
            // {"alg":"none"}
            format!("eyJhbGciOiJub25lIn0.{body}.")
        };
        for (what, token, reason) in [
            ("nothing", None, "token_missing"),
            ("no token", Some("x".to_string()), "token_unknown"),
            (
                "nobody's",
                Some("display-token-0123456780".into()),
                "token_unknown",
            ),
            ("alg none", Some(unsigned), "token_claim"),
            (
                "another algorithm",
                Some(signed(
                    Algorithm::HS384,
                    &EncodingKey::from_secret(KEY.as_bytes()),
                    &claims(),
                )),
                "token_algorithm",
            ),
            (
                "another key",
                Some(signed(Algorithm::HS256, &foreign, &claims())),
                "token_signature",
            ),
            (
                "expired",
                Some(hs256(&with(json!({"exp": now_s() - 1})))),
                "token_expired",
            ),
            (
                "too early",
                Some(hs256(&with(json!({"nbf": now_s() + 600})))),
                "token_early",
            ),
            (
                "without an end",
                Some(hs256(&with(json!({"exp": null})))),
                "token_claim",
            ),
            (
                "an end that is none",
                Some(hs256(&with(json!({"exp": "soon"})))),
                "token_claim",
            ),
            (
                "for somebody else",
                Some(hs256(&with(json!({"aud": "office"})))),
                "token_audience",
            ),
            (
                "for nobody",
                Some(hs256(&with(json!({"aud": null})))),
                "token_audience",
            ),
            (
                "from somebody else",
                Some(hs256(&with(json!({"iss": "https://evil.example"})))),
                "token_issuer",
            ),
            (
                "from nobody",
                Some(hs256(&with(json!({"iss": null})))),
                "token_issuer",
            ),
            (
                "of nobody",
                Some(hs256(&with(json!({"sub": ""})))),
                "token_claim",
            ),
            (
                "of a long name",
                Some(hs256(&with(json!({"sub": "x".repeat(129)})))),
                "token_claim",
            ),
            (
                "grants that are none",
                Some(hs256(&with(json!({"aimdb": {"subscribe": ["a/#/b"]}})))),
                "token_claim",
            ),
            (
                "a grant that does not exist",
                Some(hs256(&with(json!({"aimdb": {"admin": ["#"]}})))),
                "token_claim",
            ),
            (
                "too many grants",
                Some(hs256(&with(json!({"aimdb": {"write": vec!["a"; 65]}})))),
                "token_claim",
            ),
        ] {
            server.check_refused(what, token.as_deref(), reason).await;
        }
        // What is no token at all is none: no word about its form either.
        server
            .check_refused("too long", Some(&"x".repeat(8_193)), "token_missing")
            .await;
        let metrics = server.metrics().await;
        for hidden in ["office", "secret", "plant/", "ann", STATIC] {
            assert!(!metrics.contains(hidden), "{hidden}");
        }
        let (_, health) = get(server.port, "/health", "").await;
        let health: Value = serde_json::from_slice(&health).unwrap();
        assert_eq!(health["topics"], Value::Null);
        server.stop().await;
    });
}

#[test]
fn a_public_key_signs_nothing() {
    run(async {
        let (key, public) = ed25519();
        let file = temporary_file("issuer.pem", &public);
        let server = Running::start(&format!(
            "[auth.jwt]\nalgorithm = 'EdDSA'\nkey_file = '{file}'\naudience = 'plant'\n"
        ))
        .await;
        // Who has the public key takes it for a secret of HS256, in every form that it has.
        let body: String = public
            .lines()
            .filter(|line| !line.contains("---"))
            .collect();
        for secret in [public.clone(), public.trim_end().to_string(), body] {
            let secret = EncodingKey::from_secret(secret.as_bytes());
            let token = signed(Algorithm::HS256, &secret, &claims());
            server
                .check_refused("confused", Some(&token), "token_algorithm")
                .await;
        }
        let (foreign, _) = ed25519();
        let token = signed(Algorithm::EdDSA, &foreign, &claims());
        server
            .check_refused("another key", Some(&token), "token_signature")
            .await;
        let good = signed(Algorithm::EdDSA, &key, &claims());
        // One bit of what was signed.
        let mut bent = good.clone().into_bytes();
        let at = good.find('.').unwrap() + 5;
        bent[at] ^= 1;
        let bent = String::from_utf8(bent).unwrap();
        server
            .check_refused("bent", Some(&bent), "token_signature")
            .await;
        let (mut client, ok) = server.enter("me", &good).await;
        assert!(ok["until"].as_u64().unwrap() > ok["now"].as_u64().unwrap());
        client.subscribe("plant/#").await;
        assert_eq!(client.next().await["type"], "snapshot");
        server.stop().await;
    });
}

#[test]
fn what_is_not_granted_and_what_is_not_there_get_one_answer() {
    run(async {
        let server = Running::start(&of_hs256()).await;
        let (mut client, _) = server.enter("me", &hs256(&claims())).await;
        client.send(r#"{"type":"list_topics","id":"l"}"#).await;
        let list = client.next().await;
        let names: Vec<&Value> = list["topics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["name"])
            .collect();
        assert_eq!(names, ["plant/a", "plant/b"]);
        client
            .send(r#"{"type":"contracts","id":"c","names":["temperature","humidity","nowhere"]}"#)
            .await;
        let contracts = client.next().await;
        let names: Vec<&Value> = contracts["contracts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["name"])
            .collect();
        assert_eq!(names, ["temperature"]);
        let anonymous = |mut answer: Value| {
            answer["topic"] = Value::Null;
            answer
        };
        let mut answers = Vec::new();
        for topic in [
            "office/secret",
            "office/nothing",
            "plant/b",
            "plant/nothing",
        ] {
            client
                .write(1, topic, r#"{"percent":1,"timestamp":2}"#)
                .await;
            answers.push(anonymous(client.next().await));
        }
        // A number that was used is not looked at further, so each has its own below.
        assert_eq!(answers[0]["reason"], "not_granted");
        let mut answers = Vec::new();
        for (id, topic) in [
            (11, "office/secret"),
            (12, "office/nothing"),
            (13, "plant/b"),
            (14, "plant/nothing"),
        ] {
            client
                .write(id, topic, r#"{"percent":1,"timestamp":2}"#)
                .await;
            let mut answer = anonymous(client.next().await);
            answer["id"] = Value::Null;
            answers.push(answer);
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
        for pattern in ["office/secret", "office/nothing", "office/#", "#"] {
            client
                .send(&json!({"type": "query", "id": "q", "pattern": pattern}).to_string())
                .await;
            let answer = client.next().await;
            assert_eq!(
                (&answer["code"], &answer["reason"]),
                (&json!("FORBIDDEN"), &json!("not_granted"))
            );
            client
                .send(&json!({"type": "subscribe", "topics": [pattern]}).to_string())
                .await;
            assert_eq!(client.next().await["reason"], "not_granted");
            assert_eq!(client.next().await["topics"], json!([]));
        }
        assert_eq!(client.all_until_pong().await, Vec::<Value>::new());
        server.stop().await;
    });
}

#[test]
fn a_token_is_renewed_in_the_open_socket_by_its_own_subject() {
    run(async {
        let server = Running::start(&of_hs256()).await;
        let short = hs256(&with(json!({"exp": now_s() + 2})));
        let (mut client, ok) = server.enter("me", &short).await;
        client.subscribe("plant/#").await;
        assert_eq!(client.next().await["topic"], "plant/a");
        let expired = client.next().await;
        assert_eq!(expired, json!({"type": "auth_expired"}));
        let auth = |token: &str| json!({"type": "auth", "token": token}).to_string();
        client
            .send(&auth(&hs256(&with(json!({"sub": "bob"})))))
            .await;
        let refused = client.next().await;
        assert_eq!(
            (&refused["code"], &refused["reason"]),
            (&json!("UNAUTHORIZED"), &json!("token_subject"))
        );
        client.send(&auth(STATIC)).await;
        assert_eq!(client.next().await["reason"], "token_subject");
        client.send(&auth(&hs256(&claims()))).await;
        let renewed = client.next().await;
        assert_eq!(renewed["type"], "auth_ok");
        assert!(renewed["until"].as_u64() > ok["until"].as_u64());
        // Still the same socket, and what it follows.
        client.send(&json!({"type": "write", "id": 1, "topic": "plant/a", "payload": {"celsius": 21, "timestamp": 2}}).to_string()).await;
        let data = client.until(|frame| frame["type"] == "data").await;
        assert_eq!(data["payload"]["celsius"], 21.0);
        server.stop().await;
    });
}

#[test]
fn a_published_client_brings_its_token_with_its_request() {
    run(async {
        let server = Running::start(&of_hs256()).await;
        for token in [STATIC, &hs256(&claims())] {
            let mut client =
                Client::connect(&format!("{}?a=b&token={token}", server.socket())).await;
            client.subscribe("plant/*").await;
            assert_eq!(client.next().await["topic"], "plant/a");
            client
                .send(r##"{"type":"subscribe","topics":["#"]}"##)
                .await;
            assert_eq!(client.next().await["reason"], "not_granted");
        }
        for (query, reason) in [
            ("?token=nobodys-token-0123", "token_unknown"),
            ("?token=", "token_missing"),
            ("?tokens=x", "token_missing"),
        ] {
            let mut client = Client::connect(&format!("{}{query}", server.socket())).await;
            client
                .try_send(r##"{"type":"subscribe","topics":["#"]}"##)
                .await;
            assert_eq!(
                client.closed_without_a_word().await,
                (4401, reason.to_string()),
                "{query}"
            );
        }
        server.stop().await;
    });
}

#[test]
fn a_large_first_message_of_nobody_is_not_read() {
    run(async {
        let server = Running::start(&of_hs256()).await;
        let mut client = Client::connect(&server.socket()).await;
        client
            .try_send(&format!(
                r#"{{"type":"ping","x":"{}"}}"#,
                "x".repeat(70_000)
            ))
            .await;
        assert_eq!(client.closed_without_a_word().await.0, 1009);
        server.stop().await;
    });
}

#[test]
fn secrets_that_cannot_be_used_are_named_and_never_shown() {
    let check = |text: &str, expected: &[&str]| {
        let refused = match Config::parse(text) {
            Err(problem) => problem.to_string(),
            Ok(config) => match aimdb_server::auth::Keyring::load(config.auth.as_ref().unwrap()) {
                Err(problem) => problem.to_string(),
                Ok(_) => panic!("{text} is taken"),
            },
        };
        for part in expected {
            assert!(refused.contains(part), "{refused} lacks {part}");
        }
        assert!(!refused.contains("hunter2"), "{refused}");
    };
    let token = |rest: &str| format!("[[auth.tokens]]\nname = 'a'\n{rest}\n");
    let jwt = |rest: &str| format!("[auth.jwt]\naudience = 'a'\n{rest}\n");
    check("[auth]", &["auth", "neither"]);
    check(&token(""), &["auth.tokens[0].token", "0 places"]);
    check(
        &token("token = 'hunter2'"),
        &["auth.tokens[0].token", "16 to 8192"],
    );
    check(&token("token = 'hunter2 hunter2 hunter2'"), &["16 to 8192"]);
    check(
        &token("token = 'hunter2hunter2hunter2'\ntoken_env = 'X'"),
        &["2 places"],
    );
    check(
        &token("token_file = 'no/file'"),
        &["auth.tokens[0].token_file", "no/file"],
    );
    check(
        &token("token_env = 'NO_SUCH_VARIABLE'"),
        &["token_env", "NO_SUCH_VARIABLE", "not set"],
    );
    check(
        &token("token = 'hunter2hunter2hunter2'\ngrants = { read = ['#'] }"),
        &["line 4", "`read`"],
    );
    check(
        &token("token = 'hunter2hunter2hunter2'\ngrants = { write = ['a/#/b'] }"),
        &["auth.tokens[0].grants.write"],
    );
    let twice = token("token = 'hunter2hunter2hunter2'");
    check(&format!("{twice}{twice}"), &["auth.tokens[1].name"]);
    check(
        &format!("{twice}{}", twice.replace("'a'", "'b'")),
        &["auth.tokens[1].token", "another one"],
    );
    check(&jwt("algorithm = 'none'\nkey = 'x'"), &["line 3", "none"]);
    check(
        &jwt("algorithm = 'HS256'\nkey = 'hunter2'"),
        &["auth.jwt.key", "32 bytes"],
    );
    let (_, public) = ed25519();
    check(
        &jwt(&format!("algorithm = 'HS256'\nkey = '''{public}'''")),
        &["no key in PEM"],
    );
    check(
        &jwt("algorithm = 'EdDSA'\nkey = 'hunter2'"),
        &["auth.jwt.key", "Ed25519"],
    );
    let rsa = public.replace("MCowBQYDK2VwAyEA", "MCowBQYDK2VuAyEA");
    check(
        &jwt(&format!("algorithm = 'EdDSA'\nkey = '''{rsa}'''")),
        &["Ed25519"],
    );
    check(
        &jwt(&format!(
            "algorithm = 'HS256'\nkey = '{KEY}'\nleeway_s = 601"
        )),
        &["leeway_s", "600"],
    );
    check(&format!("open = true\n{twice}"), &["open"]);
    let config = Config::parse(&of_hs256()).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains(KEY) && !shown.contains(STATIC), "{shown}");
}

#[test]
fn what_is_kept_of_a_subjects_writes_is_its_own_after_a_restart_too() {
    run(async {
        let folder = temporary_folder();
        let config = folder.join("server.toml");
        let token = |name: &str| {
            format!(
                "[[auth.tokens]]\nname = '{name}'\ntoken = 'the-token-of-{name}-0123'\n\
                 grants = {{ subscribe = ['room'], write = ['room'] }}\n"
            )
        };
        let record = "[[records]]\nkey = 'room'\nschema = 'setpoint'\nwritable = true\n\
                      buffer = { type = 'SpmcRing', capacity = 9 }\n";
        std::fs::write(
            &config,
            format!("data = 'data'\n{}{}{record}", token("ann"), token("bob b")),
        )
        .unwrap();
        let start = || Process::start(&["--config", config.to_str().unwrap()]);
        let enter = async |process: &Process, name: &str| {
            let mut client = Client::connect(&process.socket()).await;
            let token = format!("the-token-of-{name}-0123").replace(' ', "");
            client.send(&hello("device", Some(&token))).await;
            assert_eq!(
                client.until(|frame| frame["type"] == "pong").await["hello"]["v"],
                7
            );
            client
        };
        let write = |celsius: u64| {
            let payload = json!({"celsius": celsius, "timestamp": 1});
            json!({"type": "write", "id": 1, "after": 0, "topic": "room", "payload": payload})
                .to_string()
        };
        let text = std::fs::read_to_string(&config)
            .unwrap()
            .replace("of-bob b-", "of-bobb-");
        std::fs::write(&config, text).unwrap();
        let process = start();
        let mut seqs = Vec::new();
        for (name, celsius) in [("ann", 20), ("bob b", 21)] {
            let mut client = enter(&process, name).await;
            client.send(&write(celsius)).await;
            let ack = client.next().await;
            assert_eq!(ack["type"], "ack", "{ack}");
            seqs.push(ack["seq"].clone());
        }
        process.kill();
        let process = start();
        for ((name, celsius), seq) in [("ann", 20), ("bob b", 21)].into_iter().zip(seqs) {
            let mut client = enter(&process, name).await;
            client.send(&write(celsius)).await;
            let ack = client.next().await;
            assert_eq!((&ack["type"], &ack["seq"]), (&json!("ack"), &seq));
            // The other one's value under this number is not its own.
            client.send(&write(41 - celsius)).await;
            assert_eq!(client.next().await["reason"], "id_reused");
        }
    });
}
