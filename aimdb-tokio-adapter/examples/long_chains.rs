//! Prints how long databases of many records take to build. Twice the records should take about twice the
//! time: `cargo run --release -p aimdb-tokio-adapter --example long_chains`.
#![allow(clippy::print_stdout, reason = "an example that prints")]

use std::error::Error;
use std::time::Instant;

use aimdb_contracts::builtin::Temperature;
use aimdb_core::{AimDbBuilder, BufferConfig};
use aimdb_tokio_adapter::TokioAdapter;

const LATEST: BufferConfig = BufferConfig::SingleLatest;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let adapter = TokioAdapter::new(runtime.handle().clone());
    for length in [20_000, 100_000] {
        let mut chain = AimDbBuilder::new(adapter.clone());
        let mut fan = AimDbBuilder::new(adapter.clone());
        for index in 0..length {
            let input = format!("record.{}", i64::max(index - 1, 0));
            let key = format!("record.{index}");
            if index == 0 {
                for builder in [&mut chain, &mut fan] {
                    builder.configure::<Temperature>(&key, |reg| {
                        reg.buffer(LATEST);
                    });
                }
                continue;
            }
            chain.configure::<Temperature>(&key, |reg| {
                reg.buffer(LATEST)
                    .transform(&input, |value: &Temperature| Some(value.clone()));
            });
            fan.configure::<Temperature>(&key, |reg| {
                reg.buffer(LATEST)
                    .transform("record.0", |value: &Temperature| Some(value.clone()));
            });
        }
        for (shape, builder) in [("chain", chain), ("fan", fan)] {
            let before = Instant::now();
            let db = builder.build()?;
            println!("a {shape} of {length}: {:?}", before.elapsed());
            drop(db);
        }
    }
    Ok(())
}
