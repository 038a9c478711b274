//! A live result, after any change, is what a run from scratch gives.
#![allow(missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};

use aimdb_query::{
    Batch, Catalog, Code, Column, Cursor, Delta, Live, Query, Request, Result, RunOptions, Source,
    Value,
};
use fastrand::Rng;
use support::random::{Maker, value};
use support::{Rows, are_same, columns};

/// A table whose rows change.
#[derive(Clone)]
struct Table {
    columns: Vec<Column>,
    rows: Arc<Mutex<Rows>>,
}

struct Reading(Option<Batch>);

impl Cursor for Reading {
    fn next(&mut self) -> Result<Option<Batch>> {
        Ok(self.0.take())
    }
}

impl Source for Table {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, request: &Request) -> Result<Box<dyn Cursor>> {
        let rows = self.rows.lock().unwrap();
        let chosen = |row: &Vec<Value>| request.columns.iter().map(|at| row[*at].clone()).collect();
        let rows: Rows = rows.iter().map(chosen).collect();
        Ok(Box::new(Reading(Some(Batch::of_rows(
            request.columns.len(),
            &rows,
        )))))
    }
}

struct Tables(Vec<(String, Table)>);

impl Catalog for Tables {
    fn table(&self, name: &str) -> Option<Arc<dyn Source>> {
        let found = self.0.iter().find(|(known, _)| known == name)?;
        Some(Arc::new(found.1.clone()))
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}

fn tables(rng: &mut Rng) -> Tables {
    let table = |number| {
        let count = rng.usize(..10);
        let rows = (0..count).map(|_| row(rng)).collect();
        (
            format!("t{number}"),
            Table {
                columns: columns(),
                rows: Arc::new(Mutex::new(rows)),
            },
        )
    };
    Tables((0..3).map(table).collect())
}

fn row(rng: &mut Rng) -> Vec<Value> {
    (0..4).map(|column| value(rng, column)).collect()
}

/// The rows that deltas leave, each of which must fit what was there.
fn apply(rows: &mut Rows, deltas: Vec<Delta>) {
    let remove = |rows: &mut Rows, row: Vec<Value>| {
        let at = rows
            .iter()
            .position(|known| *known == row)
            .expect("what leaves was there");
        rows.swap_remove(at);
    };
    for delta in deltas {
        match delta {
            Delta::Enter(row) => rows.push(row),
            Delta::Leave(row) => remove(rows, row),
            Delta::Update { before, after } => {
                assert_ne!(before, after);
                remove(rows, before);
                rows.push(after);
            }
        }
    }
}

/// Changes a random row of a random table, and tells of it.
fn change(rng: &mut Rng, tables: &Tables, live: &mut Live) {
    let (name, table) = &tables.0[rng.usize(..3)];
    let mut rows = table.rows.lock().unwrap();
    let (mut before, mut after) = (None, None);
    if !rows.is_empty() && rng.u8(..3) > 0 {
        let at = rng.usize(..rows.len());
        before = Some(rows.swap_remove(at));
    }
    if before.is_none() || rng.bool() {
        let new = row(rng);
        rows.push(new.clone());
        after = Some(new);
    }
    drop(rows);
    live.change(name, before.as_deref(), after.as_deref())
        .unwrap();
}

#[test]
fn a_live_result_is_that_of_a_run_from_scratch_after_every_turn() {
    let seed = std::env::var("QUERY_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let (mut followed, mut again, mut changed) = (0, 0, 0);
    for _ in 0..1_500 {
        let tables = tables(&mut rng);
        let asked = Maker {
            rng: &mut rng,
            aggregates: false,
            columns: Vec::new(),
            strict: true,
        }
        .query();
        // Which of equal rows a limit lets through, and of 1 and 1.0 a group keeps, is not decided.
        let query = || Query::new(&asked.text, &tables).unwrap();
        let mut live = Live::new(query(), RunOptions::default()).unwrap();
        assert_eq!(
            live.is_incremental(),
            !query().explain().text().contains("run again"),
            "{}",
            asked.text
        );
        followed += usize::from(live.is_incremental());
        again += usize::from(!live.is_incremental());
        let mut rows = Rows::new();
        apply(&mut rows, live.take().unwrap());
        for _ in 0..8 {
            for _ in 0..rng.usize(..4) {
                change(&mut rng, &tables, &mut live);
            }
            let deltas = live.take().unwrap();
            changed += deltas.len();
            apply(&mut rows, deltas);
            let scratch = query().rows(RunOptions::default()).unwrap();
            assert!(
                are_same(rows.clone(), scratch.clone(), false, false),
                "seed {seed}\n{}\n{}  live    {rows:?}\n  scratch {scratch:?}",
                asked.text,
                query().explain().text()
            );
            assert_eq!(live.take().unwrap(), [], "nothing is told twice");
        }
    }
    println!("{followed} followed, {again} run again, {changed} changes");
    assert!(followed > 300 && again > 300 && changed > 3_000);
}

#[test]
fn what_is_empty_again_holds_nothing() {
    let mut rng = Rng::with_seed(3);
    let tables = tables(&mut rng);
    let texts = [
        "SELECT a, c FROM t0 WHERE b > 0",
        "SELECT c, count(*), min(a), sum(b) FROM t0 GROUP BY c",
        "SELECT x.a, y.b FROM t0 AS x JOIN t1 AS y ON x.a = y.a",
        "SELECT DISTINCT c FROM t0",
    ];
    for text in texts {
        let mut live =
            Live::new(Query::new(text, &tables).unwrap(), RunOptions::default()).unwrap();
        assert!(live.is_incremental());
        for (name, table) in &tables.0 {
            for row in table.rows.lock().unwrap().iter() {
                live.change(name, Some(row), None).unwrap();
            }
        }
        assert_eq!(live.take().unwrap(), [], "{text}");
        assert_eq!(live.memory_bytes(), 0, "{text}");
    }
}

#[test]
fn a_row_with_the_same_key_is_an_update() {
    let mut rng = Rng::with_seed(5);
    let tables = tables(&mut rng);
    tables.0[0].1.rows.lock().unwrap().clear();
    let query = Query::new("SELECT c, sum(a) FROM t0 GROUP BY c", &tables).unwrap();
    let mut live = Live::new(query, RunOptions::default()).unwrap();
    let row = |a| {
        vec![
            Value::Integer(a),
            Value::Null,
            Value::text("hall"),
            Value::Null,
        ]
    };
    let out = |a| vec![Value::text("hall"), Value::Integer(a)];
    live.change("t0", None, Some(&row(1))).unwrap();
    assert_eq!(live.take().unwrap(), [Delta::Enter(out(1))]);
    live.change("t0", None, Some(&row(2))).unwrap();
    live.change("t0", Some(&row(1)), Some(&row(5))).unwrap();
    assert_eq!(
        live.take().unwrap(),
        [Delta::Update {
            before: out(1),
            after: out(7)
        }]
    );
    live.change("t0", Some(&row(2)), None).unwrap();
    live.change("t0", Some(&row(5)), None).unwrap();
    assert_eq!(live.take().unwrap(), [Delta::Leave(out(7))]);
}

#[test]
fn a_live_result_keeps_to_its_memory_and_says_so() {
    let mut rng = Rng::with_seed(9);
    let tables = tables(&mut rng);
    let query = Query::new("SELECT a, d, count(*) FROM t0 GROUP BY a, d", &tables).unwrap();
    let options = RunOptions {
        memory_bytes_max: 20_000,
        ..RunOptions::default()
    };
    let mut live = Live::new(query, options).unwrap();
    let error = (0..10_000).find_map(|number| {
        let row = [
            Value::Integer(number),
            Value::Null,
            Value::Null,
            Value::Integer(number),
        ];
        assert!(live.memory_bytes() <= 20_000);
        live.change("t0", None, Some(&row)).err()
    });
    assert_eq!(error.unwrap().code(), Code::MemoryExceeded);
    assert_eq!(live.take().unwrap_err().code(), Code::MemoryExceeded);
    assert!(live.change("t0", None, Some(&[Value::Null])).is_err());
}
