//! What it costs a server to keep each write before it acknowledges it, beside the least that works: SQLite alone, in the
//! same folder, with a write a transaction and with a hundred, beside the same server without a folder, and, where its server is
//! given, beside NATS JetStream with files that are flushed before each acknowledgement.
//!
//!   durable SERVER [--clients 1,10,100] [--rounds 5] [--ms 1500] [--folder DIR] [--nats NATS_SERVER]
//!
//! Each client has one write under way: it sends the next one when the last one is acknowledged. All take their turns in
//! each round, and a figure is the median of the rounds. Prints a JSON object a row: writes a second, microseconds, and
//! how many times the writes a second of the floors and of the server without a folder ours are.
#![forbid(unsafe_code)]

mod client;
mod floor;
mod nats;
mod server;
mod turn;

use client::Client;
use floor::Floor;
use nats::{Nats, Publisher};
use server::Server;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use turn::{Problem, Turn};

struct Plan {
    server: PathBuf,
    clients: Vec<usize>,
    rounds: usize,
    slice: Duration,
    folder: PathBuf,
    nats: Option<PathBuf>,
}

fn main() -> Result<(), Problem> {
    let plan = read(std::env::args().skip(1))?;
    std::fs::create_dir_all(&plan.folder)?;
    let done = measure(&plan);
    std::fs::remove_dir_all(&plan.folder)?;
    done
}

fn measure(plan: &Plan) -> Result<(), Problem> {
    let kept = Server::start(&plan.server, Some(&plan.folder.join("data")))?;
    let light = Server::start(&plan.server, None)?;
    let mut floor = Floor::open(&plan.folder.join("floor.sqlite"))?;
    let nats = plan
        .nats
        .as_deref()
        .map(|binary| Nats::start(binary, &plan.folder.join("nats")));
    let nats = nats.transpose()?;
    let (mut one, mut hundred) = (Vec::new(), Vec::new());
    let mut rows: Vec<Row> = plan.clients.iter().copied().map(Row::of).collect();
    for round in 0..plan.rounds {
        one.push(floor.turn(1, plan.slice)?);
        hundred.push(floor.turn(100, plan.slice)?);
        for row in &mut rows {
            let ours = |server: &Server| {
                turn(row.clients, round, plan.slice, |name| {
                    let client = Client::open(server.address, name)?;
                    Ok(move |begun, slice| client.write_for(begun, slice))
                })
            };
            row.kept.push(ours(&kept)?);
            row.light.push(ours(&light)?);
            if let Some(nats) = &nats {
                row.nats.push(turn(row.clients, round, plan.slice, |name| {
                    let publisher = Publisher::open(nats.address, name)?;
                    Ok(move |begun, slice| publisher.write_for(begun, slice))
                })?);
            }
        }
    }
    let (one, hundred) = (Turn::median(&one), Turn::median(&hundred));
    print("SQLite alone, a write a transaction", one, &[]);
    print("SQLite alone, 100 writes a transaction", hundred, &[]);
    for row in rows {
        row.print(one, hundred);
    }
    Ok(())
}

/// What came of so many clients.
struct Row {
    clients: usize,
    kept: Vec<Turn>,
    light: Vec<Turn>,
    nats: Vec<Turn>,
}

impl Row {
    fn of(clients: usize) -> Self {
        Self {
            clients,
            kept: Vec::new(),
            light: Vec::new(),
            nats: Vec::new(),
        }
    }

    fn print(self, one: Turn, hundred: Turn) {
        let clients = self.clients;
        let (ours, others) = (Turn::median(&self.kept), Turn::median(&self.light));
        let mut beside = vec![
            ("to_sqlite_1", one),
            ("to_sqlite_100", hundred),
            ("to_memory", others),
        ];
        let nats = (!self.nats.is_empty()).then(|| Turn::median(&self.nats));
        beside.extend(nats.map(|nats| ("to_nats", nats)));
        print(
            &format!("server with a folder, {clients} clients"),
            ours,
            &beside,
        );
        print(
            &format!("server without a folder, {clients} clients"),
            others,
            &[],
        );
        if let Some(nats) = nats {
            print(
                &format!("NATS JetStream, synced, {clients} clients"),
                nats,
                &[],
            );
        }
    }
}

/// So many clients write for so long; `open` makes one of a name.
fn turn<W>(
    clients: usize,
    round: usize,
    slice: Duration,
    open: impl Fn(&str) -> Result<W, Problem>,
) -> Result<Turn, Problem>
where
    W: FnOnce(Instant, Duration) -> Result<Vec<f64>, Problem> + Send + 'static,
{
    let name = |number: usize| format!("bench-{clients}-{round}-{number}");
    let open: Result<Vec<W>, Problem> = (0..clients).map(|number| open(&name(number))).collect();
    let begun = Instant::now();
    let working: Vec<_> = open?
        .into_iter()
        .map(|write| std::thread::spawn(move || write(begun, slice)))
        .collect();
    let mut each = Vec::new();
    for one in working {
        each.extend(one.join().map_err(|_| "a client failed")??);
    }
    Ok(Turn::of(each, 1, begun.elapsed()))
}

fn print(name: &str, turn: Turn, beside: &[(&str, Turn)]) {
    let Turn {
        per_second,
        p50_us,
        p99_us,
    } = turn;
    let ratios: String = beside
        .iter()
        .map(|(name, other)| format!(r#","{name}":{:.2}"#, per_second / other.per_second))
        .collect();
    println!(
        r#"{{"name":"{name}","per_second":{per_second:.0},"p50_us":{p50_us:.0},"p99_us":{p99_us:.0}{ratios}}}"#
    );
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Plan, Problem> {
    let server = arguments
        .next()
        .ok_or("say where the server's binary lies")?;
    let mut plan = Plan {
        server: server.into(),
        clients: vec![1, 10, 100],
        rounds: 5,
        slice: Duration::from_millis(1_500),
        folder: Path::new("durable-bench").into(),
        nats: None,
    };
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} has no value"))?;
        match name.as_str() {
            "--clients" => {
                let counts = value.split(',').map(str::parse);
                plan.clients = counts.collect::<Result<_, _>>()?;
            }
            "--rounds" => plan.rounds = value.parse()?,
            "--ms" => plan.slice = Duration::from_millis(value.parse()?),
            "--folder" => plan.folder = value.into(),
            "--nats" => plan.nats = Some(value.into()),
            _ => return Err(format!("there is no option {name}").into()),
        }
    }
    if plan.clients.contains(&0) || plan.rounds == 0 || plan.slice.is_zero() {
        return Err("clients, rounds and milliseconds are 1 or more".into());
    }
    if plan.folder.exists() {
        return Err(format!(
            "{} is there already, and would be removed",
            plan.folder.display()
        )
        .into());
    }
    Ok(plan)
}
