//! The graph of steps as data, and what makes one that can run.

use std::rc::Rc;

use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::limits::VERTICES_MAX;
use crate::plan::{AggregateCall, ApplyKind, Expr, JoinKind, ScanPlan, SetOperator, SortKey};

/// Steps and the edges between them.
pub(crate) struct Graph {
    pub(crate) vertices: Vec<Vertex>,
    /// The step whose rows are the result.
    pub(crate) root: usize,
}

pub(crate) struct Vertex {
    pub(crate) step: Step,
    /// The vertices it reads.
    pub(crate) inputs: Vec<usize>,
    /// The columns of its rows.
    pub(crate) width: usize,
}

/// What a vertex does; that of a plan, without what feeds it.
pub(crate) enum Step {
    One,
    Scan(ScanPlan),
    Filter(Expr),
    Project(Vec<Expr>),
    Join {
        kind: JoinKind,
        keys: Vec<(Expr, Expr)>,
        rest: Option<Expr>,
    },
    Aggregate(Vec<Expr>, Vec<AggregateCall>),
    Distinct,
    Set(SetOperator),
    Sort(Vec<SortKey>, Option<(Expr, Option<Expr>)>),
    Limit(Option<Expr>, Option<Expr>),
    Apply {
        query: Rc<Graph>,
        outer: Vec<Expr>,
        kind: ApplyKind,
    },
}

impl Graph {
    /// Whether it can run: every edge leads somewhere, none back, and every step finds its columns.
    pub(crate) fn check(&self) -> Result<()> {
        let count = self.vertices.len();
        if count > VERTICES_MAX {
            let message = format!("the graph has {count} vertices, of at most {VERTICES_MAX}");
            return Err(QueryError::new(Code::QueryTooLarge, message));
        }
        if self.root >= count {
            return Err(bad(format!("the root {} is no vertex", self.root)));
        }
        for (at, vertex) in self.vertices.iter().enumerate() {
            if let Some(input) = vertex.inputs.iter().find(|input| **input >= count) {
                return Err(bad(format!(
                    "vertex {at} reads {input}, which is no vertex"
                )));
            }
            self.check_vertex(at, vertex)?;
        }
        self.check_circles()
    }

    fn check_vertex(&self, at: usize, vertex: &Vertex) -> Result<()> {
        let widths: Vec<usize> = vertex
            .inputs
            .iter()
            .map(|input| self.vertices[*input].width)
            .collect();
        let first = widths.first().copied().unwrap_or(0);
        let together: usize = widths.iter().sum();
        let reads = |expressions: &mut dyn Iterator<Item = &Expr>, width: usize| {
            let mut all = expressions;
            Iterator::all(&mut all, |expression| expression.reads_only(0, width))
        };
        let (inputs, width, is_right) = match &vertex.step {
            Step::One => (0, 0, true),
            Step::Scan(scan) => (
                0,
                scan.columns.len(),
                reads(&mut scan.filters.iter(), scan.columns.len()),
            ),
            Step::Filter(condition) => (1, first, condition.reads_only(0, first)),
            Step::Project(expressions) => {
                (1, expressions.len(), reads(&mut expressions.iter(), first))
            }
            Step::Join { keys, rest, .. } => {
                let right = widths.get(1).copied().unwrap_or(0);
                let are_right = reads(&mut keys.iter().map(|key| &key.0), first)
                    && reads(&mut keys.iter().map(|key| &key.1), right);
                (2, together, are_right && reads(&mut rest.iter(), together))
            }
            Step::Aggregate(keys, calls) => {
                let parts = calls.iter().flat_map(|call| {
                    call.argument
                        .iter()
                        .chain(&call.filter)
                        .chain(&call.separator)
                });
                (
                    1,
                    keys.len() + calls.len(),
                    reads(&mut keys.iter().chain(parts), first),
                )
            }
            Step::Distinct => (1, first, true),
            Step::Set(_) => (2, first, widths.iter().all(|width| *width == first)),
            Step::Sort(keys, _) => (1, first, keys.iter().all(|key| key.column < first)),
            Step::Limit(..) => (1, first, true),
            Step::Apply { query, outer, kind } => {
                query.check()?;
                let value = match kind {
                    ApplyKind::In(value) => Some(value),
                    _ => None,
                };
                (1, first + 1, reads(&mut outer.iter().chain(value), first))
            }
        };
        if vertex.inputs.len() != inputs {
            return Err(bad(format!(
                "vertex {at} has {} inputs, and takes {inputs}",
                vertex.inputs.len()
            )));
        }
        match is_right && vertex.width == width {
            true => Ok(()),
            false => Err(bad(format!(
                "vertex {at} does not fit the columns of what it reads"
            ))),
        }
    }

    /// Takes away what reads nothing that is left, until nothing is left, or a circle.
    fn check_circles(&self) -> Result<()> {
        let mut is_done = vec![false; self.vertices.len()];
        loop {
            let ready = (0..is_done.len()).filter(|at| {
                !is_done[*at]
                    && self.vertices[*at]
                        .inputs
                        .iter()
                        .all(|input| is_done[*input])
            });
            let ready: Vec<usize> = ready.collect();
            if ready.is_empty() {
                break;
            }
            ready.into_iter().for_each(|at| is_done[at] = true);
        }
        match is_done.iter().position(|is_done| !is_done) {
            Some(at) => Err(bad(format!("vertex {at} reads what it feeds"))),
            None => Ok(()),
        }
    }
}

fn bad(message: String) -> QueryError {
    QueryError::new(Code::BadGraph, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(vertices: Vec<(Step, Vec<usize>, usize)>, root: usize) -> Graph {
        let vertices = vertices.into_iter().map(|(step, inputs, width)| Vertex {
            step,
            inputs,
            width,
        });
        Graph {
            vertices: vertices.collect(),
            root,
        }
    }

    #[test]
    fn a_graph_that_cannot_run_is_refused() {
        let check = |vertices, root, expected: &str| {
            let error = graph(vertices, root).check().unwrap_err();
            assert_eq!(error.code(), Code::BadGraph);
            assert!(error.message().contains(expected), "{error}");
        };
        let column = |at| Step::Filter(Expr::Column(at));
        check(vec![], 0, "root");
        check(vec![(Step::Distinct, vec![7], 0)], 0, "reads 7");
        check(
            vec![(Step::Distinct, vec![1], 0), (Step::Distinct, vec![0], 0)],
            0,
            "what it feeds",
        );
        check(vec![(Step::Distinct, vec![0], 0)], 0, "what it feeds");
        check(
            vec![(Step::One, vec![], 0), (column(0), vec![0], 0)],
            1,
            "columns",
        );
        check(
            vec![(Step::One, vec![], 0), (Step::Distinct, vec![0], 2)],
            1,
            "columns",
        );
        check(
            vec![(Step::One, vec![], 0), (Step::Distinct, vec![], 0)],
            1,
            "inputs",
        );
        assert_eq!(
            graph(
                vec![(Step::One, vec![], 0), (Step::Distinct, vec![0], 0)],
                1
            )
            .check(),
            Ok(())
        );
    }
}
