//! What a server is told: in Rust, or as a TOML file.
//!
//! Guarantees: every key has a default; an unknown key, a value of the wrong kind and a limit out
//! of its range are errors that name the file, the place and what was expected. Does not: look at
//! the system; whether a folder or an address can be used is found out when it is.

mod auth;
mod contract;
mod history;
mod inspect;
mod record;

use crate::edge::listen::Listen;
use crate::edge::page_origin::{PageOrigin, parse_name};
use crate::edge::proxy::{Trusted, parse_range};
use crate::hub::{Limits, LimitsError};
use crate::watch::LogForm;
use aimdb_contracts::Code;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

pub use auth::{
    AuthConfig, GrantsConfig, HS256_KEY_BYTES_MIN, JwtAlgorithm, JwtConfig, LEEWAY_S_MAX,
    SUBJECT_BYTES_MAX, Secret, TOKEN_BYTES_MIN, TOKENS_MAX, TlsConfig, TokenConfig,
};
pub(crate) use auth::{is_subject, token_problem};
pub use contract::{
    ContractConfig, ContractError, ContractProblem, read_contract, read_json, read_json_schema,
};
pub use history::HistoryConfig;
pub use inspect::{Inspected, inspect};
pub use record::RecordConfig;
pub(crate) use record::TEMPLATE_RECORDS_MAX;

/// An example with every key and its default, as `--help` shows it.
pub const EXAMPLE: &str = include_str!("../aimdb-server.example.toml");

/// How a server behaves.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// The folder of pages to serve. In a file it is taken from the file's own folder.
    pub files: Option<PathBuf>,
    /// Names that the server goes by, with or without a port, beside loopback's and this machine's own. A page
    /// from one of them may connect; a page from any other name may be anybody's.
    pub names: Vec<String>,
    /// Origins whose pages may connect, beside this server's own and those on loopback.
    pub origins: Vec<String>,
    /// Addresses of reverse proxies, or ranges of them, that are believed whom they speak for.
    pub trusted_proxies: Vec<String>,
    /// Sockets of one address, loopback aside.
    pub connections_per_address_max: usize,
    /// How the log is written.
    pub log: LogForm,
    /// Where `/metrics`, `/healthz` and `/readyz` are answered; without it, nowhere.
    pub metrics_listen: Option<Listen>,
    /// Who may come in. Without it, everybody: then the server listens beyond loopback only if it is said to be `open`.
    pub auth: Option<AuthConfig>,
    /// The certificate by which it speaks TLS; without it, it does not.
    pub tls: Option<TlsConfig>,
    /// Whether everybody who reaches the server may read and write all of it.
    pub open: bool,
    /// The folder where what is written and published is kept. In a file it is taken from the file's own folder. Without
    /// it, what is written is gone when the server stops.
    pub data: Option<PathBuf>,
    /// How much of the past is kept of each record that says nothing itself.
    pub history: HistoryConfig,
    /// The limits of the hub.
    pub limits: Limits,
    /// Contracts of one's own, beside those that are built in.
    pub contracts: Vec<ContractConfig>,
    /// Records to open.
    pub records: Vec<RecordConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            files: None,
            names: Vec::new(),
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            // A household or a small office behind one address, with several tabs each.
            connections_per_address_max: 64,
            log: LogForm::Text,
            metrics_listen: None,
            auth: None,
            tls: None,
            open: false,
            data: None,
            history: HistoryConfig::default(),
            limits: Limits::default(),
            contracts: Vec::new(),
            records: Vec::new(),
        }
    }
}

