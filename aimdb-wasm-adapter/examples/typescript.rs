//! Prints the numbers between engine and npm package as TypeScript:
//! `cargo run -p aimdb-wasm-adapter --features engine --example typescript`.

use aimdb_wasm_adapter::numbers::{ALL, ORIGIN_NAMES};

fn main() {
    println!("// Written from aimdb-wasm-adapter/src/numbers.rs by `make types`: do not edit.\n");
    for (name, number, about) in ALL {
        println!("/** {} */", about.trim());
        println!("export const {name} = {number};");
    }
    let names = ORIGIN_NAMES.map(|name| format!("'{name}'")).join(", ");
    println!("\n/** The origins of values by their places in the result of a read. */");
    println!("export type OriginNames = readonly [{names}];");
}
