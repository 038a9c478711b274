// Everything here compiles, without a warning.
#![deny(warnings)]
#![allow(dead_code)]
// Names that the derive must not stumble over.
mod shadowed {
    use aimdb_contracts::Contract;

    enum Option {}
    enum Result {}
    struct String;
    struct Vec;
    fn some() {}

    #[derive(Clone, Debug, PartialEq, Contract)]
    #[contract(name = "shadowed", version = 1)]
    struct Shadowed {
        #[contract(min = 1, max = 5, default = 3, signal)]
        value: u8,
        #[contract(default = "x")]
        text: ::std::string::String,
    }

    #[derive(Clone, Debug, PartialEq, Contract)]
    enum Choice {
        Some,
        None,
    }

    #[derive(Clone, Debug, PartialEq, Contract)]
    #[contract(tag = "Ok")]
    enum Either {
        Ok { value: u8 },
        Err(Shadowed),
        Neither,
    }
}

use aimdb_contracts::{Contract, FieldType};

const MIN: i64 = -9_000_000_000;
const FRACTION: f32 = 0.25;

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "bounds", version = 4294967295)]
struct Bounds {
    #[contract(min = 5000000000, max = 18446744073709551615)]
    unsigned: u64,
    #[contract(min = MIN, max = 9223372036854775807)]
    signed: i64,
    #[contract(exclusive_min = -1, exclusive_max = 2, multiple_of = FRACTION)]
    float: f32,
    #[contract(min = -0.0, max = 1e300)]
    wide: f64,
    #[contract(min = 0xFF, max = 1_000)]
    hexadecimal: u16,
    r#move: bool,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "empty", version = 1)]
struct Empty {}

/// A constant names each of its contracts.
trait Named: FieldType {
    const NAME: &'static str;
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = T::NAME, version = 1)]
struct Several<T, const N: usize>
where
    T: Named,
{
    values: [T; N],
    #[contract(skip)]
    count: usize,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(max_items = 5)]
struct Few<T>(Vec<T>);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "type")]
enum Maybe<T> {
    Just { value: T },
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "uses", version = 1)]
struct Uses {
    few: Few<Maybe<u8>>,
    empty: Empty,
    bounds: Option<Box<Bounds>>,
}

fn main() {}
