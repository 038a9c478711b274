//! Tokens that somebody else signs.

use super::secret;
use crate::config::{
    ConfigProblem, GrantsConfig, HS256_KEY_BYTES_MIN, JwtAlgorithm, JwtConfig, is_subject,
};
use crate::hub::{Denial, Pass};
use base64ct::{Base64, Encoding};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use std::sync::Arc;

/// What stands before the 32 bytes of an Ed25519 key in its DER (RFC 8410).
const ED25519_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// What a token has to say. Other claims are its issuer's own.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Unix seconds; some issuers write a fraction.
    exp: f64,
    nbf: Option<f64>,
    #[serde(default)]
    aimdb: GrantsConfig,
}

/// Knows the tokens that are signed by one key.
pub(super) struct Verifier {
    key: DecodingKey,
    validation: Validation,
    leeway_ms: u64,
}

impl Verifier {
    pub(super) fn load(config: &JwtConfig) -> Result<Self, ConfigProblem> {
        let field = "auth.jwt.key";
        let secret = secret::read(
            field,
            config.key.as_ref(),
            config.key_file.as_deref(),
            config.key_env.as_deref(),
        )?;
        let problem = |expected| ConfigProblem::Value {
            field: field.to_string(),
            expected,
            got: "another text".to_string(),
        };
        let text = secret.reveal();
        let (algorithm, key) = match config.algorithm {
            // Whoever reads a public key could sign by it, were it taken for a secret.
            JwtAlgorithm::HS256 if text.contains("-----BEGIN") => {
                return Err(problem("a secret text for HS256, and no key in PEM"));
            }
            JwtAlgorithm::HS256 if text.len() < HS256_KEY_BYTES_MIN => {
                return Err(problem("at least 32 bytes for HS256"));
            }
            JwtAlgorithm::HS256 => (Algorithm::HS256, DecodingKey::from_secret(text.as_bytes())),
            JwtAlgorithm::EdDSA => {
                let key = ed25519_of(text);
                let key = key.ok_or_else(|| problem("a public key of Ed25519 in PEM for EdDSA"))?;
                (Algorithm::EdDSA, DecodingKey::from_ed_der(&key))
            }
        };
        let mut validation = Validation::new(algorithm);
        // By the time that is asked with, and not by the machine's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_audience(&[&config.audience]);
        let mut required = vec!["exp", "sub", "aud"];
        if let Some(issuer) = &config.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        Ok(Self {
            key,
            validation,
            leeway_ms: config.leeway_s * 1_000,
        })
    }

    pub(super) fn admit(&self, token: &str, now_ms: u64) -> Result<Pass, Denial> {
        let read = decode::<Claims>(token, &self.key, &self.validation);
        let Claims {
            sub,
            exp,
            nbf,
            aimdb,
        } = read.map_err(|error| denial(error.kind()))?.claims;
        if !is_subject(&sub) {
            return Err(Denial::Claim);
        }
        let until_ms = unix_ms(exp).ok_or(Denial::Claim)?;
        let until_ms = until_ms.saturating_add(self.leeway_ms);
        if until_ms <= now_ms {
            return Err(Denial::Expired);
        }
        if let Some(from_s) = nbf {
            let from_ms = unix_ms(from_s).ok_or(Denial::Claim)?;
            if from_ms > now_ms.saturating_add(self.leeway_ms) {
                return Err(Denial::Early);
            }
        }
        let grants = aimdb.read().map_err(|_| Denial::Claim)?;
        Ok(Pass {
            subject: format!("jwt:{sub}").into(),
            grants: Arc::new(grants),
            until_ms: Some(until_ms),
        })
    }
}

/// A time of a claim; nothing of what is none.
fn unix_ms(seconds: f64) -> Option<u64> {
    // A conversion of a number that is in range loses a fraction of a millisecond.
    (0.0..1e12)
        .contains(&seconds)
        .then_some((seconds * 1_000.0) as u64)
}

fn denial(kind: &ErrorKind) -> Denial {
    match kind {
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Denial::Algorithm,
        ErrorKind::InvalidSignature | ErrorKind::Crypto(_) => Denial::Signature,
        ErrorKind::InvalidAudience => Denial::Audience,
        ErrorKind::InvalidIssuer => Denial::Issuer,
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => Denial::Audience,
        ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => Denial::Issuer,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => Denial::Claim,
        _ => Denial::Unknown,
    }
}

/// The key in a PEM file.
fn ed25519_of(text: &str) -> Option<[u8; 32]> {
    let body = text.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let body: String = body.split_ascii_whitespace().collect();
    let mut room = [0; ED25519_HEAD.len() + 32];
    let der = Base64::decode(&body, &mut room).ok()?;
    der.strip_prefix(&ED25519_HEAD)?.try_into().ok()
}
