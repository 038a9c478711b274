//! Runs worlds by their seeds. The last line counts those that passed and those that failed.

use std::process::ExitCode;

use clap::Parser;

/// Runs whole clients, the hub, bad networks and odd clocks from seeds.
#[derive(Parser)]
struct Arguments {
    /// So many worlds, from the first seed on.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// This world alone.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// The server does this wrongly; `list` prints what there is.
    #[arg(long)]
    mutate: Option<String>,
    /// Says on standard error how far it is.
    #[arg(long)]
    progress: bool,
    /// Each thing that happens is a line.
    #[arg(long)]
    trace: bool,
}

/// So many worlds are a line of progress.
const PROGRESS_EVERY: u64 = 5_000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mutation = match arguments.mutate.as_deref() {
        None => None,
        Some("list") => {
            for (name, _) in aimdb_sim::mutation::ALL {
                println!("{name}");
            }
            return ExitCode::SUCCESS;
        }
        Some(name) => match aimdb_sim::mutation::named(name) {
            Some(mutation) => Some(mutation),
            None => {
                eprintln!(
                    "there is no mutation `{name}`; `--mutate list` prints those that there are"
                );
                return ExitCode::FAILURE;
            }
        },
    };
    let seeds = match arguments.seed {
        Some(seed) => seed..=seed,
        None => {
            arguments.from
                ..=arguments
                    .from
                    .saturating_add(arguments.seeds.saturating_sub(1))
        }
    };
    let (mut passed, mut failed) = (0_u64, 0_u64);
    for seed in seeds {
        if arguments.progress && (passed + failed) % PROGRESS_EVERY == 0 {
            eprintln!("seed {seed}: {passed} passed, {failed} failed");
        }
        match aimdb_sim::run_with(seed, arguments.trace, mutation) {
            Ok(()) => passed += 1,
            Err(failure) => {
                failed += 1;
                println!("{failure}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
