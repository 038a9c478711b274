//! Sealing and pruning: what is gone does not come back, and who was away for too long is told so.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_replica::{
    Batch, Clock, EPOCH_MS, Epoch, Horizon, HorizonError, Kind, LwwMap, Options, Reason, Replica,
    Role, Status,
};
use support::{Plain, clock, replica};

/// The first millisecond of an epoch.
fn at(epoch: u32) -> u64 {
    Epoch(epoch).start_ms()
}

struct Pair {
    server: LwwMap,
    server_clock: Clock,
    tab: LwwMap,
    tab_clock: Clock,
}

impl Pair {
    fn new() -> Self {
        let map = |role| {
            LwwMap::new(Options {
                role,
                ..Options::default()
            })
            .unwrap()
        };
        Self {
            server: map(Role::Authority),
            server_clock: clock("server"),
            tab: map(Role::Follower),
            tab_clock: clock("tab"),
        }
    }

    /// The tab opens, and they talk; how the tab stands at the end, and the server.
    fn sync(&mut self, wall_ms: u64) -> (Status, Status) {
        let mut stands = (Status::Going, Status::Going);
        let mut message = self.tab.replica().open();
        loop {
            let server = self.server.replica_mut();
            let taken = server
                .take(&mut self.server_clock, wall_ms, &message)
                .unwrap();
            stands.1 = taken.status;
            let Some(answer) = taken.answer else {
                return stands;
            };
            let tab = self.tab.replica_mut();
            let taken = tab.take(&mut self.tab_clock, wall_ms, &answer).unwrap();
            stands.0 = taken.status;
            let Some(answer) = taken.answer else {
                return stands;
            };
            message = answer;
        }
    }

    fn close(&mut self, sealed: u32, pruned: u32, wall_ms: u64) {
        let server = self.server.replica_mut();
        server.seal(Epoch(sealed), wall_ms).unwrap();
        server.prune(Epoch(pruned)).unwrap();
    }
}

#[test]
fn a_tab_that_was_level_between_seal_and_pruning_forgets_what_the_server_forgot() {
    let mut pair = Pair::new();
    pair.server
        .set(&mut pair.server_clock, at(5), "k", b"v", None)
        .unwrap();
    assert_eq!(pair.sync(at(5)).0, Status::Equal);
    pair.server
        .remove(&mut pair.server_clock, at(6), "k")
        .unwrap();
    pair.close(8, 0, at(9));
    assert_eq!(pair.sync(at(9)).0, Status::Equal);
    pair.close(8, 8, at(10));
    assert!(pair.server.replica().is_empty());
    assert_eq!(pair.tab.replica().len(), 1);
    assert_eq!(pair.sync(at(10)).0, Status::Equal);
    assert!(pair.tab.replica().is_empty());
    let (sealed, pruned) = (Epoch(8), Epoch(8));
    assert_eq!(pair.tab.replica().horizon(), Horizon { sealed, pruned });
}

#[test]
fn a_tab_that_missed_a_pruned_removal_is_told_and_fetches_anew() {
    let mut pair = Pair::new();
    pair.server
        .set(&mut pair.server_clock, at(5), "gone", b"v", None)
        .unwrap();
    assert_eq!(pair.sync(at(5)).0, Status::Equal);
    pair.server
        .remove(&mut pair.server_clock, at(6), "gone")
        .unwrap();
    pair.server
        .set(&mut pair.server_clock, at(6), "kept", b"v", None)
        .unwrap();
    pair.close(8, 7, at(9));
    pair.tab
        .set(&mut pair.tab_clock, at(9), "mine", b"new", None)
        .unwrap();
    let before = pair.server.replica().state_bytes();
    assert_eq!(pair.sync(at(9)), (Status::TooOld, Status::PeerTooOld));
    assert_eq!(pair.server.replica().state_bytes(), before);
    let unsynced = pair.tab.replica_mut().refetch().unwrap();
    let batch = Batch::read(&unsynced).unwrap();
    let keys: Vec<&str> = batch.records().iter().map(|record| record.key).collect();
    assert_eq!(keys, ["mine"]);
    pair.tab
        .set(&mut pair.tab_clock, at(9), "mine", b"new", None)
        .unwrap();
    assert_eq!(pair.sync(at(9)).0, Status::Equal);
    assert_eq!(pair.tab.get("gone", at(9)), None);
    assert_eq!(pair.tab.get("kept", at(9)), Some(&b"v"[..]));
    assert_eq!(pair.server.get("mine", at(9)), Some(&b"new"[..]));
}

#[test]
fn what_was_written_before_the_seal_comes_too_late() {
    let mut pair = Pair::new();
    assert_eq!(pair.sync(at(1)).0, Status::Equal);
    pair.tab
        .set(&mut pair.tab_clock, at(2), "late", b"v", None)
        .unwrap();
    pair.close(3, 0, at(9));
    assert_eq!(pair.sync(at(9)).0, Status::TooOld);
    assert!(pair.server.replica().is_empty());
    let record = pair.tab.replica().find("late", "").map(Plain::of).unwrap();
    let report = pair
        .server
        .replica_mut()
        .merge(&mut pair.server_clock, at(9), &[record.record()]);
    let sealed = Epoch(3);
    assert_eq!(report.refused[0].reason, Reason::TooOld { sealed });
}

