//! Holds the documentation's code: TypeScript blocks compile against the real packages, Rust blocks run as doc tests.
//!
//! Every fenced `ts` and `tsx` block becomes a module that the strict compiler must accept. A block
//! that is no program says so with a word after the language, such as `ts sketch`, and is left out. A
//! file with plain `rust` blocks must be included by some crate as documentation, so that
//! `cargo test --doc` runs them.

use crate::house::House;
use std::path::Path;
use std::process::Command;

/// Folder of the extracted modules: inside the repository, so that they find its `node_modules`.
const FOLDER: &str = "target/snippets";

/// A fenced block of a documentation file.
#[derive(Debug, PartialEq)]
struct Block {
    language: String,
    first_line: usize,
    text: String,
}

/// The blocks that do not compile, and the Rust blocks that no test runs.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let files = house.tracked_files()?;
    let mut violations = Vec::new();
    let folder = house.root.join(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut modules = 0;
    for path in files.iter().filter(|path| path.ends_with(".md")) {
        let blocks = blocks_of(&house.read(path)?);
        for block in blocks
            .iter()
            .filter(|block| matches!(block.language.as_str(), "ts" | "tsx"))
        {
            write_module(&folder, path, block)?;
            modules += 1;
        }
        if blocks.iter().any(|block| block.language == "rust")
            && !is_doc_tested(house, path, &files)?
        {
            violations.push(format!(
                "{path} has Rust code that no crate includes as documentation"
            ));
        }
    }
    if modules > 0 {
        violations.extend(compile(house, &folder)?);
    }
    Ok(violations)
}

fn blocks_of(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in markdown.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.trim().to_owned(),
                    first_line: index + 2,
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Writes a block so that its line numbers are those of the documentation file.
fn write_module(folder: &Path, path: &str, block: &Block) -> Result<(), String> {
    let name = format!(
        "{}-line-{}.{}",
        path.replace(['/', '.'], "_"),
        block.first_line,
        block.language
    );
    let text = format!(
        "{}{}\nexport {{}};\n",
        "\n".repeat(block.first_line - 1),
        block.text
    );
    std::fs::write(folder.join(&name), text).map_err(|error| format!("{name}: {error}"))
}

fn compile(house: &House, folder: &Path) -> Result<Vec<String>, String> {
    let settings = serde_json::json!({
        "extends": "../../tsconfig.base.json",
        "compilerOptions": { "jsx": "react-jsx", "noEmit": true, "rootDir": "../.." },
        "include": ["*.ts", "*.tsx"],
    });
    std::fs::write(folder.join("tsconfig.json"), settings.to_string())
        .map_err(|error| error.to_string())?;
    let compiler = house.npm_tool("tsc")?;
    let output = Command::new(compiler)
        .args(["--pretty", "false", "-p", FOLDER])
        .current_dir(&house.root)
        .output()
        .map_err(|error| format!("tsc: {error}"))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect())
}

/// Whether some crate says `include_str!` of this file.
fn is_doc_tested(house: &House, path: &str, files: &[String]) -> Result<bool, String> {
    let file_name = format!("{path}\")");
    for source in files
        .iter()
        .filter(|file| file.ends_with(".rs") && !file.starts_with("xtask/"))
    {
        let text = house.read(source)?;
        let included = text.lines().any(|line| {
            line.contains("include_str!(\"")
                && line.contains(&format!("/{file_name}"))
                && line.contains("doc")
        });
        if included {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_language_and_line() {
        let found = blocks_of("# A\n\n```tsx\nconst a = 1;\n```\n\n```ts sketch\nb\n```\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].language, "tsx");
        assert_eq!(found[0].first_line, 4);
        assert_eq!(found[0].text, "const a = 1;\n");
        assert_eq!(found[1].language, "ts sketch");
    }

    #[test]
    fn an_open_block_is_no_block() {
        assert_eq!(blocks_of("```rust\nfn main() {}\n"), Vec::new());
    }
}
