//! Plans that give the same rows sooner: constants folded, conditions and columns pushed down, joins by keys, the first
//! rows alone sorted.

mod columns;
mod fold;
mod joins;
mod push;
mod top;

use super::Plan;

/// The plan that is run.
pub(crate) fn rewrite(plan: Plan) -> Plan {
    let plan = push::push(fold::plan(plan), Vec::new());
    let plan = joins::order(joins::keys(plan));
    top::top(columns::prune_all(plan))
}

impl Plan {
    /// The plan with each step right below it made into another.
    pub(crate) fn map_inputs(self, make: &mut dyn FnMut(Plan) -> Plan) -> Plan {
        let mut boxed = |plan: Box<Plan>| Box::new(make(*plan));
        match self {
            Self::Filter(input, condition) => Self::Filter(boxed(input), condition),
            Self::Project(input, expressions) => Self::Project(boxed(input), expressions),
            Self::Join(join) => {
                let mut join = *join;
                join.left = make(join.left);
                join.right = make(join.right);
                Self::Join(Box::new(join))
            }
            Self::Aggregate(input, keys, calls) => Self::Aggregate(boxed(input), keys, calls),
            Self::Distinct(input) => Self::Distinct(boxed(input)),
            Self::Set(operator, left, right) => Self::Set(operator, boxed(left), boxed(right)),
            Self::Sort(input, keys, top) => Self::Sort(boxed(input), keys, top),
            Self::Limit(input, limit, offset) => Self::Limit(boxed(input), limit, offset),
            Self::Apply {
                input,
                query,
                outer,
                kind,
            } => Self::Apply {
                input: boxed(input),
                query: boxed(query),
                outer,
                kind,
            },
            leaf @ (Self::One | Self::Scan(_)) => leaf,
        }
    }
}
