//! A check looks at a value where it is: nothing is allocated for one that passes.
//!
//! The counting allocator is the only unsafe code of the crate, and it is part of this test alone, which is a program
//! of its own. What is counted is this thread's, since the harness has threads too.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aimdb_contracts::builtin::{GpsLocation, HostCpu, Temperature};
use aimdb_contracts::{Bytes, Contract, Json, Linkable, Settable, Streamable, Timestamp};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator. Counting touches a constant-initialised
// thread-local without a destructor, which itself allocates nothing; where a thread is being torn down and has none
// any more, nothing is counted.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: as the caller promises for this allocator, so for the system's.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as the caller promises for this allocator, so for the system's.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: every pointer of this allocator is one of the system's, of the same layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often something allocates.
fn allocations<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let result = work();
    (ALLOCATIONS.get() - before, result)
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(rename_all = "snake_case")]
enum State {
    Open,
    Paid,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "line", version = 1)]
struct Line {
    #[contract(min_length = 1, max_length = 20, format = "hostname")]
    host: String,
    #[contract(multiple_of = 0.05)]
    price: f64,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "type")]
enum Shape {
    Nothing,
    Line(Line),
    Square { side: f32 },
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "all", version = 1)]
struct All {
    state: State,
    lines: Vec<Line>,
    shapes: [Shape; 3],
    #[contract(max_properties = 5, item(multiple_of = 5))]
    counts: BTreeMap<String, u32>,
    hash: HashMap<String, Option<bool>>,
    pair: (i8, Option<Arc<str>>),
    bytes: Bytes,
    at: Timestamp,
    pause: Duration,
    any: Json,
    more: Option<Box<Self>>,
    absent: Option<Option<u8>>,
}

fn all() -> All {
    let line = Line {
        host: "a.example".into(),
        price: 19.95,
    };
    let more = r#"{"list":[1,2.5,"text",null,{"deep":[[]]}]}"#;
    let all = All {
        state: State::Paid,
        lines: vec![line.clone(), line.clone()],
        shapes: [
            Shape::Nothing,
            Shape::Line(line),
            Shape::Square { side: 1.5 },
        ],
        counts: [("a".to_owned(), 5), ("b".to_owned(), 10)].into(),
        hash: [("a".to_owned(), Some(true)), ("b".to_owned(), None)].into(),
        pair: (-1, Some("x".into())),
        bytes: Bytes(vec![1, 2, 3]),
        at: Timestamp(7),
        pause: Duration::from_micros(1_234_567),
        any: Json::parse(more).unwrap(),
        more: None,
        absent: Some(None),
    };
    All {
        more: Some(Box::new(all.clone())),
        ..all
    }
}

fn check<T: Streamable>(value: &T) {
    let (count, checked) = allocations(|| value.check());
    assert_eq!((count, checked), (0, Ok(())), "{}", T::NAME);
}

#[test]
fn a_check_allocates_nothing() {
    check(&Temperature::set(21.5, 7));
    let cpu = br#"{"percent":1,"cores":4,"load_1m":1,"timestamp":1}"#;
    check(&HostCpu::from_bytes(cpu).unwrap());
    let place = br#"{"latitude":1,"longitude":1,"timestamp":1}"#;
    check(&GpsLocation::from_bytes(place).unwrap());
    check(&all());
    // Of values without a type as well.
    let fields = all().to_fields();
    let (count, checked) = allocations(|| All::SCHEMA.check_fields(&fields));
    assert_eq!((count, checked), (0, Ok(())));
}

#[test]
fn what_allocates_is_counted() {
    let mut refused = all();
    refused.lines[0].price = 0.01;
    let (count, checked) = allocations(|| refused.check());
    assert!(count > 0 && checked.is_err());
    assert!(allocations(|| all().to_fields()).0 > 0);
}
