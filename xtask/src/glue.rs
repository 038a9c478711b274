//! Shortens the JavaScript that wasm-bindgen writes beside a module: what no engine of today needs, and what it says twice.
//!
//! A module needs a browser with reference types, so what is there for older ones is never run. Each cut names the
//! lines that it expects; where they are not, wasm-bindgen has changed, and the build fails rather than guess.

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

/// What stands in it. The type is looked at first: then there is nothing to be caught.
pub(crate) const LOAD: &str = r"export async function load(source, imports) {
    const isAddress = typeof source === 'string' || source instanceof URL;
    const found = isAddress ? await fetch(source) : source;
    if (!(globalThis.Response && found instanceof Response)) {
        const instance = await WebAssembly.instantiate(found, imports);
        return instance.instance ?? instance;
    }
    if (!found.ok) {
        throw new Error(`${found.url} was answered with ${found.status} ${found.statusText}`);
    }
    const type = found.headers.get('Content-Type');
    if (type === 'application/wasm') {
        return (await WebAssembly.instantiateStreaming(found, imports)).instance;
    }
    console.warn(`${found.url} is slower to load as ${type} than as application/wasm`);
    return (await WebAssembly.instantiate(await found.arrayBuffer(), imports)).instance;
}
";

const INIT: &str = r"function initSync({ module }) {
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    return wasm ?? __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()));
}

let __wbg_init_promise;
function __wbg_init(options) {
    return __wbg_init_promise ??= __wbg_init_once(options?.module_or_path).catch((error) => {
        __wbg_init_promise = undefined;
        throw error;
    });
}

async function __wbg_init_once(source = new URL('NAME_bg.wasm', import.meta.url)) {
    return wasm ?? __wbg_finalize_init(await load(await source, __wbg_get_imports()));
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

/// The glue of the module `name`, shortened. An error says which cut did not find its lines.
pub(crate) fn shortened(text: &str, name: &str) -> Result<String, String> {
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
        "import {{ load }} from './{LOAD_FILE}';\n{}\n",
        lines.join("\n")
    );
    Ok(without_doc_comments(&text)
        .replace(REGISTRY[0], REGISTRY[1])
        .replace(NAME, name))
}

/// Where the name of a module goes in what is put in.
const NAME: &str = "NAME";

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
    use super::{shortened, without_doc_comments};

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
        let short = "import { load } from './load.js';\n\
                     const cachedTextEncoder = new TextEncoder();\n\
                     const E = new FinalizationRegistry(f);\n";
        assert_eq!(shortened(text, "engine").as_deref(), Ok(short));
    }

    #[test]
    fn another_form_is_an_error() {
        let text = "const cachedTextEncoder = new TextEncoder();\nif (!cachedTextEncoder.encodeInto) {\n}\n";
        let problem = shortened(text, "engine").err().unwrap_or_default();
        assert!(problem.contains("engine.js has no"), "{problem}");
        let text = "function __wbg_get_imports() {\n}\n";
        assert!(shortened(text, "engine").is_err());
    }
}
