//! Builds the wasm modules for the browser: cargo, wasm-bindgen, wasm-opt, and a look whether they load.
//!
//! Guarantees: `client/wasm` holds the output of the current sources or nothing new at all, because
//! the new files are moved in only after the optimised module was loaded once by node. Skipped when
//! cargo's output and the tools are those of the last build. Fails above the size budget of the
//! engine; the budget of the store counts its TypeScript too and is held by `xtask size`.

use crate::glue;
use crate::house::House;
use crate::plain;
use crate::press;
use crate::process::{must, output_of, seconds_since, wasm_toolchain};
use crate::size;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const TARGET: &str = "wasm32-unknown-unknown";
const OUT_FOLDER: &str = "client/wasm";

/// One wasm module of the npm package.
struct Module {
    /// The crate it is made of.
    package: &'static str,
    /// What is asked of that crate.
    features: &'static str,
    /// What its files are called.
    name: &'static str,
    /// Whether it is called seldom, so that a copy of a few bytes may be as slow as a call.
    is_seldom_called: bool,
    /// Whether it is made as plain JavaScript too.
    is_plain_too: bool,
}

const MODULES: [Module; 4] = [
    Module {
        package: "aimdb-wasm-adapter",
        features: "engine",
        name: "engine",
        is_seldom_called: false,
        is_plain_too: true,
    },
    Module {
        package: "aimdb-pipeline-wasm",
        features: "",
        name: "pipeline",
        is_seldom_called: false,
        is_plain_too: false,
    },
    Module {
        package: "aimdb-json-schema-wasm",
        features: "",
        name: "json_schema",
        is_seldom_called: true,
        is_plain_too: false,
    },
    Module {
        package: "aimdb-types-wasm",
        features: "",
        name: "types",
        is_seldom_called: true,
        is_plain_too: false,
    },
];

impl Module {
    /// What is made of it, and what all modules share.
    fn files(&self) -> Vec<String> {
        let own = [
            ".js",
            ".d.ts",
            "_bg.wasm",
            "_bg.wasm.d.ts",
            "_inline.js",
            "_inline.d.ts",
        ];
        let shared = [glue::TEXT_FILE, glue::TEXT_TYPES_FILE].map(str::to_owned);
        let own = own.map(|ending| format!("{}{ending}", self.name));
        let plain = self.is_plain_too.then(|| plain::files(self.name));
        own.into_iter()
            .chain(shared)
            .chain(plain.into_iter().flatten())
            .collect()
    }

    /// What the files were last made from.
    fn stamp(&self, house: &House) -> PathBuf {
        let file = format!(".{}-built-from", self.name);
        house.root.join(OUT_FOLDER).join(file)
    }

    fn compiled(&self, house: &House) -> PathBuf {
        let file = format!("{}.wasm", self.package.replace('-', "_"));
        house.target.join(TARGET).join("wasm").join(file)
    }
}

/// Builds what is out of date and measures it; `false` when it is larger than its budget.
pub(crate) fn build(house: &House) -> Result<bool, String> {
    let start = Instant::now();
    compile(house)?;
    for module in &MODULES {
        let name = module.name;
        let fingerprint = fingerprint(house, &module.compiled(house))?;
        let complete = module
            .files()
            .iter()
            .all(|file| house.root.join(OUT_FOLDER).join(file).is_file());
        let stamp = module.stamp(house);
        if complete && std::fs::read_to_string(&stamp).is_ok_and(|old| old == fingerprint) {
            println!("wasm: {name} is up to date");
            continue;
        }
        println!("wasm: {name} compiled ({})", seconds_since(start));
        package(house, module)?;
        std::fs::write(stamp, fingerprint).map_err(|error| error.to_string())?;
        println!("wasm: {name} packaged ({})", seconds_since(start));
    }
    // What the tests of the packages compare with the sources before they run.
    must(
        Command::new("node")
            .args(["scripts/built-from.mjs", "write", "wasm"])
            .current_dir(&house.root),
    )?;
    if without_panics(house).is_none() {
        println!(
            "wasm: built with panic messages, since rust-src is not here: larger than shipped"
        );
        return Ok(true);
    }
    size::check_one(house, "engine")
}

