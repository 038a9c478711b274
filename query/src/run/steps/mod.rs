//! The steps, each a small machine that gives a batch, waits for the next turn, or is at its end.

mod aggregate;
mod apply;
mod join;
mod scan;
mod sets;
mod simple;
mod sort;

use super::compute::{Env, row_value};
use super::graph::Step;
use super::pull::{Maker, Operator};
use crate::column::Batch;
use crate::error::Result;
use crate::plan::Expr;

pub(crate) use aggregate::Accumulator;

/// The machine of a step, given the columns of its inputs.
pub(super) fn operator(
    step: &Step,
    widths: &[usize],
    env: &Env,
    make: Maker,
) -> Result<Box<dyn Operator>> {
    Ok(match step {
        Step::One => Box::new(simple::One::default()),
        Step::Scan(scan) => Box::new(scan::Scan::new(scan, env)?),
        Step::Filter(condition) => Box::new(simple::Filter::new(condition, env)),
        Step::Project(expressions) => Box::new(simple::Project::new(expressions, env)),
        Step::Join { kind, keys, rest } => {
            Box::new(join::Join::new(*kind, keys, rest.as_ref(), widths, env))
        }
        Step::Aggregate(keys, calls) => Box::new(aggregate::Group::new(keys, calls, env)),
        Step::Distinct => Box::new(sets::Distinct::new()),
        Step::Set(operator) => Box::new(sets::Set::new(*operator)),
        Step::Sort(keys, top) => {
            let rows = top
                .as_ref()
                .map(|(limit, offset)| bounds(Some(limit), offset.as_ref(), env));
            let most = rows.and_then(|(limit, offset)| limit?.checked_add(offset));
            Box::new(sort::Sort::new(keys, most))
        }
        Step::Limit(limit, offset) => {
            let (limit, offset) = bounds(limit.as_ref(), offset.as_ref(), env);
            Box::new(simple::Limit::new(limit, offset))
        }
        Step::Apply { query, outer, kind } => {
            Box::new(apply::Apply::new(query.clone(), outer, kind, env, make))
        }
    })
}

/// How many rows, all if negative, and how many are left out before.
fn bounds(limit: Option<&Expr>, offset: Option<&Expr>, env: &Env) -> (Option<usize>, usize) {
    let number =
        |expression: &Expr| row_value(expression, &Batch::new(Vec::new(), 1), 0, env).as_integer();
    let limit = limit.and_then(|limit| usize::try_from(number(limit)).ok());
    (
        limit,
        offset.map_or(0, |offset| usize::try_from(number(offset)).unwrap_or(0)),
    )
}
