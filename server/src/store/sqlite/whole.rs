//! Whether all numbers that were told are on the disk.
//!
//! Guarantees: a run that told values which it could not keep, and ended before the disk worked again, leaves a folder whose
//! next run takes another name: else it gave those numbers again, and clients would take the values for old ones.
//! Does not: write anything while the disk fails; taking a name away needs no room.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// It lies beside the file as long as all is kept.
const NAME: &str = "aimdb.whole";

/// See the module above.
pub(super) struct Whole {
    folder: PathBuf,
    is_there: bool,
}

impl Whole {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            is_there: folder.join(NAME).is_file(),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// All is kept.
    pub(super) fn put(&mut self) -> io::Result<()> {
        if !self.is_there {
            File::create(self.folder.join(NAME))?;
            self.sync()?;
            self.is_there = true;
        }
        Ok(())
    }

    /// Something is told that is not kept.
    pub(super) fn take_away(&mut self) {
        if !std::mem::take(&mut self.is_there) {
            return;
        }
        let removed = fs::remove_file(self.folder.join(NAME)).and_then(|()| self.sync());
        if let Err(error) = removed {
            let folder = self.folder.display();
            tracing::error!(
                "{folder}: values are told that cannot be kept, and that cannot be noted either: {error}; if the server \
                 restarts before the disk works again, remove {NAME} from the folder, or clients may show old values"
            );
        }
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}
