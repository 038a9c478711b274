//! What is measured, and in which order.
//!
//! Guarantees: all hubs hold their clients at the same time, and each round lets each of them work once, in turn; a
//! sample is the processor's time that the hub's process had, whatever its clients cost. Does not: form ratios.

use crate::crowd::Crowd;
use crate::hubs::Hub;
use crate::problem::Problem;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The floor, ours without and with history, and a peer.
const HUBS: usize = 4;
/// What is published at a time: one message, or as many as a client may have in flight.
const BURSTS: [usize; 2] = [1, 32];
/// Published before anything counts, so that code is warm and numbers have as many digits as later.
const WARM: usize = 10_000;
const WARM_AT_A_TIME: usize = 100;
/// What the system still counts after the last client has its frame.
const SETTLE: Duration = Duration::from_millis(2);
/// Files that this process and the hubs need beside their sockets.
const SPARE_FILES: usize = 64;

/// What is asked for on the command line.
pub(crate) struct Plan {
    /// The server's binary.
    pub(crate) server: PathBuf,
    /// Subscribers of each hub, a run each.
    pub(crate) clients: Vec<usize>,
    /// Subscribers that memory is measured with.
    pub(crate) idle: usize,
    pub(crate) rounds: usize,
    /// How long a hub works in a round.
    pub(crate) slice: Duration,
    /// How often each hub is started anew for its memory.
    pub(crate) starts: usize,
}

/// A hub with its clients.
struct Stage {
    hub: Hub,
    crowd: Crowd,
}

impl Stage {
    fn new(hub: Hub) -> Result<Self, Problem> {
        let mut crowd = Crowd::new(hub.address, hub.label != "floor")?;
        crowd.grow_to(1)?;
        for _ in 0..WARM / WARM_AT_A_TIME {
            crowd.publish(WARM_AT_A_TIME)?;
        }
        Ok(Self { hub, crowd })
    }

    /// All of them; the floor's frames are as long as ours.
    fn all(server: &Path) -> Result<Vec<Self>, Problem> {
        let ours = Self::new(Hub::ours(server)?)?;
        let floor = Self::new(Hub::floor(ours.crowd.frame_bytes)?)?;
        let with_history = Self::new(Hub::with_history(server)?)?;
        let peer = Self::new(Hub::peer()?)?;
        Ok(vec![floor, ours, with_history, peer])
    }

    fn grow_to(&mut self, clients: usize) -> Result<(), Problem> {
        let label = self.hub.label;
        let grown = self.crowd.grow_to(clients);
        grown.map_err(|problem| format!("{label}: {problem}").into())
    }

    /// Nanoseconds of the processor for each message that a client got.
    fn sample(&mut self, clients: usize, burst: usize, slice: Duration) -> Result<f64, Problem> {
        let (start, before) = (Instant::now(), self.hub.cpu_ns()?);
        let mut messages = 0;
        while messages == 0 || start.elapsed() < slice {
            let label = self.hub.label;
            let published = self.crowd.publish(burst);
            published.map_err(|problem| format!("{label}: {problem}"))?;
            messages += burst;
        }
        std::thread::sleep(SETTLE);
        let spent = self.hub.cpu_ns()? - before;
        Ok(spent as f64 / (messages * clients) as f64)
    }
}

impl Plan {
    /// Measures all rows; gives each to `row` as it is known.
    pub(crate) fn run(&self, mut row: impl FnMut(Value)) -> Result<(), Problem> {
        let most = self.clients.iter().copied().max().unwrap_or(0);
        check_files((HUBS * most).max(self.idle) + SPARE_FILES)?;
        row(self.memory()?);
        for &clients in &self.clients {
            let mut stages = Stage::all(&self.server)?;
            for stage in &mut stages {
                stage.grow_to(clients)?;
            }
            for burst in BURSTS {
                row(self.fan_out(&mut stages, clients, burst)?);
            }
        }
        Ok(())
    }

    fn fan_out(
        &self,
        stages: &mut [Stage],
        clients: usize,
        burst: usize,
    ) -> Result<Value, Problem> {
        let mut samples = vec![Vec::new(); stages.len()];
        for stage in &mut *stages {
            stage.sample(clients, burst, self.slice / 4)?;
        }
        for round in 0..self.rounds {
            for turn in 0..stages.len() {
                let index = (round + turn) % stages.len();
                let sample = stages[index].sample(clients, burst, self.slice)?;
                samples[index].push(sample);
            }
        }
        let frame_bytes = stages.iter().map(|stage| stage.crowd.frame_bytes);
        let frame_bytes: Vec<usize> = frame_bytes.collect();
        Ok(json!({
            "what": "fan-out",
            "clients": clients,
            "burst": burst,
            "frame_bytes": frame_bytes,
            "results": told(stages.iter().map(|stage| stage.hub.label), samples),
        }))
    }

    /// What a hub holds for one more client that says nothing.
    fn memory(&self) -> Result<Value, Problem> {
        let (mut labels, mut samples) = (Vec::new(), vec![Vec::new(); HUBS]);
        for _ in 0..self.starts {
            labels.clear();
            for (at, mut stage) in Stage::all(&self.server)?.into_iter().enumerate() {
                let before = stage.hub.resident_bytes()?;
                stage.grow_to(self.idle)?;
                let more = stage.hub.resident_bytes()?.saturating_sub(before);
                samples[at].push(more as f64 / (self.idle - 1) as f64);
                labels.push(stage.hub.label);
            }
        }
        Ok(json!({
            "what": "memory",
            "clients": self.idle,
            "results": told(labels, samples),
        }))
    }
}

fn told<'l>(labels: impl IntoIterator<Item = &'l str>, samples: Vec<Vec<f64>>) -> Value {
    let results = labels.into_iter().zip(samples);
    let results = results.map(|(label, samples)| json!({ "label": label, "samples": samples }));
    results.collect()
}

/// Says before it begins that there are too few files for so many sockets.
fn check_files(wanted: usize) -> Result<(), Problem> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let allowed = line.and_then(|line| line.split_whitespace().next());
    match allowed.and_then(|allowed| allowed.parse::<usize>().ok()) {
        Some(allowed) if allowed < wanted => Err(format!(
            "{wanted} files are needed and {allowed} may be open: raise `ulimit -n`, or ask for fewer clients"
        )
        .into()),
        // Enough, or no limit.
        _ => Ok(()),
    }
}