#[test]
fn a_new_tab_whose_own_record_expired_before_what_is_pruned_is_told() {
    let mut pair = Pair::new();
    pair.tab
        .set(&mut pair.tab_clock, at(2), "short", b"v", Some(1))
        .unwrap();
    pair.server
        .set(&mut pair.server_clock, at(4), "k", b"v", None)
        .unwrap();
    pair.close(8, 8, at(9));
    assert_eq!(pair.sync(at(9)).0, Status::TooOld);
    pair.tab.replica_mut().refetch().unwrap();
    assert_eq!(pair.sync(at(9)), (Status::Equal, Status::Equal));
    assert_eq!(pair.tab.replica().len(), 1);
}

#[test]
fn a_new_tab_gets_what_is_older_than_the_seal() {
    let mut pair = Pair::new();
    pair.server
        .set(&mut pair.server_clock, at(1), "old", b"v", None)
        .unwrap();
    pair.close(8, 8, at(9));
    pair.sync(at(9));
    assert_eq!(pair.tab.get("old", at(9)), Some(&b"v"[..]));
    assert_eq!(pair.tab.replica().horizon().pruned, Epoch(8));
}

#[test]
fn expired_records_and_tombstones_go_at_their_epoch_and_not_before() {
    let mut map = LwwMap::new(Options {
        role: Role::Authority,
        ..Options::default()
    })
    .unwrap();
    let mut clock = clock("n");
    // Over at the last millisecond before epoch 5, at its first one, and never.
    map.set(&mut clock, at(4), "before", b"v", Some(EPOCH_MS - 1))
        .unwrap();
    map.set(&mut clock, at(4), "at", b"v", Some(EPOCH_MS))
        .unwrap();
    map.set(&mut clock, at(4), "never", b"v", None).unwrap();
    map.remove(&mut clock, at(5) - 1, "removed").unwrap();
    map.remove(&mut clock, at(5), "later").unwrap();
    let replica = map.replica_mut();
    replica.seal(Epoch(6), at(9)).unwrap();
    assert_eq!(replica.prune(Epoch(4)), Ok(0));
    assert_eq!(replica.prune(Epoch(5)), Ok(2));
    for (key, is_there) in [
        ("before", false),
        ("at", true),
        ("never", true),
        ("removed", false),
        ("later", true),
    ] {
        assert_eq!(replica.find(key, "").is_some(), is_there, "{key}");
    }
    let mut rebuilt = replica.clone();
    rebuilt.rebuild_tree();
    assert_eq!(rebuilt.tree(), replica.tree());
    assert_eq!(replica.push(0).unwrap_err().count, 4);
    assert!(replica.push(4).unwrap().0.is_some());
}

#[test]
fn writes_after_a_seal_are_stamped_after_it_though_the_wall_clock_is_behind() {
    let mut map = LwwMap::new(Options {
        role: Role::Authority,
        ..Options::default()
    })
    .unwrap();
    map.replica_mut().seal(Epoch(6), at(6)).unwrap();
    map.set(&mut clock("n"), at(5), "k", b"v", None).unwrap();
    assert!(map.replica().find("k", "").unwrap().stamp.millis >= at(6));
}

#[test]
fn only_an_authority_closes_the_past_step_by_step_and_forwards() {
    let mut map = replica(Kind::Lww, Role::Authority);
    let ahead_ms = 1;
    assert_eq!(
        map.seal(Epoch(5), at(5) - 1),
        Err(HorizonError::Future { ahead_ms })
    );
    assert_eq!(map.seal(Epoch(5), at(5)), Ok(()));
    let from = Epoch(5);
    assert_eq!(
        map.seal(Epoch(4), at(5)),
        Err(HorizonError::Backwards { from })
    );
    let sealed = Epoch(5);
    assert_eq!(map.prune(Epoch(6)), Err(HorizonError::NotSealed { sealed }));
    assert_eq!(map.prune(Epoch(5)), Ok(0));
    assert_eq!(map.prune(Epoch(4)), Err(HorizonError::Backwards { from }));
    let mut follower = replica(Kind::Lww, Role::Follower);
    assert_eq!(follower.seal(Epoch(0), 0), Err(HorizonError::Follower));
    assert_eq!(follower.prune(Epoch(0)), Err(HorizonError::Follower));
    let mut counter = replica(Kind::Counter, Role::Authority);
    assert_eq!(counter.seal(Epoch(0), 0), Err(HorizonError::Counter));
}

