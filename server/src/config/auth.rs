//! Who may come in, as a configuration file says it.
//!
//! Guarantees: a secret is never printed, neither by `Debug` nor by an error of this program. Does not: read files or
//! variables; [`Keyring`](crate::auth::Keyring) does.

use crate::hub::{GRANT_PATTERNS_MAX, Grants};
use aimdb_ws_protocol::{Pattern, TOKEN_BYTES_MAX, is_token};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// Tokens that are written down: each is compared with what comes.
pub const TOKENS_MAX: usize = 1_024;
/// A token that is written down has so many characters at least: a shorter one can be guessed.
pub const TOKEN_BYTES_MIN: usize = 16;
/// The name of a token, a `sub`, an audience or an issuer may have so many bytes.
pub const SUBJECT_BYTES_MAX: usize = 128;
/// A key of HS256 has so many bytes at least, as RFC 7518 has it.
pub const HS256_KEY_BYTES_MIN: usize = 32;
/// Clocks may differ by so many seconds at most: more is no difference but another time.
pub const LEEWAY_S_MAX: u64 = 600;

/// A text that is not for everybody's eyes.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
}

/// Who may come in, and what each may do then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Tokens, each written down here.
    pub tokens: Vec<TokenConfig>,
    /// Tokens that somebody else signs.
    pub jwt: Option<JwtConfig>,
}

/// The certificate by which the server speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The PEM file of the certificate, and of those between it and its authority. In a file it is taken from the file's own
    /// folder.
    pub cert: PathBuf,
    /// The PEM file of its private key. In a file it is taken from the file's own folder.
    pub key: PathBuf,
}

/// A token that is written down.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Who has it.
    pub name: String,
    /// The token itself.
    pub token: Option<Secret>,
    /// The file in which it stands. In a file it is taken from the file's own folder.
    pub token_file: Option<PathBuf>,
    /// The variable of the environment in which it stands.
    pub token_env: Option<String>,
    /// What it grants.
    #[serde(default)]
    pub grants: GrantsConfig,
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum JwtAlgorithm {
    /// By a key that both ends have.
    HS256,
    /// By a private key; here is the public one. Ed25519.
    EdDSA,
}

/// Tokens that somebody else signs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtConfig {
    /// How: a token that says otherwise is refused.
    pub algorithm: JwtAlgorithm,
    /// The key itself: of HS256 its text, of EdDSA the public key in PEM.
    pub key: Option<Secret>,
    /// The file in which it stands. In a file it is taken from the file's own folder.
    pub key_file: Option<PathBuf>,
    /// The variable of the environment in which it stands.
    pub key_env: Option<String>,
    /// For whom they must be.
    pub audience: String,
    /// From whom they must be, if that is asked.
    pub issuer: Option<String>,
    /// So many seconds the clocks of both ends may differ.
    #[serde(default = "leeway_by_default")]
    pub leeway_s: u64,
}

fn leeway_by_default() -> u64 {
    10
}

/// Patterns for each thing that can be done; in a token they stand under `aimdb`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrantsConfig {
    /// What may be followed.
    pub subscribe: Vec<String>,
    /// What may be written.
    pub write: Vec<String>,
    /// What may be asked for its past.
    pub query: Vec<String>,
}

impl GrantsConfig {
    /// The patterns, read.
    ///
    /// # Errors
    /// The list that cannot be used, and what is expected in it.
    pub fn read(&self) -> Result<Grants, (&'static str, &'static str)> {
        let list = |name, texts: &[String]| {
            if texts.len() > GRANT_PATTERNS_MAX {
                return Err((name, "at most 64 patterns"));
            }
            let patterns = texts.iter().map(|text| Pattern::parse(text));
            let patterns = patterns.collect::<Result<_, _>>();
            patterns.map_err(|_| (name, "patterns such as \"plant/#\""))
        };
        Ok(Grants {
            subscribe: list("subscribe", &self.subscribe)?,
            write: list("write", &self.write)?,
            query: list("query", &self.query)?,
        })
    }
}

