//! The tasks of a database on tokio: what is told when one panics, and when one does not end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aimdb_contracts::Settable;
use aimdb_contracts::builtin::Temperature;
use aimdb_core::{AimDbBuilder, BufferConfig, GRACE, TaskFailure, TimeOps};
use aimdb_tokio_adapter::TokioAdapter;
use tokio::runtime::Handle;

const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 64 };

fn at(celsius: f32) -> Temperature {
    Temperature::set(celsius, 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hook_hears_of_each_task_that_panics() {
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let runtime = TokioAdapter::current()
        .unwrap()
        .on_failure(move |failure: &TaskFailure<'_>| {
            let _ = told.send(format!("{} {}", failure.record, failure.task));
        });
    let mut builder = AimDbBuilder::new(runtime);
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(RING)
            .source(|_, producer| async move {
                producer.produce(at(1.0)).unwrap();
                panic!("the sensor is gone")
            })
            .tap(|_, mut reader| async move {
                reader.next().await.unwrap();
                panic!("the screen is gone")
            });
    });
    builder.configure::<Temperature>("same", |reg| {
        reg.buffer(RING)
            .transform("room", |value: &Temperature| match value.celsius {
                1.0 => panic!("not that one"),
                _ => Some(value.clone()),
            });
    });
    let joined = Arc::new(Mutex::new(0));
    builder.configure::<Temperature>("joined", |reg| {
        reg.buffer(RING).transform_join(joined, |join| {
            join.on("room", |count: &mut Arc<Mutex<u32>>, _: &Temperature| {
                let mut count = count.lock().unwrap();
                *count += 1;
                panic!("nor here")
            });
            join.on("same", |_, value: &Temperature| Some(value.clone()));
        });
    });
    let db = builder.build().unwrap();
    let mut failures = Vec::new();
    for _ in 0..4 {
        failures.push(hears.recv().await.unwrap());
    }
    failures.sort();
    assert_eq!(
        failures,
        ["joined join", "room source", "room tap", "same transform"]
    );
    let failed = |key: &str| {
        let node = db.graph().into_iter().find(|node| &*node.key == key);
        let counters = db.door(key).unwrap().counters();
        (node.unwrap().failed.len(), counters.failed)
    };
    assert_eq!(
        (failed("room"), failed("same"), failed("joined")),
        ((2, 2), (1, 1), (1, 1))
    );
    // The other input of the join goes on.
    let mut reader = db.consumer::<Temperature>("joined").unwrap();
    let same = db.producer::<Temperature>("same").unwrap();
    same.produce(at(5.0)).unwrap();
    assert_eq!(reader.next().await, Some(at(5.0)));
}

#[tokio::test(start_paused = true)]
async fn databases_that_are_dropped_leave_no_task_behind_whatever_these_do() {
    let before = Handle::current().metrics().num_alive_tasks();
    let produced = Arc::new(AtomicUsize::new(0));
    let databases: Vec<_> = (0..2_000)
        .map(|_| {
            let produced = produced.clone();
            let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
            builder.configure::<Temperature>("room", |reg| {
                reg.buffer(RING)
                    .source(|runtime: TokioAdapter, producer| async move {
                        loop {
                            if producer.produce(at(1.0)).is_ok() {
                                produced.fetch_add(1, Ordering::Relaxed);
                            }
                            runtime.sleep(Duration::from_millis(100)).await;
                        }
                    })
                    .tap(|_, reader| async move {
                        let _reader = reader;
                        std::future::pending::<()>().await;
                    });
            });
            builder.configure::<Temperature>("same", |reg| {
                reg.buffer(RING)
                    .transform("room", |value: &Temperature| Some(value.clone()));
            });
            builder.build().unwrap()
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(
        Handle::current().metrics().num_alive_tasks() - before,
        6_000
    );
    drop(databases);
    let count = produced.load(Ordering::Relaxed);
    assert_eq!(count, 4_000);
    // The clock is the test's: it goes on when all wait.
    tokio::time::sleep(GRACE + Duration::from_millis(150)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);
    assert_eq!(produced.load(Ordering::Relaxed), count);
}

#[tokio::test(start_paused = true)]
async fn a_tap_that_writes_what_it_reads_lets_timers_run() {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(RING);
    });
    let db = builder.build().unwrap();
    let room = db.producer::<Temperature>("room").unwrap();
    let (mut reader, writer) = (db.consumer::<Temperature>("room").unwrap(), room.clone());
    let tap = tokio::spawn(async move {
        let mut rounds = 0_u64;
        while let Some(value) = reader.next().await {
            rounds += 1;
            assert!(rounds < 50_000_000, "no timer ever ran");
            if writer.produce(value).is_err() {
                break;
            }
        }
        rounds
    });
    room.produce(at(1.0)).unwrap();
    // Time stands still while a task runs, so it is moved on by hand.
    tokio::time::advance(Duration::from_millis(1)).await;
    tokio::time::sleep(Duration::from_millis(0)).await;
    db.close();
    assert!(tap.await.unwrap() > 0);
}

/// What a program may give to another thread: a configuration that is not built, and all handles of one that is.
#[test]
fn builders_and_handles_are_send() {
    fn is_send<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    is_send::<AimDbBuilder<TokioAdapter>>();
    is_send::<aimdb_core::Links<TokioAdapter>>();
    is_shared::<aimdb_core::AimDb<TokioAdapter>>();
    is_shared::<aimdb_core::Record<Temperature, TokioAdapter>>();
    is_shared::<aimdb_core::Producer<Temperature, TokioAdapter>>();
    is_shared::<aimdb_core::Consumer<Temperature, TokioAdapter>>();
}

#[test]
fn a_configuration_may_be_filled_on_one_thread_and_built_on_another() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut builder = AimDbBuilder::new(TokioAdapter::new(runtime.handle().clone()));
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(RING)
            .source(|_, producer| async move {
                producer.produce(at(1.0)).unwrap();
            })
            .tap(|_, mut reader| async move { while reader.next().await.is_some() {} });
    });
    builder.configure::<Temperature>("same", |reg| {
        reg.buffer(RING)
            .transform("room", |value: &Temperature| Some(value.clone()));
    });
    let db = std::thread::spawn(move || builder.build().unwrap())
        .join()
        .unwrap();
    let mut same = db.consumer::<Temperature>("same").unwrap();
    assert_eq!(runtime.block_on(same.next()), Some(at(1.0)));
}
