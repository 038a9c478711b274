//! Computes what no row changes.

use crate::plan::{Expr, Plan};
use crate::run::constant;

/// Folds all expressions of a plan.
pub(super) fn plan(plan: Plan) -> Plan {
    let all = |expressions: Vec<Expr>| expressions.into_iter().map(expression).collect();
    let folded = match plan {
        Plan::Filter(input, condition) => Plan::Filter(input, expression(condition)),
        Plan::Project(input, expressions) => Plan::Project(input, all(expressions)),
        Plan::Aggregate(input, keys, mut calls) => {
            for call in &mut calls {
                call.argument = call.argument.take().map(expression);
                call.filter = call.filter.take().map(expression);
            }
            Plan::Aggregate(input, all(keys), calls)
        }
        Plan::Join(mut join) => {
            join.rest = join.rest.take().map(expression);
            Plan::Join(join)
        }
        other => other,
    };
    folded.map_inputs(&mut |below| self::plan(below))
}

fn expression(tree: Expr) -> Expr {
    let folded = tree.map_children(&mut expression);
    let is_leaf = matches!(
        folded,
        Expr::Literal(_) | Expr::Column(_) | Expr::Parameter(_) | Expr::Outer(_) | Expr::Applied(_)
    );
    let is_constant = folded
        .children()
        .into_iter()
        .all(|child| matches!(child, Expr::Literal(_)));
    match !is_leaf && is_constant {
        true => Expr::Literal(constant(&folded)),
        false => folded,
    }
}
