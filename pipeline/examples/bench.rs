//! Measures the work inside the engine and counts its allocations: `cargo run --release --example bench`.
//!
//! Each row is the median of many repetitions. The counting allocator is the only unsafe code of the crate, and it is
//! part of this example alone.
#![allow(missing_docs, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aimdb_pipeline::{
    BoolLogic, Engine, Input, Kind, ListenerRule, Literal, Origin, PathId, Rules, Text,
};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const REPETITIONS: usize = 2001;

/// Prints the median time and the allocations of one repetition.
fn row(name: &str, target: &str, mut work: impl FnMut(usize)) {
    for index in 0..REPETITIONS / 10 {
        work(index);
    }
    let mut nanos: Vec<u128> = Vec::with_capacity(REPETITIONS);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for index in 0..REPETITIONS {
        let start = Instant::now();
        work(index);
        nanos.push(start.elapsed().as_nanos());
    }
    let allocations = (ALLOCATIONS.load(Ordering::Relaxed) - before) as f64 / REPETITIONS as f64;
    nanos.sort_unstable();
    let micros = nanos[REPETITIONS / 2] as f64 / 1000.0;
    println!("{name:<66} {micros:>9.2} us  {allocations:>7.1} allocations  target {target}");
}

fn ids(engine: &mut Engine, count: usize, name: impl Fn(usize) -> String) -> Vec<u32> {
    let mut id = |n: usize| {
        let id = engine.intern_path(name(n).as_bytes()).unwrap();
        engine.retain_path(id);
        id.0
    };
    (0..count).map(&mut id).collect()
}

fn numbers(paths: &[u32], numbers: &[f64], engine: &mut Engine) {
    let input = Input {
        paths,
        numbers,
        ..Input::default()
    };
    black_box(engine.process(input, Origin::default()).unwrap());
}

fn unchanged(count: usize) {
    let mut engine = Engine::default();
    let paths = ids(&mut engine, count, |n| format!("sensors.s{n}.celsius"));
    let values: Vec<f64> = (0..count).map(|n| n as f64).collect();
    numbers(&paths, &values, &mut engine);
    row(
        &format!("diff of {count} unchanged numbers"),
        "< 10 us, 0",
        |_| {
            numbers(&paths, &values, &mut engine);
        },
    );
    let kinds = vec![Kind::Number as u8; count];
    row(
        &format!("the same with kinds given ({count})"),
        "< 10 us, 0",
        |_| {
            let input = Input {
                paths: &paths,
                kinds: &kinds,
                numbers: &values,
                senders: &[],
            };
            black_box(engine.process(input, Origin::default()).unwrap());
        },
    );
}

/// 500 fields with 25 sync pairs, 20 conditions and 10 listeners; one field in `every` changes each time.
fn form(every: usize, target: &str) {
    let mut engine = Engine::default();
    let name = |n: usize| format!("form.section{}.field{n}", n / 50);
    let paths = ids(&mut engine, 500, name);
    let mut values: Vec<f64> = (0..500).map(|n| n as f64).collect();
    numbers(&paths, &values, &mut engine);
    let rules = Rules {
        sync: (0..25)
            .map(|n| (name(n * 20).into(), format!("mirror.field{n}").into()))
            .collect(),
        conditions: (0..20)
            .map(|n| BoolLogic::Gt(name(n * 25).into(), 1000.0))
            .collect(),
        listeners: (0..10)
            .map(|n| ListenerRule {
                paths: vec![format!("form.section{n}").into()],
                scope: Text::default(),
            })
            .collect(),
        ..Rules::default()
    };
    engine.register(&rules).unwrap();
    let changed = 500_usize.div_ceil(every);
    row(
        &format!("500 fields, {changed} changed, 25 sync, 20 conditions, 10 listeners"),
        target,
        |_| {
            for value in values.iter_mut().step_by(every) {
                *value += 1.0;
            }
            numbers(&paths, &values, &mut engine);
        },
    );
}

