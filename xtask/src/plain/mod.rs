//! Makes of a compiled module the same program as plain JavaScript, for pages whose rules allow no WebAssembly.
//!
//! wasm2js takes no module with JavaScript's values in tables, so wasm-bindgen is told that the compiler knew none: it keeps them in an
//! array then, with a glue of its own. Nothing is compiled anew for that. What comes out is one file that imports nothing, so
//! that a bundler can move it as it moves the module. Text that another version of the tools would write otherwise is an error.

mod saturating;

use crate::glue;
use crate::house::House;
use crate::process::{must, output_of};
use std::path::Path;
use std::process::Command;
use wasm_encoder::{CustomSection, Module, RawSection};
use wasmparser::{Parser, Payload};

/// What is made of it.
pub(crate) fn files(name: &str) -> [String; 2] {
    [format!("{name}_plain.js"), format!("{name}_plain.d.ts")]
}

/// Makes the files of the program `compiled` in a folder, and loads them once. `build` is what the wasm module is called too.
pub(crate) fn package(
    house: &House,
    compiled: &Path,
    name: &str,
    build: &str,
    folder: &Path,
) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let staging = folder.join("plain");
    std::fs::create_dir_all(&staging).map_err(io)?;
    let bytes = std::fs::read(compiled).map_err(io)?;
    let older = staging.join(format!("{name}.wasm"));
    std::fs::write(&older, without_features(&bytes)?).map_err(io)?;
    must(
        Command::new(house.tool("wasm-bindgen"))
            .args(["--target", "web", "--out-name", name])
            .args(["--remove-name-section", "--remove-producers-section"])
            .arg("--out-dir")
            .arg(&staging)
            .arg(&older),
    )?;
    let module = staging.join(format!("{name}_bg.wasm"));
    let bound = std::fs::read(&module).map_err(io)?;
    std::fs::write(&module, saturating::written_out(&bound)?).map_err(io)?;
    must(
        Command::new(house.npm_tool("wasm-opt")?)
            .args(LOWERED)
            .arg(&module)
            .arg("-o")
            .arg(&older),
    )?;
    let program = staging.join(PROGRAM_FILE);
    must(
        Command::new(house.npm_tool("wasm2js")?)
            .arg("-Oz")
            .arg(&older)
            .arg("-o")
            .arg(&program),
    )?;
    let text = std::fs::read_to_string(&program).map_err(io)?;
    std::fs::write(&program, as_function(&text)?).map_err(io)?;
    std::fs::write(staging.join(glue::TEXT_FILE), glue::TEXT).map_err(io)?;
    let glue_file = staging.join(format!("{name}.js"));
    let text = std::fs::read_to_string(&glue_file).map_err(io)?;
    std::fs::write(&glue_file, with_program(&text, name, build)?).map_err(io)?;
    let [script, types] = files(name).map(|file| folder.join(file));
    output_of(
        Command::new(house.npm_tool("rolldown")?)
            .args(["--minify", "--format", "esm", "-o"])
            .args([&script, &glue_file]),
    )?;
    std::fs::write(types, TYPES.replace("NAME", name)).map_err(io)?;
    must(
        Command::new("node")
            .args(["--input-type=module", "-e", LOAD_ONCE, "--"])
            .arg(&script),
    )
}

/// What this is not written with: features that wasm2js does not know, in words of instructions that it does.
const LOWERED: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--llvm-memory-copy-fill-lowering",
    "--signext-lowering",
    "-Oz",
    "--low-memory-unused",
    // One long piece of data for hundreds of short ones.
    "--skip-pass=memory-packing",
];

/// The section in which the compiler says what it knew.
const FEATURES_SECTION: &str = "target_features";
/// What wasm-bindgen would use, and wasm2js would not take.
const UNKNOWN: [&str; 2] = ["reference-types", "multivalue"];

