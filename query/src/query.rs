//! Queries that were read and bound, and their runs.

use std::sync::Arc;

use crate::bind::bind;
use crate::code::Code;
use crate::column::Batch;
use crate::error::{QueryError, Result};
use crate::limits::MEMORY_BYTES_DEFAULT;
use crate::plan::{Explained, Plan, explain, rewrite};
use crate::run::{Env, Machine, Pull, Root, Turn, lower};
use crate::source::Catalog;
use crate::text::parse;
use crate::value::{ColumnType, Value};

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its alias, the column it is, or its text.
    pub name: String,
    /// What it holds, as far as that is known before it runs.
    pub kind: ColumnType,
}

/// A query over the tables of a catalog, ready to run any number of times.
pub struct Query {
    plan: Plan,
    columns: Vec<ResultColumn>,
    parameters: Vec<Option<String>>,
    is_explain: bool,
}

/// What a run is given.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The values of the parameters, in the order in which they first stand in the text.
    pub parameters: Vec<Value>,
    /// Bytes that the run may hold at a time.
    pub memory_bytes_max: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            parameters: Vec::new(),
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
        }
    }
}

impl Query {
    /// Reads a text and finds its tables, columns and functions.
    ///
    /// # Errors
    ///
    /// What the text is not, with its place: see [`Code`].
    pub fn new(text: &str, catalog: &dyn Catalog) -> Result<Self> {
        let statement = parse(text)?;
        let bound = bind(&statement.query, text, catalog)?;
        let columns = bound.columns.into_iter();
        let columns = columns.map(|column| ResultColumn {
            name: column.name,
            kind: column.info.kind,
        });
        Ok(Self {
            plan: rewrite(bound.plan),
            columns: columns.collect(),
            parameters: statement.parameters,
            is_explain: statement.explain,
        })
    }

    /// The columns of its result.
    #[must_use]
    pub fn columns(&self) -> &[ResultColumn] {
        &self.columns
    }

    /// The names of its parameters, in the order of their values; `None` is a `?`.
    #[must_use]
    pub fn parameters(&self) -> &[Option<String>] {
        &self.parameters
    }

    /// Whether the text begins with EXPLAIN: then [`Query::explain`] is the answer.
    #[must_use]
    pub fn is_explain(&self) -> bool {
        self.is_explain
    }

    /// Its plan.
    #[must_use]
    pub fn explain(&self) -> Explained {
        explain(&self.plan)
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Checks that there are as many values as parameters.
    pub(crate) fn check_parameters(&self, given: usize) -> Result<()> {
        let wanted = self.parameters.len();
        if given < wanted {
            let name = self.parameters[given].as_deref().unwrap_or("?");
            let message = format!(
                "parameter {} ({name}) has no value: give {wanted} values",
                given + 1
            );
            return Err(QueryError::new(Code::MissingParameter, message));
        }
        if given > wanted {
            let message = format!("{given} values for {wanted} parameters");
            return Err(QueryError::new(Code::UnknownParameter, message));
        }
        Ok(())
    }

    /// Begins to run. Tables are read as they are now.
    ///
    /// # Errors
    ///
    /// [`MISSING_PARAMETER`](Code::MissingParameter), [`UNKNOWN_PARAMETER`](Code::UnknownParameter),
    /// [`QUERY_TOO_LARGE`](Code::QueryTooLarge), and what the sources say.
    pub fn run(&self, options: RunOptions) -> Result<Run> {
        self.check_parameters(options.parameters.len())?;
        let graph = lower(self.plan.clone());
        graph.check()?;
        let env = Env {
            parameters: options.parameters.into(),
            outer: Arc::default(),
        };
        Ok(Run {
            machine: Some(Machine::new(&graph, &env)?),
            turn: Turn::new(options.memory_bytes_max),
            is_cancelled: false,
        })
    }

    /// Runs to the end and gives all rows: for tests and small results.
    ///
    /// # Errors
    ///
    /// As [`Query::run`] and [`Run::step`].
    pub fn rows(&self, options: RunOptions) -> Result<Vec<Vec<Value>>> {
        let mut run = self.run(options)?;
        let mut rows = Vec::new();
        loop {
            match run.step(usize::MAX)? {
                Progress::Batch(batch) => rows.extend((0..batch.rows()).map(|row| batch.row(row))),
                Progress::Working => {}
                Progress::Done => return Ok(rows),
            }
        }
    }
}

/// What came of a step.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Some rows of the result.
    Batch(Batch),
    /// The budget is used up: step again.
    Working,
    /// There are no more rows.
    Done,
}

/// A query that runs.
pub struct Run {
    /// Gone after the end, an error or a cancel, with all it held.
    machine: Option<Machine>,
    turn: Turn,
    is_cancelled: bool,
}

impl Run {
    /// Goes on for about so many rows that are read, joined or sorted. A batch is not divided, and sorting not either.
    ///
    /// # Errors
    ///
    /// [`MEMORY_EXCEEDED`](Code::MemoryExceeded), [`INTEGER_OVERFLOW`](Code::IntegerOverflow),
    /// [`QUERY_CANCELLED`](Code::QueryCancelled), and what the sources say. After an error it is done.
    pub fn step(&mut self, rows: usize) -> Result<Progress> {
        if std::mem::take(&mut self.is_cancelled) {
            return Err(QueryError::new(
                Code::QueryCancelled,
                "the query was cancelled",
            ));
        }
        let Some(machine) = &mut self.machine else {
            return Ok(Progress::Done);
        };
        self.turn.begin(rows.max(1));
        match machine.pull(&mut self.turn) {
            Ok(Pull::Batch(batch)) => Ok(Progress::Batch(batch)),
            Ok(Pull::Pending) => Ok(Progress::Working),
            Ok(Pull::End) => {
                self.machine = None;
                Ok(Progress::Done)
            }
            Err(error) => {
                self.machine = None;
                Err(error)
            }
        }
    }

    /// Lets go of everything it holds; the next step is [`QUERY_CANCELLED`](Code::QueryCancelled).
    pub fn cancel(&mut self) {
        self.is_cancelled = self.machine.take().is_some();
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self.machine {
            Some(_) => self.turn.held(),
            None => 0,
        }
    }
}
