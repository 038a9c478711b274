//! A library that names no runtime, used on this one.

use super::*;
use aimdb_core::Portable;
use std::sync::Mutex;

/// Configures what the library brings, on any runtime: a source, a tap, transforms and a join.
fn install<R: Portable>(builder: &mut AimDbBuilder<R>, heard: &Arc<Mutex<Vec<f32>>>) {
    builder.install::<Temperature>("measured", |reg| {
        let mut celsius = 20.0;
        reg.buffer(RING).every(Duration::from_millis(1), move || {
            celsius += 1.0;
            (celsius <= 24.0).then(|| at(celsius))
        });
    });
    builder.install::<Temperature>("doubled", |reg| {
        reg.buffer(RING).derive("measured", |value: &Temperature| {
            Some(at(value.celsius * 2.0))
        });
    });
    builder.install::<Temperature>("counted", |reg| {
        reg.buffer(RING)
            .derive_with("doubled", 0_u8, |count, value: &Temperature| {
                *count += 1;
                Some(at(value.celsius + f32::from(*count) / 10.0))
            });
    });
    builder.install::<Humidity>("humidity", |reg| {
        reg.buffer(LATEST);
    });
    builder.install::<Temperature>("felt", |reg| {
        let heard = heard.clone();
        reg.buffer(BufferConfig::SpmcRing { capacity: 64 })
            .each(move |value| heard.lock().unwrap().push(value.celsius))
            .transform_join(0.0_f32, |join| {
                join.each("counted", |percent: &mut f32, value: &Temperature| {
                    Some(at(value.celsius + *percent))
                })
                .each("humidity", |percent, value: &Humidity| {
                    *percent = value.percent;
                    None
                });
            });
    });
}

/// What a library configured flows as what an application did, and stands in the graph beside it.
pub(crate) async fn a_library_that_names_no_runtime_works(runtime: Runtime) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut builder = AimDbBuilder::new(runtime.clone());
    install(&mut builder, &heard);
    builder.configure::<Temperature>("last", |reg| {
        reg.buffer(BufferConfig::SpmcRing { capacity: 64 })
            .transform("felt", |value: &Temperature| Some(value.clone()));
    });
    let db = builder.build().unwrap();
    let writers: Vec<_> = db
        .graph()
        .into_iter()
        .map(|node| (node.writers, node.taps))
        .collect();
    let expected = [
        (vec!["source"], 0),
        (vec!["transform"], 0),
        (vec!["transform"], 0),
        (vec![], 0),
        (vec!["join"], 1),
        (vec!["transform"], 0),
    ];
    assert_eq!(writers, expected);
    let last = db.door("last").unwrap();
    until(&runtime, || last.version() == 4).await;
    until(&runtime, || heard.lock().unwrap().len() == 4).await;
    assert_eq!(*heard.lock().unwrap(), [42.1, 44.2, 46.3, 48.4]);
    db.close();
    let mut reader = last.subscribe();
    assert_eq!(
        std::future::poll_fn(|context| last.poll(&mut reader, context)).await,
        Next::Closed
    );
    // Its tasks are over: nobody holds what it closed over.
    drop(db);
    until(&runtime, || Arc::strong_count(&heard) == 1).await;
}
