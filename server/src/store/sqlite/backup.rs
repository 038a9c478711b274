//! A copy of a server's data, made while the server runs.
//!
//! Guarantees: the copy is the data of one moment, whole and on the disk when this returns, and under its own name only
//! then; a server that opens it knows that it is one. Does not: overwrite anything.

use super::{FILE_NAME, StoreError, connect, failed};
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Copies the data in a folder to a file.
///
/// # Errors
/// There is no data, the file is there already, or either cannot be read or written.
pub fn backup(folder: &Path, to: &Path) -> Result<(), StoreError> {
    let from = folder.join(FILE_NAME);
    if !from.is_file() {
        return Err(StoreError::Disk(format!(
            "{}: there is no such file",
            from.display()
        )));
    }
    if to.exists() {
        return Err(StoreError::Disk(format!(
            "{}: it is there already",
            to.display()
        )));
    }
    let unfinished = beside(to);
    // What an earlier try has left there.
    let _ = fs::remove_file(&unfinished);
    let at = |error: std::io::Error| StoreError::Disk(format!("{}: {error}", to.display()));
    copy(&from, &unfinished)?;
    File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .map_err(at)?;
    fs::rename(&unfinished, to).map_err(at)?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(at)
}

fn beside(to: &Path) -> PathBuf {
    let mut name: OsString = to.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let source = connect(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let write = || -> rusqlite::Result<()> {
        source.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        let copy = Connection::open(to)?;
        copy.execute(
            "INSERT OR REPLACE INTO about (name, value) VALUES ('backup', '1')",
            [],
        )?;
        // One file, with nothing beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")
    };
    write().map_err(|error| failed(&error))
}
