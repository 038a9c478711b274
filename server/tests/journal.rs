//! What a journal says to its store when topics end and batches fail.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aimdb_server::hub::{Winner, superseded};
use aimdb_server::store::{Journal, Keep, Kind, Op, Then, Value};
use std::sync::Arc;

const KIND: Kind = Kind {
    keep: Keep {
        values: 9,
        bytes: u64::MAX,
        age_ms: u64::MAX,
    },
    is_latest: false,
    version: 1,
};

fn own(number: u64) -> Value {
    Value {
        payload: number.to_string().into(),
        ts: number,
        cause: None,
        stamp: None,
    }
}

/// The next batch, in words.
fn batch(journal: &mut Journal<()>) -> Vec<String> {
    let ops = journal.take().unwrap().ops;
    let words = ops.iter().map(|op| match op {
        Op::Value { topic, seq, .. } => format!("{topic} {seq}"),
        Op::Missed { topic, seq } => format!("{topic} up to {seq}"),
        Op::Gone { topic } => format!("{topic} is gone"),
        other => panic!("{other:?}"),
    });
    words.collect()
}

#[test]
fn a_number_that_was_told_is_said_again_when_its_batch_failed() {
    let mut journal = Journal::default();
    let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
    journal.begin(&a, KIND, (4, 4));
    journal.begin(&b, KIND, (0, 0));
    journal.value(&a, own(1));
    assert_eq!(batch(&mut journal), ["a 5"]);
    journal.kept(false);
    // Nothing is tried again for its own sake: a disk that fails would never be left alone.
    assert!(journal.take().is_none() && journal.is_idle());
    for is_kept in [false, true] {
        journal.value(&b, own(1));
        let seq = if is_kept { 2 } else { 1 };
        let expected = [
            vec![format!("b {seq}"), "a up to 5".into()],
            match is_kept {
                true => vec!["b up to 2".into()],
                false => vec![],
            },
        ];
        assert_eq!(batch(&mut journal), expected.concat());
        journal.kept(is_kept);
    }
    journal.value(&b, own(1));
    assert_eq!(batch(&mut journal), ["b 3"]);
}

#[test]
fn how_much_of_a_topic_is_kept_may_be_said_when_it_is_there() {
    let mut journal = Journal::<()>::default();
    let a: Arc<str> = "a".into();
    journal.begin(&a, KIND, (0, 0));
    journal.keep("a", Keep::values(3));
    journal.value(&a, own(1));
    let ops = journal.take().unwrap().ops;
    assert!(matches!(ops[..], [Op::Value { keep, .. }] if keep == Keep::values(3)));
}

#[test]
fn numbers_of_a_topic_that_ended_are_known_until_its_store_knows_that_it_did() {
    let mut journal = Journal::<()>::default();
    let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
    journal.begin(&a, KIND, (4, 4));
    journal.begin(&b, KIND, (0, 0));
    journal.value(&a, own(1));
    assert_eq!(batch(&mut journal), ["a 5"]);
    journal.end(&a);
    assert_eq!(journal.ended("a"), Some(5));
    journal.kept(true);
    assert_eq!(journal.ended("a"), Some(5));
    assert_eq!(batch(&mut journal), ["a is gone"]);
    journal.kept(false);
    journal.value(&b, own(1));
    assert_eq!(batch(&mut journal), ["b 1", "a is gone"]);
    journal.kept(true);
    assert_eq!(journal.ended("a"), None);
}

#[test]
fn who_lost_hears_against_what_once_that_is_kept_and_of_nothing_that_could_not_be() {
    let check = |kept: [bool; 2], expected: Option<&str>| {
        let mut journal = Journal::default();
        let a: Arc<str> = "a".into();
        journal.begin(&a, KIND, (4, 4));
        assert_eq!(journal.newest("a"), Some((4, true)));
        assert_eq!(journal.write(&a, ("30".into(), 1), None, 1), Some(5));
        journal.take().unwrap();
        let winner = Winner {
            payload: "30".into(),
            seq: Some(5),
        };
        journal.lost(None, superseded(Some(winner)), 2);
        journal.kept(kept[0]);
        // What was not kept was told to nobody: what was seen before is still the newest.
        assert_eq!(journal.newest("a"), Some((4, true)));
        journal.take().unwrap();
        let then = journal.kept(kept[1]);
        let [Then::Lost { write: 2, refusal }] = &then[..] else {
            panic!("{then:?}");
        };
        let told = refusal.winner.as_ref().map(|winner| &*winner.payload);
        assert_eq!(told, expected, "{kept:?}");
    };
    check([true, true], Some("30"));
    check([false, true], None);
}

#[test]
fn a_value_of_its_own_is_not_told_before_it_is_kept() {
    let mut journal = Journal::<()>::default();
    let a: Arc<str> = "a".into();
    journal.begin(&a, KIND, (4, 4));
    journal.value(&a, own(1));
    assert_eq!(journal.newest("a"), Some((5, false)));
    assert_eq!(batch(&mut journal), ["a 5"]);
    assert_eq!(journal.newest("a"), Some((5, false)));
    journal.kept(true);
    assert_eq!(journal.newest("a"), Some((5, true)));
    assert_eq!(journal.newest("b"), None);
}
