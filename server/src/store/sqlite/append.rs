//! Writes a batch in one transaction.
//!
//! Guarantees: all of it or nothing; a topic never keeps more than it is to, but for its newest value. Does not: read
//! what it wrote.

use super::refusal;
use crate::hub::{Outcome, WriteHead};
use crate::store::{Keep, Op};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use std::sync::Arc;

/// A topic that the batch has a value of.
struct Touched {
    id: i64,
    /// The last number, and how many values and bytes there are now.
    seq: i64,
    count: i64,
    bytes: i64,
    keep: Keep,
}

/// What SQLite calls an integer.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn append(connection: &mut Connection, ops: &[Op], now_ms: u64) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut touched: HashMap<&str, Touched> = HashMap::new();
    for op in ops {
        match op {
            Op::Value {
                topic,
                seq,
                ts,
                payload,
                version,
                by,
                keep,
            } => {
                let topic = touch(&transaction, &mut touched, topic)?;
                topic.keep = *keep;
                topic.put(
                    &transaction,
                    (signed(*seq), signed(*ts), payload, *version),
                    by.as_ref(),
                )?;
            }
            Op::Missed { topic, seq } => {
                let topic = touch(&transaction, &mut touched, topic)?;
                topic.seq = topic.seq.max(signed(*seq));
            }
            Op::Moved {
                topic,
                from,
                to,
                ts,
                payload,
                version,
                by,
                keep,
            } => {
                let topic = touch(&transaction, &mut touched, topic)?;
                topic.keep = *keep;
                topic.take_out(&transaction, signed(*from))?;
                topic.put(
                    &transaction,
                    (signed(*to), signed(*ts), payload, *version),
                    by.as_ref(),
                )?;
            }
            Op::Gone { topic } => {
                let gone = "UPDATE topics SET gone = 1 WHERE name = ?1";
                transaction.prepare_cached(gone)?.execute([&**topic])?;
                // What follows in this batch is of another life.
                if let Some(topic) = touched.remove(&**topic) {
                    topic.finish(&transaction, now_ms, true)?;
                }
            }
            Op::Answer { head, outcome } => answer(&transaction, head, outcome)?,
            Op::Fenced { client, epoch } => {
                let fence = "UPDATE clients SET epoch = max(epoch, ?2) WHERE name = ?1";
                let row = params![&**client, signed(*epoch)];
                transaction.prepare_cached(fence)?.execute(row)?;
            }
            Op::Settled { client, id } => settle(&transaction, client, signed(*id))?,
            Op::Forgotten { client } => {
                let forget = "DELETE FROM clients WHERE name = ?1";
                transaction.prepare_cached(forget)?.execute([&**client])?;
            }
        }
    }
    for topic in touched.into_values() {
        topic.finish(&transaction, now_ms, false)?;
    }
    transaction.commit()
}

fn touch<'t, 'o>(
    transaction: &Transaction<'_>,
    touched: &'t mut HashMap<&'o str, Touched>,
    name: &'o str,
) -> Result<&'t mut Touched> {
    if !touched.contains_key(name) {
        let find = "INSERT INTO topics (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET gone = 0 \
                    RETURNING id, seq, count, bytes";
        let topic = transaction.prepare_cached(find)?.query_row([name], |row| {
            Ok(Touched {
                id: row.get(0)?,
                seq: row.get(1)?,
                count: row.get(2)?,
                bytes: row.get(3)?,
                keep: Keep::values(u64::MAX),
            })
        })?;
        touched.insert(name, topic);
    }
    touched
        .get_mut(name)
        .ok_or(rusqlite::Error::QueryReturnedNoRows)
}

impl Touched {
    fn put(
        &mut self,
        transaction: &Transaction<'_>,
        (seq, ts, payload, version): (i64, i64, &str, u32),
        by: Option<&(Arc<str>, u64)>,
    ) -> Result<()> {
        let put = "INSERT INTO history (topic, seq, ts, payload, writer, write, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (writer, write) = (by.map(|by| &*by.0), by.map(|by| signed(by.1)));
        let row = params![self.id, seq, ts, payload, writer, write, version];
        transaction.prepare_cached(put)?.execute(row)?;
        self.seq = self.seq.max(seq);
        self.count += 1;
        self.bytes += signed(payload.len() as u64);
        Ok(())
    }

