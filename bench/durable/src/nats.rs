//! NATS JetStream on the same machine: one stream in files, flushed before each acknowledgement; spoken to in its own text
//! protocol, a publisher a thread with one message under way. Does not: measure its own client libraries.

use crate::turn::{Problem, value};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Nats {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Nats {
    /// Starts the server with its files in a folder, and makes the stream.
    pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Self, Problem> {
        std::fs::create_dir_all(folder)?;
        // Nobody else is asked for this port between now and its start but by chance.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = folder.join("nats.conf");
        let text = format!(
            "listen: \"{address}\"\njetstream {{ store_dir: \"{}\", sync_interval: always }}\n",
            folder.display()
        );
        std::fs::write(&config, text)?;
        let mut command = Command::new(binary);
        command.arg("-c").arg(&config);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let nats = Self {
            child: command.spawn()?,
            address,
        };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                return Err("nats-server does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut publisher = Publisher::open(address, "setup")?;
        let stream = r#"{"name":"BENCH","subjects":["bench.*"],"storage":"file","retention":"limits","num_replicas":1}"#;
        let answer = publisher.ask("$JS.API.STREAM.CREATE.BENCH", stream)?;
        match answer.contains("\"error\"") {
            true => Err(answer.into()),
            false => Ok(nats),
        }
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Publisher {
    stream: BufReader<TcpStream>,
    name: String,
}

impl Publisher {
    pub(crate) fn open(address: SocketAddr, name: &str) -> Result<Self, Problem> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let name = name.replace('-', "_");
        let mut publisher = Self {
            stream: BufReader::new(stream),
            name,
        };
        let hello = format!(
            "CONNECT {{\"verbose\":false,\"headers\":true}}\r\nSUB inbox.{} 1\r\n",
            publisher.name
        );
        publisher.stream.get_mut().write_all(hello.as_bytes())?;
        Ok(publisher)
    }

    /// Publishes until the slice is over; gives the microseconds that each acknowledgement took.
    pub(crate) fn write_for(
        mut self,
        begun: Instant,
        slice: Duration,
    ) -> Result<Vec<f64>, Problem> {
        let subject = format!("bench.{}", self.name);
        let mut each = Vec::new();
        for number in 1.. {
            if begun.elapsed() >= slice {
                break;
            }
            let since = Instant::now();
            let answer = self.ask(&subject, &value(number))?;
            if !answer.contains("\"seq\"") {
                return Err(format!("message {number} was answered by {answer}").into());
            }
            each.push(since.elapsed().as_secs_f64() * 1e6);
        }
        Ok(each)
    }

    fn ask(&mut self, subject: &str, payload: &str) -> Result<String, Problem> {
        let bytes = payload.len();
        let message = format!("PUB {subject} inbox.{} {bytes}\r\n{payload}\r\n", self.name);
        self.stream.get_mut().write_all(message.as_bytes())?;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            match line.split(' ').next().unwrap_or_default().trim() {
                "MSG" => {
                    let length = line.trim().rsplit(' ').next().unwrap_or_default();
                    let mut body = vec![0; length.parse::<usize>()? + 2];
                    self.stream.read_exact(&mut body)?;
                    return Ok(String::from_utf8_lossy(&body).trim().into());
                }
                "PING" => self.stream.get_mut().write_all(b"PONG\r\n")?,
                "INFO" | "PONG" | "+OK" => {}
                _ => return Err(format!("nats-server said {line:?}").into()),
            }
        }
    }
}
