//! Contracts of one's own, as a configuration file names them.
//!
//! Guarantees: what cannot be used is named with its file and the place in it. Does not: know which
//! records use them.

use aimdb_contracts::{Code, FileError, Json, Schema};
use aimdb_json_schema::{Options, SchemaError, from_json_schema};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// A contract to know from the start: a contract file, or a JSON Schema that is converted.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractConfig {
    /// A contract file. In a configuration file it is taken from that file's own folder.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// A JSON Schema (2020-12).
    #[serde(default)]
    pub schema: Option<PathBuf>,
    /// The name of a contract that comes from a JSON Schema; without it the schema's title.
    #[serde(default)]
    pub name: Option<String>,
    /// The version of a contract that comes from a JSON Schema: 1 if nothing is said.
    #[serde(default)]
    pub version: Option<u32>,
}

impl ContractConfig {
    /// What is wrong with it before any file is looked at.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match (&self.file, &self.schema) {
            (Some(_), Some(_)) | (None, None) => Some("a file or a schema, and not both"),
            (Some(_), None) if self.name.is_some() || self.version.is_some() => {
                Some("without name and version: a contract file says them itself")
            }
            _ => None,
        }
    }

    /// Takes paths from a folder.
    pub(crate) fn resolve_in(&mut self, folder: &Path) {
        for path in [&mut self.file, &mut self.schema].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// Reads the contract.
    ///
    /// # Errors
    /// Names the file, and what is wrong with it and where.
    pub fn read(&self) -> Result<Schema, ContractError> {
        match (&self.file, &self.schema) {
            (Some(path), _) => read_contract(path),
            (None, Some(path)) => {
                let mut options = Options {
                    name: self.name.clone(),
                    ..Options::default()
                };
                options.version = self.version.unwrap_or(options.version);
                read_json_schema(path, &options)
            }
            (None, None) => Err(ContractError {
                path: PathBuf::new(),
                problem: ContractProblem::Json("there is no file".into()),
            }),
        }
    }
}

/// Reads a contract file.
///
/// # Errors
/// Names the file, and what is wrong with it and where.
pub fn read_contract(path: &Path) -> Result<Schema, ContractError> {
    let error = |problem| ContractError {
        path: path.into(),
        problem,
    };
    let file = read_json(path).map_err(error)?;
    Schema::from_file(&file).map_err(|problem| error(ContractProblem::File(problem)))
}

/// Reads a JSON Schema and makes a contract of it.
///
/// # Errors
/// Names the file, and the keyword that a contract cannot say.
pub fn read_json_schema(path: &Path, options: &Options) -> Result<Schema, ContractError> {
    let error = |problem| ContractError {
        path: path.into(),
        problem,
    };
    let schema = read_json(path).map_err(error)?;
    let file = from_json_schema(&schema, options)
        .map_err(|problem| error(ContractProblem::Schema(problem)))?;
    Schema::from_file(&file).map_err(|problem| error(ContractProblem::File(problem)))
}

/// Reads JSON of the size of a contract file.
///
/// # Errors
/// The file cannot be read, is too large, or is no JSON.
pub fn read_json(path: &Path) -> Result<Json, ContractProblem> {
    let text = fs::read_to_string(path).map_err(ContractProblem::Read)?;
    Json::parse(&text).map_err(ContractProblem::Json)
}

/// A contract that cannot be used.
#[derive(Debug)]
pub struct ContractError {
    /// Its file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: ContractProblem,
}

/// What is wrong with a contract's file.
#[derive(Debug)]
pub enum ContractProblem {
    /// It cannot be read.
    Read(io::Error),
    /// It is no JSON, or too large.
    Json(String),
    /// It is no contract file.
    File(FileError),
    /// It is no JSON Schema that can become a contract.
    Schema(SchemaError),
}

impl ContractError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.problem {
            ContractProblem::Read(_) => Code::ContractUnreadable.as_str(),
            ContractProblem::Json(_) => Code::JsonInvalid.as_str(),
            ContractProblem::File(error) => error.code(),
            ContractProblem::Schema(error) => error.code(),
        }
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.path.display())?;
        match &self.problem {
            ContractProblem::Read(error) => error.fmt(out),
            ContractProblem::Json(words) => out.write_str(words),
            ContractProblem::File(error) => error.fmt(out),
            ContractProblem::Schema(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for ContractError {}
