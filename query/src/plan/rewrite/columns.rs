//! Reads no column that nothing needs.

use crate::plan::{Expr, Plan};

/// Where a column went.
type Moved = Vec<Option<usize>>;

/// The plan with all columns of its result, and none besides below it.
pub(super) fn prune_all(plan: Plan) -> Plan {
    let width = plan.width();
    let (pruned, moved) = prune(plan, &vec![true; width]);
    match moved.iter().enumerate().all(|(at, to)| *to == Some(at)) {
        true => pruned,
        false => {
            let columns = moved
                .iter()
                .map(|to| to.map_or(Expr::Literal(crate::value::Value::Null), Expr::Column));
            Plan::Project(pruned.into(), columns.collect())
        }
    }
}

fn need(needed: &mut [bool], expression: &Expr) {
    expression.each_column(&mut |at| {
        if let Some(is_needed) = needed.get_mut(at) {
            *is_needed = true;
        }
    });
}

fn follow(expression: Expr, moved: &Moved) -> Expr {
    expression.with_columns(&mut |at| Expr::Column(moved.get(at).copied().flatten().unwrap_or(at)))
}

/// The plan with the needed columns, perhaps among others, and where each went.
fn prune(plan: Plan, needed: &[bool]) -> (Plan, Moved) {
    match plan {
        Plan::Scan(mut scan) => {
            let mut needed = needed.to_vec();
            scan.filters
                .iter()
                .for_each(|filter| need(&mut needed, filter));
            let moved = places(&needed);
            scan.columns = chosen(scan.columns, &needed);
            scan.filters = scan
                .filters
                .into_iter()
                .map(|filter| follow(filter, &moved))
                .collect();
            (Plan::Scan(scan), moved)
        }
        Plan::Filter(input, condition) => {
            let mut needed = needed.to_vec();
            need(&mut needed, &condition);
            let (input, moved) = prune(*input, &needed);
            (Plan::Filter(input.into(), follow(condition, &moved)), moved)
        }
        Plan::Project(input, expressions) => {
            let kept = chosen(expressions, needed);
            let mut below = vec![false; input.width()];
            kept.iter()
                .for_each(|expression| need(&mut below, expression));
            let (input, moved) = prune(*input, &below);
            let kept = kept
                .into_iter()
                .map(|expression| follow(expression, &moved))
                .collect();
            (Plan::Project(input.into(), kept), places(needed))
        }
        Plan::Join(join) => prune_join(*join, needed),
        Plan::Aggregate(input, keys, calls) => {
            let count = keys.len();
            let kept_calls = chosen(calls, &needed[count..]);
            let mut below = vec![false; input.width()];
            keys.iter().for_each(|key| need(&mut below, key));
            for call in &kept_calls {
                call.argument
                    .iter()
                    .chain(&call.filter)
                    .chain(&call.separator)
                    .for_each(|part| need(&mut below, part));
            }
            let (input, moved) = prune(*input, &below);
            let keys = keys.into_iter().map(|key| follow(key, &moved)).collect();
            let calls = kept_calls.into_iter().map(|mut call| {
                call.argument = call.argument.map(|part| follow(part, &moved));
                call.filter = call.filter.map(|part| follow(part, &moved));
                call.separator = call.separator.map(|part| follow(part, &moved));
                call
            });
            let plan = Plan::Aggregate(input.into(), keys, calls.collect());
            let all: Vec<bool> = needed
                .iter()
                .enumerate()
                .map(|(at, is_needed)| at < count || *is_needed)
                .collect();
            (plan, places(&all))
        }
        Plan::Sort(input, mut keys, top) => {
            let mut needed = needed.to_vec();
            keys.iter().for_each(|key| needed[key.column] = true);
            let (input, moved) = prune(*input, &needed);
            keys.iter_mut()
                .for_each(|key| key.column = moved[key.column].unwrap_or(key.column));
            (Plan::Sort(input.into(), keys, top), moved)
        }
        Plan::Limit(input, limit, offset) => {
            let (input, moved) = prune(*input, needed);
            (Plan::Limit(input.into(), limit, offset), moved)
        }
        Plan::Apply {
            input,
            query,
            outer,
            kind,
        } => prune_apply(*input, *query, outer, kind, needed),
        // Rows are compared whole.
        Plan::Distinct(input) => identity(Plan::Distinct(prune_all(*input).into())),
        Plan::Set(operator, left, right) => identity(Plan::Set(
            operator,
            prune_all(*left).into(),
            prune_all(*right).into(),
        )),
        Plan::One => identity(Plan::One),
    }
}

fn prune_join(mut join: crate::plan::JoinPlan, needed: &[bool]) -> (Plan, Moved) {
    let middle = join.left.width();
    let mut all = needed.to_vec();
    join.rest.iter().for_each(|rest| need(&mut all, rest));
    let (mut left, mut right) = (all[..middle].to_vec(), all[middle..].to_vec());
    for (left_key, right_key) in &join.keys {
        need(&mut left, left_key);
        need(&mut right, right_key);
    }
    let (left_plan, left_moved) = prune(join.left, &left);
    let (right_plan, right_moved) = prune(join.right, &right);
    let width = left_plan.width();
    let keys = join
        .keys
        .into_iter()
        .map(|(left, right)| (follow(left, &left_moved), follow(right, &right_moved)));
    join.keys = keys.collect();
    let right_moved = right_moved.into_iter().map(|to| to.map(|to| to + width));
    let moved: Moved = left_moved.into_iter().chain(right_moved).collect();
    join.rest = join.rest.map(|rest| follow(rest, &moved));
    (join.left, join.right) = (left_plan, right_plan);
    (Plan::Join(Box::new(join)), moved)
}

fn prune_apply(
    input: Plan,
    query: Plan,
    outer: Vec<Expr>,
    kind: crate::plan::ApplyKind,
    needed: &[bool],
) -> (Plan, Moved) {
    use crate::plan::ApplyKind;
    let width = input.width();
    if !needed[width] {
        let (input, mut moved) = prune(input, &needed[..width]);
        moved.push(None);
        return (input, moved);
    }
    let mut below = needed[..width].to_vec();
    outer.iter().for_each(|value| need(&mut below, value));
    if let ApplyKind::In(value) = &kind {
        need(&mut below, value);
    }
    let (input, mut moved) = prune(input, &below);
    let outer = outer
        .into_iter()
        .map(|value| follow(value, &moved))
        .collect();
    let kind = match kind {
        ApplyKind::In(value) => ApplyKind::In(follow(value, &moved)),
        other => other,
    };
    moved.push(Some(input.width()));
    let query = prune_all(query).into();
    (
        Plan::Apply {
            input: input.into(),
            query,
            outer,
            kind,
        },
        moved,
    )
}

fn identity(plan: Plan) -> (Plan, Moved) {
    let moved = (0..plan.width()).map(Some).collect();
    (plan, moved)
}

fn places(needed: &[bool]) -> Moved {
    let mut next = 0;
    let place = |is_needed: &bool| {
        is_needed.then(|| {
            next += 1;
            next - 1
        })
    };
    needed.iter().map(place).collect()
}

fn chosen<T>(all: Vec<T>, needed: &[bool]) -> Vec<T> {
    all.into_iter()
        .zip(needed)
        .filter(|(_, is_needed)| **is_needed)
        .map(|(one, _)| one)
        .collect()
}
