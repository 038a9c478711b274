//! Opens the records that a configuration lists.
//!
//! Guarantees: all that is wrong with them is found at once. Does not: write values; clients do,
//! where a record is writable.

use crate::config::{
    ConfigProblem, ContractConfig, HistoryConfig, RecordConfig, TEMPLATE_RECORDS_MAX,
};
use crate::hub::{TopicKind, TopicTemplate};
use crate::store::Keep;
use crate::thread::template::Template;
use aimdb_contracts::{Registry, builtin};
use aimdb_core::{
    AimDb, BufferConfig, BuildError, Contract, Described, Direction, Link, Problem, Shape,
};
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
    let (contracts, problems) = contracts_and_problems(own);
    match problems.into_iter().next() {
        Some(problem) => Err(problem),
        None => Ok(contracts),
    }
}

/// The contracts that can be used, and what is wrong with the others.
pub(crate) fn contracts_and_problems(own: &[ContractConfig]) -> (ByName, Vec<Box<dyn Error>>) {
    let (mut contracts, mut problems) = (ByName::new(), Vec::new());
    let mut register = |name: &str, shape: Result<Described, Box<dyn Error>>| {
        let registered = shape.and_then(|shape| Ok(contracts.register(name, shape)?));
        problems.extend(registered.err());
    };
    for schema in builtin::ALL {
        register(&schema.name, Ok(Described::fixed(schema)));
    }
    for contract in own {
        match contract.read() {
            Ok(schema) => {
                let name = schema.name.to_string();
                register(&name, Ok(Described::given(schema)));
            }
            Err(problem) => register("", Err(problem.into())),
        }
    }
    (contracts, problems)
}

/// What a configuration's records come to.
pub struct Opened {
    /// The links that publish records and take writes.
    pub links: Vec<Link<TokioAdapter>>,
    /// The templates.
    pub templates: Vec<Template>,
    /// The topics that take integers which JavaScript would round.
    pub exact_integers: Vec<String>,
    /// How much is kept of each topic's past.
    pub keeps: Vec<(String, Keep)>,
}

/// Checks what only the contracts tell of records.
///
/// # Errors
/// Names the first option that would do nothing.
pub fn check(records: &[RecordConfig], contracts: &ByName) -> Result<(), ConfigProblem> {
    match idle_options(records, contracts).next() {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// The options that would do nothing.
pub(crate) fn idle_options(
    records: &[RecordConfig],
    contracts: &ByName,
) -> impl Iterator<Item = ConfigProblem> {
    let is_idle = |record: &RecordConfig| {
        let shape = contracts.get(&record.schema);
        let can_be_rounded = shape.is_none_or(|shape| Shape::schema(shape).can_be_rounded());
        record.exact_integers && !can_be_rounded
    };
    let records = records.iter().enumerate();
    records
        .filter(move |(_, record)| is_idle(record))
        .map(|(index, _)| ConfigProblem::Value {
            field: format!("records[{index}].exact_integers"),
            expected: "left out: the contract has no integer of 64 bits and no field of any JSON",
            got: "true".into(),
        })
}

/// Adds the records to a database, and gives the links that publish them and take writes.
///
/// # Errors
/// Everything that is wrong with them.
pub fn open(
    db: &AimDb<TokioAdapter>,
    records: &[RecordConfig],
    history: HistoryConfig,
    contracts: &ByName,
) -> Result<Opened, BuildError> {
    let (opened, problems) = open_and_problems(db, records, history, contracts);
    match problems.is_empty() {
        true => Ok(opened),
        false => Err(BuildError { problems }),
    }
}

/// Adds the records that can be, and tells what is wrong with the others.
pub(crate) fn open_and_problems(
    db: &AimDb<TokioAdapter>,
    records: &[RecordConfig],
    history: HistoryConfig,
    contracts: &ByName,
) -> (Opened, Vec<Problem>) {
    let (mut links, mut templates, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    let (mut exact_integers, mut keeps) = (Vec::new(), Vec::new());
    for record in records {
        let Some(shape) = contracts.get(&record.schema) else {
            problems.push(Problem::UnknownSchema {
                record: record.key.clone(),
                schema: record.schema.clone(),
                known: names(contracts).join(", "),
            });
            continue;
        };
        let keep = record.history.or(history).keep(record.buffer);
        if record.is_template() {
            match template(record, shape.clone(), keep) {
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
        keeps.push((topic.to_string(), keep));
        if record.exact_integers {
            exact_integers.push(topic.to_string());
        }
        if record.writable {
            links.push(Link::json(Direction::From, &topic, door.clone()));
        }
        links.push(Link::json(Direction::To, &topic, door));
    }
    let opened = Opened {
        links,
        templates,
        exact_integers,
        keeps,
    };
    (opened, problems)
}

/// The names of contracts, in order.
#[must_use]
pub fn names(contracts: &ByName) -> Vec<&str> {
    contracts.iter().map(|(name, _)| name).collect()
}

fn template(record: &RecordConfig, shape: Described, keep: Keep) -> Result<Template, Problem> {
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
        keep,
        exact_integers: record.exact_integers,
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
