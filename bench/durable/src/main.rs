//! What it costs a server to keep each write before it acknowledges it, beside the least that works: SQLite alone, in the
//! same folder, with a write a transaction and with a hundred, and beside the same server without a folder.
//!
//!   durable SERVER [--clients 1,10,100] [--rounds 5] [--ms 1500] [--folder DIR]
//!
//! Each client has one write under way: it sends the next one when the last one is acknowledged. All take their turns in
//! each round, and a figure is the median of the rounds. Prints a JSON object a row: writes a second, microseconds, and
//! how many times the writes a second of the floors and of the server without a folder ours are.
#![forbid(unsafe_code)]

mod client;
mod floor;
mod server;
mod turn;

use client::Client;
use floor::Floor;
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
    let (mut one, mut hundred) = (Vec::new(), Vec::new());
    let mut rows: Vec<(usize, Vec<Turn>, Vec<Turn>)> = Vec::new();
    for clients in &plan.clients {
        rows.push((*clients, Vec::new(), Vec::new()));
    }
    for round in 0..plan.rounds {
        one.push(floor.turn(1, plan.slice)?);
        hundred.push(floor.turn(100, plan.slice)?);
        for (clients, ours, others) in &mut rows {
            ours.push(turn(&kept, *clients, round, plan.slice)?);
            others.push(turn(&light, *clients, round, plan.slice)?);
        }
    }
    let (one, hundred) = (Turn::median(&one), Turn::median(&hundred));
    print("SQLite alone, a write a transaction", one, &[]);
    print("SQLite alone, 100 writes a transaction", hundred, &[]);
    for (clients, ours, others) in rows {
        let (ours, others) = (Turn::median(&ours), Turn::median(&others));
        let beside = [
            ("to_sqlite_1", one),
            ("to_sqlite_100", hundred),
            ("to_memory", others),
        ];
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
    }
    Ok(())
}

/// So many clients write for so long.
fn turn(server: &Server, clients: usize, round: usize, slice: Duration) -> Result<Turn, Problem> {
    let name = |number: usize| format!("bench-{clients}-{round}-{number}");
    let open: Result<Vec<Client>, Problem> = (0..clients)
        .map(|number| Client::open(server.address, &name(number)))
        .collect();
    let begun = Instant::now();
    let working: Vec<_> = open?
        .into_iter()
        .map(|client| std::thread::spawn(move || client.write_for(begun, slice)))
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
