//! Delta sync: whatever the network does, replicas come out with equal roots and equal bytes.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_replica::{Kind, LwwMap, Options, OrMap, Replica, Role, Status};
use proptest::prelude::*;
use support::world::World;
use support::{Plain, WALL_MS, clock, join_all, replica, state};

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Lww), Just(Kind::Or), Just(Kind::Counter)]
}

fn assert_level(world: &World) -> Result<(), TestCaseError> {
    let authority = world.authority();
    for node in &world.nodes {
        let replica = node.map.replica();
        prop_assert_eq!(replica.root(), authority.root());
        prop_assert_eq!(replica.state_bytes(), authority.state_bytes());
        prop_assert_eq!(replica.digest(), authority.digest());
        prop_assert_eq!(replica.horizon(), authority.horizon());
        prop_assert_eq!(replica.unsynced().count(), 0);
        let mut rebuilt = replica.clone();
        rebuilt.rebuild_tree();
        prop_assert_eq!(rebuilt.tree(), replica.tree());
    }
    Ok(())
}

fn run(world: &mut World, steps: usize, prunes: bool) {
    let count = world.nodes.len() as u64;
    for _ in 0..steps {
        let node = world.random.below(count) as usize;
        match world.random.below(20) {
            0..6 => world.write(node),
            6..8 => world.open(node.max(1), 0),
            8 => world.open(0, node.max(1)),
            9 => world.push(node.max(1), 0),
            10 => world.push(0, node.max(1)),
            // Tabs may sync with each other too, while nothing is pruned.
            11 if !prunes => world.open(node.max(1), 1 + (node + 1) % (count as usize - 1)),
            12 => world.pass_time(prunes),
            _ => world.deliver(),
        }
    }
}

proptest! {
    #[test]
    fn replicas_come_level_with_the_join_of_all_that_was_written(
        kind in kind(), seed in any::<u64>(), steps in 0usize..150
    ) {
        let mut world = World::new(kind, seed, 3);
        run(&mut world, steps, false);
        world.settle();
        assert_level(&world)?;
        prop_assert_eq!(state(world.authority()), join_all(kind, &world.ever));
        prop_assert_eq!(world.refetches, 0);
    }

    #[test]
    fn replicas_come_level_while_the_past_is_sealed_and_pruned_and_nothing_comes_back(
        kind in prop_oneof![Just(Kind::Lww), Just(Kind::Or)], seed in any::<u64>(), steps in 0usize..250
    ) {
        let mut world = World::new(kind, seed, 3);
        run(&mut world, steps, true);
        world.settle();
        assert_level(&world)?;
        let authority = world.authority();
        for gone in world.at_authority.iter().filter(|record| record.value.is_none()) {
            let now = authority.find(&gone.key, &gone.tag).map(Plain::of);
            match now {
                // A tombstone goes only by being pruned, or by a greater record.
                None => prop_assert!(support::world::is_pruned(gone.stamp(), authority)),
                Some(now) if kind == Kind::Or => prop_assert_eq!(now.value, None),
                Some(now) => prop_assert!(now.stamp() >= gone.stamp()),
            }
        }
        // What is live for ever and was at the authority is lost to nothing but a greater record.
        for kept in world.at_authority.iter() {
            let is_kept = kept.value.is_some() && kept.ttl_ms.is_none();
            let rivals = world.at_authority.iter();
            let mut rivals = rivals.filter(|one| one.key == kept.key && one.tag == kept.tag);
            if is_kept && rivals.all(|one| support::join(kind, one, kept) == *kept) {
                let now = authority.find(&kept.key, &kept.tag).map(Plain::of);
                prop_assert_eq!(now.as_ref(), Some(kept));
            }
        }
    }
}

/// Talks until nobody has anything to say; the number of messages and of bytes.
fn talk(one: &mut Replica, other: &mut Replica) -> (usize, usize) {
    let mut sides = [(one, clock("one")), (other, clock("other"))];
    let mut message = sides[0].0.open();
    let (mut count, mut bytes) = (1, message.len());
    loop {
        let (replica, clock) = &mut sides[count % 2];
        let taken = replica.take(clock, WALL_MS, &message).unwrap();
        match taken.answer {
            Some(answer) => message = answer,
            None => {
                assert_eq!(taken.status, Status::Equal);
                return (count, bytes);
            }
        }
        (count, bytes) = (count + 1, bytes + message.len());
    }
}

fn filled(count: usize, role: Role, options: Options) -> LwwMap {
    let mut map = LwwMap::new(Options { role, ..options }).unwrap();
    let mut clock = clock("writer");
    for number in 0..count {
        let key = format!("sensors/{number}");
        map.set(&mut clock, WALL_MS, &key, &[7; 20], None).unwrap();
    }
    map
}

#[test]
fn level_replicas_say_so_in_two_messages() {
    let mut one = filled(1_000, Role::Follower, Options::default());
    let mut other = filled(1_000, Role::Authority, Options::default());
    talk(one.replica_mut(), other.replica_mut());
    let (messages, bytes) = talk(one.replica_mut(), other.replica_mut());
    assert_eq!(messages, 2);
    assert!(bytes < 2_500, "{bytes}");
}

