//! Shortens the JavaScript that wasm-bindgen writes beside a module: what no engine of today needs, and what it says twice.
//!
//! A module needs a browser with reference types, so what is there for older ones is never run. Each cut names the
//! lines that it expects; where they are not, wasm-bindgen has changed, and the build fails rather than guess.

use base64ct::{Base64, Encoding};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;

/// Lines of the glue, by their first and their last, and what stands in their place.
struct Cut {
    first: &'static str,
    last: &'static str,
    new: &'static str,
    /// A line that tells that a glue has this at all; not every module passes texts or keeps objects.
    needed_by: &'static str,
}

const CUTS: &[Cut] = &[
    // Importing a module touches nothing, so they are made when a text first crosses; every browser with reference types
    // has `encodeInto`.
    Cut {
        first: TEXT_ENCODER,
        last: "}",
        new: "",
        needed_by: TEXT_ENCODER,
    },
    Cut {
        first: TEXT_DECODER,
        last: "}",
        new: "",
        needed_by: TEXT_DECODER,
    },
    // Nobody passes a text without it.
    Cut {
        first: "    if (realloc === undefined) {",
        last: "    }",
        new: "",
        needed_by: "function passStringToWasm0(arg, malloc, realloc) {",
    },
    // How a module comes is the package's business (`client/src/loading/`).
    Cut {
        first: "async function __wbg_load(module, imports) {",
        last: "}",
        new: "",
        needed_by: "function __wbg_get_imports() {",
    },
    Cut {
        first: "function initSync(module) {",
        last: "export { initSync, __wbg_init as default };",
        new: BEGIN_HERE,
        needed_by: "function __wbg_get_imports() {",
    },
];

/// Where `begin` comes.
const BEGIN_HERE: &str = "BEGIN";

const TEXT_ENCODER: &str = "const cachedTextEncoder = new TextEncoder();";
const TEXT_DECODER: &str = "let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });";

/// The file in which the glue of all modules finds how texts cross.
pub(crate) const TEXT_FILE: &str = "text.js";

pub(crate) const TEXT_TYPES_FILE: &str = "text.d.ts";

/// What stands in it. Jest's jsdom has neither class, and the Node below it has both. A decoder of Safari takes 2 GiB in all.
pub(crate) const TEXT: &str = r"function made(name, ...options) {
    const Codec = globalThis[name] ?? globalThis.process?.getBuiltinModule?.('node:util')[name];
    if (!Codec) {
        throw new Error(`this platform has no ${name}`);
    }
    return new Codec(...options);
}

let encoder;
export function textEncoder() {
    return encoder ??= made('TextEncoder');
}

export function encodeInto(text, view) {
    return textEncoder().encodeInto(text, view);
}

export function textDecoder(options) {
    return made('TextDecoder', 'utf-8', options);
}

const BYTES_MAX = 2146435072;
let decoder;
let decoded = BYTES_MAX;
export function decodeText(bytes) {
    decoded += bytes.length;
    if (decoded >= BYTES_MAX) {
        decoder = textDecoder({ ignoreBOM: true });
        decoder.decode();
        decoded = bytes.length;
    }
    return decoder.decode(bytes);
}
";

/// The types of what the package itself uses of it.
pub(crate) const TEXT_TYPES: &str = "export function textEncoder(): TextEncoder;
export function textDecoder(options: TextDecoderOptions): TextDecoder;
";

/// What the glue finds there.
const TEXT_PARTS: [&str; 2] = ["decodeText", "encodeInto"];

/// How a module begins, which build of it is meant, and where it is. A bundler that knows assets finds the file by `file`. One that
/// bundles packages for a development server and knows none (esbuild) finds the module by `inside`; the others leave that alone,
/// since a module that is imported in the middle of a program makes two files of it, which no worker of Vite 5 to 7 may be.
/// Brackets around the name would spare Vite half a kilobyte, and Vitest in a browser cannot read them.
pub(crate) const BEGIN: &str = r"async function __wbg_begin(module) {
    const instance = await WebAssembly.instantiate(module, __wbg_get_imports());
    if (wasm) {
        return wasm;
    }
    try {
        return __wbg_finalize_init(instance);
    } catch (error) {
        wasm = undefined;
        throw error;
    }
}

const build = 'BUILD';

function file() {
    return new URL('NAME_bg.wasm', import.meta.url);
}

function inside(none) {
    return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ `./NAME_inline${none}.js`);
}

export { __wbg_begin as default, build, file, inside };
";

