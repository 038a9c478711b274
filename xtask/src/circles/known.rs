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
];
