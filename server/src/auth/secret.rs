//! Where a secret stands: in the configuration, in a file, or in the environment.

use crate::config::{ConfigProblem, Secret};
use std::path::Path;
use std::{env, fs};

/// A file of a secret may have so many bytes: a key or a token, and no more.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads a secret of which one place is said.
///
/// # Errors
/// Names the place, and why nothing can be read there; never what stands there.
pub(super) fn read(
    field: &str,
    text: Option<&Secret>,
    file: Option<&Path>,
    variable: Option<&str>,
) -> Result<Secret, ConfigProblem> {
    let problem = |name: &str, expected, got| ConfigProblem::Value {
        field: format!("{field}{name}"),
        expected,
        got,
    };
    match (text, file, variable) {
        (Some(text), None, None) => Ok(text.clone()),
        (None, Some(file), None) => {
            let shown = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
            let expected = "a text file of at most 64 KiB that can be read";
            let wrong = |why: &dyn std::fmt::Display| problem("_file", expected, shown(why));
            let length = fs::metadata(file).map_err(|error| wrong(&error))?.len();
            if length > FILE_BYTES_MAX {
                return Err(wrong(&format!("{length} bytes")));
            }
            let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
            // Editors end a file with a line break.
            Ok(text.trim_end_matches(['\r', '\n']).to_string().into())
        }
        (None, None, Some(variable)) => env::var(variable).map(Secret::from).map_err(|error| {
            let got = format!(
                "{variable}: {}",
                match error {
                    env::VarError::NotPresent => "it is not set",
                    env::VarError::NotUnicode(_) => "it is no text",
                }
            );
            problem("_env", "a variable that is set", got)
        }),
        _ => Err(problem(
            "",
            "said in one place",
            "none or several".to_string(),
        )),
    }
}
