//! The conformance suite on the browser's runtime, wherever the including test runs.

type Runtime = aimdb_wasm_adapter::WasmAdapter;

#[path = "../../../aimdb-core/conformance/mod.rs"]
mod conformance;

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

passes! {
    latest_gives_the_current_value_at_once
    a_ring_tells_its_lag_once
    a_mailbox_hands_each_value_to_one
    the_graph_flows_from_sources_to_joins
    writing_while_reading_works
    closing_ends_every_reader
    a_build_reports_everything_at_once
    links_reach_their_connector
    time_passes
}
