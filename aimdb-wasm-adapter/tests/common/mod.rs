//! The conformance suite on the browser's runtime, wherever the including test runs.

type Runtime = aimdb_wasm_adapter::WasmAdapter;

aimdb_conformance::suite!();

/// `passes! { check }` is
/// `#[wasm_bindgen_test] async fn check() { conformance::check(WasmAdapter).await }`.
macro_rules! passes {
    ($($check:ident)*) => {$(
        #[wasm_bindgen_test::wasm_bindgen_test]
        async fn $check() {
            conformance::$check(aimdb_wasm_adapter::WasmAdapter).await;
        }
    )*};
}

conformance::for_each_check!(passes);
