//! The least that keeps a write: its row and its answer in a file of SQLite, as durable as the server's.

use crate::turn::{Problem, Turn, value};
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) struct Floor {
    file: Connection,
    number: i64,
}

impl Floor {
    pub(crate) fn open(path: &Path) -> Result<Self, Problem> {
        let file = Connection::open(path)?;
        file.pragma_update(None, "journal_mode", "WAL")?;
        file.pragma_update(None, "synchronous", "FULL")?;
        file.execute_batch(
            "CREATE TABLE history (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL) STRICT;
             CREATE TABLE answers (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;",
        )?;
        Ok(Self { file, number: 0 })
    }

    /// So many writes a transaction, for so long.
    pub(crate) fn turn(&mut self, writes: usize, slice: Duration) -> Result<Turn, Problem> {
        let (mut each, begun) = (Vec::new(), Instant::now());
        while begun.elapsed() < slice {
            let since = Instant::now();
            let transaction = self.file.transaction()?;
            for _ in 0..writes {
                self.number += 1;
                let payload = value(self.number.unsigned_abs());
                let row = params![self.number, payload];
                let put = "INSERT INTO history (seq, payload) VALUES (?1, ?2)";
                transaction.prepare_cached(put)?.execute(row)?;
                let answer = "INSERT INTO answers (id, seq) VALUES (?1, ?1)";
                transaction.prepare_cached(answer)?.execute([self.number])?;
            }
            transaction.commit()?;
            each.push(since.elapsed().as_secs_f64() * 1e6);
        }
        Ok(Turn::of(each, writes, begun.elapsed()))
    }
}
