//! A runtime without threads and without a platform passes what every runtime must.

aimdb_conformance::bare!();

type Runtime = bare::Bare;

aimdb_conformance::suite!();

macro_rules! passes {
    ($($check:ident)*) => {$(
        #[test]
        fn $check() {
            let runtime = Runtime::default();
            runtime.block_on(conformance::$check(runtime.clone()));
        }
    )*};
}

conformance::for_each_check!(passes);
