//! Tests conditions as early as they can be tested.

use crate::plan::{Expr, JoinKind, JoinPlan, Plan};

/// The plan that leaves only the rows for which the parts hold.
pub(super) fn push(plan: Plan, mut parts: Vec<Expr>) -> Plan {
    match plan {
        Plan::Filter(input, condition) => {
            condition.conjuncts(&mut parts);
            push(*input, parts)
        }
        Plan::Scan(mut scan) => {
            scan.filters.extend(parts);
            Plan::Scan(scan)
        }
        Plan::Project(input, expressions) => {
            let (below, above): (Vec<Expr>, Vec<Expr>) = parts
                .into_iter()
                .partition(|part| is_cheap(part, &expressions));
            let below = below
                .into_iter()
                .map(|part| part.with_columns(&mut |at| expressions[at].clone()));
            let below = below.collect();
            filtered(
                Plan::Project(push(*input, below).into(), expressions),
                above,
            )
        }
        Plan::Distinct(input) => Plan::Distinct(push(*input, parts).into()),
        Plan::Sort(input, keys, top) => Plan::Sort(push(*input, parts).into(), keys, top),
        Plan::Set(operator, left, right) => {
            let left = push(*left, parts.clone());
            Plan::Set(operator, left.into(), push(*right, parts).into())
        }
        Plan::Aggregate(input, keys, calls) => {
            let is_of_keys = |part: &Expr| !keys.is_empty() && part.reads_only(0, keys.len());
            let (below, above): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(is_of_keys);
            let below = below
                .into_iter()
                .map(|part| part.with_columns(&mut |at| keys[at].clone()))
                .collect();
            filtered(
                Plan::Aggregate(push(*input, below).into(), keys, calls),
                above,
            )
        }
        Plan::Apply {
            input,
            query,
            outer,
            kind,
        } => {
            let width = input.width();
            let (below, above): (Vec<Expr>, Vec<Expr>) = parts
                .into_iter()
                .partition(|part| part.reads_only(0, width));
            let input = push(*input, below).into();
            let query = push(*query, Vec::new()).into();
            filtered(
                Plan::Apply {
                    input,
                    query,
                    outer,
                    kind,
                },
                above,
            )
        }
        Plan::Join(join) => push_join(*join, parts),
        Plan::Limit(input, limit, offset) => filtered(
            Plan::Limit(push(*input, Vec::new()).into(), limit, offset),
            parts,
        ),
        Plan::One => filtered(Plan::One, parts),
    }
}

/// Above an outer join only what reads the left side may go below it; of its own condition only what reads the right one.
fn push_join(join: JoinPlan, parts: Vec<Expr>) -> Plan {
    let JoinPlan {
        kind,
        left,
        right,
        keys,
        rest,
    } = join;
    let (middle, end) = (left.width(), left.width() + right.width());
    let mut on = Vec::new();
    if let Some(rest) = rest {
        rest.conjuncts(&mut on);
    }
    let (mut to_left, mut to_right, mut above) = (Vec::new(), Vec::new(), Vec::new());
    let is_inner = kind == JoinKind::Inner;
    let mut between = Vec::new();
    for (part, is_on) in on
        .into_iter()
        .map(|part| (part, true))
        .chain(parts.into_iter().map(|part| (part, false)))
    {
        if part.reads_only(0, middle) && (is_inner || !is_on) {
            to_left.push(part);
        } else if part.reads_only(middle, end) && (is_inner || is_on) {
            to_right.push(part.with_columns(&mut |at| Expr::Column(at - middle)));
        } else if is_inner || is_on {
            between.push(part);
        } else {
            above.push(part);
        }
    }
    let (left, right) = (push(left, to_left), push(right, to_right));
    let rest = Expr::all(between);
    filtered(
        Plan::Join(Box::new(JoinPlan {
            kind,
            left,
            right,
            keys,
            rest,
        })),
        above,
    )
}

/// Whether what a projection computes would be computed once in the condition: more often, and nested queries would
/// make conditions of a size without bounds.
fn is_cheap(part: &Expr, expressions: &[Expr]) -> bool {
    let mut computed = Vec::new();
    part.each_column(&mut |at| {
        if !expressions[at].children().is_empty() {
            computed.push(at);
        }
    });
    let count = computed.len();
    computed.sort_unstable();
    computed.dedup();
    computed.len() == count
}

fn filtered(plan: Plan, parts: Vec<Expr>) -> Plan {
    match Expr::all(parts) {
        Some(condition) => Plan::Filter(plan.into(), condition),
        None => plan,
    }
}