impl Config {
    /// Reads TOML text.
    ///
    /// # Errors
    /// Says where the text cannot be used, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ConfigProblem> {
        let config: Self = toml::from_str(text).map_err(ConfigProblem::Syntax)?;
        config.check()?;
        Ok(config)
    }

    /// Reads a TOML file.
    ///
    /// # Errors
    /// Names the file, and says where it cannot be used and what was expected there.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let error = |problem| ConfigError {
            path: path.into(),
            problem,
        };
        let text = fs::read_to_string(path).map_err(|cause| error(ConfigProblem::Read(cause)))?;
        let mut config = Self::parse(&text).map_err(error)?;
        config.resolve_beside(path);
        Ok(config)
    }

    /// Takes paths from the folder of the file that they stand in.
    pub fn resolve_beside(&mut self, file: &Path) {
        if let Some(folder) = file.parent() {
            for path in [&mut self.files, &mut self.data].into_iter().flatten() {
                *path = folder.join(&*path);
            }
            if let Some(TlsConfig { cert, key }) = &mut self.tls {
                for path in [cert, key] {
                    *path = folder.join(&*path);
                }
            }
            if let Some(auth) = &mut self.auth {
                auth.resolve_in(folder);
            }
            for contract in &mut self.contracts {
                contract.resolve_in(folder);
            }
        }
    }

    /// Checks what the kinds of the fields do not tell.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn check(&self) -> Result<(), ConfigProblem> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }

    /// What is wrong with the folder of pages.
    #[must_use]
    pub fn files_problem(&self) -> Option<String> {
        let files = self.files.as_ref().filter(|files| !files.is_dir())?;
        Some(format!("files: there is no folder {}", files.display()))
    }

    /// Why nobody may listen where this says, if nobody may: what everybody on a network reaches must ask who they are, or be
    /// said to be open. A name that has no address is no problem of this kind.
    pub async fn open_problem(&self) -> Option<String> {
        if self.auth.is_some() || self.open {
            return None;
        }
        let addresses = self.listen.addresses().await.ok()?;
        let is_beyond = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
        addresses.iter().any(is_beyond).then(|| {
            format!(
                "listen: {} can be reached from other machines, and everybody may read and write: say who may by [auth], \
                 or say that everybody may by --open (`open = true`)",
                self.listen
            )
        })
    }

    /// What would keep nothing, since no folder is named for it.
    #[must_use]
    pub fn data_problem(&self) -> Option<String> {
        let says = |history: HistoryConfig| history != HistoryConfig::default();
        let field = match self.records.iter().position(|record| says(record.history)) {
            Some(index) => format!("records[{index}].history"),
            None => "history".to_string(),
        };
        let is_idle = self.data.is_none() && (says(self.history) || field != "history");
        is_idle.then(|| {
            format!("{field} keeps nothing without a folder: name one by data, or --data DIR")
        })
    }

    /// Every field that cannot be used, and of the limits the first.
    #[must_use]
    pub fn problems(&self) -> Vec<ConfigProblem> {
        let limits = self.limits.check().err().map(ConfigProblem::Limit);
        let mut problems = Vec::from_iter(limits);
        if self.connections_per_address_max == 0 {
            problems.push(ConfigProblem::Value {
                field: "connections_per_address_max".to_string(),
                expected: "at least 1",
                got: "0".to_string(),
            });
        }
        problems.extend(
            self.history
                .problem()
                .map(|(name, expected)| ConfigProblem::Value {
                    field: format!("history.{name}"),
                    expected,
                    got: "0".to_string(),
                }),
        );
        let auth = self.auth.iter().flat_map(AuthConfig::problems);
        problems.extend(auth.map(|(field, expected, got)| ConfigProblem::Value {
            field,
            expected,
            got,
        }));
        if self.open && self.auth.is_some() {
            problems.push(ConfigProblem::Value {
                field: "open".to_string(),
                expected: "false, or left out, where there is `auth`",
                got: "true".to_string(),
            });
        }
        let contracts = self.contracts.iter().enumerate();
        problems.extend(contracts.filter_map(|(index, one)| contract_problem(index, one)));
        let records = self.records.iter().enumerate();
        problems.extend(records.filter_map(|(index, one)| record_problem(index, one)));
        problems.extend(
            read_each("origins", &self.origins, PageOrigin::parse_listed).filter_map(Result::err),
        );
        problems.extend(read_each("names", &self.names, parse_name).filter_map(Result::err));
        problems.extend(
            read_each("trusted_proxies", &self.trusted_proxies, parse_range)
                .filter_map(Result::err),
        );
        problems
    }

    /// The proxies that are believed.
    ///
    /// # Errors
    /// Names the first that is none.
    pub(crate) fn trusted(&self) -> Result<Trusted, ConfigProblem> {
        let ranges = read_each("trusted_proxies", &self.trusted_proxies, parse_range);
        ranges.collect::<Result<_, _>>().map(Trusted::new)
    }
}

/// Reads each text of a list; what cannot be read is named with its place in it.
pub(crate) fn read_each<'t, T: 't>(
    list: &'t str,
    texts: &'t [String],
    read: fn(&str) -> Result<T, &'static str>,
) -> impl Iterator<Item = Result<T, ConfigProblem>> + 't {
    texts.iter().enumerate().map(move |(index, text)| {
        read(text).map_err(|expected| ConfigProblem::Value {
            field: format!("{list}[{index}]"),
            expected,
            got: format!("{text:?}"),
        })
    })
}

fn contract_problem(index: usize, contract: &ContractConfig) -> Option<ConfigProblem> {
    let expected = contract.problem()?;
    Some(ConfigProblem::Value {
        field: format!("contracts[{index}]"),
        expected,
        got: format!("{contract:?}"),
    })
}

fn record_problem(index: usize, record: &RecordConfig) -> Option<ConfigProblem> {
    let (name, expected) = record.problem()?;
    Some(ConfigProblem::Value {
        field: format!("records[{index}].{name}"),
        expected,
        got: format!("{:?}", record.key),
    })
}

/// Why a configuration cannot be used.
#[derive(Debug)]
pub enum ConfigProblem {
    /// The file cannot be read.
    Read(io::Error),
    /// It is not TOML, or holds an unknown key or a value of the wrong kind.
    Syntax(toml::de::Error),
    /// A limit is out of range.
    Limit(LimitsError),
    /// Another value cannot be used.
    Value {
        /// Its key.
        field: String,
        /// What can be used.
        expected: &'static str,
        /// What was given.
        got: String,
    },
}

