//! What a query does, as a tree of steps over numbered columns.

mod explain;
mod expression;
mod function;
mod node;
mod rewrite;

pub(crate) use crate::text::tree::JoinKind;
pub(crate) use crate::text::tree::SetOperator;
pub use explain::Explained;
pub(crate) use explain::explain;
pub(crate) use expression::Expr;
pub(crate) use function::{AGGREGATES, Aggregate, FUNCTIONS, Function};
pub(crate) use node::{AggregateCall, ApplyKind, JoinPlan, Plan, ScanPlan, SortKey, pushed};
pub(crate) use rewrite::rewrite;
