//! Runs a subquery for each row, once for rows that give it the same values.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::column::{Batch, Builder};
use crate::error::Result;
use crate::plan::{ApplyKind, Expr};
use crate::run::compute::{Env, row_value};
use crate::run::graph::Graph;
use crate::run::keys::Groups;
use crate::run::pull::{Inputs, Maker, Operator, Pull, Root, batch_of};
use crate::run::turn::Turn;
use crate::value::Value;

/// Answers that are kept, so that an uncorrelated subquery runs once and few different rows run it seldom.
const ANSWERS_MAX: usize = 1024;

pub(super) struct Apply {
    query: Rc<Graph>,
    outer: Vec<Expr>,
    kind: ApplyKind,
    env: Env,
    make: Maker,
    answers: HashMap<Vec<u8>, Rc<Answer>>,
    batch: Option<Batch>,
    row: usize,
    results: Builder,
    running: Option<Running>,
}

/// A subquery that runs for the present row.
struct Running {
    machine: Box<dyn Root>,
    key: Vec<u8>,
    answer: Answer,
    held_before: usize,
}

enum Answer {
    Value(Value),
    Exists(bool),
    /// The values, whether nothing is among them, and whether there is a row at all.
    Set {
        values: Groups,
        has_null: bool,
        has_row: bool,
    },
}

impl Answer {
    fn empty(kind: &ApplyKind) -> Self {
        match kind {
            ApplyKind::Scalar => Self::Value(Value::Null),
            ApplyKind::Exists => Self::Exists(false),
            ApplyKind::In(_) => Self::Set {
                values: Groups::new(),
                has_null: false,
                has_row: false,
            },
        }
    }

    /// Takes rows in, and says whether that was enough.
    fn take(&mut self, batch: &Batch, turn: &mut Turn) -> Result<bool> {
        match self {
            Self::Value(value) => {
                *value = batch
                    .columns
                    .first()
                    .map_or(Value::Null, |column| column.get(0));
                Ok(true)
            }
            Self::Exists(exists) => {
                *exists = true;
                Ok(true)
            }
            Self::Set {
                values,
                has_null,
                has_row,
            } => {
                *has_row = true;
                let columns = &batch.columns[..batch.columns.len().min(1)];
                *has_null |= columns
                    .iter()
                    .any(|column| (0..batch.rows).any(|row| !column.is_valid(row)));
                values.insert(columns, batch.rows, turn)?;
                Ok(false)
            }
        }
    }

    fn of_row(&self, wanted: &dyn Fn() -> Value) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Exists(exists) => Value::truth(*exists),
            Self::Set { has_row: false, .. } => Value::truth(false),
            Self::Set {
                values, has_null, ..
            } => {
                let wanted = wanted();
                if wanted.is_null() {
                    return Value::Null;
                }
                match values.contains(&wanted) {
                    true => Value::truth(true),
                    false if *has_null => Value::Null,
                    false => Value::truth(false),
                }
            }
        }
    }
}

impl Apply {
    pub(super) fn new(
        query: Rc<Graph>,
        outer: &[Expr],
        kind: &ApplyKind,
        env: &Env,
        make: Maker,
    ) -> Self {
        Self {
            query,
            outer: outer.to_vec(),
            kind: kind.clone(),
            env: env.clone(),
            make,
            answers: HashMap::new(),
            batch: None,
            row: 0,
            results: Builder::default(),
            running: None,
        }
    }

    /// The answer for a row, or nothing if the turn ended before it was there.
    fn answer(&mut self, batch: &Batch, turn: &mut Turn) -> Result<Option<Rc<Answer>>> {
        if self.running.is_none() {
            let outer: Vec<Value> = self
                .outer
                .iter()
                .map(|value| row_value(value, batch, self.row, &self.env))
                .collect();
            let mut key = Vec::new();
            // Kinds count here: typeof(1) is not typeof(1.0).
            outer.iter().for_each(|value| {
                key.push(u8::from(matches!(value, Value::Real(_))));
                value.write_key(&mut key);
            });
            if let Some(answer) = self.answers.get(&key) {
                return Ok(Some(answer.clone()));
            }
            let env = Env {
                parameters: self.env.parameters.clone(),
                outer: outer.into(),
            };
            let machine = (self.make)(&self.query, &env)?;
            self.running = Some(Running {
                machine,
                key,
                answer: Answer::empty(&self.kind),
                held_before: turn.held(),
            });
        }
        let Some(running) = &mut self.running else {
            return Ok(None);
        };
        loop {
            match running.machine.pull(turn)? {
                Pull::Pending => return Ok(None),
                Pull::Batch(batch) if !running.answer.take(&batch, turn)? => {}
                _ => break,
            }
        }
        let Some(Running {
            key,
            answer,
            held_before,
            ..
        }) = self.running.take()
        else {
            return Ok(None);
        };
        let answer = Rc::new(answer);
        // What the subquery held is gone with it, but for the set of an answer that is kept.
        let is_kept = self.answers.len() < ANSWERS_MAX;
        if !is_kept || !matches!(&*answer, Answer::Set { .. }) {
            turn.back_to(held_before);
        }
        if is_kept {
            turn.hold(key.len() + 64)?;
            self.answers.insert(key, answer.clone());
        }
        Ok(Some(answer))
    }
}

impl Operator for Apply {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        let batch = match self.batch.take() {
            Some(batch) => batch,
            None => batch_of!(ports.pull(0, turn)?, return Ok(Pull::End)),
        };
        while self.row < batch.rows {
            let is_over = turn.is_over();
            let answer = if is_over {
                None
            } else {
                self.answer(&batch, turn)?
            };
            let Some(answer) = answer else {
                self.batch = Some(batch);
                return Ok(Pull::Pending);
            };
            turn.spend(1);
            let row = self.row;
            let wanted = || match &self.kind {
                ApplyKind::In(value) => row_value(value, &batch, row, &self.env),
                _ => Value::Null,
            };
            let value = answer.of_row(&wanted);
            self.results.push(&value);
            self.row += 1;
        }
        self.row = 0;
        let mut columns = batch.columns;
        columns.push(Arc::new(std::mem::take(&mut self.results).finish()));
        Ok(Pull::Batch(Batch::new(columns, batch.rows)))
    }
}
