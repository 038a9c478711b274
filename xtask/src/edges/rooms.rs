//! The table of the rooms: the level of each, and what it may use. ARCHITECTURE.md explains it.
//!
//! It names what there is and nothing else: a room or an edge that is gone must leave the table too.

/// A Rust crate.
pub(super) struct Room {
    pub(super) name: &'static str,
    /// What it uses stands on a lower one.
    pub(super) level: u8,
    /// Whether it must know no platform: `no_std`, and none of `PLATFORM_CRATES`.
    pub(super) is_bare: bool,
    /// The rooms its code uses.
    pub(super) uses: &'static [&'static str],
    /// The rooms that only its tests use. They may stand on the same level, such as another runtime to be held against.
    pub(super) tests_use: &'static [&'static str],
}

/// An npm package.
pub(super) struct NpmRoom {
    pub(super) name: &'static str,
    pub(super) level: u8,
    /// The packages of this repository its code uses.
    pub(super) uses: &'static [&'static str],
    /// What it may pull in from elsewhere.
    pub(super) outside: &'static [&'static str],
}

pub(super) const ROOMS: &[Room] = &[
    Room {
        name: "aimdb-contracts",
        level: 0,
        is_bare: true,
        uses: &["aimdb-contracts-derive"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-contracts-derive",
        level: 0,
        is_bare: false,
        uses: &[],
        tests_use: &[],
    },
    Room {
        name: "aimdb-ws-protocol",
        level: 0,
        is_bare: true,
        uses: &[],
        tests_use: &[],
    },
    Room {
        name: "aimdb-pipeline",
        level: 0,
        is_bare: true,
        uses: &[],
        tests_use: &[],
    },
    Room {
        name: "aimdb-replica",
        level: 0,
        is_bare: true,
        uses: &[],
        tests_use: &[],
    },
    Room {
        name: "aimdb-query",
        level: 0,
        is_bare: false,
        uses: &[],
        tests_use: &[],
    },
    Room {
        name: "aimdb-core",
        level: 1,
        is_bare: true,
        uses: &["aimdb-contracts"],
        tests_use: &["aimdb-conformance"],
    },
    Room {
        name: "aimdb-conformance",
        level: 1,
        is_bare: false,
        uses: &[],
        tests_use: &["aimdb-contracts", "aimdb-core"],
    },
    Room {
        name: "aimdb-json-schema",
        level: 1,
        is_bare: true,
        uses: &["aimdb-contracts"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-ws-bridge",
        level: 2,
        is_bare: true,
        uses: &["aimdb-core", "aimdb-ws-protocol"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-peer",
        level: 3,
        is_bare: true,
        uses: &[
            "aimdb-contracts",
            "aimdb-core",
            "aimdb-ws-bridge",
            "aimdb-ws-protocol",
        ],
        tests_use: &[],
    },
    Room {
        name: "aimdb-tokio-adapter",
        level: 3,
        is_bare: false,
        uses: &["aimdb-core"],
        tests_use: &["aimdb-conformance", "aimdb-contracts"],
    },
    Room {
        name: "aimdb-pipeline-wasm",
        level: 3,
        is_bare: false,
        uses: &["aimdb-pipeline"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-json-schema-wasm",
        level: 3,
        is_bare: false,
        uses: &["aimdb-contracts", "aimdb-json-schema"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-regexp",
        level: 3,
        is_bare: false,
        uses: &["aimdb-contracts"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-types-wasm",
        level: 4,
        is_bare: false,
        uses: &["aimdb-contracts", "aimdb-regexp"],
        tests_use: &[],
    },
    Room {
        name: "aimdb-wasm-adapter",
        level: 4,
        is_bare: false,
        uses: &[
            "aimdb-contracts",
            "aimdb-core",
            "aimdb-peer",
            "aimdb-ws-protocol",
        ],
        tests_use: &["aimdb-conformance"],
    },
    Room {
        name: "aimdb-ws-client",
        level: 4,
        is_bare: false,
        uses: &["aimdb-core", "aimdb-peer", "aimdb-ws-protocol"],
        tests_use: &["aimdb-contracts", "aimdb-server", "aimdb-tokio-adapter"],
    },
    Room {
        name: "aimdb-server",
        level: 4,
        is_bare: false,
        uses: &[
            "aimdb-contracts",
            "aimdb-core",
            "aimdb-json-schema",
            "aimdb-tokio-adapter",
            "aimdb-ws-protocol",
        ],
        tests_use: &["aimdb-ws-bridge"],
    },
    // It builds and judges the others, and uses none.
    Room {
        name: "xtask",
        level: 0,
        is_bare: false,
        uses: &[],
        tests_use: &[],
    },
];

pub(super) const NPM_ROOMS: &[NpmRoom] = &[
    NpmRoom {
        name: "@aimdb/pipeline-twin",
        level: 0,
        uses: &[],
        outside: &[],
    },
    NpmRoom {
        name: "@aimdb/wasm",
        level: 5,
        uses: &[],
        outside: &["idb"],
    },
    NpmRoom {
        name: "@aimdb/react",
        level: 6,
        uses: &["@aimdb/wasm"],
        outside: &["react"],
    },
];

/// Crates that tie code to a platform.
pub(super) const PLATFORM_CRATES: &[&str] = &[
    "axum",
    "hyper",
    "js-sys",
    "mio",
    "serde-wasm-bindgen",
    "sysinfo",
    "tokio",
    "tokio-tungstenite",
    "wasm-bindgen",
    "web-sys",
];

/// Top folders of evidence: what stands there may use anything, and nothing may use it.
pub(super) const EVIDENCE: &[&str] = &["bench", "examples", "tests"];

/// Files of a room that reach into another one, each with the reason why that is no edge.
pub(super) const REACHES: &[(&str, &str, &str)] = &[(
    "client/test/store/twin.test.ts",
    "pipeline/twin",
    "the twin's vectors and arbitraries are made for tests and are no part of its package",
)];

/// Whether a path, relative to the root, is evidence.
pub(super) fn is_evidence(path: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    EVIDENCE.contains(&top)
}

/// The names of bare rooms, which build without an operating system.
pub(crate) fn bare() -> impl Iterator<Item = &'static str> {
    ROOMS
        .iter()
        .filter(|room| room.is_bare)
        .map(|room| room.name)
}
