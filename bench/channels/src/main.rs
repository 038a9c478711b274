//! What it costs to write a record, to read it, and to wake who waits, beside channels: a line of JSON for each row.
//!
//! Every round runs each candidate once, and ratios are formed inside the round. Time is the thread's own CPU time; values are
//! made before. Each candidate is checked: all values arrive, and every wait is woken once.

mod channels;

use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Wake, Waker};

use aimdb_contracts::{Settable, builtin::Temperature};
use aimdb_core::BufferConfig;
use channels::{Broadcast, CAPACITY, Channel, HandRing, Ours, Watch};
use cpu_time::ThreadTime;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many values of a ring are written before it is emptied, and how often in one slice.
const BATCH: usize = CAPACITY;
const BATCHES: usize = 16;
const WAITS: usize = 20_000;

/// What one slice of a candidate took, in nanoseconds an operation.
struct Slice {
    push: f64,
    recv: f64,
    wake: f64,
    allocations_a_push: f64,
}

type Run = Box<dyn FnMut(&[Temperature]) -> Slice>;

struct Candidate {
    label: &'static str,
    run: Run,
    slices: Vec<Slice>,
}

fn candidate<C: Channel + 'static>(
    label: &'static str,
    mut channel: C,
    keeps_all: bool,
) -> Candidate {
    let run = move |values: &[Temperature]| measured(&mut channel, values, keeps_all);
    Candidate {
        label,
        run: Box::new(run),
        slices: Vec::new(),
    }
}

struct Count(AtomicU64);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn measured<C: Channel>(channel: &mut C, values: &[Temperature], keeps_all: bool) -> Slice {
    while channel.try_recv().is_some() {}
    let (mut push, mut recv, mut received) = (0.0, 0.0, 0);
    let region = Region::new(ALLOCATOR);
    for _ in 0..BATCHES {
        let start = ThreadTime::now();
        for value in values {
            channel.push(black_box(value.clone()));
        }
        push += nanos(start);
        let start = ThreadTime::now();
        while let Some(value) = channel.try_recv() {
            black_box(value);
            received += 1;
        }
        recv += nanos(start);
    }
    let allocations = region.change().allocations;
    assert_eq!(received, if keeps_all { BATCHES * BATCH } else { BATCHES });
    let wake = waking(channel, values);
    let pushes = (BATCHES * BATCH) as f64;
    Slice {
        push: push / pushes,
        recv: recv / received as f64,
        wake,
        allocations_a_push: allocations as f64 / pushes,
    }
}

/// A wait, a write, a wake and a read, in nanoseconds.
fn waking<C: Channel>(channel: &mut C, values: &[Temperature]) -> f64 {
    let woken = Arc::new(Count(AtomicU64::new(0)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    // What the first look finds may be older.
    while channel.poll(&mut context).is_ready() {}
    channel.push(values[0].clone());
    while channel.poll(&mut context).is_ready() {}
    woken.0.store(0, Ordering::Relaxed);
    let start = ThreadTime::now();
    for value in values.iter().cycle().take(WAITS) {
        channel.push(black_box(value.clone()));
        assert!(channel.poll(&mut context).is_ready());
        assert!(channel.poll(&mut context).is_pending());
    }
    let took = nanos(start);
    assert_eq!(woken.0.load(Ordering::Relaxed), WAITS as u64);
    took / WAITS as f64
}

fn nanos(start: ThreadTime) -> f64 {
    start.elapsed().as_secs_f64() * 1e9
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Prints a row; the first candidate is the floor.
fn print(name: &str, goal: f64, candidates: &[Candidate], of: fn(&Slice) -> f64) {
    let floor = &candidates[0];
    let results: Vec<String> = candidates
        .iter()
        .map(|candidate| {
            let value = median(candidate.slices.iter().map(of).collect());
            let pairs = candidate.slices.iter().zip(&floor.slices);
            let ratio = median(pairs.map(|(slice, base)| of(slice) / of(base)).collect());
            let allocations =
                median(candidate.slices.iter().map(|slice| slice.allocations_a_push).collect());
            let label = candidate.label;
            format!(
                r#"{{"label":"{label}","value":{value:.3},"ratio":{ratio:.3},"allocations":{allocations:.3}}}"#
            )
        })
        .collect();
    println!(
        r#"{{"name":"{name}","unit":"ns","floor":"{}","goal":{{"ratio":{goal}}},"results":[{}]}}"#,
        floor.label,
        results.join(",")
    );
}

fn main() {
    let rounds: usize = std::env::args()
        .nth(1)
        .and_then(|given| given.parse().ok())
        .unwrap_or(31);
    let values: Vec<Temperature> = (0..BATCH)
        .map(|at| Temperature::set(20.0 + at as f32 / 64.0, at as u64))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let ring = BufferConfig::SpmcRing { capacity: CAPACITY };
    let run = |mut candidates: Vec<Candidate>| {
        for round in 0..rounds + 2 {
            for candidate in &mut candidates {
                let slice = (candidate.run)(&values);
                // The first two warm up.
                if round >= 2 {
                    candidate.slices.push(slice);
                }
            }
        }
        for Candidate { label, slices, .. } in &candidates {
            let allocate = slices.iter().any(|slice| slice.allocations_a_push > 0.0);
            assert!(!allocate, "{label}: a push or a read allocates");
        }
        candidates
    };

    let one = run(vec![
        candidate("ring by hand", HandRing::new(&values[0]), true),
        candidate("ours", Ours::of_one_thread(ring), true),
    ]);
    print("one thread, ring, push", 1.4, &one, |slice| slice.push);
    print("one thread, ring, receive", 1.4, &one, |slice| slice.recv);
    print(
        "one thread, ring, wait, push, wake, receive",
        1.4,
        &one,
        |slice| slice.wake,
    );
    let many = run(vec![
        candidate("tokio broadcast", Broadcast::new(), true),
        candidate("ours", Ours::of_tokio(&runtime, ring), true),
    ]);
    print("Send + Sync, ring, push", 0.4, &many, |slice| slice.push);
    print("Send + Sync, ring, receive", 0.35, &many, |slice| {
        slice.recv
    });
    print(
        "Send + Sync, ring, wait, push, wake, receive",
        0.6,
        &many,
        |slice| slice.wake,
    );
    let latest = run(vec![
        candidate("tokio watch", Watch::new(&values[0]), false),
        candidate(
            "ours",
            Ours::of_tokio(&runtime, BufferConfig::SingleLatest),
            false,
        ),
    ]);
    print("Send + Sync, latest value, push", 0.1, &latest, |slice| {
        slice.push
    });
}