#[test]
fn a_follower_does_not_follow_into_the_future_and_an_authority_follows_nobody() {
    let mut ahead = replica(Kind::Lww, Role::Authority);
    ahead.seal(Epoch(9), at(9)).unwrap();
    ahead.prune(Epoch(9)).unwrap();
    let message = ahead.open();
    let mut tab = replica(Kind::Lww, Role::Follower);
    let error = tab.take(&mut clock("tab"), at(5), &message).unwrap_err();
    assert_eq!(error.reason(), "clock_drift");
    assert_eq!(tab.horizon(), Horizon::default());
    let mut server = replica(Kind::Lww, Role::Authority);
    let taken = server.take(&mut clock("server"), at(9), &message).unwrap();
    assert_eq!(taken.status, Status::Equal);
    assert_eq!(server.horizon(), Horizon::default());
}

#[test]
fn a_horizon_and_what_is_unsynced_outlive_a_run() {
    let mut pair = Pair::new();
    pair.server
        .set(&mut pair.server_clock, at(1), "old", b"v", None)
        .unwrap();
    pair.close(8, 7, at(9));
    pair.sync(at(9));
    pair.tab
        .set(&mut pair.tab_clock, at(9), "mine", b"new", None)
        .unwrap();
    let replica = pair.tab.replica();
    let bytes = replica.to_bytes();
    let mut next = clock("tab");
    let again = Replica::from_bytes(Kind::Lww, *replica.options(), &mut next, &bytes).unwrap();
    assert_eq!(again.horizon(), replica.horizon());
    let unsynced: Vec<Plain> = again.unsynced().map(Plain::of).collect();
    assert_eq!(unsynced.len(), 1);
    assert_eq!(unsynced[0].key, "mine");
    assert!(next.last().millis >= at(9));
}

#[test]
fn what_another_one_wrote_over_is_no_longer_ours_to_send() {
    let mut map = LwwMap::new(Options::default()).unwrap();
    let mut own = clock("own");
    map.set(&mut own, at(1), "k", b"mine", None).unwrap();
    map.set(&mut own, at(1), "l", b"mine", None).unwrap();
    let mut theirs = map.replica().find("k", "").map(Plain::of).unwrap();
    theirs.millis += 1;
    theirs.node = "other".into();
    let replica = map.replica_mut();
    let report = replica.merge(&mut own, at(1), &[theirs.record()]);
    assert!(!replica.is_unsynced(report.changed[0]));
    let unsynced = replica.refetch().unwrap();
    let batch = Batch::read(&unsynced).unwrap();
    let keys: Vec<&str> = batch.records().iter().map(|record| record.key).collect();
    assert_eq!(keys, ["l"]);
}

#[test]
fn a_follower_too_takes_nothing_old_from_one_that_has_not_seen_the_seal() {
    let mut pair = Pair::new();
    pair.close(8, 8, at(9));
    assert_eq!(pair.sync(at(9)).0, Status::Equal);
    let mut behind = LwwMap::new(Options::default()).unwrap();
    behind
        .set(&mut clock("behind"), at(7), "old", b"v", None)
        .unwrap();
    let old = behind.replica().find("old", "").map(Plain::of).unwrap();
    let tab = pair.tab.replica_mut();
    let report = tab.merge(&mut pair.tab_clock, at(9), &[old.record()]);
    let sealed = Epoch(8);
    assert_eq!(report.refused[0].reason, Reason::TooOld { sealed });
    let message = behind.replica().open();
    let taken = tab.take(&mut pair.tab_clock, at(9), &message).unwrap();
    assert_eq!(taken.report.refused.len(), 1);
    assert!(tab.is_empty());
    let told = behind
        .replica_mut()
        .take(&mut clock("behind"), at(9), &taken.answer.unwrap())
        .unwrap();
    assert_eq!(told.status, Status::TooOld);
}

#[test]
fn new_tabs_that_are_level_with_each_other_still_owe_the_server_what_they_wrote() {
    let mut one = LwwMap::new(Options::default()).unwrap();
    let mut other = replica(Kind::Lww, Role::Follower);
    let (mut clock_one, mut clock_other) = (clock("one"), clock("other"));
    one.set(&mut clock_one, at(1), "k", b"v", None).unwrap();
    let message = one.replica().open();
    let taken = other.take(&mut clock_other, at(1), &message).unwrap();
    assert_eq!(taken.status, Status::Equal);
    let answer = taken.answer.unwrap();
    let replica = one.replica_mut();
    let taken = replica.take(&mut clock_one, at(1), &answer).unwrap();
    assert_eq!(taken.status, Status::Equal);
    assert_eq!(replica.unsynced().count(), 1);
}

#[test]
fn a_message_that_is_not_taken_prunes_nothing() {
    let mut pair = Pair::new();
    pair.server
        .remove(&mut pair.server_clock, at(6), "k")
        .unwrap();
    pair.close(8, 0, at(9));
    assert_eq!(pair.sync(at(9)).0, Status::Equal);
    let mut ahead = replica(Kind::Lww, Role::Authority);
    ahead.seal(Epoch(50), at(50)).unwrap();
    ahead.prune(Epoch(8)).unwrap();
    let tab = pair.tab.replica_mut();
    let before = tab.to_bytes();
    let error = tab.take(&mut pair.tab_clock, at(9), &ahead.open());
    assert_eq!(error.unwrap_err().reason(), "clock_drift");
    assert_eq!(tab.to_bytes(), before);
}
