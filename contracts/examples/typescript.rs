//! Prints the TypeScript of the built-in contracts: `cargo run -p aimdb-contracts --example typescript`.

use aimdb_contracts::{builtin, typescript};

fn main() {
    println!("// Written from the contracts by `make types`: do not edit.");
    for schema in builtin::ALL {
        println!("\n{}", typescript(schema).trim_end());
    }
    println!("\n/** The built-in contracts by name; an application adds its own. */");
    println!("export interface AimDbSchemas {{");
    for schema in builtin::ALL {
        let name: String = schema.name.split('_').map(capitalised).collect();
        println!("  {}: {name};", schema.name);
    }
    println!("}}");
}

fn capitalised(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}
