//! SQLite answers the same random queries over the same random tables.
#![allow(missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use fastrand::Rng;
use support::random::{Maker, table};
use support::{Both, are_same};

/// Queries of a run; `QUERY_CASES` says another number, `QUERY_SEED` the seed.
const CASES: usize = 20_000;
/// Queries over the same tables.
const PER_TABLES: usize = 40;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn random_queries_say_what_sqlite_says() {
    let seed = setting("QUERY_SEED", 1);
    let cases = setting("QUERY_CASES", CASES as u64) as usize;
    println!("seed {seed}, {cases} queries");
    let mut rng = Rng::with_seed(seed);
    let (mut refused, mut empty, mut different) = (0, 0, 0);
    for _ in 0..cases.div_ceil(PER_TABLES) {
        let tables: Vec<_> = (0..3)
            .map(|number| {
                let rows = rng.usize(..24);
                (format!("t{number}"), table(&mut rng, rows))
            })
            .collect();
        let both = Both::new(&tables);
        for _ in 0..PER_TABLES {
            let asked = Maker {
                rng: &mut rng,
                aggregates: false,
                columns: Vec::new(),
                strict: true,
            }
            .query();
            let (theirs, ours) = (both.ask_theirs(&asked.text), both.ask_ours(&asked.text));
            match (theirs, ours) {
                (Ok(theirs), Ok(ours)) => {
                    empty += usize::from(theirs.is_empty());
                    if !are_same(theirs.clone(), ours.clone(), asked.ordered, asked.strict) {
                        different += 1;
                        if different <= 12 {
                            println!(
                                "{}\n  theirs {:?}\n  ours   {:?}",
                                asked.text,
                                &theirs[..theirs.len().min(6)],
                                &ours[..ours.len().min(6)]
                            );
                        }
                    }
                }
                (Err(_), Err(_)) => refused += 1,
                (theirs, ours) => {
                    different += 1;
                    if different <= 12 {
                        println!(
                            "{}\n  theirs {:?}\n  ours   {:?}",
                            asked.text,
                            theirs.map(|rows| rows.len()),
                            ours.map(|rows| rows.len())
                        );
                    }
                }
            }
        }
    }
    println!("{refused} refused by both, {empty} without rows, {different} different");
    assert_eq!(different, 0, "seed {seed}");
    assert!(
        refused * 20 < cases && empty * 2 < cases,
        "the queries test too little"
    );
}
