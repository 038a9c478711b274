//! Two thousand worlds: every write ends once and as it was told, hosts and server agree in the end, and what was not shown
//! was counted.

#[test]
fn two_thousand_worlds_are_as_they_must_be() {
    let failures: Vec<String> = (1..=2_000)
        .filter_map(|seed| aimdb_sim::run(seed, false).err())
        .map(|failure| failure.to_string())
        .collect();
    assert!(
        failures.is_empty(),
        "`cargo run -q -p aimdb-sim -- --seed N --trace` replays one: {failures:#?}"
    );
}
