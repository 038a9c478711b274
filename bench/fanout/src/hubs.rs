//! The hubs as processes: how they are started, what they have cost so far, what they hold.

use crate::problem::Problem;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What Linux counts memory in, where this runs.
const PAGE_BYTES: u64 = 4_096;
/// Clients stay silent while others are measured: nobody is to be pinged or closed for that.
const CONFIG: &str = r#"
[[records]]
key = "t"
schema = "json"
topic = "t"
buffer = { type = "SpmcRing", capacity = 1024 }
writable = true

[limits]
clients_max = 16000
frames_per_second_max = 1000000
frames_burst_max = 1000000
writes_pending_max = 100000
ping_after_ms = 3600000
silent_ms_max = 7200000
"#;

/// A hub that runs until this is dropped.
pub(crate) struct Hub {
    pub(crate) label: &'static str,
    pub(crate) address: SocketAddr,
    child: Child,
    /// What it has on the disk, as long as it runs: its configuration, its values.
    files: Vec<PathBuf>,
}

impl Hub {
    /// The server of this repository.
    pub(crate) fn ours(server: &Path) -> Result<Self, Problem> {
        Self::configured(server, "ours", None)
    }

    /// The same with a folder: every value is in its history before anybody is told of it.
    pub(crate) fn with_history(server: &Path) -> Result<Self, Problem> {
        let data = std::env::temp_dir().join(format!("fanout-data-{}", std::process::id()));
        Self::configured(server, "ours with history", Some(data))
    }

    fn configured(
        server: &Path,
        label: &'static str,
        data: Option<PathBuf>,
    ) -> Result<Self, Problem> {
        let (process, kind) = (std::process::id(), u8::from(data.is_some()));
        let config = std::env::temp_dir().join(format!("fanout-{process}-{kind}.toml"));
        fs::write(&config, CONFIG)?;
        let mut command = Command::new(server);
        command
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(&config);
        if let Some(data) = &data {
            command.arg("--data").arg(data);
        }
        let files = std::iter::once(config).chain(data).collect();
        Self::start(label, &mut command, files)
    }

    /// The floor, whose frames have a size.
    pub(crate) fn floor(frame_bytes: usize) -> Result<Self, Problem> {
        let mut command = Command::new(beside("floor")?);
        Self::start("floor", command.arg(frame_bytes.to_string()), Vec::new())
    }

    /// A hub as many write it.
    pub(crate) fn peer() -> Result<Self, Problem> {
        let label = "axum + tokio broadcast";
        Self::start(label, &mut Command::new(beside("peer")?), Vec::new())
    }

    fn start(
        label: &'static str,
        command: &mut Command,
        files: Vec<PathBuf>,
    ) -> Result<Self, Problem> {
        let command = command.env("RUST_LOG", "warn").stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("{label} cannot be started: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.and_then(|address| address.parse().ok());
        let mut hub = Self {
            label,
            // Replaced, or never used.
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            child,
            files,
        };
        hub.address = address.ok_or_else(|| format!("{label} said {line:?} and no address"))?;
        Ok(hub)
    }

    /// The processor's time that all its threads have had, in nanoseconds.
    pub(crate) fn cpu_ns(&self) -> Result<u64, Problem> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end while this looks.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue;
            };
            sum += number_at(&text, 0)?;
        }
        Ok(sum)
    }

    /// The memory that it holds, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64, Problem> {
        let text = fs::read_to_string(format!("/proc/{}/statm", self.child.id()))?;
        Ok(number_at(&text, 1)? * PAGE_BYTES)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // What has ended by itself needs no end; a file that stays behind does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for file in &self.files {
            let _ = match file.is_dir() {
                true => fs::remove_dir_all(file),
                false => fs::remove_file(file),
            };
        }
    }
}

fn number_at(text: &str, at: usize) -> Result<u64, Problem> {
    let word = text
        .split_whitespace()
        .nth(at)
        .ok_or("a line of /proc is short")?;
    Ok(word.parse()?)
}

fn beside(name: &str) -> Result<PathBuf, Problem> {
    Ok(std::env::current_exe()?.with_file_name(name))
}
