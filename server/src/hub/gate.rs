//! Who somebody is and what that grants, as the hub asks for it.

use super::grants::Grants;
use std::sync::Arc;

/// What a token proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Who has it: what is kept of writes belongs to it, and only the same one may renew a connection. No two who are not the
    /// same may have one subject.
    pub subject: Arc<str>,
    /// What it may do.
    pub grants: Arc<Grants>,
    /// The Unix millisecond from which on it is worth nothing; nothing if it does not expire.
    pub until_ms: Option<u64>,
}

/// Why a token is not taken: the reason of a close, and the name under which it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// There was none in the first message, or in time.
    Missing,
    /// It is no token of any kind that is taken here, or nobody's.
    Unknown,
    /// Its signature is not by the key.
    Signature,
    /// It names another algorithm than the one that is taken, or none.
    Algorithm,
    /// It lacks a claim, or has one that cannot be used.
    Claim,
    /// It is for somebody else.
    Audience,
    /// It is from somebody else.
    Issuer,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    Early,
    /// It is of another subject than the connection.
    Subject,
}

impl Denial {
    /// A stable word.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Unknown => "token_unknown",
            Self::Signature => "token_signature",
            Self::Algorithm => "token_algorithm",
            Self::Claim => "token_claim",
            Self::Audience => "token_audience",
            Self::Issuer => "token_issuer",
            Self::Expired => "token_expired",
            Self::Early => "token_early",
            Self::Subject => "token_subject",
        }
    }
}

/// Knows tokens. Asked on the hub's own thread, so it answers at once.
pub trait Gate: Send + Sync {
    /// What a token proves at a time.
    ///
    /// # Errors
    /// Why it proves nothing.
    fn admit(&self, token: &str, now_ms: u64) -> Result<Pass, Denial>;
}
