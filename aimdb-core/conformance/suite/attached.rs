//! Taps and derivations that know no types, attached while the database runs.

use super::*;
use aimdb_contracts::Streamable;
use aimdb_core::{BuildError, Claim, Entry, Fields, Origin};
use std::sync::Mutex;

fn celsius(fields: &Fields) -> f32 {
    Temperature::from_fields(fields.clone()).unwrap().celsius
}

/// A step that gives what it got, and counts.
fn copy(count: &Arc<AtomicUsize>) -> Box<<Runtime as aimdb_core::RuntimeAdapter>::Step> {
    let count = count.clone();
    Box::new(move |_, entry| {
        count.fetch_add(1, Ordering::SeqCst);
        Some(entry.value)
    })
}

fn add(db: &AimDb<Runtime>, key: &str) {
    let added = db.configure::<Temperature>(key, |reg| {
        reg.buffer(LATEST);
    });
    added.unwrap();
}

/// What the graph says of a record.
fn node(db: &AimDb<Runtime>, key: &str) -> (Vec<String>, Vec<&'static str>, usize) {
    let node = db.graph().into_iter().find(|node| &*node.key == key);
    let node = node.unwrap();
    (node.inputs, node.writers, node.taps)
}

/// A tap gets values, lags and the end; the graph shows it as long as it is there.
pub(crate) async fn a_tap_without_a_type_hears_what_a_typed_one_does(runtime: Runtime) {
    let db = with_room(runtime.clone(), RING);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let tap = |heard: &Arc<Mutex<Vec<Next<f32>>>>| {
        let heard = heard.clone();
        let tap = move |next: Next<Entry<Fields>>| {
            let next = next.map(|entry| celsius(&entry.value));
            heard.lock().unwrap().push(next);
        };
        db.tap("room", Box::new(tap)).unwrap()
    };
    let (_stays, goes) = (tap(&heard), tap(&Arc::default()));
    assert_eq!(node(&db, "room"), (vec![], vec![], 2));
    let producer = db.producer::<Temperature>("room").unwrap();
    producer.produce(at(1.0)).unwrap();
    until(&runtime, || heard.lock().unwrap().len() == 1).await;
    assert!(db.detach(goes) && !db.detach(goes));
    assert_eq!(node(&db, "room").2, 1);
    producer.produce(at(2.0)).unwrap();
    db.remove("room").unwrap();
    until(&runtime, || heard.lock().unwrap().len() == 3).await;
    let expected = [Next::Value(1.0), Next::Value(2.0), Next::Closed];
    assert_eq!(*heard.lock().unwrap(), expected);
    let code = |error: Problem| error.code();
    let gone = db.tap("room", Box::new(|_| {})).map_err(code);
    assert_eq!(gone, Err("RECORD_UNKNOWN"));
}

/// Values of all inputs come to one step, with the place of their input; the record checks what the
/// step gives, and what it took is from a rule.
pub(crate) async fn a_derivation_without_types_joins_like_a_typed_one(runtime: Runtime) {
    let db = with_room(runtime.clone(), RING);
    add(&db, "outdoor");
    add(&db, "colder");
    let mut known: [Option<Fields>; 2] = [None, None];
    let step = move |input: usize, entry: Entry<Fields>| {
        known[input] = Some(entry.value);
        let [Some(one), Some(two)] = &known else {
            return None;
        };
        let colder = if celsius(one) < celsius(two) {
            one
        } else {
            two
        };
        if celsius(colder) > 30.0 {
            // Not what the record holds.
            return Some(Vec::new());
        }
        Some(colder.clone())
    };
    let inputs = ["room", "outdoor"];
    db.derive("colder", &inputs, Box::new(step)).unwrap();
    let inputs = inputs.map(String::from).to_vec();
    assert_eq!(node(&db, "colder"), (inputs, vec!["join"], 0));

    let (room, outdoor) = (
        db.producer::<Temperature>("room").unwrap(),
        db.producer::<Temperature>("outdoor").unwrap(),
    );
    room.produce(at(20.0)).unwrap();
    outdoor.produce(at(5.0)).unwrap();
    let colder = db.door("colder").unwrap();
    until(&runtime, || colder.version() == 1).await;
    let entry = colder.latest().unwrap();
    assert_eq!((celsius(&entry.value), entry.origin), (5.0, Origin::Rule));
    outdoor.produce(at(35.0)).unwrap();
    until(&runtime, || colder.version() == 2).await;
    room.produce(at(40.0)).unwrap();
    until(&runtime, || colder.counters().refused == 1).await;
    room.produce(at(10.0)).unwrap();
    until(&runtime, || colder.version() == 3).await;
    assert_eq!(celsius(&colder.latest().unwrap().value), 10.0);
    assert_eq!(db.remove("room").unwrap_err().code(), "RECORD_IN_USE");
}

