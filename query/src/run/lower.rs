//! From a plan to a graph of steps.

use std::rc::Rc;

use super::graph::{Graph, Step, Vertex};
use crate::plan::Plan;

/// The graph of a plan, its root last.
pub(crate) fn lower(plan: Plan) -> Graph {
    let mut vertices = Vec::new();
    let root = add(plan, &mut vertices);
    Graph { vertices, root }
}

fn add(plan: Plan, vertices: &mut Vec<Vertex>) -> usize {
    let width = plan.width();
    let (step, inputs) = match plan {
        Plan::One => (Step::One, Vec::new()),
        Plan::Scan(scan) => (Step::Scan(scan), Vec::new()),
        Plan::Filter(input, condition) => (Step::Filter(condition), vec![*input]),
        Plan::Project(input, expressions) => (Step::Project(expressions), vec![*input]),
        Plan::Join(join) => {
            let join = *join;
            let step = Step::Join {
                kind: join.kind,
                keys: join.keys,
                rest: join.rest,
            };
            (step, vec![join.left, join.right])
        }
        Plan::Aggregate(input, keys, calls) => (Step::Aggregate(keys, calls), vec![*input]),
        Plan::Distinct(input) => (Step::Distinct, vec![*input]),
        Plan::Set(operator, left, right) => (Step::Set(operator), vec![*left, *right]),
        Plan::Sort(input, keys, top) => (Step::Sort(keys, top), vec![*input]),
        Plan::Limit(input, limit, offset) => (Step::Limit(limit, offset), vec![*input]),
        Plan::Apply {
            input,
            query,
            outer,
            kind,
        } => {
            let query = Rc::new(lower(*query));
            (Step::Apply { query, outer, kind }, vec![*input])
        }
    };
    let inputs = inputs
        .into_iter()
        .map(|input| add(input, vertices))
        .collect();
    vertices.push(Vertex {
        step,
        inputs,
        width,
    });
    vertices.len() - 1
}
