//! The clock against the plainest form of its rules.

use super::*;
use proptest::prelude::*;
use std::string::ToString;

fn clock() -> Clock {
    Clock::new(NodeId::new("n").unwrap())
}

fn at(millis: u64, counter: u32) -> Stamp<'static> {
    Stamp {
        millis,
        counter,
        node: "m",
    }
}

/// The specification, word by word, in wide numbers.
fn expected_update(last: (u64, u32), remote: (u64, u32), wall: u64) -> (u64, u32) {
    let m = last.0.max(wall).max(remote.0);
    let counter = if m == last.0 && m == remote.0 {
        u64::from(last.1.max(remote.1)) + 1
    } else if m == last.0 {
        u64::from(last.1) + 1
    } else if m == remote.0 {
        u64::from(remote.1) + 1
    } else {
        0
    };
    match u32::try_from(counter) {
        Ok(counter) => (m, counter),
        Err(_) => (m + 1, 0),
    }
}

#[test]
fn drift_is_refused_by_how_much_and_leaves_the_clock_as_it_was() {
    let mut clock = clock();
    clock.now(1_000).unwrap();
    let drift = |ahead_ms| ClockError::Drift {
        ahead_ms,
        drift_ms_max: DRIFT_MS_MAX,
    };
    assert_eq!(clock.update(at(61_000, 0), 1_000), Ok(()));
    assert_eq!(clock.last().millis, 61_000);
    assert_eq!(clock.update(at(61_001, 0), 1_000), Err(drift(60_001)));
    assert_eq!((clock.last().millis, clock.last().counter), (61_000, 1));
    assert!(drift(60_001).to_string().contains("60001 ms ahead"));
}

#[test]
fn a_counter_that_would_overflow_goes_to_the_next_millisecond() {
    let mut clock = clock();
    clock.update(at(1_000, u32::MAX - 1), 1_000).unwrap();
    assert_eq!(
        (clock.last().millis, clock.last().counter),
        (1_000, u32::MAX)
    );
    clock.now(1_000).unwrap();
    assert_eq!((clock.last().millis, clock.last().counter), (1_001, 0));
    clock.update(at(1_001, u32::MAX), 1_000).unwrap();
    assert_eq!((clock.last().millis, clock.last().counter), (1_002, 0));
}

#[test]
fn at_the_end_of_time_there_is_an_error_and_no_lesser_stamp() {
    let mut clock = clock();
    let end = at(MILLIS_MAX, u32::MAX);
    assert_eq!(clock.update(end, MILLIS_MAX), Err(ClockError::Exhausted));
    assert_eq!(clock.last().millis, 0);
    clock.restore(end).unwrap();
    assert_eq!(clock.now(5), Err(ClockError::Exhausted));
    let wall_ms = MILLIS_MAX + 1;
    assert_eq!(clock.now(wall_ms), Err(ClockError::Wall { wall_ms }));
    assert_eq!(
        clock.update(at(1, 1), wall_ms),
        Err(ClockError::Wall { wall_ms })
    );
}

#[test]
fn a_restored_clock_never_goes_back() {
    let mut clock = clock();
    clock.restore(at(50, 7)).unwrap();
    clock.restore(at(50, 3)).unwrap();
    let now = clock.now(10).unwrap();
    assert_eq!((now.millis, now.counter), (50, 8));
    let bad = Stamp {
        node: "",
        ..at(1, 1)
    };
    assert_eq!(clock.restore(bad).unwrap_err().reason(), "node_empty");
    assert_eq!(clock.update(bad, 10).unwrap_err().reason(), "node_empty");
}

proptest! {
    #[test]
    fn stamps_grow_and_follow_the_rules(
        steps in proptest::collection::vec(
            (
                proptest::option::of((
                    prop_oneof![0u64..20, Just(MILLIS_MAX)],
                    prop_oneof![0u32..3, Just(u32::MAX - 1), Just(u32::MAX)],
                )),
                0u64..20,
            ),
            1..30,
        )
    ) {
        let mut clock = Clock::with_drift(NodeId::new("n").unwrap(), 5);
        let mut last = (0, 0);
        for (remote, wall) in steps {
            let next = match remote {
                Some(remote) if remote.0 > wall + 5 => {
                    let error = clock.update(at(remote.0, remote.1), wall).unwrap_err();
                    let (ahead_ms, drift_ms_max) = (remote.0 - wall, 5);
                    prop_assert_eq!(error, ClockError::Drift { ahead_ms, drift_ms_max });
                    last
                }
                Some(remote) => {
                    clock.update(at(remote.0, remote.1), wall).unwrap();
                    let next = expected_update(last, remote, wall);
                    prop_assert!(next > last && next > remote);
                    next
                }
                None => {
                    clock.now(wall).unwrap();
                    let next = if wall > last.0 { (wall, 0) } else { expected_update(last, (0, 0), 0) };
                    prop_assert!(next > last);
                    next
                }
            };
            prop_assert_eq!((clock.last().millis, clock.last().counter), next);
            last = next;
        }
    }
}