impl ConfigProblem {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => Code::ConfigUnreadable.as_str(),
            Self::Syntax(_) => Code::ConfigSyntaxInvalid.as_str(),
            Self::Limit(error) => error.code(),
            Self::Value { .. } => Code::ConfigValueInvalid.as_str(),
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(out),
            // It ends with a line break of its own.
            Self::Syntax(error) => out.write_str(error.to_string().trim_end()),
            Self::Limit(error) => write!(out, "limits.{error}"),
            Self::Value {
                field,
                expected,
                got,
            } => write!(out, "{field} must be {expected}, got {got}"),
        }
    }
}

impl std::error::Error for ConfigProblem {}

/// A configuration file that cannot be used.
#[derive(Debug)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ConfigProblem,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_core::BufferConfig;

    fn check_refused(text: &str, expected: &[&str]) {
        let refusal = Config::parse(text).unwrap_err().to_string();
        for part in expected {
            assert!(refusal.contains(part), "{refusal}\nlacks {part}");
        }
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
        Config::default().check().unwrap();
    }

    #[test]
    fn the_example_holds_every_default_and_one_record() {
        let mut config = Config::parse(EXAMPLE).unwrap();
        assert_eq!(config.records.len(), 1);
        config.records.clear();
        assert_eq!(config, Config::default());
        let fields = format!("{:#?}", Limits::default());
        let names = fields
            .lines()
            .filter_map(|line| line.trim().split_once(':'));
        for (name, _) in names {
            assert!(EXAMPLE.contains(name), "the example does not show {name}");
        }
    }

    #[test]
    fn what_the_documentation_shows_can_be_used() {
        let pages = [
            include_str!("../../docs/server.md"),
            include_str!("../../docs/auth.md"),
        ];
        let blocks = pages
            .iter()
            .flat_map(|page| page.split("```toml\n").skip(1));
        let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(blocks.len(), 6);
        for block in blocks {
            assert_ne!(Config::parse(block).unwrap(), Config::default(), "{block}");
        }
    }

    #[test]
    fn a_record_says_its_buffer_like_everywhere_else() {
        let check = |buffer: &str, expected| {
            let text = format!("[[records]]\nkey = 'a'\nschema = 'humidity'\nbuffer = {buffer}");
            assert_eq!(Config::parse(&text).unwrap().records[0].buffer, expected);
        };
        check("'SingleLatest'", BufferConfig::SingleLatest);
        check("'Mailbox'", BufferConfig::Mailbox);
        let ring = BufferConfig::SpmcRing { capacity: 9 };
        check("{ type = 'SpmcRing', capacity = 9 }", ring);
        check("{ type = 'Mailbox' }", BufferConfig::Mailbox);
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_place() {
        check_refused(
            "listn = 'x'",
            &["line 1", "unknown field `listn`", "listen"],
        );
        check_refused("listen = 'here'", &["line 1", "listen", "localhost:8080"]);
        check_refused("log = 'xml'", &["line 1", "xml", "text", "json"]);
        check_refused("metrics_listen = true", &["line 1", "localhost:8080"]);
        check_refused("listen = 99999", &["line 1", "99999", "localhost:8080"]);
        check_refused("listen = 'a:99999'", &["line 1", "0 to 65535"]);
        check_refused("a = [", &["line 1"]);
        check_refused(
            "[limits]\nclient_max = 1",
            &["line 2", "unknown field `client_max`", "clients_max"],
        );
        check_refused(
            "[limits]\nclients_max = 0",
            &["limits.clients_max must be 1 to"],
        );
        check_refused("[limits]\nclients_max = -1", &["line 2", "-1"]);
        check_refused("connections_per_address_max = 0", &["at least 1"]);
        check_refused(
            "names = ['a.lan', 'http://b']",
            &["names[1]", "without scheme"],
        );
        check_refused(
            "trusted_proxies = ['x']",
            &["trusted_proxies[0]", "10.0.0.0/8"],
        );
        check_refused("origins = ['app.example']", &["origins[0]", "https://"]);
        check_refused("origins = ['https://a', 'https://b/x']", &["origins[1]"]);
        check_refused(
            "[[records]]\nkey = 'a'",
            &["line 1", "missing field `schema`"],
        );
        let record = "[[records]]\nkey = 'a'\nschema = 'humidity'\n";
        let with = |line: &str| format!("{record}{line}");
        check_refused(&with("buffer = 'Ring'"), &["line 4", "SpmcRing", "Mailbox"]);
        check_refused(&with("buffer = 'SpmcRing'"), &["line 4", "capacity"]);
        check_refused(
            &with("buffer = { type = 'SpmcRing' }"),
            &["line 4", "capacity"],
        );
        check_refused(
            &with("buffer = { type = 'Mailbox', capacity = 3 }"),
            &["line 4", "no capacity"],
        );
        check_refused(&with("buffer = 7"), &["line 4", "SingleLatest"]);
        check_refused(&with("writeable = true"), &["line 4", "writable"]);
    }
}
