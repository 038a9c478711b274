//! Who may come in: tokens that are written down, and tokens that somebody else signs.
//!
//! Guarantees: a token is compared without telling by its time how much of it was right; of a signed one the algorithm is
//! the configured one, whatever it says itself; its time is judged by the time that is asked with. Does not: keep a secret
//! in any text that it gives, or ask anybody over the network.

mod jwt;
mod keyring;
mod secret;

pub use keyring::Keyring;
