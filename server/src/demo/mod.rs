//! The records of `--demo`: this machine's own metrics, simulated stations, and a room whose
//! temperature follows the setpoint that clients write.
//!
//! Guarantees: every value is checked by its contract; simulations repeat from their seed, but for
//! the time stamps. Does not: need hardware or a network.

mod host;
mod shared;
mod stations;

use aimdb_core::{AimDb, AimDbBuilder, Problem};
use aimdb_tokio_adapter::TokioAdapter;

pub use shared::HISTORY_LENGTH;

/// Adds the records to a database; their links have the scheme `ws`.
pub fn configure(builder: &mut AimDbBuilder<TokioAdapter>) {
    host::configure(builder);
    stations::configure(builder);
}

/// Writes the first values of records that wait for somebody to write them.
///
/// # Errors
/// The database was not configured with [`configure`].
pub fn start(db: &AimDb<TokioAdapter>) -> Result<(), Problem> {
    stations::start(db)
}