    fn take_out(&mut self, transaction: &Transaction<'_>, seq: i64) -> Result<()> {
        let take_out =
            "DELETE FROM history WHERE topic = ?1 AND seq = ?2 RETURNING octet_length(payload)";
        let mut statement = transaction.prepare_cached(take_out)?;
        let bytes = statement.query_map(params![self.id, seq], |row| row.get::<_, i64>(0))?;
        for bytes in bytes {
            self.count -= 1;
            self.bytes -= bytes?;
        }
        Ok(())
    }

    /// Drops what is too much, and notes where the topic stands.
    fn finish(mut self, transaction: &Transaction<'_>, now_ms: u64, is_gone: bool) -> Result<()> {
        self.trim(transaction, now_ms)?;
        let note = "UPDATE topics SET seq = ?2, count = ?3, bytes = ?4, gone = ?5 WHERE id = ?1";
        let row = params![self.id, self.seq, self.count, self.bytes, is_gone];
        transaction.prepare_cached(note)?.execute(row)?;
        Ok(())
    }

    /// Drops all that is too old, wherever it stands: who wrote one value has a clock that others need not have. The newest
    /// stays.
    fn trim_by_age(&mut self, transaction: &Transaction<'_>, now_ms: u64) -> Result<()> {
        let before_ms = signed(now_ms.saturating_sub(self.keep.age_ms));
        if before_ms == 0 {
            return Ok(());
        }
        let drop_old = "DELETE FROM history WHERE topic = ?1 AND ts < ?2 \
                        AND seq < (SELECT max(seq) FROM history WHERE topic = ?1) RETURNING octet_length(payload)";
        let mut statement = transaction.prepare_cached(drop_old)?;
        let dropped =
            statement.query_map(params![self.id, before_ms], |row| row.get::<_, i64>(0))?;
        for bytes in dropped {
            self.count -= 1;
            self.bytes -= bytes?;
        }
        Ok(())
    }

    /// Goes through the oldest values as long as they are too many, or too large together.
    fn trim(&mut self, transaction: &Transaction<'_>, now_ms: u64) -> Result<()> {
        self.trim_by_age(transaction, now_ms)?;
        let (values_max, bytes_max) = (signed(self.keep.values), signed(self.keep.bytes));
        if self.count <= values_max && self.bytes <= bytes_max {
            return Ok(());
        }
        let oldest = "SELECT seq, octet_length(payload) FROM history WHERE topic = ?1 ORDER BY seq";
        let mut statement = transaction.prepare_cached(oldest)?;
        let mut rows = statement.query([self.id])?;
        let mut until = None;
        while self.count > 1
            && let Some(row) = rows.next()?
        {
            let (seq, bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
            if self.count <= values_max && self.bytes <= bytes_max {
                break;
            }
            self.count -= 1;
            self.bytes -= bytes;
            until = Some(seq);
        }
        drop(rows);
        if let Some(until) = until {
            let drop_oldest = "DELETE FROM history WHERE topic = ?1 AND seq <= ?2";
            transaction
                .prepare_cached(drop_oldest)?
                .execute(params![self.id, until])?;
        }
        Ok(())
    }
}

fn answer(transaction: &Transaction<'_>, head: &WriteHead, outcome: &Outcome) -> Result<()> {
    let find = "INSERT INTO clients (name, epoch, last) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE \
                SET epoch = max(epoch, excluded.epoch), last = max(last, excluded.last) RETURNING id";
    let row = params![&*head.client, signed(head.epoch), signed(head.id)];
    let client: i64 = transaction
        .prepare_cached(find)?
        .query_row(row, |row| row.get(0))?;
    let (seq, refusal) = match outcome {
        Outcome::Taken { seq } => (seq.map(signed), None),
        Outcome::Refused(refusal) => (None, Some(refusal::to_text(refusal))),
    };
    let put = "INSERT OR REPLACE INTO answers (client, id, digest, seq, refusal) VALUES (?1, ?2, ?3, ?4, ?5)";
    let digest = head.digest.cast_signed();
    let row = params![client, signed(head.id), digest, seq, refusal];
    transaction.prepare_cached(put)?.execute(row)?;
    Ok(())
}

fn settle(transaction: &Transaction<'_>, client: &str, id: i64) -> Result<()> {
    let find = "UPDATE clients SET settled = max(settled, ?2) WHERE name = ?1 RETURNING id";
    let mut statement = transaction.prepare_cached(find)?;
    let mut rows = statement.query(params![client, id])?;
    if let Some(row) = rows.next()? {
        let client: i64 = row.get(0)?;
        let drop_settled = "DELETE FROM answers WHERE client = ?1 AND id <= ?2";
        transaction
            .prepare_cached(drop_settled)?
            .execute(params![client, id])?;
    }
    Ok(())
}
