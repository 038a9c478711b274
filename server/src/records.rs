//! Opens the records that a configuration lists.
//!
//! Guarantees: all that is wrong with them is found at once. Does not: write values; clients do,
//! where a record is writable.

use crate::config::{ContractConfig, RecordConfig, TEMPLATE_RECORDS_MAX};
use crate::hub::{TopicKind, TopicTemplate};
use crate::template::Template;
use aimdb_contracts::{Registry, builtin};
use aimdb_core::{AimDb, BufferConfig, BuildError, Contract, Described, Direction, Link, Problem};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::{Pattern, key_to_topic};
use std::error::Error;

/// Contracts by name.
pub type ByName = Registry<Described>;

/// The contracts that a configuration can name: those that are built in, and its own.
///
/// # Errors
/// One of them cannot be read, or two have one name.
pub fn contracts(own: &[ContractConfig]) -> Result<ByName, Box<dyn Error>> {
    let mut contracts = ByName::new();
    for schema in builtin::ALL {
        contracts.register(&schema.name, Described::fixed(schema))?;
    }
    for contract in own {
        let schema = contract.read()?;
        let name = schema.name.to_string();
        contracts.register(&name, Described::given(schema))?;
    }
    Ok(contracts)
}

/// What a configuration's records come to.
pub struct Opened {
    /// The links that publish records and take writes.
    pub links: Vec<Link<TokioAdapter>>,
    /// The templates.
    pub templates: Vec<Template>,
}

/// Adds the records to a database, and gives the links that publish them and take writes.
///
/// # Errors
/// Everything that is wrong with them.
pub fn open(
    db: &AimDb<TokioAdapter>,
    records: &[RecordConfig],
    contracts: &ByName,
) -> Result<Opened, BuildError> {
    let (mut links, mut templates, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        let Some(shape) = contracts.get(&record.schema) else {
            problems.push(Problem::UnknownSchema {
                record: record.key.clone(),
                schema: record.schema.clone(),
                known: names(contracts).join(", "),
            });
            continue;
        };
        if record.is_template() {
            match template(record, shape.clone()) {
                Ok(template) => templates.push(template),
                Err(problem) => problems.push(problem),
            }
            continue;
        }
        let door = match shape.open(db, &record.key, record.buffer) {
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
        true => Ok(Opened { links, templates }),
        false => Err(BuildError { problems }),
    }
}

/// The names of contracts, in order.
#[must_use]
pub fn names(contracts: &ByName) -> Vec<&str> {
    contracts.iter().map(|(name, _)| name).collect()
}

fn template(record: &RecordConfig, shape: Described) -> Result<Template, Problem> {
    let topic = key_to_topic(&record.key);
    let pattern = Pattern::parse(&topic).map_err(|error| Problem::LinkAddress {
        record: record.key.clone(),
        url: format!("ws://{topic}: {error}"),
    })?;
    Ok(Template {
        topics: TopicTemplate {
            pattern,
            schema_type: record.schema.clone(),
            kind: kind_of(record.buffer),
            topics_max: record.records_max.unwrap_or(TEMPLATE_RECORDS_MAX),
        },
        shape,
        buffer: record.buffer,
        idle_ms: record.idle_s.map(|seconds| seconds.saturating_mul(1_000)),
    })
}

/// How values of a buffer move on the wire.
pub(crate) fn kind_of(buffer: BufferConfig) -> TopicKind {
    match buffer {
        BufferConfig::SpmcRing { .. } => TopicKind::Ring,
        BufferConfig::SingleLatest => TopicKind::Latest,
        BufferConfig::Mailbox => TopicKind::Mailbox,
    }
}