/// What builds a module whose panics end it without a word: nobody would see the words, and everybody would
/// download them, a tenth of the module. The standard library is built anew for that, which stable cargo
/// does when it is told that this is known; nothing if its source is not here.
fn without_panics(house: &House) -> Option<Vec<(String, String)>> {
    let (_, environment) = wasm_toolchain(house);
    let rustc = environment.iter().find(|(key, _)| key == "RUSTC");
    let rustc = rustc.map_or("rustc", |(_, rustc)| rustc);
    let sysroot = output_of(Command::new(rustc).args(["--print", "sysroot"])).ok()?;
    let source = PathBuf::from(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    // Paths of this machine stand in no module.
    let registry = std::env::var("CARGO_HOME")
        .unwrap_or_else(|_| std::env::var("HOME").unwrap_or_default() + "/.cargo");
    let flags = [
        "-Zunstable-options".to_owned(),
        "-Cpanic=immediate-abort".to_owned(),
        // Nor where one happened.
        "-Zlocation-detail=none".to_owned(),
        // The compiler puts the smallest functions where they are called before it writes one for each type: a twentieth
        // less, and quicker. These limits are far below its own; more of it, or less, makes the module longer.
        "-Zinline-mir=yes".to_owned(),
        "-Zinline-mir-threshold=15".to_owned(),
        "-Zinline-mir-hint-threshold=30".to_owned(),
        // Half of the usual: addresses of data, which begin behind it, are a byte shorter.
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        format!("--remap-path-prefix={registry}=cargo"),
        format!("--remap-path-prefix={}=aimdb", house.root.display()),
    ];
    let known = output_of(
        Command::new(rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .args(&flags)
            .args(["--print", "sysroot"]),
    );
    if !source.is_dir() || known.is_err() {
        return None;
    }
    Some(vec![
        ("RUSTC_BOOTSTRAP".to_owned(), "1".to_owned()),
        (
            "CARGO_UNSTABLE_BUILD_STD".to_owned(),
            "std,panic_abort".to_owned(),
        ),
        (
            "CARGO_UNSTABLE_BUILD_STD_FEATURES".to_owned(),
            "optimize_for_size".to_owned(),
        ),
        ("CARGO_ENCODED_RUSTFLAGS".to_owned(), flags.join("\u{1f}")),
    ])
}

/// What makes code longer for the sake of loops, which are short here and few.
const CODE_GENERATION: &[&str] = &[
    "-Cllvm-args=-disable-lsr",
    "-Cllvm-args=-enable-load-pre=false",
];

/// One instruction for every copy, not a load and a store for each word: a twentieth less, and a record of the engine
/// would be written a tenth slower.
const SHORT_COPIES: &str = "-Cllvm-args=-max-store-memcpy=1";

/// The stack of a module. What nests is limited to 64 levels, and takes a few hundred bytes for each.
const STACK_BYTES: u32 = 512 * 1024;

fn compile(house: &House) -> Result<(), String> {
    let (cargo, environment) = wasm_toolchain(house);
    let panics = without_panics(house).unwrap_or_default();
    // One by one: built together, each would get the features that the other asks for.
    for module in &MODULES {
        must(
            Command::new(&cargo)
                .args(["rustc", "-p", module.package, "--features", module.features])
                // Not the library that other crates use as well: beside it cargo makes no use of `lto`.
                .args(["--lib", "--crate-type", "cdylib"])
                .args(["--target", TARGET, "--profile", "wasm", "--"])
                .args(CODE_GENERATION)
                .args(module.is_seldom_called.then_some(SHORT_COPIES))
                .envs(environment.clone())
                .envs(panics.clone())
                .current_dir(&house.root),
        )?;
    }
    Ok(())
}

/// What the packaged files depend on: the compiled module, the versions of the tools, and this program.
fn fingerprint(house: &House, compiled: &Path) -> Result<String, String> {
    let bytes =
        std::fs::read(compiled).map_err(|error| format!("{}: {error}", compiled.display()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    PACKAGING.hash(&mut hasher);
    let bindgen = output_of(Command::new(house.tool("wasm-bindgen")).arg("--version"))
        .map_err(|problem| format!("{problem}: run scripts/setup.sh"))?;
    let binaryen = house.read_json("node_modules/binaryen/package.json")?;
    Ok(format!(
        "{:016x} {} binaryen {} {}",
        hasher.finish(),
        bindgen.trim(),
        binaryen["version"],
        OPTIMISATIONS.join(" ")
    ))
}

/// What this program itself does to them.
const PACKAGING: [&str; 7] = [
    include_str!("wasm.rs"),
    include_str!("glue.rs"),
    include_str!("plain/mod.rs"),
    include_str!("plain/saturating.rs"),
    include_str!("press/mod.rs"),
    include_str!("press/names.rs"),
    include_str!("press/order.rs"),
];

/// How wasm-opt shortens a module.
const OPTIMISATIONS: &[&str] = &[
    "-Oz",
    "--converge",
    // The lowest kilobyte is the far end of the stack: no address of data is there.
    "--low-memory-unused",
    // No inlining: it makes the module smaller and its download larger, since what is repeated compresses.
    "-fimfs",
    "0",
    "-aimfs",
    "0",
    "-ocimfs",
    "0",
    // Shorter code and longer downloads, these too: what they leave is written more alike, and one long piece of data
    // compresses better than hundreds of short ones.
    "--skip-pass=local-cse",
    "--skip-pass=simplify-locals",
    "--skip-pass=memory-packing",
];

/// Makes the files of `client/wasm` in a folder beside it and moves them in when they work.
fn package(house: &House, built: &Module) -> Result<(), String> {
    let name = built.name;
    // Inside the repository, whose package.json tells node that a .js file is a module.
    let staging = house.root.join("target/wasm-package");
    let io = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(&staging).map_err(io)?;
    must(
        Command::new(house.tool("wasm-bindgen"))
            .args(["--target", "web", "--out-name", name])
            .args(["--remove-name-section", "--remove-producers-section"])
            .arg("--out-dir")
            .arg(&staging)
            .arg(built.compiled(house)),
    )?;
    let module = staging.join(format!("{name}_bg.wasm"));
    must(
        Command::new(house.npm_tool("wasm-opt")?)
            .args(OPTIMISATIONS)
            .arg(&module)
            .arg("-o")
            .arg(&module),
    )?;
    let optimised = std::fs::read(&module).map_err(io)?;
    let (pressed, names) = press::pressed(&optimised)?;
    let (pressed, build) = glue::named(pressed, name);
    let (inline, inline_types) = glue::inline(&pressed)?;
    let written = [
        (format!("{name}_inline.js"), inline.as_str()),
        (format!("{name}_inline.d.ts"), inline_types),
        (glue::TEXT_FILE.to_owned(), glue::TEXT),
        (glue::TEXT_TYPES_FILE.to_owned(), glue::TEXT_TYPES),
    ];
    std::fs::write(&module, pressed).map_err(io)?;
    for (file, text) in written {
        std::fs::write(staging.join(file), text).map_err(io)?;
    }
    let glue_file = staging.join(format!("{name}.js"));
    let text = std::fs::read_to_string(&glue_file).map_err(io)?;
    let begin = match built.is_plain_too {
        true => [glue::BEGIN, glue::PLAIN].concat(),
        false => glue::BEGIN.to_owned(),
    };
    let text = names.in_glue(&glue::shortened(&text, name, &build, &begin)?)?;
    std::fs::write(&glue_file, text).map_err(io)?;
    let types_file = staging.join(format!("{name}.d.ts"));
    let types = std::fs::read_to_string(&types_file).map_err(io)?;
    let mut types = glue::shortened_types(&types)?;
    if built.is_plain_too {
        types.push_str(&glue::PLAIN_TYPES.replace("NAME", name));
        plain::package(house, &built.compiled(house), name, &build, &staging)?;
    }
    std::fs::write(&types_file, names.in_types(&types)).map_err(io)?;
    let types_file = staging.join(format!("{name}_bg.wasm.d.ts"));
    let types = std::fs::read_to_string(&types_file).map_err(io)?;
    std::fs::write(&types_file, names.in_types(&types)).map_err(io)?;
    must(
        // An optimiser can emit a module that only fails when it is loaded.
        Command::new("node")
            .args(["--input-type=module", "-e", LOAD_ONCE, "--"])
            .arg(&glue_file)
            .arg(&module),
    )?;
    let folder = house.root.join(OUT_FOLDER);
    std::fs::create_dir_all(&folder).map_err(io)?;
    for file in built.files() {
        std::fs::copy(staging.join(&file), folder.join(&file))
            .map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

const LOAD_ONCE: &str = "
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const [glue, module] = process.argv.slice(1);
const { default: begin } = await import(pathToFileURL(glue).href);
await begin(new WebAssembly.Module(readFileSync(module)));
";
