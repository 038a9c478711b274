//! A file keeps what memory keeps, over any number of openings; and its layout.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aimdb_server::hub::{Breach, Outcome, Refusal, WriteHead};
use aimdb_server::store::{Keep, LAYOUT, Memory, Op, Range, Sqlite, Store};
use aimdb_ws_protocol::ErrorCode;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("store-{}-{number}", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What happens to a store: a batch, or that it is closed and opened again.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Change>),
    Reopen,
}

#[derive(Debug, Clone)]
enum Change {
    Value {
        topic: u8,
        gap: u8,
        ts: u8,
        length: u8,
        by: Option<u8>,
    },
    Missed {
        topic: u8,
        missed: u8,
    },
    Moved {
        topic: u8,
        back: u8,
        ts: u8,
    },
    Fenced {
        client: u8,
        epoch: u8,
    },
    Gone {
        topic: u8,
    },
    Answer {
        client: u8,
        id: u8,
        is_refused: bool,
    },
    Settled {
        client: u8,
        id: u8,
    },
    Forgotten {
        client: u8,
    },
}

fn change() -> impl Strategy<Value = Change> {
    let (topic, client) = (0_u8..3, 0_u8..3);
    prop_oneof![
        6 => (topic.clone(), 1_u8..4, any::<u8>(), 0_u8..40, proptest::option::of(0_u8..3))
            .prop_map(|(topic, gap, ts, length, by)| Change::Value { topic, gap, ts, length, by }),
        1 => (topic.clone(), 1_u8..9).prop_map(|(topic, missed)| Change::Missed { topic, missed }),
        1 => (topic.clone(), 0_u8..6, any::<u8>())
            .prop_map(|(topic, back, ts)| Change::Moved { topic, back, ts }),
        1 => (client.clone(), 0_u8..9).prop_map(|(client, epoch)| Change::Fenced { client, epoch }),
        1 => topic.prop_map(|topic| Change::Gone { topic }),
        3 => (client.clone(), 1_u8..30, any::<bool>())
            .prop_map(|(client, id, is_refused)| Change::Answer { client, id, is_refused }),
        1 => (client.clone(), 0_u8..30).prop_map(|(client, id)| Change::Settled { client, id }),
        1 => client.prop_map(|client| Change::Forgotten { client }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => proptest::collection::vec(change(), 1..12).prop_map(Step::Append),
        1 => Just(Step::Reopen),
    ]
}

/// How much is kept of each topic: by number, by bytes, by age.
const KEEPS: [Keep; 3] = [
    Keep {
        values: 4,
        bytes: u64::MAX,
        age_ms: u64::MAX,
    },
    Keep {
        values: u64::MAX,
        bytes: 60,
        age_ms: u64::MAX,
    },
    Keep {
        values: 20,
        bytes: u64::MAX,
        age_ms: 40,
    },
];

fn topic_name(topic: u8) -> Arc<str> {
    format!("t/{topic}").into()
}

/// Turns changes into what a journal would give: numbers ascend within a topic.
fn ops(changes: &[Change], lasts: &mut [u64; 3]) -> Vec<Op> {
    let mut ops = Vec::new();
    for change in changes {
        ops.push(match change {
            Change::Value {
                topic,
                gap,
                ts,
                length,
                by,
            } => {
                let last = &mut lasts[usize::from(*topic)];
                *last += u64::from(*gap);
                Op::Value {
                    topic: topic_name(*topic),
                    seq: *last,
                    ts: u64::from(*ts),
                    payload: format!("\"{}\"", "ö".repeat(usize::from(*length))).into(),
                    version: u32::from(*gap),
                    by: by.map(|by| (format!("c{by}").into(), u64::from(*gap))),
                    keep: KEEPS[usize::from(*topic)],
                }
            }
            Change::Missed { topic, missed } => {
                let last = &mut lasts[usize::from(*topic)];
                *last += u64::from(*missed);
                Op::Missed {
                    topic: topic_name(*topic),
                    seq: *last,
                }
            }
            Change::Moved { topic, back, ts } => {
                let last = &mut lasts[usize::from(*topic)];
                let from = last.saturating_sub(u64::from(*back));
                *last += 1;
                Op::Moved {
                    topic: topic_name(*topic),
                    from,
                    to: *last,
                    ts: u64::from(*ts),
                    payload: format!("\"moved {back}\"").into(),
                    version: 9,
                    by: Some(("c1".into(), 1)),
                    keep: KEEPS[usize::from(*topic)],
                }
            }
            Change::Fenced { client, epoch } => Op::Fenced {
                client: format!("c{client}").into(),
                epoch: u64::from(*epoch),
            },
            Change::Gone { topic } => Op::Gone {
                topic: topic_name(*topic),
            },
            Change::Answer {
                client,
                id,
                is_refused,
            } => Op::Answer {
                head: WriteHead {
                    client: format!("c{client}").into(),
                    epoch: u64::from(*id) / 8,
                    id: u64::from(*id),
                    digest: u64::MAX - u64::from(*id),
                },
                outcome: match is_refused {
                    true => Outcome::Refused(refusal(*id)),
                    false => Outcome::Taken {
                        seq: Some(u64::from(*id)),
                    },
                },
            },
            Change::Settled { client, id } => Op::Settled {
                client: format!("c{client}").into(),
                id: u64::from(*id),
            },
            Change::Forgotten { client } => Op::Forgotten {
                client: format!("c{client}").into(),
            },
        });
    }
    ops
}

fn refusal(id: u8) -> Refusal {
    let mut refusal = Refusal::new(
        ErrorCode::WriteError,
        "contract_violation",
        format!("\"{id}\" ist schlecht"),
    );
    refusal.violation = id.is_multiple_of(2).then(|| {
        Box::new(Breach {
            code: "range".into(),
            path: "a[0].b".into(),
            expected: "1 to 5".into(),
            got: id.to_string(),
        })
    });
    refusal
}

fn same(one: &mut dyn Store, other: &mut dyn Store) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.topics().unwrap(), other.topics().unwrap());
    prop_assert_eq!(one.ledger().unwrap(), other.ledger().unwrap());
    for topic in 0..4 {
        let name = topic_name(topic);
        for count in [0, 1, 3, u64::MAX] {
            prop_assert_eq!(
                one.latest(&name, count).unwrap(),
                other.latest(&name, count).unwrap()
            );
        }
        for (from, to, limit, bytes) in [
            (None, None, u64::MAX, u64::MAX),
            (Some(50), Some(200), 3, u64::MAX),
            (None, Some(100), u64::MAX, 30),
            (Some(100), None, 0, 0),
        ] {
            let range = Range {
                from,
                to,
                limit,
                bytes,
            };
            prop_assert_eq!(
                one.history(&name, range).unwrap(),
                other.history(&name, range).unwrap()
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_file_keeps_what_memory_keeps(steps in proptest::collection::vec(step(), 1..14)) {
        let folder = folder();
        let (mut memory, mut lasts, mut now_ms) = (Memory::default(), [0; 3], 100);
        let mut file = Sqlite::open(&folder, "one").unwrap();
        for step in steps {
            now_ms += 17;
            match step {
                Step::Append(changes) => {
                    let ops = ops(&changes, &mut lasts);
                    memory.append(&ops, now_ms).unwrap();
                    file.append(&ops, now_ms).unwrap();
                }
                Step::Reopen => {
                    drop(file);
                    file = Sqlite::open(&folder, "two").unwrap();
                    prop_assert_eq!(&*file.instance(), "one");
                }
            }
            same(&mut memory, &mut file)?;
            same(&mut memory, &mut *file.reader().unwrap())?;
        }
        drop(file);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// The layout of the file and its number. When the layout changes, add a step that leads there, and write down what
/// this test says; never edit a step that a released server ran.
const LAYOUTS: &[(i64, u64)] = &[
    (1, 12_558_411_428_324_233_797),
    (2, 4_252_461_958_059_414_754),
];

#[test]
fn the_layout_does_not_change_without_its_number() {
    let folder = folder();
    drop(Sqlite::open(&folder, "one").unwrap());
    let file = rusqlite::Connection::open(folder.join("aimdb.sqlite")).unwrap();
    let all = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name)";
    let layout: String = file.query_row(all, [], |row| row.get(0)).unwrap();
    // FNV-1a: short, and a checksum is all that is needed here.
    let add = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let sum = layout.bytes().fold(0xcbf2_9ce4_8422_2325_u64, add);
    assert_eq!(LAYOUTS.last(), Some(&(LAYOUT, sum)), "{layout}");
    assert!(LAYOUTS.is_sorted_by(|older, newer| older.0 < newer.0));
}

#[test]
fn a_file_of_the_first_layout_is_brought_to_this_one() {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    let file = rusqlite::Connection::open(folder.join("aimdb.sqlite")).unwrap();
    file.execute_batch(include_str!("../src/store/sqlite/layout.sql"))
        .unwrap();
    file.execute_batch(
        "PRAGMA application_id = 0x41694442; PRAGMA user_version = 1;
         INSERT INTO about VALUES ('instance', 'old');
         INSERT INTO topics (id, name, seq, count, bytes) VALUES (1, 't', 7, 1, 1);
         INSERT INTO history (topic, seq, ts, payload) VALUES (1, 7, 70, '1');",
    )
    .unwrap();
    drop(file);
    std::fs::write(folder.join("aimdb.whole"), "").unwrap();
    for _ in 0..2 {
        let mut file = Sqlite::open(&folder, "new").unwrap();
        assert_eq!(&*file.instance(), "old");
        let latest = file.latest("t", 9).unwrap();
        assert_eq!((latest.values[0].seq, latest.values[0].version), (7, 0));
    }
}

#[test]
fn a_clock_that_is_ahead_keeps_nothing_else_beyond_its_age() {
    let folder = folder();
    let keep = Keep {
        age_ms: 10,
        ..Keep::values(99)
    };
    let value = |seq: u64, ts: u64| Op::Value {
        topic: "t".into(),
        seq,
        ts,
        payload: "1".into(),
        version: 0,
        by: None,
        keep,
    };
    let mut stores: [Box<dyn Store>; 2] = [
        Box::new(Sqlite::open(&folder, "one").unwrap()),
        Box::new(Memory::default()),
    ];
    for store in &mut stores {
        store.append(&[value(1, 1_000_000)], 100).unwrap();
        for seq in 2..50 {
            store.append(&[value(seq, 100 + seq)], 100 + seq).unwrap();
        }
        let found = store.history("t", Range::newest(99)).unwrap().values;
        let times: Vec<u64> = found.iter().map(|kept| kept.ts).collect();
        let expected: Vec<u64> = (139..=149).chain([1_000_000]).collect();
        assert_eq!(times, expected);
    }
}

#[test]
fn what_comes_later_than_its_number_says_is_there_though_it_was_pushed_out_meanwhile() {
    let folder = folder();
    let keep = Keep::values(1);
    let value = |seq: u64| Op::Value {
        topic: "t".into(),
        seq,
        ts: seq,
        payload: seq.to_string().into(),
        version: 0,
        by: None,
        keep,
    };
    let mut file = Sqlite::open(&folder, "one").unwrap();
    file.append(&[value(1), value(2)], 0).unwrap();
    let moved = Op::Moved {
        topic: "t".into(),
        from: 1,
        to: 3,
        ts: 1,
        payload: "1".into(),
        version: 0,
        by: Some(("me".into(), 7)),
        keep,
    };
    file.append(&[moved], 0).unwrap();
    let latest = file.latest("t", 9).unwrap();
    assert_eq!((latest.seq, latest.values.len()), (3, 1));
    assert_eq!((&*latest.values[0].payload, latest.values[0].seq), ("1", 3));
}

#[test]
fn what_fails_leaves_nothing_and_the_next_batch_is_another_try() {
    let folder = folder();
    let mut file = Sqlite::open(&folder, "one").unwrap();
    let value = |seq: u64| Op::Value {
        topic: "t".into(),
        seq,
        ts: seq,
        payload: "1".into(),
        version: 0,
        by: None,
        keep: Keep::values(9),
    };
    file.append(&[value(1)], 0).unwrap();
    // A number that is there already.
    let error = file.append(&[value(2), value(1)], 0).unwrap_err();
    assert_eq!(error.code(), "STORE_FAILED");
    assert_eq!(file.latest("t", 9).unwrap().values.len(), 1);
    file.append(&[value(2)], 0).unwrap();
    assert_eq!(file.latest("t", 9).unwrap().seq, 2);
    let reopened = |file: Sqlite, name: &str| {
        drop(file);
        Sqlite::open(&folder, name).unwrap()
    };
    let mut file = reopened(file, "two");
    assert_eq!(&*file.instance(), "one");
    // What could not be kept may have been told: its numbers are not given again under the same name.
    file.append(&[value(2)], 0).unwrap_err();
    let file = reopened(file, "three");
    assert_eq!(&*file.instance(), "three");
    assert_eq!(&*reopened(file, "four").instance(), "three");
}
