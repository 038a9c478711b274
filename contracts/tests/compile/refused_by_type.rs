// Each derive here is refused by the type of a field; `//~` says where and with which words.
#![allow(dead_code)]
use std::collections::BTreeMap;
use std::time::Duration;

use aimdb_contracts::{Bytes, Contract, Json, Timestamp};

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "Not A Name", version = 1)] //~ this cannot name a contract
struct BadName {
    value: u8,
}

#[derive(Clone, Debug, PartialEq, Contract)]
enum State {
    Open,
    Paid,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(min = -273.15, max = 1e6)]
struct Celsius(f32);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(pattern = "^a", format = "uri")]
struct Patterned(String);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "strict", version = 1, unknown = "refuse")]
struct Strict {
    value: u8,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct WrongKinds {
    #[contract(min = 1)] //~ this rule is for numbers
    min_of_text: String,
    #[contract(max = 1)] //~ this rule is for numbers
    max_of_list: Vec<u8>,
    #[contract(exclusive_min = 1)] //~ this rule is for numbers
    exclusive_min_of_bool: bool,
    #[contract(exclusive_max = 1)] //~ this rule is for numbers
    exclusive_max_of_enum: State,
    #[contract(multiple_of = 2)] //~ this rule is for numbers
    multiple_of_contract: Strict,
    #[contract(min_length = 1)] //~ this rule is for text and bytes
    min_length_of_list: Vec<u8>,
    #[contract(max_length = 1)] //~ this rule is for text and bytes
    max_length_of_number: f32,
    #[contract(pattern = "a")] //~ this rule is for text
    pattern_of_bytes: Bytes,
    #[contract(format = "uuid")] //~ this rule is for text
    format_of_number: u64,
    #[contract(min_items = 1)] //~ this rule is for lists
    min_items_of_map: BTreeMap<String, u8>,
    #[contract(max_items = 1)] //~ this rule is for lists
    max_items_of_tuple: (u8, u8),
    #[contract(unique_items)] //~ this rule is for lists
    unique_items_of_text: Option<String>,
    #[contract(min_properties = 1)] //~ this rule is for maps
    min_properties_of_list: Vec<u8>,
    #[contract(max_properties = 1)] //~ this rule is for maps
    max_properties_of_json: Json,
    #[contract(item(min = 1))] //~ `item` is for lists and maps
    item_of_number: u8,
    #[contract(item(min = 1))] //~ this rule is for numbers
    item_of_texts: Vec<String>,
    #[contract(min = 1)] //~ this rule is for numbers
    min_of_option: Option<Option<String>>,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct BoundsThatDoNotFit {
    #[contract(max = 300)] //~ this number does not fit the type of the field
    byte: u8,
    #[contract(min = -1)] //~ this number does not fit the type of the field
    unsigned: u64,
    #[contract(min = -129)] //~ this number does not fit the type of the field
    signed: i8,
    #[contract(max = 2.5)] //~ this is a fraction, and the field is an integer
    fraction: u32,
    #[contract(max = 18446744073709551616)] //~ this number does not fit the type of the field
    large: u64,
    #[contract(max = 1e39)] //~ this number does not fit the type of the field
    float: f32,
    #[contract(max = 9000000000000000)] //~ this number does not fit the type of the field
    time: Timestamp,
    #[contract(multiple_of = 0)] //~ a step is above 0
    step: u32,
    #[contract(multiple_of = -0.5)] //~ a step is above 0
    negative: f64,
    #[contract(max_length = 16385)] //~ no value is as long
    text: String,
    #[contract(min_items = 65537)] //~ no value is as long
    list: Vec<u8>,
    #[contract(item(max = 256))] //~ this number does not fit the type of the field
    bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct FractionOfVersion {
    schema_version: f64, //~ a number of the name `schema_version` is the version
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct NullOfVersion {
    schema_version: Option<Option<u32>>, //~ a number of the name `schema_version` is the version
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct NothingBetween {
    #[contract(min = 5, max = 4)] //~ no number is within these bounds
    min_max: u8,
    #[contract(min = 5, exclusive_max = 5)] //~ no number is within these bounds
    min_exclusive: f32,
    #[contract(exclusive_min = 5, max = 5)] //~ no number is within these bounds
    exclusive_max: i64,
    #[contract(min_length = 5, max_length = 4)] //~ nothing is as long as this asks for
    text: String,
    #[contract(min_items = 5, max_items = 4)] //~ nothing is as long as this asks for
    list: Vec<u8>,
    #[contract(min_properties = 5, max_properties = 4)] //~ nothing is as long as this asks for
    map: BTreeMap<String, u8>,
    #[contract(max_items = 3)] //~ nothing is as long as this asks for
    array: [u8; 4],
    #[contract(min = 2000000)] //~ no number is within these bounds
    celsius: Celsius,
    #[contract(exclusive_min = 3, exclusive_max = 4)] //~ no number is within these bounds
    no_integer: u32,
    #[contract(exclusive_max = 0)] //~ no number is within these bounds
    below_all: u8,
    #[contract(min = 7, max = 8, multiple_of = 5)] //~ no number is within these bounds
    no_multiple: i64,
    #[contract(min = 7.5, max = 9.5, multiple_of = 5)] //~ no number is within these bounds
    no_float: f64,
    #[contract(format = "date", min_length = 11)] //~ no text of this format is as long
    date: String,
    #[contract(min_items = 3, unique_items)] //~ there are not as many elements that differ
    flags: Vec<bool>,
    #[contract(unique_items, min_items = 4, item(max = 2))] //~ there are not as many elements that differ
    few: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct Looser {
    #[contract(min = -300)] //~ this allows what the type of the field refuses
    below: Celsius,
    #[contract(max = 2000000)] //~ this allows what the type of the field refuses
    above: Option<Celsius>,
    #[contract(min_items = 3)] //~ this allows what the type of the field refuses
    fewer: [u8; 4],
    #[contract(pattern = "b")] //~ the type of the field has a pattern of its own
    pattern: Patterned,
    #[contract(format = "uuid")] //~ the type of the field has a format of its own
    format: Patterned,
    #[contract(multiple_of = 0.5)] //~ the type of the field has a step of its own
    step: Duration,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct DefaultsOutside {
    #[contract(default = 50, max = 10)] //~ this default is outside the rules of its own field
    above: u8,
    #[contract(default = -5, min = 0)] //~ this default is outside the rules of its own field
    below: f32,
    #[contract(default = 5, exclusive_min = 5)] //~ this default is outside the rules of its own field
    exclusive: Option<i64>,
    #[contract(default = 5, multiple_of = 2)] //~ this default is outside the rules of its own field
    step: u8,
    #[contract(default = 2.5)] //~ this is a fraction, and the field is an integer
    fraction: u8,
    #[contract(default = 256)] //~ this number does not fit the type of the field
    large: u8,
    #[contract(default = "abc", max_length = 2)] //~ this default is outside the rules of its own field
    long: String,
    #[contract(default = "shut")] //~ this default is none of the choices
    choice: State,
    #[contract(default = "five")] //~ this is text, and the field is not
    text: u8,
    #[contract(default = true)] //~ this is a boolean, and the field is not
    boolean: u8,
    #[contract(default = 5)] //~ this is a number, and the field is none
    number: String,
    #[contract(default = -300)] //~ this default is outside the rules of its own field
    celsius: Celsius,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct Signal {
    #[contract(signal)] //~ the signal is a number
    value: String,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct TwiceByFlatten {
    value: u8,
    #[contract(flatten)] //~ a field of this contract has the name of another field
    other: Loose,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "loose", version = 1)]
struct Loose {
    value: u8,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "a", version = 1)]
struct Loosened {
    #[contract(flatten)] //~ this contract refuses unknown fields
    strict: Strict,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "type")]
enum NoContract {
    One(u8), //~ a case holds a contract
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "type")]
enum InACase {
    One {
        #[contract(max = 256)] //~ this number does not fit the type of the field
        value: u8,
    },
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(min_length = 5)] //~ this rule is for text and bytes
struct WrongNewtype(f32);

fn main() {}
