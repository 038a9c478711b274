//! register(schema(x)) = x: a contract that was written to a file and read back is the same contract.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use aimdb_contracts::builtin::{
    GpsLocation, HostCpu, HostDisk, HostMemory, HostNetwork, Humidity, JSON, Setpoint, Temperature,
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
fn a_contract_that_keeps_every_field_is_what_its_file_says() {
    let read = Schema::from_file(&JSON.to_file()).unwrap();
    assert_eq!(read.to_file(), JSON.to_file());
    assert_eq!(read.fingerprint(), JSON.fingerprint());
    for seed in 0..8 {
        assert_alike(&JSON, &read, seed);
    }
}

#[test]
fn a_contract_that_keeps_every_field_gives_back_what_it_took() {
    let mut taken = 0;
    for value in (0..8).flat_map(|seed| values(&JSON, seed).take(200)) {
        let fits = value.as_map().is_some() && value.is_bounded();
        match JSON.decode(&value, Policy::default()) {
            Ok(fields) => {
                assert!(fits, "{}", value.to_text());
                assert_eq!(JSON.check_fields(&fields), Ok(()));
                assert_eq!(JSON.to_plain_json(&fields), value);
                assert_eq!(Json::parse(&JSON.to_json(&fields)), Ok(value));
                taken += 1;
            }
            Err(refusal) => {
                assert!(!fits, "{refusal}: {}", value.to_text());
                assert_eq!(refusal.path, "");
            }
        }
    }
    assert!((400..1_500).contains(&taken), "{taken}");
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
