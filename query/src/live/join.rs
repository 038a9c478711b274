//! Follows a join: a change of one side meets what the other holds.

use std::collections::HashMap;

use super::change::{Row, bytes};
use super::rows::{Rows, holds, values};
use crate::error::Result;
use crate::plan::Expr;
use crate::run::{Env, Turn};

/// What both sides hold, by their keys.
pub(super) struct Join {
    left_keys: Vec<Expr>,
    right_keys: Vec<Expr>,
    rest: Option<Expr>,
    left: Side,
    right: Side,
}

type Side = HashMap<Vec<u8>, Vec<(Row, i64)>>;

impl Join {
    pub(super) fn new(keys: &[(Expr, Expr)], rest: Option<&Expr>) -> Self {
        let (left_keys, right_keys) = keys.iter().cloned().unzip();
        Self {
            left_keys,
            right_keys,
            rest: rest.cloned(),
            left: Side::new(),
            right: Side::new(),
        }
    }

    /// The left change meets the right side as it was, the right change the left side as it is.
    pub(super) fn take(
        &mut self,
        left: Rows,
        right: Rows,
        env: &Env,
        turn: &mut Turn,
    ) -> Result<Rows> {
        let mut joined = Vec::new();
        for (row, count) in left {
            let Some(key) = key_of(&self.left_keys, &row, env) else {
                continue;
            };
            for (other, times) in self.right.get(&key).into_iter().flatten() {
                let both = row.iter().chain(other).cloned().collect();
                joined.push((both, count * times));
            }
            keep(&mut self.left, key, row, count, turn)?;
        }
        for (row, count) in right {
            let Some(key) = key_of(&self.right_keys, &row, env) else {
                continue;
            };
            for (other, times) in self.left.get(&key).into_iter().flatten() {
                let both = other.iter().chain(&row).cloned().collect();
                joined.push((both, count * times));
            }
            keep(&mut self.right, key, row, count, turn)?;
        }
        if let Some(rest) = &self.rest {
            joined.retain(|(row, _)| holds(rest, row, env));
        }
        Ok(joined)
    }
}

/// The key of a row; nothing equals nothing.
fn key_of(keys: &[Expr], row: &Row, env: &Env) -> Option<Vec<u8>> {
    let values = values(keys, row.clone(), env);
    let mut key = Vec::new();
    values.iter().for_each(|value| value.write_key(&mut key));
    (!values.iter().any(crate::value::Value::is_null)).then_some(key)
}

fn keep(side: &mut Side, key: Vec<u8>, row: Row, count: i64, turn: &mut Turn) -> Result<()> {
    let size = bytes(&row);
    let rows = side.entry(key.clone()).or_default();
    match rows.iter().position(|(known, _)| *known == row) {
        Some(at) => {
            rows[at].1 += count;
            if rows[at].1 == 0 {
                rows.swap_remove(at);
                turn.give_back(size);
            }
        }
        None => {
            rows.push((row, count));
            turn.hold(size)?;
        }
    }
    if rows.is_empty() {
        side.remove(&key);
    }
    Ok(())
}
