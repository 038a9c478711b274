//! Finds what must be equal on both sides of a join, and puts the smaller side where rows are kept.

use crate::plan::{Expr, JoinKind, JoinPlan, Plan};
use crate::value::Compare;

/// Takes equalities out of the conditions of joins.
pub(super) fn keys(plan: Plan) -> Plan {
    let plan = match plan {
        Plan::Join(join) => Plan::Join(Box::new(with_keys(*join))),
        other => other,
    };
    plan.map_inputs(&mut keys)
}

fn with_keys(mut join: JoinPlan) -> JoinPlan {
    let (middle, end) = (join.left.width(), join.left.width() + join.right.width());
    let mut parts = Vec::new();
    if let Some(rest) = join.rest.take() {
        rest.conjuncts(&mut parts);
    }
    let mut rest = Vec::new();
    for part in parts {
        let Expr::Compare(Compare::Equal, left, right) = part else {
            rest.push(part);
            continue;
        };
        let down = |side: Expr| side.with_columns(&mut |at| Expr::Column(at - middle));
        // A side that reads nothing is no key: it would be one bucket.
        let reads = |side: &Expr, from, to| {
            let mut any = false;
            side.each_column(&mut |_| any = true);
            any && side.reads_only(from, to)
        };
        if reads(&left, 0, middle) && reads(&right, middle, end) {
            join.keys.push((*left, down(*right)));
        } else if reads(&right, 0, middle) && reads(&left, middle, end) {
            join.keys.push((*right, down(*left)));
        } else {
            rest.push(Expr::Compare(Compare::Equal, left, right));
        }
    }
    join.rest = Expr::all(rest);
    join
}

/// The right side of a join is kept in memory: the smaller one goes there if the kind of join allows it.
pub(super) fn order(plan: Plan) -> Plan {
    let plan = plan.map_inputs(&mut order);
    let Plan::Join(join) = plan else {
        return plan;
    };
    let is_better =
        join.kind == JoinKind::Inner && join.left.rows_guess() < join.right.rows_guess();
    if !is_better {
        return Plan::Join(join);
    }
    let JoinPlan {
        kind,
        left,
        right,
        keys,
        rest,
    } = *join;
    let (left_width, right_width) = (left.width(), right.width());
    let swapped = |at: usize| match at < left_width {
        true => at + right_width,
        false => at - left_width,
    };
    let rest = rest.map(|rest| rest.with_columns(&mut |at| Expr::Column(swapped(at))));
    let keys = keys
        .into_iter()
        .map(|(left, right)| (right, left))
        .collect();
    let join = JoinPlan {
        kind,
        left: right,
        right: left,
        keys,
        rest,
    };
    let columns = (0..left_width + right_width).map(|at| Expr::Column(swapped(at)));
    Plan::Project(Plan::Join(Box::new(join)).into(), columns.collect())
}