#[test]
fn what_differs_crosses_and_little_else() {
    let mut map = filled(10_000, Role::Follower, Options::default());
    // Made by merging, so that nothing is known of what is new: all is found by the walk.
    let by_merge = |map: &LwwMap, role| {
        let mut replica = replica(Kind::Lww, role);
        let records: Vec<_> = map.replica().records().collect();
        replica.merge(&mut clock("any"), WALL_MS, &records);
        replica
    };
    let mut one = by_merge(&map, Role::Follower);
    for number in 0..10 {
        let key = format!("sensors/{}", number * 997);
        map.set(&mut clock("late"), WALL_MS + 1, &key, b"new", None)
            .unwrap();
    }
    let mut other = by_merge(&map, Role::Authority);
    let (messages, bytes) = talk(&mut one, &mut other);
    assert!(messages <= 7, "{messages}");
    let bytes_of_all = other.state_bytes().len();
    assert!(bytes * 40 < bytes_of_all, "{bytes} of {bytes_of_all}");
    assert_eq!(one.state_bytes(), other.state_bytes());
}

#[test]
fn a_leaf_of_any_size_crosses_in_small_messages() {
    let options = Options {
        message_bytes_max: 4096,
        ..Options::default()
    };
    let mut one = OrMap::new(options).unwrap();
    let mut other = OrMap::new(Options {
        role: Role::Authority,
        ..options
    })
    .unwrap();
    let (mut clock_one, mut clock_other) = (clock("a"), clock("b"));
    for number in 0_u32..3_000 {
        let value = number.to_le_bytes();
        one.add(&mut clock_one, WALL_MS, "members", &value, None)
            .unwrap();
    }
    talk(one.replica_mut(), other.replica_mut());
    assert_eq!(one.replica().state_bytes(), other.replica().state_bytes());
    one.add(&mut clock_one, WALL_MS, "members", b"one more", None)
        .unwrap();
    other
        .add(&mut clock_other, WALL_MS, "members", b"and one", None)
        .unwrap();
    other
        .remove(&mut clock_other, WALL_MS, "members", &7_u32.to_le_bytes())
        .unwrap();
    let (messages, bytes) = talk(other.replica_mut(), one.replica_mut());
    assert!(messages <= 11, "{messages}");
    assert!(bytes < 16_000, "{bytes}");
    assert_eq!(one.get("members", WALL_MS).len(), 3_001);
    assert_eq!(one.replica().digest(), other.replica().digest());
}

#[test]
fn pushes_keep_a_peer_level_and_are_acknowledged() {
    let mut one = filled(3, Role::Follower, Options::default());
    let mut other = replica(Kind::Lww, Role::Authority);
    let (mut clock_one, mut clock_other) = (clock("one"), clock("other"));
    let (message, next) = one.replica().push(0).unwrap();
    assert_eq!(next, 3);
    assert_eq!(one.replica().unsynced().count(), 3);
    let taken = other
        .take(&mut clock_other, WALL_MS, &message.unwrap())
        .unwrap();
    assert_eq!(
        (taken.report.changed.len(), taken.status),
        (3, Status::Equal)
    );
    let told = one
        .replica_mut()
        .take(&mut clock_one, WALL_MS, &taken.answer.unwrap());
    assert_eq!(told.unwrap().answer, None);
    assert_eq!(one.replica().unsynced().count(), 0);
    assert_eq!(one.replica().push(next).unwrap(), (None, next));
}

#[test]
fn a_replica_that_is_full_says_so_and_the_sync_ends() {
    let mut one = filled(20, Role::Follower, Options::default());
    let small = Options {
        items_max: 10,
        role: Role::Authority,
        ..Options::default()
    };
    let mut other = Replica::new(Kind::Lww, small).unwrap();
    let (mut clock_one, mut clock_other) = (clock("one"), clock("other"));
    let mut message = one.replica().open();
    let mut refused = 0;
    for round in 0.. {
        assert!(round < 20, "it does not end");
        let taken = other.take(&mut clock_other, WALL_MS, &message).unwrap();
        refused += taken.report.refused.len();
        let Some(answer) = taken.answer else { break };
        let taken = one
            .replica_mut()
            .take(&mut clock_one, WALL_MS, &answer)
            .unwrap();
        let Some(answer) = taken.answer else { break };
        message = answer;
    }
    assert!(refused >= 10);
    assert_eq!(other.len(), 10);
}

#[test]
fn replicas_that_are_not_alike_refuse_each_other() {
    let open = |kind, depth| {
        let options = Options {
            depth,
            ..Options::default()
        };
        Replica::new(kind, options).unwrap().open()
    };
    let mut map = replica(Kind::Lww, Role::Authority);
    let mut code = |bytes: &[u8]| map.take(&mut clock("n"), 1, bytes).unwrap_err().reason();
    assert_eq!(code(&open(Kind::Or, 3)), "sync_kind");
    assert_eq!(code(&open(Kind::Lww, 4)), "tree_depths_differ");
    assert_eq!(code(&[]), "codec_ended");
}
