//! Prints the codes of errors, one a line, with what they mean: `cargo run -p aimdb-query --example codes`.

use aimdb_query::Code;

fn main() {
    for code in Code::ALL {
        println!("{}\t{}", code.as_str(), code.about().trim());
    }
}
