//! Shortens the JavaScript that wasm-bindgen writes beside a module: what no engine of today needs, and what it says twice.
//!
//! A module needs a browser with reference types, so what is there for older ones is never run. Each cut names the
//! lines that it expects; where they are not, wasm-bindgen has changed, and the build fails rather than guess.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Lines of the glue, by their first and their last, and what stands in their place.
struct Cut {
    first: &'static str,
    last: &'static str,
    new: &'static str,
    /// A line that tells that a glue has this at all; not every module passes texts or keeps objects.
    needed_by: &'static str,
}

const CUTS: &[Cut] = &[
    // Every browser with reference types has it.
    Cut {
        first: "if (!('encodeInto' in cachedTextEncoder)) {",
        last: "}",
        new: "",
        needed_by: "const cachedTextEncoder = new TextEncoder();",
    },
    // Nobody passes a text without it.
    Cut {
        first: "    if (realloc === undefined) {",
        last: "    }",
        new: "",
        needed_by: "function passStringToWasm0(arg, malloc, realloc) {",
    },
    // What all modules have in common is downloaded once.
    Cut {
        first: "async function __wbg_load(module, imports) {",
        last: "}",
        new: "",
        needed_by: "function __wbg_get_imports() {",
    },
    // Once a thread, and again after a failure, as before; without forms of old.
    Cut {
        first: "function initSync(module) {",
        last: "export { initSync, __wbg_init as default };",
        new: INIT,
        needed_by: "function __wbg_get_imports() {",
    },
];

/// The file in which the glue of all modules finds `load`.
pub(crate) const LOAD_FILE: &str = "load.js";

pub(crate) const LOAD_TYPES_FILE: &str = "load.d.ts";

/// What stands in it. The type is looked at first: then there is nothing to be caught. A module says in a section of its own which
/// build it is of, since names of a letter or two fit many: the glue keeps nothing of another one.
pub(crate) const LOAD: &str = r"export async function load(source, imports, build) {
    const module = await compiled(source);
    checkBuild(module, build);
    return await WebAssembly.instantiate(module, imports);
}

export function checkBuild(module, build) {
    const [said] = WebAssembly.Module.customSections(module, 'aimdb');
    const found = said ? new TextDecoder().decode(said) : 'something else';
    if (found !== build) {
        throw new Error(`this is the module of ${found}, where ${build} is wanted`);
    }
}

export async function compiled(source) {
    source = await source;
    const isAddress = typeof source === 'string' || source instanceof URL;
    const found = isAddress ? await fetch(source) : source;
    if (found instanceof WebAssembly.Module) {
        return found;
    }
    if (!(globalThis.Response && found instanceof Response)) {
        return await WebAssembly.compile(found);
    }
    if (!found.ok) {
        throw new Error(`${found.url} was answered with ${found.status} ${found.statusText}`);
    }
    const type = found.headers.get('Content-Type');
    if (type === 'application/wasm') {
        return await WebAssembly.compileStreaming(found);
    }
    console.warn(`${found.url} is slower to load as ${type} than as application/wasm`);
    return await WebAssembly.compile(await found.arrayBuffer());
}
";

/// The types of what the package itself uses of it.
pub(crate) const LOAD_TYPES: &str =
    "export function compiled(source: unknown): Promise<WebAssembly.Module>;\n";

const INIT: &str = r"function initSync({ module }) {
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    checkBuild(module, 'BUILD');
    return wasm ?? __wbg_begin(new WebAssembly.Instance(module, __wbg_get_imports()));
}

function __wbg_begin(instance) {
    try {
        return __wbg_finalize_init(instance);
    } catch (error) {
        wasm = undefined;
        throw error;
    }
}

let __wbg_init_promise;
function __wbg_init(options) {
    return __wbg_init_promise ??= __wbg_init_once(options?.module_or_path).catch((error) => {
        __wbg_init_promise = undefined;
        throw error;
    });
}

async function __wbg_init_once(source = new URL('NAME_bg.wasm', import.meta.url)) {
    return wasm ?? __wbg_begin(await load(source, __wbg_get_imports(), 'BUILD'));
}

export { initSync, __wbg_init as default };
";

/// What is asked of an engine though each has it.
const REGISTRY: [&str; 2] = [
    "(typeof FinalizationRegistry === 'undefined')\n    ? { register: () => {}, unregister: () => {} }\n    : new ",
    "new ",
];

/// How a line begins that nothing of the package uses: classes of the glue are freed by name.
const DISPOSE: &str = "if (Symbol.dispose) ";

/// The glue of the module `name`, shortened, for one build of it. An error says which cut did not find its lines.
pub(crate) fn shortened(text: &str, name: &str, build: &str) -> Result<String, String> {
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
        lines.splice(first..=last, cut.new.lines());
    }
    let text = format!(
        "import {{ checkBuild, load }} from './{LOAD_FILE}';\n{}\n",
        lines.join("\n")
    );
    Ok(without_doc_comments(&text)
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

/// The types of the glue, without what was cut from it.
pub(crate) fn shortened_types(text: &str) -> String {
    let kept = |line: &&str| line.trim() != "[Symbol.dispose](): void;";
    text.lines()
        .filter(kept)
        .flat_map(|line| [line, "\n"])
        .collect()
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
    use super::{named, shortened, without_doc_comments};

    #[test]
    fn doc_comments_go_and_code_stays() {
        let text = "/** One line. */\nlet a = 1; // why\n  /**\n   * More.\n   */\n  b();\n";
        assert_eq!(without_doc_comments(text), "let a = 1; // why\n  b();\n");
    }

    #[test]
    fn what_older_engines_need_goes() {
        let text = "const cachedTextEncoder = new TextEncoder();\n\
                    if (!('encodeInto' in cachedTextEncoder)) {\n    old();\n}\n\
                    const E = (typeof FinalizationRegistry === 'undefined')\n    \
                    ? { register: () => {}, unregister: () => {} }\n    \
                    : new FinalizationRegistry(f);\n\
                    if (Symbol.dispose) E.prototype[Symbol.dispose] = E.prototype.free;\n";
        let short = "import { checkBuild, load } from './load.js';\n\
                     const cachedTextEncoder = new TextEncoder();\n\
                     const E = new FinalizationRegistry(f);\n";
        assert_eq!(shortened(text, "engine", "engine 1").as_deref(), Ok(short));
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
        let text = "const cachedTextEncoder = new TextEncoder();\nif (!cachedTextEncoder.encodeInto) {\n}\n";
        let problem = shortened(text, "engine", "engine 1")
            .err()
            .unwrap_or_default();
        assert!(problem.contains("engine.js has no"), "{problem}");
        let text = "function __wbg_get_imports() {\n}\n";
        assert!(shortened(text, "engine", "engine 1").is_err());
    }
}
