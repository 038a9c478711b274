//! Prints the codes of errors, one a line, with what they mean: `cargo run -p aimdb-ws-protocol --example codes`.

use aimdb_ws_protocol::{Code, ErrorCode};

fn main() {
    for code in Code::ALL {
        println!("{}\t{}", code.as_str(), code.about().trim());
    }
    for code in ErrorCode::ALL {
        println!("{code}\tA server says so; `reason` is the finer why, see [wire.md](wire.md).");
    }
}
