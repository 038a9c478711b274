//! The layout of the file, and how it came to be.
//!
//! Guarantees: a file is brought from any layout of ours to the newest in one transaction. Does not: touch a file of
//! something else, or of a newer server.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// The layout that this server writes: SQLite's `user_version`.
pub const LAYOUT: i64 = 2;
/// What says that a file is ours: `application_id`, the bytes of "AiDB".
const APPLICATION: i64 = 0x4169_4442;

/// What brings a file from the layout of its place to the next one. A line that a released server ran is never edited.
const STEPS: [&str; LAYOUT as usize] = [include_str!("layout.sql"), include_str!("layout_2.sql")];

pub(super) enum LayoutError {
    TooNew(i64),
    Foreign,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for LayoutError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings a file to this layout; gives the name that its numbers are given under, which is the new one also where not all that
/// were told are in it.
pub(super) fn prepare(
    connection: &mut Connection,
    new_instance: &str,
    is_whole: bool,
) -> Result<String, LayoutError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (layout, application) = (number("user_version")?, number("application_id")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if application != APPLICATION && tables > 0 {
        return Err(LayoutError::Foreign);
    }
    if layout > LAYOUT {
        return Err(LayoutError::TooNew(layout));
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(layout).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", LAYOUT)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    let about = "SELECT value FROM about WHERE name = ?1";
    let is_backup = transaction
        .query_row(about, ["backup"], |row| row.get::<_, String>(0))
        .optional()?;
    if is_backup.is_some() || !is_whole {
        // What was given numbers after the backup was made is not in it: they begin anew under another name.
        transaction.execute("DELETE FROM about WHERE name IN ('backup', 'instance')", [])?;
    }
    transaction.execute(
        "INSERT OR IGNORE INTO about (name, value) VALUES ('instance', ?1)",
        [new_instance],
    )?;
    let instance = transaction.query_row(about, ["instance"], |row| row.get(0))?;
    transaction.commit()?;
    Ok(instance)
}
