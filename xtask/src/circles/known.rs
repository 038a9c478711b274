//! The circles that stand today. A new one is no entry here but a reason to put something below both.

/// A room, and the files of a circle in it, relative to the room and sorted.
pub(super) type Known = (&'static str, &'static [&'static str]);

pub(super) const KNOWN: &[Known] = &[
    (
        "aimdb-core",
        &[
            "src/attach.rs",
            "src/builder.rs",
            "src/db.rs",
            "src/flow.rs",
            "src/store/mod.rs",
        ],
    ),
    (
        "aimdb-core",
        &[
            "src/door.rs",
            "src/endpoints.rs",
            "src/kept.rs",
            "src/lend.rs",
            "src/part.rs",
            "src/record.rs",
            "src/runtime.rs",
            "src/shape.rs",
            "src/task.rs",
            "src/transform.rs",
            "src/wakers.rs",
        ],
    ),
    (
        "aimdb-core",
        &["src/plan.rs", "src/portable.rs", "src/registrar.rs"],
    ),
    ("contracts", &["src/compat/mod.rs", "src/compat/walk.rs"]),
    (
        "contracts",
        &[
            "src/decode.rs",
            "src/encode.rs",
            "src/field/mod.rs",
            "src/json.rs",
            "src/migratable.rs",
            "src/migrate.rs",
            "src/number.rs",
            "src/schema.rs",
            "src/stray.rs",
            "src/traits.rs",
            "src/value.rs",
            "src/wanted.rs",
        ],
    ),
    (
        "contracts",
        &[
            "src/file/kinds.rs",
            "src/file/read.rs",
            "src/file/rules.rs",
            "src/file/steps.rs",
        ],
    ),
    (
        "contracts",
        &[
            "src/pattern/mod.rs",
            "src/pattern/native/cache.rs",
            "src/pattern/native/mod.rs",
        ],
    ),
];