/// What a module has that is there as plain JavaScript too: an import of it, as it is.
pub(crate) const PLAIN: &str = r"export function plain() {
    const file = new URL('NAME_plain.js', import.meta.url);
    return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ String(file));
}
";

/// The types of that.
pub(crate) const PLAIN_TYPES: &str = r"/** The same program as plain JavaScript. */
export function plain(): Promise<typeof import('./NAME_plain.js')>;
";

/// The types of that, in place of those of wasm-bindgen's own.
const BEGIN_TYPES: &str = r"/** Begins with a module of this build; once. */
export default function begin(module: WebAssembly.Module): Promise<InitOutput>;
/** The build that the module must be of: what it says in its section `aimdb`. */
export const build: string;
/** Where the module is: beside this file. */
export function file(): URL;
/** The module as a text. `none` is an empty one, which keeps bundlers from making a file of it. */
export function inside(none: string): Promise<{ readonly default: () => BufferSource }>;
";

/// Where the types of wasm-bindgen's own begin.
const INIT_TYPES: &str = "export type SyncInitInput = ";

/// What is asked of an engine though each has it.
const REGISTRY: [&str; 2] = [
    "(typeof FinalizationRegistry === 'undefined')\n    ? { register: () => {}, unregister: () => {} }\n    : new ",
    "new ",
];

/// How a line begins that nothing of the package uses: classes of the glue are freed by name.
const DISPOSE: &str = "if (Symbol.dispose) ";

/// The glue of the module `name`, shortened, for one build of it; `begin` is how it begins. An error says which cut did not find its lines.
pub(crate) fn shortened(
    text: &str,
    name: &str,
    build: &str,
    begin: &str,
) -> Result<String, String> {
    let mut lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(DISPOSE))
        .collect();
    for cut in CUTS
        .iter()
        .filter(|cut| text.lines().any(|line| line == cut.needed_by))
    {
        let missing = || {
            format!(
                "{name}.js has no {:?}: wasm-bindgen writes it anew",
                cut.first
            )
        };
        let at = |wanted: &str, from: usize, lines: &[&str]| {
            let rest = lines.get(from..).unwrap_or_default();
            rest.iter()
                .position(|line| *line == wanted)
                .map(|place| from + place)
        };
        let first = at(cut.first, 0, &lines).ok_or_else(missing)?;
        let last = at(cut.last, first, &lines).ok_or_else(missing)?;
        let new = if cut.new == BEGIN_HERE {
            begin
        } else {
            cut.new
        };
        lines.splice(first..=last, new.lines());
    }
    let body = lines
        .join("\n")
        .replace("cachedTextEncoder.encodeInto(", "encodeInto(");
    let used: Vec<&str> = TEXT_PARTS
        .into_iter()
        .filter(|part| body.contains(&format!("{part}(")))
        .collect();
    let imports = match used.is_empty() {
        true => String::new(),
        false => format!("import {{ {} }} from './{TEXT_FILE}';\n", used.join(", ")),
    };
    Ok(without_doc_comments(&format!("{imports}{body}\n"))
        .replace(REGISTRY[0], REGISTRY[1])
        .replace(NAME, name)
        .replace(BUILD, build))
}

/// Where the name of a module goes in what is put in, and where that of its build.
const NAME: &str = "NAME";
const BUILD: &str = "BUILD";

/// The section of a module that names its build.
const BUILD_SECTION: &[u8] = b"aimdb";

/// A module with the name of its build in it, and that name: what it is, and a hash of it.
pub(crate) fn named(mut module: Vec<u8>, name: &str) -> (Vec<u8>, String) {
    let mut hasher = DefaultHasher::new();
    module.hash(&mut hasher);
    let build = format!("{name} {:08x}", hasher.finish() as u32);
    // A custom section is its number, its length, the length of its name, its name and what it says; each length is below 128.
    let length = 1 + BUILD_SECTION.len() + build.len();
    module.extend([0, length as u8, BUILD_SECTION.len() as u8]);
    module.extend(BUILD_SECTION);
    module.extend(build.as_bytes());
    (module, build)
}

/// What makes bytes of such a text, seen from the folder of the modules.
const UNPACKER: &str = "../dist/loading/packed.js";

/// A module as a text in a file of JavaScript, and the types of such a file. Deflated and then in base64, it is a third longer than
/// the module's own download, and as long when the server compresses it.
pub(crate) fn inline(module: &[u8]) -> Result<(String, &'static str), String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = encoder
        .write_all(module)
        .and_then(|()| encoder.finish())
        .map_err(|error| error.to_string())?;
    let text = Base64::encode_string(&deflated);
    let length = module.len();
    Ok((
        format!(
            "import {{ unpacked }} from '{UNPACKER}';\nexport default () => unpacked({length}, '{text}');\n"
        ),
        "export default function bytes(): BufferSource;\n",
    ))
}

