//! register(schema(x)) = x: a contract that was written to a file and read back is the same contract.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use aimdb_contracts::builtin::{
    GpsLocation, HostCpu, HostDisk, HostMemory, HostNetwork, Humidity, Setpoint, Temperature,
};
use aimdb_contracts::testing::{assert_alike, assert_exact, contract_file, good_value, values};
use aimdb_contracts::{Json, Policy, Schema};

/// So many contracts are made up.
const CONTRACTS: u64 = 400;

#[test]
fn contracts_that_were_made_up_are_taken_as_they_are_written() {
    for seed in 0..CONTRACTS {
        let file = contract_file(&mut fastrand::Rng::with_seed(seed));
        let text = file.to_text();
        let file =
            Json::parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}: {text}"));
        let schema =
            Schema::from_file(&file).unwrap_or_else(|error| panic!("seed {seed}: {error}: {text}"));
        let again = schema.to_file();
        let read = Schema::from_file(&again)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}: {}", again.to_text()));
        assert_eq!(read.to_file(), again, "seed {seed}: {text}");
        assert_eq!(
            read.fingerprint(),
            schema.fingerprint(),
            "seed {seed}: {text}"
        );
    }
}

#[test]
fn contracts_that_were_made_up_and_their_files_take_the_same_values() {
    for seed in 0..CONTRACTS / 4 {
        let schema =
            Schema::from_file(&contract_file(&mut fastrand::Rng::with_seed(seed))).unwrap();
        let read = Schema::from_file(&schema.to_file()).unwrap();
        assert_alike(&schema, &read, seed);
    }
}

#[test]
fn made_up_values_are_as_often_good_as_bad() {
    let (mut good, mut bad, mut without) = (0, 0, 0);
    for seed in 0..CONTRACTS {
        let mut random = fastrand::Rng::with_seed(seed);
        let schema = Schema::from_file(&contract_file(&mut random)).unwrap();
        for value in values(&schema, seed).take(20) {
            match schema.decode(&value, Policy::default()) {
                Ok(_) => good += 1,
                Err(_) => bad += 1,
            }
        }
        without += u32::from(good_value(&schema, &mut random).is_none());
    }
    assert!(good * 3 > bad && bad * 3 > good, "{good} good, {bad} bad");
    assert!(without < 20, "no good value of {without} contracts");
}

#[test]
fn the_built_in_contracts_are_exact() {
    for seed in 0..4 {
        assert_exact::<GpsLocation>(seed);
        assert_exact::<HostCpu>(seed);
        assert_exact::<HostDisk>(seed);
        assert_exact::<HostMemory>(seed);
        assert_exact::<HostNetwork>(seed);
        assert_exact::<Humidity>(seed);
        assert_exact::<Setpoint>(seed);
        assert_exact::<Temperature>(seed);
    }
}
