//! What every runtime of `aimdb-core` must do alike, as tests for whoever writes an adapter.
//!
//! The checks are source text that is compiled beside a type `Runtime`, and no generic functions: what a runtime
//! can spawn, such as futures that are `Send`, is known of a concrete one only. So an adapter's test is:
//!
//! ```text
//! type Runtime = my_adapter::MyAdapter;            // this name, in the module that has the suite
//!
//! aimdb_conformance::suite!();                     // mod conformance { … }
//!
//! macro_rules! passes {
//!     ($($check:ident)*) => {$(
//!         #[test]
//!         fn $check() {
//!             let runtime = Runtime::new();
//!             runtime.block_on(conformance::$check(runtime.clone()));
//!         }
//!     )*};
//! }
//!
//! conformance::for_each_check!(passes);            // one test a check, none left out
//! ```
//!
//! Beside this crate the test needs `aimdb-core` and `aimdb-contracts`. Each check is an `async fn` that takes the runtime and
//! panics where it falls short; it runs on the runtime that it is given, with timers. `tests/bare` is an
//! adapter in two hundred lines, on `Rc` and an executor of its own, that passes.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Puts the suite here, as the module `conformance`; see the crate's first page.
#[proc_macro]
pub fn suite(options: TokenStream) -> TokenStream {
    let suite = if options.is_empty() {
        // Where this crate's sources are, wherever the macro is used.
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/suite/mod.rs");
        format!("#[path = {path:?}] mod conformance;")
    } else {
        "compile_error!(\"suite!() takes nothing: the runtime is the type `Runtime` beside it\");"
            .to_string()
    };
    suite.parse().unwrap_or_default()
}

// Compiled only where it is put; `cargo fmt` finds it through this.
#[cfg(any())]
#[path = "../suite/mod.rs"]
mod suite;
