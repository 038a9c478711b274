//! The native runtime passes what every runtime must.

type Runtime = aimdb_tokio_adapter::TokioAdapter;

aimdb_conformance::suite!();

/// `passes! { check }` is `#[tokio::test] async fn check() { conformance::check(runtime).await }`.
macro_rules! passes {
    ($($check:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            conformance::$check(Runtime::current().expect("inside a runtime")).await;
        }
    )*};
}

conformance::for_each_check!(passes);