/// Whether a text can be a name of somebody.
pub(crate) fn is_subject(text: &str) -> bool {
    (1..=SUBJECT_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control)
}

const SUBJECT: &str = "1 to 128 bytes without control characters";
const ONE_PLACE: &str = "said in one place: the text itself, a file, or a variable";

impl AuthConfig {
    /// Takes paths from a folder.
    pub(super) fn resolve_in(&mut self, folder: &Path) {
        let files = self.tokens.iter_mut().map(|token| &mut token.token_file);
        let keys = self.jwt.iter_mut().map(|jwt| &mut jwt.key_file);
        for path in files.chain(keys).flatten() {
            *path = folder.join(&*path);
        }
    }

    /// What cannot be used: the field, what is expected, and what stands there as far as it may be shown.
    pub(super) fn problems(&self) -> Vec<(String, &'static str, String)> {
        let mut problems = Vec::new();
        if self.tokens.is_empty() && self.jwt.is_none() {
            problems.push((
                "auth".to_string(),
                "a list of tokens, a `jwt`, or both",
                "neither".to_string(),
            ));
        }
        if self.tokens.len() > TOKENS_MAX {
            let got = self.tokens.len().to_string();
            problems.push(("auth.tokens".to_string(), "at most 1024", got));
        }
        let mut names = BTreeSet::new();
        for (index, token) in self.tokens.iter().enumerate() {
            let mut wrong = |field: &str, expected, got: String| {
                problems.push((format!("auth.tokens[{index}].{field}"), expected, got));
            };
            if !is_subject(&token.name) {
                wrong("name", SUBJECT, format!("{:?}", token.name));
            } else if !names.insert(&token.name) {
                wrong(
                    "name",
                    "another one for each token",
                    format!("{:?}", token.name),
                );
            }
            let places = [
                token.token.is_some(),
                token.token_file.is_some(),
                token.token_env.is_some(),
            ];
            if let Some(got) = not_one(places) {
                wrong("token", ONE_PLACE, got);
            }
            if let Some(expected) = token.token.as_ref().and_then(token_problem) {
                wrong("token", expected, "another text".to_string());
            }
            if let Err((list, expected)) = token.grants.read() {
                wrong(
                    &format!("grants.{list}"),
                    expected,
                    format!("{:?}", token.grants),
                );
            }
        }
        problems.extend(self.jwt.iter().flat_map(JwtConfig::problems));
        problems
    }
}

impl JwtConfig {
    fn problems(&self) -> Vec<(String, &'static str, String)> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, expected, got: String| {
            problems.push((format!("auth.jwt.{field}"), expected, got));
        };
        let places = [
            self.key.is_some(),
            self.key_file.is_some(),
            self.key_env.is_some(),
        ];
        if let Some(got) = not_one(places) {
            wrong("key", ONE_PLACE, got);
        }
        if !is_subject(&self.audience) {
            wrong("audience", SUBJECT, format!("{:?}", self.audience));
        }
        if self
            .issuer
            .as_ref()
            .is_some_and(|issuer| !is_subject(issuer))
        {
            wrong("issuer", SUBJECT, format!("{:?}", self.issuer));
        }
        if self.leeway_s > LEEWAY_S_MAX {
            wrong("leeway_s", "at most 600", self.leeway_s.to_string());
        }
        problems
    }
}

/// What is wrong with a token that is written down.
pub(crate) fn token_problem(token: &Secret) -> Option<&'static str> {
    let text = token.reveal();
    let is_good = is_token(text) && text.len() >= TOKEN_BYTES_MIN;
    const { assert!(TOKEN_BYTES_MIN == 16 && TOKEN_BYTES_MAX == 8_192) };
    (!is_good).then_some("16 to 8192 visible ASCII characters")
}

fn not_one(places: [bool; 3]) -> Option<String> {
    match places.into_iter().filter(|is_said| *is_said).count() {
        1 => None,
        count => Some(format!("{count} places")),
    }
}