/// What is attached is taken off at any time; the record stays and can be derived otherwise.
pub(crate) async fn a_derivation_ends_by_itself_or_with_its_record(runtime: Runtime) {
    let db = with_room(runtime.clone(), LATEST);
    add(&db, "copy");
    let room = db.producer::<Temperature>("room").unwrap();
    let copied = db.door("copy").unwrap();
    let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let attached = db.derive("copy", &["room"], copy(&first)).unwrap();
    assert_eq!(attached.record(), copied.id());
    room.produce(at(1.0)).unwrap();
    until(&runtime, || copied.version() == 1).await;
    assert!(db.detach(attached));
    // Its task is over: nobody holds the step any more.
    until(&runtime, || Arc::strong_count(&first) == 1).await;
    room.produce(at(2.0)).unwrap();
    assert_eq!(node(&db, "copy"), (vec![], vec![], 0));
    assert_eq!((copied.version(), copied.is_removed()), (1, false));

    let attached = db.derive("copy", &["room"], copy(&second)).unwrap();
    until(&runtime, || copied.version() == 2).await;
    db.remove("copy").unwrap();
    until(&runtime, || Arc::strong_count(&second) == 1).await;
    assert!(!db.detach(attached), "it went with its record");
    room.produce(at(3.0)).unwrap();
    db.remove("room").unwrap();
    let counts = (first.load(Ordering::SeqCst), second.load(Ordering::SeqCst));
    assert_eq!(counts, (1, 1));
}

/// The same checks as in a build, all at once, over the whole graph, typed or not.
pub(crate) async fn a_derivation_that_cannot_be_is_refused(runtime: Runtime) {
    let db = with_room(runtime, LATEST);
    let unused = || copy(&Arc::default());
    db.configure::<Temperature>("typed", |reg| {
        reg.buffer(LATEST)
            .transform("room", |value: &Temperature| Some(value.clone()));
    })
    .unwrap();
    add(&db, "late");
    db.derive("late", &["typed", "typed"], unused()).unwrap();
    let before = db.graph();
    let check = |key: &str, inputs: &[&str], expected: &[&str]| {
        let Err(BuildError { problems }) = db.derive(key, inputs, unused()) else {
            panic!("{key} was derived")
        };
        let said: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(said, expected);
        // Who brings the code is checked as who leaves it to the database.
        let claimed = db.claim(key, Claim::Derivation(inputs));
        assert_eq!(claimed, Err(BuildError { problems }));
        assert_eq!(db.graph(), before);
    };
    let circle = |path: &str| "records derive from each other in a circle: ".to_string() + path;
    check(
        "nobody",
        &["none", "room"],
        &[
            "record 'nobody' reads 'none', which is not configured",
            "record 'nobody' is not configured",
        ],
    );
    check(
        "room",
        &[],
        &["record 'room' is derived from no record: name one"],
    );
    check("room", &["room"], &[&circle("room -> room")]);
    check(
        "room",
        &["late", "typed", "late"],
        &[
            &circle("room -> typed -> late -> room"),
            &circle("room -> typed -> room"),
        ],
    );
    let two = "record 'typed' has more than one writer: transform, transform";
    check("typed", &["room"], &[two]);
    check(
        "typed",
        &["late"],
        &[two, &circle("typed -> late -> typed")],
    );
    let source = |key: &str| {
        db.claim(key, Claim::Source)
            .map_err(|error| error.to_string())
    };
    let two = "record 'typed' has more than one writer: transform, source";
    assert_eq!(source("typed"), Err(two.to_string()));
    let claimed = source("room").unwrap();
    assert_eq!(node(&db, "room"), (vec![], vec!["source"], 0));
    assert!(db.detach(claimed) && !db.detach(claimed));
    let claimed = db.claim("room", Claim::Tap).unwrap();
    assert_eq!(node(&db, "room"), (vec![], vec![], 1));
    assert!(db.detach(claimed));
    assert_eq!(db.graph(), before);
}

/// What a build refuses besides: see [`a_build_reports_everything_at_once`].
pub(crate) async fn a_build_refuses_what_could_not_work(runtime: Runtime) {
    type Describe = fn(&mut AimDbBuilder<Runtime>);
    let check = |describe: Describe, expected: &[&str]| {
        let mut builder = AimDbBuilder::new(runtime.clone());
        let _links = builder.connector("bus");
        describe(&mut builder);
        let problems = match builder.build() {
            Ok(_) => Vec::new(),
            Err(error) => error.problems,
        };
        let said: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(said, expected);
    };
    check(
        |builder| {
            for (key, input) in [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")] {
                builder.configure::<Temperature>(key, |reg| {
                    reg.buffer(LATEST)
                        .transform(input, |value: &Temperature| Some(value.clone()));
                });
            }
        },
        &[
            "records derive from each other in a circle: a -> b -> a",
            "records derive from each other in a circle: c -> d -> c",
        ],
    );
    check(
        |builder| {
            builder.configure::<Temperature>("a", |reg| {
                reg.buffer(LATEST).transform_join((), |_| {});
            });
        },
        &["record 'a' is derived from no record: name one"],
    );
    check(
        |builder| {
            builder.configure::<Temperature>("a", |reg| {
                reg.buffer(LATEST)
                    .link_to("bus://a")
                    .link_from("bus://a")
                    .source(|_, _| async {});
            });
            builder.configure::<Temperature>("b", |reg| {
                reg.buffer(LATEST)
                    .source(|_, _| async {})
                    .transform("a", |value: &Temperature| Some(value.clone()));
            });
        },
        &[
            "record 'a' has more than one writer: link, source",
            "record 'b' has more than one writer: source, transform",
        ],
    );
    check(
        |builder| {
            builder.configure::<Temperature>("a", |reg| {
                reg.buffer(LATEST).link_to("bus://a").link_from("bus://a");
            });
        },
        &[],
    );
}
