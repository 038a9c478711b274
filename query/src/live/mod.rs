//! Results that follow their tables: what came into them, what changed and what left, one report a turn.

mod change;
mod flow;
mod group;
mod join;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::plan::Plan;
use crate::query::{Query, RunOptions};
use crate::run::{Env, Turn};
use crate::source::Request;
use crate::value::Value;

pub use change::Delta;
use change::{Changes, Row};
use flow::Flow;

/// A query whose result is kept level with its tables.
///
/// It is told of each change of a row after the table has it. What cannot be followed row by row is run again, once a
/// turn and only after a change.
pub struct Live {
    query: Query,
    options: RunOptions,
    env: Env,
    /// None if the query is run again instead.
    flow: Option<Flow>,
    turn: Turn,
    changes: Changes,
    /// The result of the last run, if it is run again.
    last: HashMap<Vec<u8>, (Row, i64)>,
    is_stale: bool,
    is_broken: bool,
}

impl Live {
    /// Begins, with the whole result as the first report's entries.
    ///
    /// # Errors
    ///
    /// As [`Query::run`] and [`Run::step`](crate::Run::step).
    pub fn new(query: Query, options: RunOptions) -> Result<Self> {
        query.check_parameters(options.parameters.len())?;
        let env = Env {
            parameters: options.parameters.clone().into(),
            outer: Arc::default(),
        };
        let changes = Changes::new(key_columns(&query));
        let turn = Turn::new(options.memory_bytes_max);
        let flow = Flow::of(query.plan());
        let mut live = Self {
            query,
            options,
            env,
            flow,
            turn,
            changes,
            last: HashMap::new(),
            is_stale: true,
            is_broken: false,
        };
        if live.flow.is_some() {
            live.guarded(Self::begin)?;
        }
        Ok(live)
    }

    /// Whether a change costs what it changes, and not a run of the whole query.
    #[must_use]
    pub fn is_incremental(&self) -> bool {
        self.flow.is_some()
    }

