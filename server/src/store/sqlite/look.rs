//! Reads the file.

use super::refusal;
use crate::hub::{Account, Outcome};
use crate::store::{Found, Kept, Latest, Range};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::BTreeMap;
use std::sync::Arc;

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn kept(row: &Row<'_>) -> Result<Kept> {
    let writer: Option<Arc<str>> = row.get(3)?;
    let write: Option<i64> = row.get(4)?;
    Ok(Kept {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        ts: row.get::<_, i64>(1)?.cast_unsigned(),
        payload: row.get::<_, Arc<str>>(2)?,
        version: row.get(5)?,
        by: writer.zip(write.map(i64::cast_unsigned)),
    })
}

pub(super) fn topics(connection: &Connection) -> Result<Vec<Arc<str>>> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM topics WHERE gone = 0 ORDER BY name")?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

pub(super) fn latest(connection: &Connection, topic: &str, count: u64) -> Result<Latest> {
    let find = "SELECT id, seq, gone FROM topics WHERE name = ?1";
    let found = connection
        .prepare_cached(find)?
        .query_row([topic], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, seq, gone)) = found else {
        return Ok(Latest::default());
    };
    let newest = "SELECT seq, ts, payload, writer, write, version FROM history WHERE topic = ?1 ORDER BY seq DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(newest)?;
    let values = statement.query_map(params![id, signed(count)], kept)?;
    let mut values = values.collect::<Result<Vec<_>>>()?;
    values.reverse();
    let seq = seq.cast_unsigned();
    Ok(Latest { seq, gone, values })
}

pub(super) fn history(connection: &Connection, topic: &str, range: Range) -> Result<Found> {
    let (from, to) = (
        range.from.map_or(0, signed),
        range.to.map_or(i64::MAX, signed),
    );
    let count = "SELECT t.id, count(h.seq) FROM topics t LEFT JOIN history h ON h.topic = t.id AND h.ts BETWEEN ?2 AND ?3 \
                 WHERE t.name = ?1 GROUP BY t.id";
    let found = connection
        .prepare_cached(count)?
        .query_row(params![topic, from, to], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((id, total)) = found else {
        return Ok(Found::default());
    };
    let newest = "SELECT seq, ts, payload, writer, write, version FROM history WHERE topic = ?1 AND ts BETWEEN ?2 AND ?3 \
                  ORDER BY ts DESC, seq DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(newest)?;
    let mut rows = statement.query(params![id, from, to, signed(range.limit)])?;
    let (mut values, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let value = kept(row)?;
        bytes += value.payload.len() as u64;
        if bytes > range.bytes {
            break;
        }
        values.push(value);
    }
    values.reverse();
    let total = total.cast_unsigned();
    Ok(Found { values, total })
}

pub(super) fn ledger(connection: &Connection) -> Result<Vec<Account>> {
    let mut statement = connection.prepare("SELECT id, name, epoch, last, settled FROM clients")?;
    let mut rows = statement.query([])?;
    let mut accounts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let account = Account {
            client: row.get(1)?,
            epoch: row.get::<_, i64>(2)?.cast_unsigned(),
            last: row.get::<_, i64>(3)?.cast_unsigned(),
            settled: row.get::<_, i64>(4)?.cast_unsigned(),
            lines: Vec::new(),
        };
        accounts.insert(row.get::<_, i64>(0)?, account);
    }
    let mut statement = connection
        .prepare("SELECT client, id, digest, seq, refusal FROM answers ORDER BY client, id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(account) = accounts.get_mut(&row.get::<_, i64>(0)?) else {
            continue;
        };
        let seq = row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned);
        let outcome = match row.get::<_, Option<String>>(4)? {
            Some(text) => Outcome::Refused(refusal::from_text(&text)),
            None => Outcome::Taken { seq },
        };
        let (id, digest) = (row.get::<_, i64>(1)?, row.get::<_, i64>(2)?);
        account
            .lines
            .push((id.cast_unsigned(), digest.cast_unsigned(), outcome));
    }
    let mut accounts: Vec<Account> = accounts.into_values().collect();
    accounts.sort_by(|one, other| one.client.cmp(&other.client));
    Ok(accounts)
}