/// The module, which says of itself that its compiler knew less.
fn without_features(module: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = |error: wasmparser::BinaryReaderError| error.to_string();
    let mut written = Module::new();
    let mut found = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(wrong)?;
        match &payload {
            Payload::CustomSection(section) if section.name() == FEATURES_SECTION => {
                found = true;
                written.section(&CustomSection {
                    name: FEATURES_SECTION.into(),
                    data: fewer_features(section.data())?.into(),
                });
            }
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let data = module.get(range).ok_or("a section is not in its module")?;
                    written.section(&RawSection { id, data });
                }
            }
        }
    }
    match found {
        true => Ok(written.finish()),
        false => Err(format!("the module has no section {FEATURES_SECTION}")),
    }
}

/// The features but the unknown ones: a count, and for each a sign, the length of its name, and its name; all below 128.
fn fewer_features(section: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = || format!("{FEATURES_SECTION} has another form");
    let (&count, mut rest) = section.split_first().ok_or_else(wrong)?;
    let mut kept = Vec::new();
    let mut kept_count = 0;
    for _ in 0..count {
        let length = usize::from(*rest.get(1).ok_or_else(wrong)?);
        let (feature, after) = rest.split_at_checked(2 + length).ok_or_else(wrong)?;
        let is_unknown = UNKNOWN
            .iter()
            .any(|name| feature.ends_with(name.as_bytes()));
        if !is_unknown {
            kept_count += 1;
            kept.extend(feature);
        }
        rest = after;
    }
    kept.insert(0, kept_count);
    Ok(kept)
}

/// The file of the program, beside its glue.
const PROGRAM_FILE: &str = "program.js";

const PROGRAM_END: &str = "var retasmFunc = asmFunc({";
const GROW: [&str; 2] = [
    " function __wasm_memory_grow(pagesToAdd) {",
    "\n return {\n",
];

/// wasm2js writes a module that begins when it is imported; this is a function of what it imports, which can begin again.
fn as_function(text: &str) -> Result<String, String> {
    let other = |what: &str| format!("wasm2js wrote no {what:?}: it writes otherwise now");
    let (program, _) = text
        .split_once(PROGRAM_END)
        .ok_or_else(|| other(PROGRAM_END))?;
    let (before, rest) = program.split_once(GROW[0]).ok_or_else(|| other(GROW[0]))?;
    let (_, after) = rest.split_once(GROW[1]).ok_or_else(|| other(GROW[1]))?;
    let imports = |line: &&str| !line.starts_with("import * as ");
    let before: Vec<&str> = before.lines().filter(imports).collect();
    Ok(format!(
        "{ENLARGED}{}\n{MEMORY_GROW}{}{after}\nexport {{ asmFunc as default }};\n",
        before.join("\n"),
        GROW[1]
    ))
}

/// A memory is copied when it grows, so it grows by a quarter at least: what Rust is given is less than there is. wasm2js says of a memory
/// that cannot grow that it has grown, which would be written beyond. Addresses are numbers of 31 bits.
const MEMORY_GROW: &str = r" var pages = buffer.byteLength >>> 16;
 function __wasm_memory_grow(pagesToAdd) {
  var oldPages = pages;
  var newPages = oldPages + (pagesToAdd >>> 0);
  if (newPages > 32767) return -1;
  if (newPages * 65536 > buffer.byteLength) {
   try {
    buffer = enlarged(buffer, Math.min(32767, Math.max(newPages, oldPages + (oldPages >>> 2))) * 65536);
   } catch (refused) {
    return -1;
   }
   HEAP8 = new Int8Array(buffer);
   HEAP16 = new Int16Array(buffer);
   HEAP32 = new Int32Array(buffer);
   HEAPU8 = new Uint8Array(buffer);
   HEAPU16 = new Uint16Array(buffer);
   HEAPU32 = new Uint32Array(buffer);
   HEAPF32 = new Float32Array(buffer);
   HEAPF64 = new Float64Array(buffer);
   bufferView = HEAPU8;
  }
  pages = newPages;
  return oldPages;
 }
";