    /// The query.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Tells that a row of a table came (`after` alone), went (`before` alone) or changed. Rows have all columns of the
    /// table, and `before` is what was told of the row last. Tables that the query does not read are let pass.
    ///
    /// # Errors
    ///
    /// [`SOURCE_FAILED`](Code::SourceFailed) if a row has not as many values as the table has columns;
    /// [`MEMORY_EXCEEDED`](Code::MemoryExceeded), after which it follows no more.
    pub fn change(
        &mut self,
        table: &str,
        before: Option<&[Value]>,
        after: Option<&[Value]>,
    ) -> Result<()> {
        self.check_usable()?;
        let mut tables = Vec::new();
        collect_tables(self.query.plan(), &mut tables);
        let Some((_, width)) = tables
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(table))
        else {
            return Ok(());
        };
        if let Some(row) = before.iter().chain(&after).find(|row| row.len() != *width) {
            let message = format!(
                "a row of {table} has {} values for {width} columns",
                row.len()
            );
            return Err(QueryError::new(Code::SourceFailed, message));
        }
        self.is_stale = true;
        let rows = before
            .map(|row| (row.to_vec(), -1))
            .into_iter()
            .chain(after.map(|row| (row.to_vec(), 1)));
        let rows: Vec<(Row, i64)> = rows.collect();
        self.guarded(|live| live.follow(table, &rows))
    }

    /// What changed since the last report.
    ///
    /// # Errors
    ///
    /// Those of a run, if it is run again; then it follows no more.
    pub fn take(&mut self) -> Result<Vec<Delta>> {
        self.check_usable()?;
        if self.flow.is_none() && std::mem::take(&mut self.is_stale) {
            self.guarded(Self::run_again)?;
        }
        Ok(self.changes.take(&mut self.turn))
    }

    /// Bytes that it holds between changes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.turn.held()
    }

    fn check_usable(&self) -> Result<()> {
        match self.is_broken {
            false => Ok(()),
            true => Err(QueryError::new(
                Code::MemoryExceeded,
                "this result broke off and follows no more: begin anew",
            )),
        }
    }

    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let result = work(self);
        self.is_broken |= result.is_err();
        result
    }

    /// Takes all rows of all tables in, each table once.
    fn begin(&mut self) -> Result<()> {
        let Some(flow) = &mut self.flow else {
            return Ok(());
        };
        let first = flow.begin(&self.env, &mut self.turn)?;
        self.changes.add(first, &mut self.turn)?;
        let mut sources = Vec::new();
        collect_sources(self.query.plan(), &mut sources);
        for (table, source) in sources {
            let columns = (0..source.columns().len()).collect();
            let mut cursor = source.scan(&Request {
                columns,
                pushed: Vec::new(),
            })?;
            while let Some(batch) = cursor.next()? {
                let rows: Vec<(Row, i64)> =
                    (0..batch.rows()).map(|row| (batch.row(row), 1)).collect();
                self.follow(&table, &rows)?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, table: &str, rows: &[(Row, i64)]) -> Result<()> {
        if let Some(flow) = &mut self.flow {
            let changed = flow.follow(table, rows, &self.env, &mut self.turn)?;
            self.changes.add(changed, &mut self.turn)?;
        }
        Ok(())
    }

    fn run_again(&mut self) -> Result<()> {
        let mut now: HashMap<Vec<u8>, (Row, i64)> = HashMap::new();
        for row in self.query.rows(self.options.clone())? {
            self.turn.hold(change::bytes(&row))?;
            now.entry(change::exact_key(&row)).or_insert((row, 0)).1 += 1;
        }
        let before = std::mem::replace(&mut self.last, now.clone());
        let held: usize = before
            .values()
            .map(|(row, count)| change::bytes(row) * *count as usize)
            .sum();
        let gone = before.into_values().map(|(row, count)| (row, -count));
        let come = now.into_values();
        self.changes
            .add(gone.chain(come).collect(), &mut self.turn)?;
        self.turn.give_back(held);
        Ok(())
    }
}

/// The columns of a result that name a row: the keys of its groups, or `_key`, or all.
fn key_columns(query: &Query) -> Option<Vec<usize>> {
    let mut plan = query.plan();
    let mut expressions = None;
    loop {
        match plan {
            Plan::Sort(input, ..) | Plan::Limit(input, ..) => plan = input,
            Plan::Project(input, all) if expressions.is_none() => {
                expressions = Some(all);
                plan = input;
            }
            Plan::Filter(input, _) => plan = input,
            Plan::Aggregate(_, keys, _) => {
                let place = |key: usize| match expressions {
                    Some(all) => all
                        .iter()
                        .position(|one| *one == crate::plan::Expr::Column(key)),
                    None => Some(key),
                };
                return (0..keys.len()).map(place).collect();
            }
            Plan::Scan(_) => {
                let key = query
                    .columns()
                    .iter()
                    .position(|column| column.name.eq_ignore_ascii_case("_key"));
                return key.map(|key| vec![key]);
            }
            _ => return None,
        }
    }
}

fn collect_sources(plan: &Plan, into: &mut Vec<(String, Arc<dyn crate::source::Source>)>) {
    let is_known = |table: &str, into: &[(String, Arc<dyn crate::source::Source>)]| {
        into.iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(table))
    };
    if let Plan::Scan(scan) = plan
        && !is_known(&scan.table, into)
    {
        into.push((scan.table.clone(), scan.source.clone()));
    }
    plan.inputs()
        .into_iter()
        .for_each(|input| collect_sources(input, into));
}

fn collect_tables(plan: &Plan, into: &mut Vec<(String, usize)>) {
    let mut sources = Vec::new();
    collect_sources(plan, &mut sources);
    into.extend(
        sources
            .into_iter()
            .map(|(table, source)| (table, source.columns().len())),
    );
}