fn small_batch(count: usize) {
    let mut engine = Engine::default();
    let paths = ids(&mut engine, 500, |n| format!("form.field{n}"));
    let values = vec![0.0; 500];
    numbers(&paths, &values, &mut engine);
    let rules = Rules {
        sync: vec![("form.field0".into(), "form.field1".into())],
        conditions: vec![BoolLogic::IsEqual(
            "form.field1".into(),
            Literal::Number(1.0),
        )],
        ..Rules::default()
    };
    engine.register(&rules).unwrap();
    row(
        &format!("a batch of {count} with a sync pair and a condition"),
        "-",
        |index| {
            let value = [index as f64 + 1.0; 4];
            numbers(
                &[paths[0], paths[2], paths[3], paths[4]][..count],
                &value[..count],
                &mut engine,
            );
        },
    );
}

fn updates() {
    let mut engine = Engine::default();
    let paths = ids(&mut engine, 1000, |n| format!("sensors.s{n}.celsius"));
    let mut values: Vec<f64> = (0..1000).map(|n| n as f64).collect();
    numbers(&paths, &values, &mut engine);
    row(
        "1000 shadow updates: diff, write, undo log and report",
        "< 50 us",
        |_| {
            values.iter_mut().for_each(|value| *value += 1.0);
            numbers(&paths, &values, &mut engine);
        },
    );
}

fn ingests() {
    let mut engine = Engine::default();
    let paths = ids(&mut engine, 100, |n| format!("feed.f{n}"));
    let mut values = vec![0.0; 100];
    numbers(&paths, &values, &mut engine);
    let mut next = 0;
    row(
        "100 ingests of 100 numbers, 1 changed in each",
        "< 100 us",
        |_| {
            for _ in 0..100 {
                next = (next + 1) % 100;
                values[next] += 1.0;
                numbers(&paths, &values, &mut engine);
            }
        },
    );
}

fn entries(name: &str, path: impl Fn(usize) -> String) {
    let before = BYTES.load(Ordering::Relaxed);
    let mut engine = Engine::default();
    let paths = ids(&mut engine, 10_000, path);
    let values: Vec<f64> = (0..10_000).map(|n| n as f64).collect();
    numbers(&paths, &values, &mut engine);
    paths
        .iter()
        .for_each(|path| engine.release_path(PathId(*path)));
    numbers(&paths[..1], &[-1.0], &mut engine);
    let own = paths.capacity() * 4 + values.capacity() * 8;
    let used = (BYTES.load(Ordering::Relaxed) - before - own) as f64 / 1e3;
    println!("{name:<66} {used:>9.0} kB allocated  target < 1000 kB");
}

fn memory() {
    entries("10000 entries, 10 keys in each of 1000 objects", |n| {
        format!("sensors.s{}.m{}", n / 10, n % 10)
    });
    entries("10000 entries, each with a key of its own", |n| {
        format!("sensors.s{}.m{n}", n / 100)
    });
    let mut engine = Engine::default();
    let paths = ids(&mut engine, 100, |n| format!("feed.f{n}"));
    let steady = |engine: &mut Engine, round: usize| {
        numbers(&paths[..100], &[round as f64; 100], engine);
        let rules = Rules {
            sync: vec![("a".into(), format!("b{round}").into())],
            listeners: vec![ListenerRule {
                paths: vec![format!("c{round}").into()],
                scope: Text::default(),
            }],
            ..Rules::default()
        };
        let id = engine.register(&rules).unwrap().id;
        numbers(&paths[..100], &[round as f64 + 0.5; 100], engine);
        engine.unregister(id);
    };
    (0..1000).for_each(|round| steady(&mut engine, round));
    let before = BYTES.load(Ordering::Relaxed);
    (1000..11_000).for_each(|round| steady(&mut engine, round));
    let growth = BYTES.load(Ordering::Relaxed) as i64 - before as i64;
    println!(
        "{:<66} {growth:>9} bytes more  target 0",
        "10000 rounds of register, process twice, unregister"
    );
}

fn main() {
    unchanged(1000);
    unchanged(100);
    form(10, "< 50 us");
    form(100, "-");
    small_batch(1);
    small_batch(4);
    updates();
    ingests();
    memory();
}
