//! Records of contracts that came at run time give back what was written, whatever its fields are.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use aimdb_contracts::testing::{contract_file, values};
use aimdb_contracts::{Parts, Policy, Schema};
use aimdb_core::{AimDbBuilder, BufferConfig, Described, JsonDoor, Write};
use support::Bare;

const CONTRACTS: u64 = 2000;

#[test]
fn made_up_values_are_read_as_they_were_accepted() {
    let mut accepted = 0;
    for seed in 0..CONTRACTS {
        let file = contract_file(&mut fastrand::Rng::with_seed(seed));
        let schema = Schema::from_file(&file).unwrap();
        let mut builder = AimDbBuilder::new(Bare::default());
        let described = Described::given(schema.clone());
        builder.configure_as("r", described, BufferConfig::SingleLatest);
        let db = builder.build().unwrap();
        let door = db.door("r").unwrap();
        for value in values(&schema, seed).take(20) {
            let text = value.to_text();
            let Ok(fields) = schema.decode_json(text.as_bytes(), Policy::default()) else {
                continue;
            };
            door.accept_json(text.as_bytes(), Policy::default(), Write::default())
                .unwrap_or_else(|error| panic!("seed {seed}: {error}: {text}"));
            let read = door.schema().to_json(&door.latest().unwrap().value);
            let wanted = schema.write_json(Parts::Values(&fields));
            assert_eq!(read, wanted, "seed {seed}: {text}");
            accepted += 1;
        }
    }
    assert!(accepted > 12_000, "{accepted}");
}
