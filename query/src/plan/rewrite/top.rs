//! Sorts no more rows than a limit lets through.

use crate::plan::{Expr, Plan};

/// Tells each sort of the limit above it.
pub(super) fn top(plan: Plan) -> Plan {
    let plan = match plan {
        Plan::Limit(input, Some(limit), offset) => {
            let input = told(*input, &(limit.clone(), offset.clone()));
            Plan::Limit(input.into(), Some(limit), offset)
        }
        other => other,
    };
    plan.map_inputs(&mut top)
}

fn told(plan: Plan, limit: &(Expr, Option<Expr>)) -> Plan {
    match plan {
        Plan::Sort(input, keys, None) => Plan::Sort(input, keys, Some(limit.clone())),
        Plan::Project(input, expressions) => Plan::Project(told(*input, limit).into(), expressions),
        other => other,
    }
}
