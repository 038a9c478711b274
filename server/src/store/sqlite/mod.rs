//! A store in a file of SQLite: tools that people have open it, and it is the most tested of its kind.
//!
//! Guarantees: what `append` returned for is on the disk (`journal_mode=WAL`, `synchronous=FULL`); one server at a time
//! has a folder; a file of an older layout is brought to this one, of a newer one is left alone. Does not: repair.
//!
//! The layout stands in `layout.sql`. Numbers of 64 bits are stored as SQLite's signed ones: `seq`, `ts` and ids stay
//! below 2^53, a digest is the same bits.

mod append;
mod backup;
mod layout;
mod look;
mod refusal;
mod whole;

use super::{Found, Latest, Op, Range, Store, StoreError};
use crate::hub::Account;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use whole::Whole;

pub use backup::backup;
pub use layout::LAYOUT;

/// The file in a server's folder of data.
pub const FILE_NAME: &str = "aimdb.sqlite";
/// A server holds a lock on this file beside it.
const LOCK_NAME: &str = "aimdb.lock";
/// Statements that stay prepared.
const STATEMENTS_MAX: usize = 64;
/// How long is waited for who else looks into the file.
const BUSY: Duration = Duration::from_secs(5);

/// See the module above.
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    instance: Arc<str>,
    /// The file that was opened, whatever its path leads to by now.
    file: Option<(u64, u64)>,
    /// None of those who only look.
    whole: Option<Whole>,
    /// Ends with the last of those who look.
    _lock: Arc<File>,
}

impl Sqlite {
    /// Opens a folder of data, which is made if it is not there. `new_instance` is the name of a file that begins, or
    /// whose numbers begin anew since it is a backup's.
    ///
    /// # Errors
    /// Another server has it, it is damaged, of a newer layout, or cannot be written.
    pub fn open(folder: &Path, new_instance: &str) -> Result<Self, StoreError> {
        let in_folder =
            |error: std::io::Error| StoreError::Disk(format!("{}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(in_folder)?;
        let lock = lock(folder)?;
        let path = folder.join(FILE_NAME);
        let is_new = !path.exists();
        let mut connection = connect(&path, OpenFlags::default())?;
        let mut whole = Whole::of(folder);
        let ready = layout::prepare(&mut connection, new_instance, whole.is_there())
            .map_err(|error| of_layout(&path, error));
        let instance: Arc<str> = ready?.into();
        whole.put().map_err(in_folder)?;
        if is_new {
            // The name of the file is to be on the disk, too.
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(in_folder)?;
        }
        Ok(Self {
            connection,
            file: identity(&path),
            whole: Some(whole),
            path,
            instance,
            _lock: Arc::new(lock),
        })
    }
}

impl Sqlite {
    fn try_to_append(&mut self, ops: &[Op], now_ms: u64) -> Result<(), StoreError> {
        if identity(&self.path) != self.file {
            // SQLite would go on writing into a file that nobody finds again.
            let path = self.path.display();
            return Err(StoreError::Disk(format!(
                "{path} was removed or replaced while the server has it open"
            )));
        }
        append::append(&mut self.connection, ops, now_ms).map_err(|error| failed(&error))
    }
}

impl Store for Sqlite {
    /// Kept when the disk says that it is.
    fn append(&mut self, ops: &[Op], now_ms: u64) -> Result<(), StoreError> {
        let done = self.try_to_append(ops, now_ms);
        if let Some(whole) = &mut self.whole {
            match &done {
                // Who gives the batches has said again in this one what was told meanwhile.
                Ok(()) => whole.put().unwrap_or_else(|error| {
                    tracing::warn!("{}: {error}", self.path.display());
                }),
                Err(_) => whole.take_away(),
            }
        }
        done
    }

    fn latest(&mut self, topic: &str, count: u64) -> Result<Latest, StoreError> {
        look::latest(&self.connection, topic, count).map_err(|error| failed(&error))
    }

    fn history(&mut self, topic: &str, range: Range) -> Result<Found, StoreError> {
        look::history(&self.connection, topic, range).map_err(|error| failed(&error))
    }

    fn ledger(&mut self) -> Result<Vec<Account>, StoreError> {
        look::ledger(&self.connection).map_err(|error| failed(&error))
    }

    fn topics(&mut self) -> Result<Vec<Arc<str>>, StoreError> {
        look::topics(&self.connection).map_err(|error| failed(&error))
    }

    fn instance(&self) -> Arc<str> {
        self.instance.clone()
    }

    fn reader(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(Self {
            connection: connect(
                &self.path,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?,
            path: self.path.clone(),
            instance: self.instance.clone(),
            file: self.file,
            whole: None,
            _lock: self._lock.clone(),
        }))
    }
}

/// What tells a file from every other, whatever its name. Where there is nothing like that, open files cannot be removed.
fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let data = fs::metadata(path).ok()?;
        Some((data.dev(), data.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// One server at a time.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let name = folder.join(LOCK_NAME);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name);
    let file = file.map_err(|error| StoreError::Disk(format!("{}: {error}", name.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => {
            Err(StoreError::Disk(format!("{}: {error}", name.display())))
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
            connection.pragma_update(None, "journal_mode", "WAL")?;
        }
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    open().map_err(|error| of_layout(path, layout::LayoutError::Sqlite(error)))
}

fn of_layout(path: &Path, error: layout::LayoutError) -> StoreError {
    match error {
        layout::LayoutError::TooNew(layout) => StoreError::TooNew {
            layout,
            known: LAYOUT,
        },
        layout::LayoutError::Foreign => StoreError::Damaged(format!(
            "{}: it is a database of something else",
            path.display()
        )),
        layout::LayoutError::Sqlite(error) => match failed(&error) {
            StoreError::Full(why) => StoreError::Full(format!("{}: {why}", path.display())),
            StoreError::Damaged(why) => StoreError::Damaged(format!("{}: {why}", path.display())),
            StoreError::Disk(why) => StoreError::Disk(format!("{}: {why}", path.display())),
            other => other,
        },
    }
}

/// What an error of SQLite means here.
fn failed(error: &rusqlite::Error) -> StoreError {
    let why = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(why),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(why),
        _ => StoreError::Disk(why),
    }
}