/// As with a memory of WebAssembly, who holds a view of the old one sees by its length that it is none any more.
const ENLARGED: &str = r"function enlarged(old, length) {
    if (old.transfer) return old.transfer(length);
    const grown = new ArrayBuffer(length);
    new Uint8Array(grown).set(new Uint8Array(old));
    if (typeof structuredClone === 'function') structuredClone(old, { transfer: [old] });
    else new MessageChannel().port1.postMessage(old, [old]);
    return grown;
}
";

/// What the glue imports that wasm-bindgen would have put into a module with tables: one past the last of its fixed values.
const STATICS: [&str; 2] = [
    "import * as import1 from \"__wbindgen_externref_xform__\"",
    "const import1 = { __wbindgen_externref_statics_end: () => 1028 };",
];
/// Where the glue says how many these are.
const FIXED_VALUES: &str =
    "let heap = new Array(1024).fill(undefined);\nheap.push(undefined, null, true, false);\n";

/// The glue of the program.
fn with_program(text: &str, name: &str, build: &str) -> Result<String, String> {
    for expected in [STATICS[0], FIXED_VALUES] {
        if !text.contains(expected) {
            return Err(format!(
                "the glue has no {expected:?}: wasm-bindgen writes it anew"
            ));
        }
    }
    let text = text.replace(STATICS[0], STATICS[1]);
    let glue = glue::shortened(&text, name, build, BEGIN)?;
    Ok(format!("import program from './{PROGRAM_FILE}';\n{glue}"))
}

const BEGIN: &str = r"async function __wbg_begin() {
    return wasm ?? __wbg_finalize_init({ exports: program(__wbg_get_imports()) });
}

const build = 'BUILD';

export { __wbg_begin as default, build };
";

const TYPES: &str = r"import type * as wasm from './NAME.js';
/** Begins; once. */
export default function begin(): Promise<wasm.InitOutput>;
/** The build that it is of. */
export const build: string;
export const Engine: typeof wasm.Engine;
export const RecordOptions: typeof wasm.RecordOptions;
export const engineApi: typeof wasm.engineApi;
";

const LOAD_ONCE: &str = "
import { pathToFileURL } from 'node:url';
const { default: begin, engineApi } = await import(pathToFileURL(process.argv[1]).href);
await begin();
if (!(engineApi() > 0)) throw new Error('the engine in plain JavaScript does not answer');
";

#[cfg(test)]
mod tests {
    use super::{as_function, fewer_features, with_program, without_features};

    #[test]
    fn a_module_is_said_to_know_less() {
        let features = b"\x03+\x0areference-types"; // A length that is wrong.
        assert!(fewer_features(features).is_err());
        let features = b"\x03+\x0freference-types+\x08sign-ext+\x0amultivalue";
        let expected = b"\x01+\x08sign-ext".to_vec();
        assert_eq!(fewer_features(features), Ok(expected.clone()));
        let with = |data: &[u8]| {
            let mut module = wasm_encoder::Module::new();
            module.section(&wasm_encoder::CustomSection {
                name: "target_features".into(),
                data: data.into(),
            });
            module.finish()
        };
        assert_eq!(without_features(&with(features)), Ok(with(&expected)));
        assert!(without_features(&wasm_encoder::Module::new().finish()).is_err());
    }

    #[test]
    fn a_program_is_a_function_and_grows_as_a_memory_does() {
        let written = "import * as a from './a.js';\n  var bufferView;\nfunction asmFunc(imports) {\n \
                       function __wasm_memory_grow(pagesToAdd) {\n  old();\n }\n \n return {\n  a: 1\n };\n}\n\n\
                       var retasmFunc = asmFunc({\n});\nexport var a = retasmFunc.a;\n";
        let program = as_function(written).unwrap_or_default();
        assert!(
            !program.contains("import *") && !program.contains("old();"),
            "{program}"
        );
        assert!(
            program.ends_with("export { asmFunc as default };\n"),
            "{program}"
        );
        assert!(program.contains("enlarged(buffer"), "{program}");
        let problem = as_function("function asmFunc() {}")
            .err()
            .unwrap_or_default();
        assert!(problem.contains("wasm2js wrote no"), "{problem}");
        assert!(with_program("let wasm;\n", "engine", "engine 1").is_err());
    }
}
