//! The door for a program's own rules: who may connect, and who may do what then.

use crate::hub::{Permit, Refusal};
use axum::http::request::Parts;
use std::net::IpAddr;
use std::sync::Arc;

/// A program's own rules. Without any, everybody whom origins and limits let in may do everything.
///
/// ```
/// use aimdb_server::axum::http::request::Parts;
/// use aimdb_server::hub::{Action, Permit, Refusal};
/// use aimdb_server::{Authorize, ErrorCode, Pattern};
/// use std::{net::IpAddr, sync::Arc};
///
/// /// Everybody reads the plant; who has the key writes.
/// struct Keys;
///
/// impl Permit for Keys {
///     fn may(&self, who: &str, action: Action<'_>) -> Result<(), Refusal> {
///         let is_granted = match action {
///             Action::Write(_) => who == "operator",
///             Action::Subscribe(pattern) | Action::Query(pattern) => {
///                 Pattern::parse("plant/#").is_ok_and(|plant| plant.covers(pattern))
///             }
///             Action::List(topic) => topic.starts_with("plant/"),
///             _ => false,
///         };
///         let refused = || Refusal::new(ErrorCode::Forbidden, "not_granted", "ask the operator");
///         is_granted.then_some(()).ok_or_else(refused)
///     }
/// }
///
/// impl Authorize for Keys {
///     fn connect(&self, request: &Parts, _address: IpAddr) -> Result<Arc<str>, Refusal> {
///         let key = request.uri.query().unwrap_or_default();
///         Ok(if key == "key=secret" { "operator" } else { "guest" }.into())
///     }
/// }
/// ```
pub trait Authorize: Permit + 'static {
    /// Somebody asks for a socket, from this address (that of the client, also behind a trusted proxy). What takes
    /// a while to find out is a layer's work (see [`Server::with_router`](crate::Server::with_router)), which leaves
    /// it in the request's extensions.
    ///
    /// Gives the name under which [`Permit::may`] is asked.
    ///
    /// # Errors
    /// Why not: answered with 401 if the code is `Unauthorized`, else with 403.
    fn connect(&self, request: &Parts, address: IpAddr) -> Result<Arc<str>, Refusal>;
}
