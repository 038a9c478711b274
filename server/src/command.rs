//! `aimdb-server contract …`: what can be done with contract files without a server.
//!
//! Guarantees: what is asked for goes to standard output, complaints are the error. Does not: change files.

mod diff;

use self::diff::DiffArgs;
use crate::config::{ContractError, ContractProblem, read_contract, read_json, read_json_schema};
use aimdb_contracts::{Schema, typescript_module};
use aimdb_json_schema::{Options, to_json_schema};
use clap::Subcommand;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What to do with contracts.
#[derive(Debug, Subcommand)]
pub enum ContractCommand {
    /// Say whether contract files can be used, and what they are
    Check {
        /// Contract files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Make a contract file of a JSON Schema (2020-12)
    FromSchema {
        /// The schema
        #[arg(value_name = "SCHEMA")]
        schema: PathBuf,
        /// The contract's name [default: the schema's title in snake_case]
        #[arg(long)]
        name: Option<String>,
        /// The contract's version
        #[arg(long, default_value_t = 1)]
        version: u32,
    },
    /// Make a JSON Schema of a contract file
    ToSchema {
        /// The contract file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Say what a change of a contract breaks: for readers of the new (backward) and of the old (forward)
    Diff(DiffArgs),
    /// Write the TypeScript of contract files
    Types {
        /// Contract files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// What a command has to say.
#[derive(Debug)]
pub struct Said {
    /// For standard output.
    pub text: String,
    /// Whether what was asked for holds; if not, the program ends with 1.
    pub is_met: bool,
}

/// Does it, and gives what is to be printed.
///
/// # Errors
/// A file cannot be used: says which, where and why.
pub fn run(command: &ContractCommand) -> Result<Said, Box<dyn Error>> {
    let text = match command {
        ContractCommand::Diff(args) => {
            let (text, is_met) = diff::run(args)?;
            return Ok(Said { text, is_met });
        }
        ContractCommand::Check { files } => check(files)?,
        ContractCommand::FromSchema {
            schema,
            name,
            version,
        } => {
            let options = Options {
                name: name.clone(),
                version: *version,
            };
            let schema = read_json_schema(schema, &options)?;
            serde_json::to_string_pretty(&schema)? + "\n"
        }
        ContractCommand::ToSchema { file } => {
            // Read as a contract first: what is no contract has no schema.
            read_contract(file)?;
            let json = read_json(file).map_err(|problem| error(file, problem))?;
            let schema = to_json_schema(&json)
                .map_err(|problem| error(file, ContractProblem::Schema(problem)))?;
            serde_json::to_string_pretty(&schema)? + "\n"
        }
        ContractCommand::Types { files } => {
            let schemas = files
                .iter()
                .map(|file| read_contract(file))
                .collect::<Result<Vec<_>, _>>()?;
            let schemas: Vec<&Schema> = schemas.iter().collect();
            typescript_module(&schemas, "@aimdb/wasm")
        }
    };
    Ok(Said { text, is_met: true })
}

fn error(path: &Path, problem: ContractProblem) -> ContractError {
    let path = path.into();
    ContractError { path, problem }
}

fn check(files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut said = String::new();
    for file in files {
        let schema = read_contract(file)?;
        let Schema { name, version, .. } = &schema;
        let (fields, fingerprint) = (schema.fields().len(), schema.fingerprint_text());
        let nested = match schema.contracts.len() {
            0 => String::new(),
            count => format!(", {count} nested"),
        };
        let file = file.display();
        writeln!(
            said,
            "{file}: {name} version {version}, {fields} fields{nested}, fingerprint {fingerprint}"
        )?;
    }
    Ok(said)
}
