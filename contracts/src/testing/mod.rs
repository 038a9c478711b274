//! Contracts and values that are made up, for the tests of whoever writes a contract, a type or a reader.
//!
//! Everything follows from a seed: the same seed gives the same contracts and values on every machine, and a
//! failure names the seed that found it.
//!
//! ```
//! use aimdb_contracts::builtin::Humidity;
//! use aimdb_contracts::{Policy, Schema, Streamable, testing};
//!
//! let schema = Humidity::SCHEMA;
//! let values = testing::values(schema, 7).take(100);
//! let good = values.filter(|value| schema.decode(value, Policy::default()).is_ok());
//! assert!((20..90).contains(&good.count()));
//!
//! let mut random = fastrand::Rng::with_seed(7);
//! assert!(Schema::from_file(&testing::contract_file(&mut random)).is_ok());
//! ```

mod changes;
mod contract_files;
mod defaults;
mod exact;
mod texts;
mod values;

pub use contract_files::contract_file;
pub use exact::{assert_alike, assert_exact};
pub use values::{Values, good_value, values};

use fastrand::Rng;

/// One of these.
fn one_of<'a, T>(random: &mut Rng, choices: &'a [T]) -> &'a T {
    &choices[random.usize(0..choices.len())]
}

/// `true` once in so many times.
fn once_in(random: &mut Rng, times: usize) -> bool {
    random.usize(0..times) == 0
}
