//! What it costs a server to hand a message to many sockets, beside the least that works and a hub as many write it.
//!
//!   fanout SERVER [--clients 1000,4900] [--idle 5000] [--rounds 9] [--ms 400] [--starts 3]
//!
//! Prints a JSON object a row, with the samples of each hub in the order of the rounds: nanoseconds of the
//! processor for a message to a client, or bytes of memory for a client.
#![forbid(unsafe_code)]

mod crowd;
mod hubs;
mod plan;
mod problem;

use plan::Plan;
use problem::Problem;
use std::time::Duration;

fn main() -> Result<(), Problem> {
    let plan = read(std::env::args().skip(1))?;
    plan.run(|row| println!("{row}"))
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Plan, Problem> {
    let mut plan = Plan {
        server: arguments
            .next()
            .ok_or("say where the server's binary lies")?
            .into(),
        // Four hubs of them fit under the 20,000 files that many systems allow.
        clients: vec![1_000, 4_900],
        idle: 5_000,
        rounds: 9,
        slice: Duration::from_millis(400),
        starts: 3,
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
            "--idle" => plan.idle = value.parse()?,
            "--rounds" => plan.rounds = value.parse()?,
            "--ms" => plan.slice = Duration::from_millis(value.parse()?),
            "--starts" => plan.starts = value.parse()?,
            _ => return Err(format!("there is no option {name}").into()),
        }
    }
    let has_none = plan.clients.contains(&0) || plan.rounds == 0 || plan.starts == 0;
    if has_none || plan.idle < 2 {
        return Err("clients, rounds and starts are 1 or more, idle clients 2 or more".into());
    }
    Ok(plan)
}
