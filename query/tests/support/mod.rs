//! The same tables in SQLite and here, and what both answer.

pub mod random;

use aimdb_query::{Column, ColumnType, MemoryCatalog, MemoryTable, Query, RunOptions, Value};
use rusqlite::Connection;
use rusqlite::types::{Value as Theirs, ValueRef};

/// The columns of every table, with their types there.
pub const COLUMNS: &[(&str, ColumnType, &str)] = &[
    ("a", ColumnType::Integer, "INTEGER"),
    ("b", ColumnType::Real, "REAL"),
    ("c", ColumnType::Text, "TEXT"),
    ("d", ColumnType::Any, ""),
];

/// Tables on both sides.
pub struct Both {
    pub theirs: Connection,
    pub ours: MemoryCatalog,
}

pub type Rows = Vec<Vec<Value>>;

pub fn columns() -> Vec<Column> {
    COLUMNS
        .iter()
        .map(|(name, kind, _)| Column::new(name, *kind))
        .collect()
}

impl Both {
    pub fn new(tables: &[(String, Rows)]) -> Self {
        let theirs = Connection::open_in_memory().unwrap();
        let mut ours = MemoryCatalog::default();
        for (name, rows) in tables {
            let types: Vec<String> = COLUMNS
                .iter()
                .map(|(name, _, kind)| format!("{name} {kind}"))
                .collect();
            theirs
                .execute_batch(&format!("CREATE TABLE {name} ({})", types.join(", ")))
                .unwrap();
            theirs.execute_batch("BEGIN").unwrap();
            {
                let mut insert = theirs
                    .prepare(&format!("INSERT INTO {name} VALUES (?, ?, ?, ?)"))
                    .unwrap();
                for row in rows {
                    insert
                        .execute(rusqlite::params_from_iter(row.iter().map(theirs_of)))
                        .unwrap();
                }
            }
            theirs.execute_batch("COMMIT").unwrap();
            ours.insert(name, MemoryTable::new(columns(), rows).unwrap());
        }
        Self { theirs, ours }
    }

    pub fn ask_theirs(&self, text: &str) -> Result<Rows, String> {
        let mut statement = self
            .theirs
            .prepare(text)
            .map_err(|error| error.to_string())?;
        let width = statement.column_count();
        let mut found = statement.query([]).map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(|error| error.to_string())? {
            rows.push(
                (0..width)
                    .map(|at| ours_of(row.get_ref(at).unwrap()))
                    .collect(),
            );
        }
        Ok(rows)
    }

    pub fn ask_ours(&self, text: &str) -> Result<Rows, String> {
        let query = Query::new(text, &self.ours).map_err(|error| error.to_string())?;
        query
            .rows(RunOptions::default())
            .map_err(|error| error.to_string())
    }
}

pub fn theirs_of(value: &Value) -> Theirs {
    match value {
        Value::Null => Theirs::Null,
        Value::Integer(integer) => Theirs::Integer(*integer),
        Value::Real(real) => Theirs::Real(*real),
        Value::Text(text) => Theirs::Text(text.to_string()),
        Value::Bytes(bytes) => Theirs::Blob(bytes.to_vec()),
    }
}

fn ours_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::real(real),
        ValueRef::Text(text) => Value::text(&String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.into()),
    }
}

/// Whether two values are the same, sums of reals up to their rounding; `strict` tells 1 from 1.0.
pub fn is_same(left: &Value, right: &Value, strict: bool) -> bool {
    let real = |value: &Value| match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Real(real) => Some(*real),
        _ => None,
    };
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left == right,
        (Value::Real(_), Value::Integer(_)) | (Value::Integer(_), Value::Real(_)) if strict => {
            false
        }
        _ => match (real(left), real(right)) {
            (Some(left), Some(right)) => {
                left == right || (left - right).abs() <= 1e-9 * left.abs().max(right.abs())
            }
            _ => left == right,
        },
    }
}

/// Whether two lists of rows are the same, in any order unless `ordered`.
pub fn are_same(mut left: Rows, mut right: Rows, ordered: bool, strict: bool) -> bool {
    if !ordered {
        let kind = |value: &Value| strict && matches!(value, Value::Real(_));
        let by = |a: &Vec<Value>, b: &Vec<Value>| {
            let orders = a
                .iter()
                .zip(b)
                .map(|(a, b)| a.order(b).then(kind(a).cmp(&kind(b))));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        left.sort_by(by);
        right.sort_by(by);
    }
    left.len() == right.len()
        && left.iter().zip(&right).all(|(left, right)| {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| is_same(l, r, strict))
        })
}
