//! Taking records into a database: all of them, or none.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::buffer::Buffer;
use crate::db::{AimDb, Store};
use crate::error::{BuildError, Problem};
use crate::graph;
use crate::key::{RECORDS_MAX, RecordId, check_key};
use crate::link::{Link, LinkSender};
use crate::plan::{Plan, Start, Wire};
use crate::runtime::{RuntimeAdapter, StateCell};

/// The tasks and links of records that were opened.
struct Opened<R: RuntimeAdapter> {
    wires: Vec<Wire<R>>,
    links: Vec<(LinkSender<R>, Link<R>)>,
}

impl<R: RuntimeAdapter> AimDb<R> {
    /// Checks the plans together, then opens the records, gives every reader its place, hands out
    /// the links and starts the tasks, in this order.
    pub(crate) fn admit(&self, plans: Vec<Plan<R>>) -> Result<(), BuildError> {
        let (first, opened) = self.store.with(|store| {
            let problems = problems(store, &plans, &self.connectors);
            if !problems.is_empty() {
                return Err(BuildError { problems });
            }
            let first = store.doors.len();
            let opened = self
                .open(store, plans)
                .inspect_err(|_| store.forget_from(first))?;
            Ok((first, opened))
        })?;
        let starts = self.wire(opened.wires).inspect_err(|_| {
            self.store.with(|store| store.forget_from(first));
        })?;
        for (connector, link) in opened.links {
            connector.send(link);
        }
        for start in starts {
            start(self.runtime());
        }
        Ok(())
    }

    fn open(&self, store: &mut Store<R>, plans: Vec<Plan<R>>) -> Result<Opened<R>, BuildError> {
        let mut opened = Opened {
            wires: Vec::new(),
            links: Vec::new(),
        };
        for plan in plans {
            let node = plan.node();
            let id = RecordId(store.doors.len() as u32);
            // The check before has made sure that there is a buffer, and that it can be.
            let Some(buffer) = plan.buffer else { continue };
            let door = (plan.open)(id, plan.key.clone(), buffer, self.changes.clone()).map_err(
                |error| Problem::Capacity {
                    record: plan.key.to_string(),
                    error,
                },
            )?;
            for link in &plan.links {
                let Some((scheme, address)) = link.parts() else {
                    continue;
                };
                for connector in self
                    .connectors
                    .iter()
                    .filter(|known| known.scheme == scheme)
                {
                    let (direction, address) = (link.direction, address.to_string());
                    let link = Link {
                        direction,
                        address,
                        door: door.clone(),
                        codec: Some(link.codec),
                    };
                    opened.links.push((connector.clone(), link));
                }
            }
            store.ids.insert(plan.key, id);
            store.doors.push(door);
            store.nodes.push(node);
            opened.wires.extend(plan.wires);
        }
        Ok(opened)
    }

    fn wire(&self, wires: Vec<Wire<R>>) -> Result<Vec<Start<R>>, BuildError> {
        let mut starts = Vec::with_capacity(wires.len());
        let mut problems = Vec::new();
        for wire in wires {
            match wire(self) {
                Ok(start) => starts.push(start),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(starts)
        } else {
            Err(BuildError { problems })
        }
    }
}

impl<R: RuntimeAdapter> Store<R> {
    fn forget_from(&mut self, first: usize) {
        self.doors.truncate(first);
        self.nodes.truncate(first);
        self.ids.retain(|_, id| id.index() < first);
    }
}

/// Everything that is wrong with the plans, in their order, then with the graph they make.
fn problems<R: RuntimeAdapter>(
    store: &Store<R>,
    plans: &[Plan<R>],
    connectors: &[LinkSender<R>],
) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut taken = BTreeSet::new();
    for plan in plans {
        let record = || plan.key.to_string();
        found.extend(check_key(&plan.key).err().map(Problem::Key));
        let twice = !taken.insert(plan.key.clone());
        if twice || store.ids.contains_key(&plan.key) {
            found.push(Problem::DuplicateKey { record: record() });
        }
        match plan.buffer.map(Buffer::<()>::new) {
            None => found.push(Problem::MissingBuffer { record: record() }),
            Some(Err(error)) => found.push(Problem::Capacity {
                record: record(),
                error,
            }),
            Some(Ok(_)) => {}
        }
        found.extend(link_problems(plan, connectors));
    }
    if store.doors.len() + plans.len() > RECORDS_MAX {
        found.push(Problem::TooManyRecords);
    }
    let nodes: Vec<_> = plans.iter().map(Plan::node).collect();
    found.extend(graph::problems(&nodes, |key| store.ids.contains_key(key)));
    found.extend(type_problems(store, plans));
    found
}

fn link_problems<R: RuntimeAdapter>(plan: &Plan<R>, connectors: &[LinkSender<R>]) -> Vec<Problem> {
    let record = || plan.key.to_string();
    let check = |link: &crate::link::LinkPlan| match link.parts() {
        None => Some(Problem::LinkAddress {
            record: record(),
            url: link.url.clone(),
        }),
        Some((scheme, _)) if connectors.iter().all(|known| known.scheme != scheme) => {
            Some(Problem::UnknownScheme {
                record: record(),
                scheme: scheme.to_string(),
            })
        }
        Some(_) => None,
    };
    plan.links.iter().filter_map(check).collect()
}

/// Inputs that hold another contract than is expected. Of the records that are there already only
/// the few that are named are looked at: adding one of many must not cost more than adding the first.
fn type_problems<R: RuntimeAdapter>(store: &Store<R>, plans: &[Plan<R>]) -> Vec<Problem> {
    let mut found = Vec::new();
    for input in plans.iter().flat_map(|plan| &plan.inputs) {
        let known = store
            .ids
            .get(&*input.key)
            .map(|id| &store.nodes[id.index()].schema);
        let planned = || {
            plans
                .iter()
                .find(|plan| *plan.key == *input.key)
                .map(|plan| &plan.schema)
        };
        let other = known
            .or_else(planned)
            .filter(|schema| schema.as_str() != input.schema);
        found.extend(other.map(|schema| Problem::WrongType {
            record: input.key.clone(),
            expected: input.schema.to_string(),
            found: schema.clone(),
        }));
    }
    found
}

impl From<Problem> for BuildError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: alloc::vec![problem],
        }
    }
}
