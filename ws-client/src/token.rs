//! Tokens for a server that asks for them.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A token, or why there is none.
pub type TokenResult = Result<String, Box<dyn Error + Send + Sync>>;

/// A token that is being got.
pub(crate) type Getting = Pin<Box<dyn Future<Output = TokenResult> + Send>>;

/// Gets a token: before a connection, and again before the last one expires, which is then renewed in the open socket. One
/// that fails is asked again after a pause.
///
/// ```
/// use aimdb_ws_client::{Options, TokenSource};
/// let options = Options {
///     token: Some(TokenSource::new(async || Ok(std::fs::read_to_string("token")?))),
///     ..Options::default()
/// };
/// // A token is never shown.
/// assert!(format!("{options:?}").contains("TokenSource(..)"));
/// let fixed = TokenSource::fixed("0123456789abcdef");
/// ```
#[derive(Clone)]
pub struct TokenSource(Arc<dyn Fn() -> Getting + Send + Sync>);

impl TokenSource {
    /// What a function gives each time that it is called.
    pub fn new<F, G>(get: G) -> Self
    where
        F: Future<Output = TokenResult> + Send + 'static,
        G: Fn() -> F + Send + Sync + 'static,
    {
        Self(Arc::new(move || Box::pin(get())))
    }

    /// Always the same.
    #[must_use]
    pub fn fixed(token: &str) -> Self {
        let token = token.to_owned();
        Self::new(move || std::future::ready(Ok(token.clone())))
    }

    pub(crate) fn get(&self) -> Getting {
        (self.0)()
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TokenSource(..)")
    }
}
