//! Builds the wasm package and checks the house.

fn main() {}
