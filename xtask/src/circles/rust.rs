//! Which modules of a crate use which, by the paths in their code that begin with `crate`, `super`, `self` or a child.
//!
//! A path to something that another module only passes on (`pub use`) is followed to where it stands, so that a
//! facade makes no circle of those behind it. Code of `#[cfg(test)]` does not count. What it does not see: names that
//! come by `*`, and names that a macro puts together.

use super::graph::Graph;
use crate::house::House;
use crate::source::rust_code;
use std::collections::BTreeMap;

/// A module's path in its crate, from the root down.
type Path = Vec<String>;

/// A crate's modules, and what each brings into scope by `use`.
struct Modules {
    names: BTreeMap<Path, Module>,
}

struct Module {
    file: String,
    code: String,
    /// Names in scope that stand elsewhere, with the whole path to there.
    passed_on: BTreeMap<String, Path>,
}

/// One `use` of a module: the path, the name it gets, and whether others see it.
struct Use {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

/// How often a path is followed from one `pub use` to the next.
const HOPS_MAX: usize = 8;

/// The uses between the files of a crate's `src`.
pub(super) fn graph(house: &House, room: &str, files: &[String]) -> Result<Graph, String> {
    let mut sources = Vec::new();
    for path in files.iter().filter(|path| path.ends_with(".rs")) {
        let inside = path
            .strip_prefix(room)
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|rest| rest.starts_with("src/"));
        if let Some(name) = inside {
            sources.push((name.to_owned(), house.read(path)?));
        }
    }
    Ok(graph_of(&sources))
}

fn graph_of(sources: &[(String, String)]) -> Graph {
    let has_library = sources.iter().any(|source| source.0 == "src/lib.rs");
    let mut modules = Modules {
        names: BTreeMap::new(),
    };
    for (file, text) in sources {
        // Beside a library, `main.rs` is a crate of one file.
        if file != "src/main.rs" || !has_library {
            let module = Module {
                file: file.clone(),
                code: without_tests(&rust_code(text)),
                passed_on: BTreeMap::new(),
            };
            modules.names.insert(module_path(file), module);
        }
    }
    let uses: BTreeMap<Path, Vec<Use>> = modules
        .names
        .iter()
        .map(|(path, module)| (path.clone(), uses_of(&module.code)))
        .collect();
    for (path, list) in &uses {
        for one in list {
            if let Some(whole) = modules.whole(path, &one.path)
                && let Some(module) = modules.names.get_mut(path)
            {
                module.passed_on.insert(one.name.clone(), whole);
            }
        }
    }
    let mut graph = Graph::default();
    for (path, list) in &uses {
        modules.add_edges(path, list, &mut graph);
    }
    graph
}

impl Modules {
    fn add_edges(&self, from: &Path, uses: &[Use], graph: &mut Graph) {
        let Some(module) = self.names.get(from) else {
            return;
        };
        let mut paths: Vec<Path> = uses
            .iter()
            .filter_map(|one| {
                let whole = self.whole(from, &one.path)?;
                let is_facade = one.is_public && whole.starts_with(from);
                (!is_facade).then_some(whole)
            })
            .collect();
        paths.extend(
            paths_in(&module.code)
                .iter()
                .filter_map(|path| self.whole(from, path)),
        );
        for path in paths {
            if let Some(target) = self.owner(&path) {
                graph.add(&module.file, &target.file);
            }
        }
    }

