//! Measures queries beside SQLite in the same run: `cargo run --release -p aimdb-query --example bench`.
//!
//! Each row is a median in milliseconds. SQLite has the same rows in memory and an index where ours has one; both sides
//! read all rows of the answer. Natively, not in WebAssembly.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use aimdb_query::{
    Column, ColumnType, Live, MemoryCatalog, MemoryTable, Progress, Query, RunOptions, Value,
};
use fastrand::Rng;
use rusqlite::Connection;

const ROWS: usize = 100_000;
const ROOMS: usize = 1_000;

fn median(repetitions: usize, mut work: impl FnMut()) -> f64 {
    let mut millis: Vec<f64> = (0..repetitions)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_unstable_by(f64::total_cmp);
    millis[repetitions / 2]
}

fn tables() -> (MemoryCatalog, Connection, Vec<Vec<Value>>) {
    let mut rng = Rng::with_seed(1);
    let row = |number: usize, rng: &mut Rng| {
        vec![
            Value::Integer(number as i64),
            Value::text(&format!("room-{}", rng.usize(..ROOMS))),
            Value::Integer(rng.i64(0..ROOMS as i64)),
            Value::Real(rng.f64() * 40.0),
        ]
    };
    let rows: Vec<Vec<Value>> = (0..ROWS).map(|number| row(number, &mut rng)).collect();
    let rooms: Vec<Vec<Value>> = (0..ROOMS)
        .map(|number| {
            vec![
                Value::Integer(number as i64),
                Value::text(&format!("floor-{}", number % 10)),
            ]
        })
        .collect();
    let column = |name, kind| Column::new(name, kind);
    let readings = vec![
        column("id", ColumnType::Integer),
        column("room", ColumnType::Text),
        column("number", ColumnType::Integer),
        column("celsius", ColumnType::Real),
    ];
    let mut ours = MemoryCatalog::default();
    ours.insert(
        "readings",
        MemoryTable::new(readings, &rows).unwrap().with_index(0),
    );
    let columns = vec![
        column("number", ColumnType::Integer),
        column("floor", ColumnType::Text),
    ];
    ours.insert("rooms", MemoryTable::new(columns, &rooms).unwrap());
    let mut theirs = Connection::open_in_memory().unwrap();
    theirs.execute_batch("CREATE TABLE readings (id INTEGER PRIMARY KEY, room TEXT, number INTEGER, celsius REAL); CREATE TABLE rooms (number INTEGER PRIMARY KEY, floor TEXT)").unwrap();
    let all = theirs.transaction().unwrap();
    for row in &rows {
        let (Value::Integer(id), Value::Text(room), Value::Integer(number), Value::Real(celsius)) =
            (&row[0], &row[1], &row[2], &row[3])
        else {
            continue;
        };
        all.prepare_cached("INSERT INTO readings VALUES (?, ?, ?, ?)")
            .unwrap()
            .execute((id, &**room, number, celsius))
            .unwrap();
    }
    for row in &rooms {
        if let (Value::Integer(number), Value::Text(floor)) = (&row[0], &row[1]) {
            all.execute("INSERT INTO rooms VALUES (?, ?)", (number, &**floor))
                .unwrap();
        }
    }
    all.commit().unwrap();
    (ours, theirs, rows)
}

fn ours(query: &Query) -> usize {
    let mut run = query.run(RunOptions::default()).unwrap();
    let mut count = 0;
    loop {
        match run.step(10_000).unwrap() {
            Progress::Batch(batch) => count += black_box(batch).rows(),
            Progress::Working => {}
            Progress::Done => return count,
        }
    }
}

fn theirs(statement: &mut rusqlite::Statement<'_>) -> usize {
    let mut rows = statement.query([]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        black_box(row.get_ref(0).unwrap());
        count += 1;
    }
    count
}

const QUERIES: &[(&str, &str, f64)] = &[
    (
        "filter and count",
        "SELECT count(*) FROM readings WHERE celsius > 20",
        4.6,
    ),
    (
        "group by 1,000 texts",
        "SELECT room, avg(celsius), count(*) FROM readings GROUP BY room",
        5.9,
    ),
    (
        "group by 1,000 integers",
        "SELECT number, avg(celsius) FROM readings GROUP BY number",
        5.9,
    ),
    (
        "point look-up",
        "SELECT * FROM readings WHERE id = 77777",
        0.010,
    ),
    (
        "LIKE",
        "SELECT count(*) FROM readings WHERE room LIKE '%-77%'",
        4.0,
    ),
    (
        "join 100k x 1k, group",
        "SELECT floor, count(*) FROM readings JOIN rooms ON readings.number = rooms.number GROUP BY floor",
        8.4,
    ),
    (
        "top 10",
        "SELECT id, celsius FROM readings ORDER BY celsius DESC LIMIT 10",
        0.0,
    ),
    (
        "sort all",
        "SELECT id, celsius FROM readings ORDER BY celsius",
        0.0,
    ),
];

fn main() {
    let (catalog, connection, rows) = tables();
    println!(
        "{:<26} {:>9} {:>9} {:>9}",
        "100,000 rows, ms", "ours", "sqlite", "target"
    );
    for (name, text, target) in QUERIES {
        let query = Query::new(text, &catalog).unwrap();
        let mut statement = connection.prepare(text).unwrap();
        assert_eq!(ours(&query), theirs(&mut statement), "{name}");
        let mine = median(15, || {
            black_box(ours(&query));
        });
        let other = median(15, || {
            black_box(theirs(&mut statement));
        });
        let target = if *target > 0.0 {
            format!("{target:.3}")
        } else {
            "-".into()
        };
        println!("{name:<26} {mine:>9.3} {other:>9.3} {target:>9}");
    }
    let query = || Query::new(QUERIES[1].1, &catalog).unwrap();
    let again = query();
    let run = median(15, || {
        black_box(ours(&again));
    });
    let mut live = Live::new(query(), RunOptions::default()).unwrap();
    live.take().unwrap();
    let mut at = 0;
    let each = median(1_001, || {
        let mut after = rows[at].clone();
        after[3] = Value::Real(at as f64 / 100.0);
        live.change("readings", Some(&rows[at]), Some(&after))
            .unwrap();
        assert_eq!(black_box(live.take().unwrap()).len(), 1);
        at += 1;
    });
    println!(
        "live: a changed row of the grouped query {each:.4} ms, {:.4} of a run (target 0.05)",
        each / run
    );
}
