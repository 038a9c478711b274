//! Opens the records that a configuration lists.
//!
//! Guarantees: all that is wrong with them is found at once. Does not: write values; clients do,
//! where a record is writable.

use crate::config::RecordConfig;
use aimdb_contracts::builtin::{
    GpsLocation, HostCpu, HostDisk, HostMemory, HostNetwork, Humidity, Setpoint, Temperature,
};
use aimdb_core::{AimDb, BuildError, Contracts, Direction, Link, Problem, Typed};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::key_to_topic;

/// The contracts that a configuration can name.
///
/// # Errors
/// Two of them have one name.
pub fn contracts() -> Result<Contracts<TokioAdapter>, BuildError> {
    let mut contracts = Contracts::default();
    contracts
        .register(Typed::<GpsLocation>::default())
        .and_then(|()| contracts.register(Typed::<HostCpu>::default()))
        .and_then(|()| contracts.register(Typed::<HostDisk>::default()))
        .and_then(|()| contracts.register(Typed::<HostMemory>::default()))
        .and_then(|()| contracts.register(Typed::<HostNetwork>::default()))
        .and_then(|()| contracts.register(Typed::<Humidity>::default()))
        .and_then(|()| contracts.register(Typed::<Setpoint>::default()))
        .and_then(|()| contracts.register(Typed::<Temperature>::default()))
        .map_err(|error| BuildError::from(Problem::Registry(error)))?;
    Ok(contracts)
}

/// Adds the records to a database, and gives the links that publish them and take writes.
///
/// # Errors
/// Everything that is wrong with them.
pub fn open(
    db: &AimDb<TokioAdapter>,
    records: &[RecordConfig],
) -> Result<Vec<Link<TokioAdapter>>, BuildError> {
    let contracts = contracts()?;
    let (mut links, mut problems) = (Vec::new(), Vec::new());
    for record in records {
        let door = match contracts.open(db, &record.key, &record.schema, record.buffer) {
            Ok(door) => door,
            Err(error) => {
                problems.extend(error.problems);
                continue;
            }
        };
        let topic = record.topic.as_deref();
        let address = topic.map_or_else(|| key_to_topic(&record.key).into(), String::from);
        if record.writable {
            links.push(Link::json(Direction::From, &address, door.clone()));
        }
        links.push(Link::json(Direction::To, &address, door));
    }
    match problems.is_empty() {
        true => Ok(links),
        false => Err(BuildError { problems }),
    }
}
