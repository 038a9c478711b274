//! The server's own binary with one ring, gone when it is dropped.

use crate::turn::Problem;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Its rate is not what is measured.
const CONFIG: &str = "
[limits]
frames_per_second_max = 1000000
frames_burst_max = 1000000

[[records]]
key = 'log'
schema = 'humidity'
buffer = { type = 'SpmcRing', capacity = 1000 }
writable = true
";

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(binary: &Path, data: Option<&Path>) -> Result<Self, Problem> {
        let name = format!("durable-{}.toml", std::process::id());
        let config = std::env::temp_dir().join(name);
        std::fs::File::create(&config)?.write_all(CONFIG.as_bytes())?;
        let mut command = Command::new(binary);
        command
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(&config);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        std::fs::remove_file(config)?;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.ok_or_else(|| format!("instead of listening it said {line:?}"))?;
        let address = address.parse()?;
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