    /// A path from the root, if it leads into this crate.
    fn whole(&self, from: &Path, path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([from, rest].concat()),
            "super" => {
                let above = from.split_last()?.1.to_vec();
                match rest.first().map(String::as_str) {
                    Some("super") => self.whole(&above, rest),
                    _ => Some([&above, rest].concat()),
                }
            }
            _ => {
                let child = [from.as_slice(), std::slice::from_ref(first)].concat();
                let whole = [from.as_slice(), path].concat();
                self.names.contains_key(&child).then_some(whole)
            }
        }
    }

    /// The module that a path's last name stands in.
    fn owner(&self, path: &Path) -> Option<&Module> {
        let mut path = path.clone();
        for _ in 0..HOPS_MAX {
            let depth = (0..=path.len())
                .rev()
                .find(|depth| self.names.contains_key(&path[..*depth]))?;
            let module = self.names.get(&path[..depth])?;
            let further = path.get(depth).and_then(|name| module.passed_on.get(name));
            match further {
                Some(further) if !path.starts_with(further) => {
                    path = [further.as_slice(), &path[depth + 1..]].concat();
                }
                _ => return Some(module),
            }
        }
        None
    }
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`.
fn module_path(file: &str) -> Path {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut path: Path = inside.split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] || path == ["main"] {
        path.pop();
    }
    path
}

/// The code without the items that only tests have.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(place) = rest.find(MARK) {
        kept.push_str(&rest[..place]);
        rest = behind_item(&rest[place + MARK.len()..]);
    }
    kept.push_str(rest);
    kept
}

/// What follows the item that the text begins with.
fn behind_item(text: &str) -> &str {
    let mut depth = 0_usize;
    for (place, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return &text[place + 1..],
            _ => continue,
        }
        if letter == '}' && depth == 0 {
            return &text[place + 1..];
        }
    }
    ""
}

/// The `use` declarations of some code.
fn uses_of(code: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    for (place, _) in code.match_indices("use ") {
        let before = code[..place].trim_end();
        if code[..place].ends_with(|last: char| last.is_alphanumeric() || last == '_') {
            continue;
        }
        let Some(end) = code[place..].find(';') else {
            continue;
        };
        let is_public = before.ends_with("pub") || before.ends_with(')');
        expand(&[], &code[place + 4..place + end], is_public, &mut uses);
    }
    uses
}

/// Takes a tree such as `a::{b, c::d as e}` apart.
fn expand(start: &[String], tree: &str, is_public: bool, uses: &mut Vec<Use>) {
    let tree = tree.trim();
    let open = tree.find('{');
    let (stem, group) = match open {
        Some(open) => (&tree[..open], Some(tree[open + 1..].trim_end_matches('}'))),
        None => (tree, None),
    };
    let (stem, alias) = stem.split_once(" as ").unwrap_or((stem, ""));
    let mut path = start.to_vec();
    path.extend(
        stem.split("::")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned),
    );
    if let Some(group) = group {
        // The closing brace that was cut may have been an inner one's: the count makes up for it.
        for branch in branches(&tree[open.unwrap_or_default() + 1..]) {
            if !group.is_empty() {
                expand(&path, branch, is_public, uses);
            }
        }
        return;
    }
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = match alias.trim() {
        "" => path.last().cloned().unwrap_or_default(),
        alias => alias.to_owned(),
    };
    uses.push(Use {
        path,
        name,
        is_public,
    });
}

/// The branches of a group, from behind its opening brace to its closing one.
fn branches(group: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (place, letter) in group.char_indices() {
        match (letter, depth) {
            ('{', _) => depth += 1,
            ('}' | ',', 0) => {
                found.push(&group[start..place]);
                start = place + 1;
                if letter == '}' {
                    break;
                }
            }
            ('}', _) => depth -= 1,
            _ => {}
        }
    }
    found.retain(|branch| !branch.trim().is_empty());
    found
}

/// The paths of some code outside of its `use` declarations.
fn paths_in(code: &str) -> Vec<Path> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    let mut rest = code;
    let mut last = ' ';
    while let Some(start) = rest.find(is_name) {
        if let Some(letter) = rest[..start].chars().next_back() {
            last = letter;
        }
        let text = &rest[start..];
        let end = text
            .find(|letter: char| !is_name(letter) && letter != ':')
            .unwrap_or(text.len());
        let path: Path = text[..end]
            .split("::")
            .map(str::to_owned)
            .filter(|part| !part.is_empty())
            .collect();
        if path == ["use"] {
            rest = text.split_once(';').map_or("", |parts| parts.1);
            continue;
        }
        if path.len() > 1 && last != ':' && last != '.' {
            found.push(path);
        }
        last = text[..end].chars().next_back().unwrap_or(' ');
        rest = &text[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::graph::circles;
    use super::*;

    fn check(sources: &[(&str, &str)], expected: &[&[&str]]) {
        let sources: Vec<(String, String)> = sources
            .iter()
            .map(|(name, text)| (format!("src/{name}"), (*text).to_owned()))
            .collect();
        let expected: Vec<Vec<String>> = expected
            .iter()
            .map(|circle| circle.iter().map(|file| format!("src/{file}")).collect())
            .collect();
        assert_eq!(circles(&graph_of(&sources)), expected, "{sources:?}");
    }

    #[test]
    fn modules_that_use_each_other_are_found() {
        let circle: &[&[&str]] = &[&["a.rs", "b.rs"]];
        let lib = ("lib.rs", "mod a; mod b;");
        check(
            &[
                lib,
                ("a.rs", "use crate::b::B;"),
                ("b.rs", "use crate::a::A;"),
            ],
            circle,
        );
        check(
            &[
                lib,
                ("a.rs", "use super::b::B;"),
                ("b.rs", "fn b() { crate::a::a() }"),
            ],
            circle,
        );
        let grouped = "use crate::{\n    a::{self, A},\n    c,\n};";
        check(
            &[lib, ("a.rs", "use crate::b::{C, d::E};"), ("b.rs", grouped)],
            circle,
        );
        check(
            &[
                lib,
                ("a.rs", "use crate::b::B;"),
                ("b.rs", "// use crate::a::A;"),
            ],
            &[],
        );
        check(
            &[lib, ("a.rs", "use crate::b::B;"), ("b.rs", "use std::a;")],
            &[],
        );
    }

    #[test]
    fn a_parent_and_its_child_can_be_a_circle() {
        let bad = [
            ("a/mod.rs", "mod b; fn a() { b::b() } pub struct A;"),
            ("a/b.rs", "use super::A; pub fn b() {}"),
        ];
        check(&bad, &[&["a/b.rs", "a/mod.rs"]]);
        let facade = [
            (
                "a/mod.rs",
                "mod b; mod c; pub(crate) use b::B; pub use c::C;",
            ),
            ("a/b.rs", "use super::C; pub struct B;"),
            ("a/c.rs", "pub struct C;"),
        ];
        check(&facade, &[]);
    }

    #[test]
    fn what_is_passed_on_is_looked_for_where_it_stands() {
        let lib = (
            "lib.rs",
            "mod a; mod b; pub use a::A; pub use b::B as Other;",
        );
        check(
            &[
                lib,
                ("a.rs", "use crate::Other;"),
                ("b.rs", "use crate::A;"),
            ],
            &[&["a.rs", "b.rs"]],
        );
        check(&[lib, ("a.rs", "use crate::Other;"), ("b.rs", "")], &[]);
    }

    #[test]
    fn tests_do_not_count() {
        let tested = "#[cfg(test)]\nmod tests { use crate::a::A; fn a() { {} } }\nfn b() {}";
        check(
            &[
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", "use crate::b::B;"),
                ("b.rs", tested),
            ],
            &[],
        );
    }

    #[test]
    fn beside_a_library_a_program_is_a_crate_of_its_own() {
        check(
            &[
                ("lib.rs", "mod a; pub struct L;"),
                ("a.rs", "use crate::L;"),
                ("main.rs", "use crate::a;"),
            ],
            &[],
        );
        check(
            &[
                ("main.rs", "mod a; use a::A; pub struct M;"),
                ("a.rs", "use crate::M;"),
            ],
            &[&["a.rs", "main.rs"]],
        );
    }
}
