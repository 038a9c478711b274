//! Opens the records that a configuration lists.
//!
//! Guarantees: all that is wrong with them is found at once. Does not: write values; clients do,
//! where a record is writable.

use crate::config::RecordConfig;
use aimdb_contracts::builtin;
use aimdb_core::{AimDb, BuildError, Contracts, Described, Direction, Link, Problem};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::key_to_topic;

/// The contracts that a configuration can name.
///
/// # Errors
/// Two of them have one name.
pub fn contracts() -> Result<Contracts<TokioAdapter>, BuildError> {
    let mut contracts = Contracts::default();
    for schema in builtin::ALL {
        contracts
            .register(Described::fixed(schema))
            .map_err(Problem::Registry)?;
    }
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
        let topic = match &record.topic {
            Some(topic) => topic.as_str().into(),
            None => key_to_topic(&record.key),
        };
        if record.writable {
            links.push(Link::json(Direction::From, &topic, door.clone()));
        }
        links.push(Link::json(Direction::To, &topic, door));
    }
    match problems.is_empty() {
        true => Ok(links),
        false => Err(BuildError { problems }),
    }
}