/// The types of the glue, without what was cut from it. An error if they have another form.
pub(crate) fn shortened_types(text: &str) -> Result<String, String> {
    let (kept, _) = text.split_once(INIT_TYPES).ok_or_else(|| {
        format!("the types have no {INIT_TYPES:?}: wasm-bindgen writes them anew")
    })?;
    let kept = kept
        .lines()
        .filter(|line| line.trim() != "[Symbol.dispose](): void;")
        .flat_map(|line| [line, "\n"]);
    Ok(kept.chain([BEGIN_TYPES]).collect())
}

/// The glue without the comments that stand in its types as well: a quarter of its download.
fn without_doc_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines() {
        in_comment |= line.trim_start().starts_with("/**");
        if !in_comment {
            kept.push_str(line);
            kept.push('\n');
        }
        in_comment &= !line.trim_end().ends_with("*/");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, inline, named, shortened, shortened_types, without_doc_comments};
    use base64ct::{Base64, Encoding};
    use flate2::read::DeflateDecoder;
    use std::io::Read;

    #[test]
    fn doc_comments_go_and_code_stays() {
        let text = "/** One line. */\nlet a = 1; // why\n  /**\n   * More.\n   */\n  b();\n";
        assert_eq!(without_doc_comments(text), "let a = 1; // why\n  b();\n");
    }

    #[test]
    fn what_older_engines_need_goes() {
        let text = "const cachedTextEncoder = new TextEncoder();\n\n\
                    if (!('encodeInto' in cachedTextEncoder)) {\n    old();\n}\n\
                    let r = cachedTextEncoder.encodeInto(arg, view);\n\
                    const E = (typeof FinalizationRegistry === 'undefined')\n    \
                    ? { register: () => {}, unregister: () => {} }\n    \
                    : new FinalizationRegistry(f);\n\
                    if (Symbol.dispose) E.prototype[Symbol.dispose] = E.prototype.free;\n";
        let short = "import { encodeInto } from './text.js';\n\
                     let r = encodeInto(arg, view);\n\
                     const E = new FinalizationRegistry(f);\n";
        assert_eq!(
            shortened(text, "engine", "engine 1", BEGIN).as_deref(),
            Ok(short)
        );
    }

    #[test]
    fn a_module_says_which_build_it_is_of() {
        let (first, build) = named(b"\0asm....".to_vec(), "engine");
        let (again, same) = named(b"\0asm....".to_vec(), "engine");
        let (_, other) = named(b"\0asm...,".to_vec(), "engine");
        assert_eq!((&first, &build), (&again, &same));
        assert_ne!(build, other);
        let section = [&[0, 21, 5], &b"aimdb"[..], build.as_bytes()].concat();
        assert_eq!(first.strip_prefix(b"\0asm...."), Some(&section[..]));
    }

    #[test]
    fn another_form_is_an_error() {
        let text = "const cachedTextEncoder = new TextEncoder();\nif (!cachedTextEncoder.encodeInto) {\n};\n";
        let problem = shortened(text, "engine", "engine 1", BEGIN)
            .err()
            .unwrap_or_default();
        assert!(problem.contains("engine.js has no"), "{problem}");
        let text = "function __wbg_get_imports() {\n}\n";
        assert!(shortened(text, "engine", "engine 1", BEGIN).is_err());
        assert!(shortened_types("export class Engine {\n}\n").is_err());
    }

    #[test]
    fn a_module_is_a_text_that_says_how_long_it_is() {
        let module: Vec<u8> = (0..2_000u32).map(|n| (n * n % 251) as u8).collect();
        let (text, _) = inline(&module).unwrap_or_default();
        let between = |text: &str, before: &str, after: &str| {
            let (_, rest) = text.split_once(before)?;
            Some(rest.split_once(after)?.0.to_owned())
        };
        let length = between(&text, "unpacked(", ",").unwrap_or_default();
        assert_eq!(length, "2000");
        let deflated = between(&text, ", '", "'").unwrap_or_default();
        let deflated = Base64::decode_vec(&deflated).unwrap_or_default();
        let mut inflated = Vec::new();
        let read = DeflateDecoder::new(&deflated[..]).read_to_end(&mut inflated);
        assert_eq!((read.ok(), inflated), (Some(2_000), module));
    }
}
