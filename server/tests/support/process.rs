//! The server's binary: started on a free port, stopped politely or killed, always gone at the end.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A running server.
pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
    /// Where it says that it listens.
    pub(crate) address: SocketAddr,
    /// Kept open: a server whose standard output is gone is another case.
    stdout: Box<dyn BufRead + Send>,
}

impl Process {
    /// Starts the binary on a free port and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_at(0, arguments)
    }

    /// Starts it on a port of the caller's.
    pub(crate) fn start_at(port: u16, arguments: &[&str]) -> Self {
        let listen = format!("127.0.0.1:{port}");
        Self::start_bare(&[&["--listen", &listen], arguments].concat(), &[])
    }

    /// Starts it with these arguments and variables only.
    pub(crate) fn start_bare(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aimdb-server"));
        command.env_remove("RUST_LOG").args(arguments);
        command.envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// Starts it on a free port where it may have only so many files open.
    #[cfg(unix)]
    pub(crate) fn start_with_files(files: u32, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_aimdb-server")]);
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        Self::spawn(command)
    }

    /// Starts it on a free port where no file that it writes may be larger than so many KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_with_file_size(kib: u32, arguments: &[&str]) -> Self {
        let mut command = Command::new("bash");
        let script = format!("trap '' XFSZ; ulimit -f {kib} && exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_aimdb-server")]);
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = Box::new(BufReader::new(child.stdout.take().unwrap()));
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http");
        let address =
            address.and_then(|rest| rest.strip_prefix("://").or(rest.strip_prefix("s://")));
        let address = address.and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let mut log = String::new();
            let _ = child.kill();
            let _ = child.stderr.take().unwrap().read_to_string(&mut log);
            panic!("instead of listening it said {line:?}\n{log}");
        };
        let address: SocketAddr = address;
        Self {
            child,
            port: address.port(),
            address,
            stdout,
        }
    }

    /// The next line that it says on standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn socket(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    /// Ends it without a word (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The memory that it has, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_bytes(&self) -> usize {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4_096
    }

    /// Asks it to read again what may have changed (SIGHUP).
    #[cfg(unix)]
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Asks it to stop (SIGTERM).
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; gives whether it called itself successful, and its log.
    pub(crate) fn ended(mut self) -> (bool, String) {
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary with arguments with which it ends by itself.
pub(crate) fn run_to_end(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aimdb-server"))
        .args(arguments)
        .output()
        .unwrap()
}

/// An empty folder of this test's own, in the build's folder for such things.
pub(crate) fn temporary_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("server-{}-{number}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A file with this text; gives its path.
pub(crate) fn temporary_file(name: &str, text: &str) -> String {
    let path = temporary_folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}
