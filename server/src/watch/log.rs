//! The server's log on standard error.
//!
//! Guarantees: `RUST_LOG` decides what is said, and one that cannot be read is refused; without it, it is what
//! an owner wants to know. Does not: write files or rotate them; whoever started the server does.

use clap::ValueEnum;
use serde::Deserialize;
use std::fmt;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// What decides what is said.
const VARIABLE: &str = "RUST_LOG";
/// What is said without it.
const DEFAULT_FILTER: &str = "info";

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Begins to log what this process does. For a program of its own, once; a library's user has a log already.
///
/// # Errors
/// `RUST_LOG` cannot be read.
pub fn start_log(form: LogForm) -> Result<(), LogProblem> {
    let filter = read_filter(std::env::var(VARIABLE).ok())?;
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter);
    match form {
        LogForm::Text => log.with_target(false).init(),
        LogForm::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Whether [`start_log`] would begin.
pub(crate) fn check_log() -> Result<(), LogProblem> {
    read_filter(std::env::var(VARIABLE).ok()).map(|_| ())
}

fn read_filter(text: Option<String>) -> Result<EnvFilter, LogProblem> {
    let text = text.filter(|text| !text.trim().is_empty());
    let text = text.as_deref().unwrap_or(DEFAULT_FILTER);
    EnvFilter::builder()
        .parse(text)
        .map_err(|error| LogProblem {
            text: text.to_string(),
            error,
        })
}

/// `RUST_LOG` cannot be read.
#[derive(Debug)]
pub struct LogProblem {
    text: String,
    error: ParseError,
}

impl fmt::Display for LogProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{VARIABLE} must be a level or a list such as \"warn,aimdb_server=debug\", got {:?}: {}",
            self.text, self.error
        )
    }
}

impl std::error::Error for LogProblem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_or_refused() {
        let check = |text: Option<&str>, expected: &str| {
            let filter = read_filter(text.map(str::to_string)).unwrap();
            assert_eq!(filter.to_string(), expected);
        };
        check(None, "info");
        check(Some(""), "info");
        check(Some("debug"), "debug");
        check(Some("off"), "off");
        check(Some("aimdb_server=trace"), "aimdb_server=trace");
        for bad in ["aimdb_server=loud", "a=b=c", "[x"] {
            let refusal = read_filter(Some(bad.into())).unwrap_err().to_string();
            assert!(
                refusal.contains("RUST_LOG") && refusal.contains(bad),
                "{refusal}"
            );
        }
    }
}
