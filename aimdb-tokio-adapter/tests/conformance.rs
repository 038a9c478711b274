//! The native runtime passes what every runtime must.

type Runtime = aimdb_tokio_adapter::TokioAdapter;

#[path = "../../aimdb-core/conformance/mod.rs"]
mod conformance;

/// `passes! { check }` is `#[tokio::test] async fn check() { conformance::check(runtime).await }`.
macro_rules! passes {
    ($($check:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            conformance::$check(Runtime::current().expect("inside a runtime")).await;
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
