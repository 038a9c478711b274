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
//! panics where it falls short; it runs on the runtime that it is given, with timers.
//!
//! [`bare!`] puts such a runtime there, without a platform: an adapter on `Rc` and an executor of its own. It passes, and it is what
//! tests run on that are to be the same in every run:
//!
//! ```text
//! aimdb_conformance::bare!();                      // mod bare { pub struct Bare; … }
//!
//! let runtime = bare::Bare::default();
//! let db = builder(runtime.clone()).build()?;
//! runtime.run();                                   // until all tasks wait
//! runtime.advance(Duration::from_secs(1));         // the clock stands still until it is moved on
//! ```

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Puts the suite here, as the module `conformance`; see the crate's first page.
#[proc_macro]
pub fn suite(options: TokenStream) -> TokenStream {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/suite/mod.rs");
    put("suite", "conformance", path, &options)
}

/// Puts a runtime without a platform here, as the module `bare`; see the crate's first page. It needs `aimdb-core`.
#[proc_macro]
pub fn bare(options: TokenStream) -> TokenStream {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/bare/mod.rs");
    put("bare", "bare", path, &options)
}

/// A module of this crate's sources, wherever the macro is used.
fn put(name: &str, module: &str, path: &str, options: &TokenStream) -> TokenStream {
    let item = if options.is_empty() {
        format!("#[path = {path:?}] mod {module};")
    } else {
        format!("compile_error!(\"{name}!() takes nothing\");")
    };
    item.parse().unwrap_or_default()
}

// Compiled only where they are put; `cargo fmt` finds them through this.
#[cfg(any())]
#[path = "../bare/mod.rs"]
mod bare;
#[cfg(any())]
#[path = "../suite/mod.rs"]
mod suite;
