//! Where the repository lies, and which files git tracks in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository this program was built from.
pub(crate) struct House {
    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
}

impl House {
    /// Finds the repository by the place of this crate's source.
    pub(crate) fn find() -> Result<House, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("xtask has no parent folder")?
            .to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(House { root, target })
    }

    /// The paths git knows, relative to the root, in git's order, without those deleted on disk.
    pub(crate) fn tracked_files(&self) -> Result<Vec<String>, String> {
        let output = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&self.root)
            .output()
            .map_err(|error| format!("git ls-files: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "git ls-files: {}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        let mut paths: Vec<String> = String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty() && self.root.join(path).is_file())
            .map(str::to_owned)
            .collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// The text of a file given by its path relative to the root.
    pub(crate) fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.root.join(path)).map_err(|error| format!("{path}: {error}"))
    }

    /// A JSON file given by its path relative to the root.
    pub(crate) fn read_json(&self, path: &str) -> Result<serde_json::Value, String> {
        serde_json::from_str(&self.read(path)?).map_err(|error| format!("{path}: {error}"))
    }

    /// The folder where `scripts/setup.sh` puts Rust programs that the machine has not got.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join(".tools/bin")
    }

    /// A program that `scripts/setup.sh` sees to: the one of this project, or the one in `PATH`.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        let own = self.tools().join(name);
        if own.is_file() {
            own
        } else {
            PathBuf::from(name)
        }
    }

    /// The binary of an npm tool that `npm ci` put into `node_modules`.
    pub(crate) fn npm_tool(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.root.join("node_modules/.bin").join(name);
        if path.exists() {
            return Ok(path);
        }
        Err(format!("{name} is not installed: run scripts/setup.sh"))
    }
}
