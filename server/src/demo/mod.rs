//! The records of `--demo`: this machine's own metrics, simulated stations, a room whose
//! temperature follows the setpoint that clients write, and a pumping station for a technician.
//!
//! Guarantees: every value is checked by its contract; simulations repeat from their seed, but for
//! the time stamps. Does not: need hardware or a network.

mod field;
mod host;
mod shared;
mod stations;

use crate::store::Keep;
use aimdb_core::{AimDb, AimDbBuilder, Problem};
use aimdb_tokio_adapter::TokioAdapter;

pub use shared::HISTORY_LENGTH;

/// Adds the records to a database; their links have the scheme `ws`.
pub fn configure(builder: &mut AimDbBuilder<TokioAdapter>) {
    host::configure(builder);
    stations::configure(builder);
    field::configure(builder, stations::OUTDOOR);
}

/// How much is kept of topics whose values are not like others, where there is a folder for it.
pub fn keeps() -> impl IntoIterator<Item = (String, Keep)> {
    field::keeps()
}

/// Writes the first values of records that wait for somebody to write them, unless an earlier run has kept some.
///
/// # Errors
/// The database was not configured with [`configure`].
pub fn start(db: &AimDb<TokioAdapter>) -> Result<(), Problem> {
    stations::start(db)?;
    field::start(db)
}
