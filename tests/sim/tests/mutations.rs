//! Whatever a server does wrongly, one of two thousand worlds notices.

use aimdb_sim::mutation::{ALL, named};

/// The worlds that are tried, until one notices.
const SEEDS: u64 = 2_000;

#[test]
fn each_mutation_is_noticed() {
    let survivors: Vec<&str> = ALL
        .iter()
        .filter(|(_, mutation)| {
            let mut seeds = 1..=SEEDS;
            !seeds.any(|seed| aimdb_sim::run_with(seed, false, Some(*mutation)).is_err())
        })
        .map(|(name, _)| *name)
        .collect();
    assert!(survivors.is_empty(), "nobody noticed {survivors:?}");
}

#[test]
fn each_mutation_has_a_name_of_its_own() {
    for (name, mutation) in ALL {
        assert_eq!(named(name), Some(mutation));
    }
    assert_eq!(named("list"), None);
}
