//! Records that go while others use them.

use super::*;
use aimdb_core::WriteError;

/// Readers of a removed record read what is there and end, those that wait are woken, and who still
/// writes is told. The key is free again at once, for another record.
pub(crate) async fn a_removed_record_ends_its_readers_and_refuses_its_writers(runtime: Runtime) {
    let db = with_room(runtime.clone(), RING);
    let (old, mut reader) = (
        db.producer::<Temperature>("room").unwrap(),
        db.consumer::<Temperature>("room").unwrap(),
    );
    let ended = Arc::new(AtomicUsize::new(0));
    for _ in 0..40 {
        let mut waiting = db.consumer::<Temperature>("room").unwrap();
        let ended = ended.clone();
        aimdb_core::Spawn::spawn(&runtime, async move {
            while waiting.next().await.is_some() {}
            ended.fetch_add(1, Ordering::SeqCst);
        });
    }
    runtime.sleep(Duration::from_millis(5)).await;
    old.produce(at(1.0)).unwrap();
    let door = db.door("room").unwrap();
    db.remove("room").unwrap();
    assert_eq!(reader.next().await, Some(at(1.0)));
    assert_eq!(reader.next_event().await, Next::Closed);
    until(&runtime, || ended.load(Ordering::SeqCst) == 40).await;
    let error = old.produce(at(2.0)).unwrap_err();
    assert_eq!(error.code(), "RECORD_REMOVED");
    assert!(matches!(&error, WriteError::Removed { record } if &**record == "room"));
    let fields = door.latest().unwrap().value;
    assert_eq!(door.accept(fields, Write::default()), Err(error));
    assert!(door.is_removed() && old.is_removed());
    assert_eq!((door.version(), db.graph().len()), (1, 0));
    assert_eq!(db.remove("room").unwrap_err().code(), "RECORD_UNKNOWN");

    let new = db.configure::<Humidity>("room", |reg| {
        reg.buffer(LATEST);
    });
    let new = new.unwrap();
    assert_eq!(new.id().index(), door.id().index());
    assert!(db.door_at(door.id()).is_none() && db.door_at(new.id()).is_some());
    assert_eq!(old.produce(at(2.0)).unwrap_err().code(), "RECORD_REMOVED");
    assert!(new.latest().is_none());
}

/// A source that waits for its sensor, a tap, a transform and a join end with the record they are of,
/// though what they read goes on.
pub(crate) async fn the_tasks_of_a_removed_record_end(runtime: Runtime) {
    let db = with_room(runtime.clone(), RING);
    let alive = Arc::new(());
    let (by_source, by_tap) = (alive.clone(), alive.clone());
    let (by_transform, by_join) = (alive.clone(), alive.clone());
    db.configure::<Temperature>("read", |reg| {
        reg.buffer(LATEST)
            .source(|_, producer| async move {
                producer.closed().await;
                drop(by_source);
            })
            .tap(|_, mut consumer| async move {
                while consumer.next().await.is_some() {}
                drop(by_tap);
            });
    })
    .unwrap();
    db.configure::<Temperature>("same", |reg| {
        reg.buffer(LATEST)
            .transform("room", move |value: &Temperature| {
                let _alive = &by_transform;
                Some(value.clone())
            });
    })
    .unwrap();
    db.configure::<Temperature>("both", |reg| {
        reg.buffer(LATEST).transform_join(by_join, |join| {
            join.on("room", |_, value: &Temperature| Some(value.clone()));
            join.on("same", |_, value: &Temperature| Some(value.clone()));
        });
    })
    .unwrap();
    let room = db.producer::<Temperature>("room").unwrap();
    room.produce(at(1.0)).unwrap();
    let both = db.door("both").unwrap();
    until(&runtime, || both.version() == 2).await;
    for key in ["read", "both", "same"] {
        db.remove(key).unwrap();
    }
    until(&runtime, || Arc::strong_count(&alive) == 1).await;
    room.produce(at(2.0)).unwrap();
    assert_eq!(db.graph().len(), 1);
}

/// A record that others are derived from stays until they are gone, or goes with them.
pub(crate) async fn a_record_that_is_read_is_removed_with_its_readers_only(runtime: Runtime) {
    let db = with_room(runtime, RING);
    let derive = |key: &str, input: &str| {
        let derived = db.configure::<Temperature>(key, |reg| {
            reg.buffer(LATEST)
                .transform(input, |value: &Temperature| Some(value.clone()));
        });
        derived.unwrap();
    };
    for (key, input) in [("b", "room"), ("c", "b"), ("d", "room")] {
        derive(key, input);
    }
    let error = db.remove("room").unwrap_err();
    let said = "record 'room' cannot be removed before those that derive from it: b, d";
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("RECORD_IN_USE", said)
    );
    assert_eq!(db.graph().len(), 4);
    db.remove("c").unwrap();
    derive("c", "b");
    let mut gone = db.remove_with_dependents("b").unwrap();
    assert_eq!(gone.pop().as_deref(), Some("b"));
    assert_eq!(gone.pop().as_deref(), Some("c"));
    assert!(gone.is_empty());
    let error = db.remove("room").unwrap_err();
    assert!(matches!(error, Problem::InUse { readers, .. } if readers == ["d"]));
    db.remove("d").unwrap();
    db.remove("room").unwrap();
    assert!(db.doors().is_empty());
}

/// A connector hears that a link that it was given has ended, and nothing of one that it was not.
pub(crate) async fn a_connector_hears_that_its_link_ended(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime);
    let mut links = builder.connector("bus");
    let db = builder.build().unwrap();
    let configure = |key: &str| {
        let configured = db.configure::<Temperature>(key, |reg| {
            reg.buffer(LATEST)
                .link_to(&("bus://out/".to_string() + key))
                .link_from(&("bus://in/".to_string() + key));
        });
        configured.unwrap().id()
    };
    configure("unheard");
    let heard = configure("heard");
    db.remove("unheard").unwrap();
    let out = opened(links.next().await);
    assert_eq!(
        (out.direction, out.address.as_str()),
        (Direction::To, "out/heard")
    );
    db.remove("heard").unwrap();
    configure("next");
    let Some(LinkEvent::Ended {
        record,
        direction,
        address,
    }) = links.next().await
    else {
        panic!("it was not told")
    };
    assert_eq!((record, direction), (heard, Direction::To));
    assert_eq!(address, "out/heard");
    let error = out.receive(br#"{"celsius":5,"timestamp":1}"#).unwrap_err();
    assert_eq!(error.code(), "RECORD_REMOVED");
    assert_eq!(opened(links.next().await).address, "out/next");
    assert_eq!(opened(links.next().await).address, "in/next");
    assert!(links.try_next().is_none());
}
