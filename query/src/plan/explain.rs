//! Plans as people read them.

use super::{AggregateCall, ApplyKind, Expr, JoinKind, Plan, SetOperator};
use crate::value::Value;

/// A step of a plan, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What it does, such as `scan` or `join`.
    pub step: &'static str,
    /// With what, such as the table or the condition. Columns are `#0`, `#1`, … of the step's input.
    pub details: String,
    /// Rows that are expected, as a guess.
    pub rows: usize,
    /// Whether it follows changes of its tables row by row, if all below it do.
    pub is_incremental: bool,
    /// What feeds it; of a subquery the query comes last.
    pub inputs: Vec<Explained>,
}

impl Explained {
    /// A line for each step, indented below the one that it feeds.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text
    }

    fn write(&self, depth: usize, text: &mut String) {
        let space = if self.details.is_empty() { "" } else { " " };
        let again = if self.is_incremental {
            ""
        } else {
            ", run again when live"
        };
        let line = format!(
            "{}{}{space}{} (~{} rows{again})
",
            "  ".repeat(depth),
            self.step,
            self.details,
            self.rows
        );
        text.push_str(&line);
        self.inputs
            .iter()
            .for_each(|input| input.write(depth + 1, text));
    }
}

/// The steps of a plan.
pub(crate) fn explain(plan: &Plan) -> Explained {
    let (step, details, inputs): (_, String, Vec<&Plan>) = match plan {
        Plan::One => ("one row", String::new(), vec![]),
        Plan::Scan(scan) => {
            let names = scan.source.columns();
            let names: Vec<&str> = scan
                .columns
                .iter()
                .filter_map(|at| names.get(*at))
                .map(|column| column.name.as_str())
                .collect();
            let filters = match scan.filters.is_empty() {
                true => String::new(),
                false => format!(" where {}", list(&scan.filters, " AND ")),
            };
            (
                "scan",
                format!("{} [{}]{filters}", scan.table, names.join(", ")),
                vec![],
            )
        }
        Plan::Filter(input, condition) => ("filter", show(condition), vec![input]),
        Plan::Project(input, expressions) => ("project", list(expressions, ", "), vec![input]),
        Plan::Join(join) => {
            let keys = join
                .keys
                .iter()
                .map(|(left, right)| format!("{} = right {}", show(left), show(right)));
            let conditions: Vec<String> = keys.chain(join.rest.iter().map(show)).collect();
            let step = match (join.kind, join.keys.is_empty()) {
                (JoinKind::Inner, true) => "nested join",
                (JoinKind::Inner, false) => "hash join",
                (JoinKind::Left, true) => "nested left join",
                (JoinKind::Left, false) => "hash left join",
            };
            (
                step,
                conditions.join(" AND "),
                vec![&join.left, &join.right],
            )
        }
        Plan::Aggregate(input, keys, calls) => {
            let calls: Vec<String> = calls.iter().map(show_call).collect();
            (
                "aggregate",
                format!("by [{}]: {}", list(keys, ", "), calls.join(", ")),
                vec![input],
            )
        }
        Plan::Distinct(input) => ("distinct", String::new(), vec![input]),
        Plan::Set(operator, left, right) => {
            let step = match operator {
                SetOperator::UnionAll => "union all",
                SetOperator::Union => "union",
                SetOperator::Intersect => "intersect",
                SetOperator::Except => "except",
            };
            (step, String::new(), vec![left, right])
        }
        Plan::Sort(input, keys, top) => {
            let key = |key: &super::SortKey| {
                let nulls = if key.nulls_first {
                    "nulls first"
                } else {
                    "nulls last"
                };
                format!(
                    "#{}{} {nulls}",
                    key.column,
                    if key.descending { " desc" } else { "" }
                )
            };
            let keys: Vec<String> = keys.iter().map(key).collect();
            (
                if top.is_some() { "top" } else { "sort" },
                keys.join(", "),
                vec![input],
            )
        }
        Plan::Limit(input, limit, offset) => {
            let limit = limit.as_ref().map_or("all".into(), show);
            let offset = offset
                .as_ref()
                .map_or(String::new(), |offset| format!(" after {}", show(offset)));
            ("limit", limit + &offset, vec![input])
        }
        Plan::Apply {
            input,
            query,
            outer,
            kind,
        } => {
            let kind = match kind {
                ApplyKind::Scalar => "value".into(),
                ApplyKind::Exists => "exists".into(),
                ApplyKind::In(value) => format!("{} in", show(value)),
            };
            let given = match outer.is_empty() {
                true => ", once".into(),
                false => format!(", given {}", list(outer, ", ")),
            };
            ("subquery", kind + &given, vec![input, query])
        }
    };
    Explained {
        step,
        details,
        rows: plan.rows_guess(),
        is_incremental: plan.is_followed(),
        inputs: inputs.into_iter().map(explain).collect(),
    }
}

fn list(expressions: &[Expr], between: &str) -> String {
    expressions
        .iter()
        .map(show)
        .collect::<Vec<_>>()
        .join(between)
}

fn show_call(call: &AggregateCall) -> String {
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let argument = call.argument.as_ref().map_or("*".into(), show);
    let filter = call.filter.as_ref().map_or(String::new(), |filter| {
        format!(" FILTER ({})", show(filter))
    });
    format!("{}({distinct}{argument}){filter}", call.function.name())
}

fn show(expression: &Expr) -> String {
    let two =
        |left: &Expr, sign: &str, right: &Expr| format!("({} {sign} {})", show(left), show(right));
    match expression {
        Expr::Literal(Value::Null) => "NULL".into(),
        Expr::Literal(Value::Text(text)) => format!("'{}'", text.replace('\'', "''")),
        Expr::Literal(Value::Bytes(bytes)) => format!("x'…' of {} bytes", bytes.len()),
        Expr::Literal(value) => value.as_text().into_owned(),
        Expr::Column(at) => format!("#{at}"),
        Expr::Parameter(at) => format!("?{}", at + 1),
        Expr::Outer(at) | Expr::Applied(at) => format!("outer {at}"),
        Expr::Not(one) => format!("NOT {}", show(one)),
        Expr::Negate(one) => format!("-{}", show(one)),
        Expr::Invert(one) => format!("~{}", show(one)),
        Expr::And(left, right) => two(left, "AND", right),
        Expr::Or(left, right) => two(left, "OR", right),
        Expr::Compare(compare, left, right) => two(left, compare.sign(), right),
        Expr::Math(math, left, right) => two(left, math.sign(), right),
        Expr::Concat(left, right) => two(left, "||", right),
        Expr::In(value, all) => format!("{} IN ({})", show(value), list(all, ", ")),
        Expr::Case(arms, other) => {
            let arms: String = arms
                .iter()
                .map(|(when, then)| format!(" WHEN {} THEN {}", show(when), show(then)))
                .collect();
            let other = other
                .as_ref()
                .map_or(String::new(), |other| format!(" ELSE {}", show(other)));
            format!("CASE{arms}{other} END")
        }
        Expr::Cast(affinity, one) | Expr::Convert(affinity, one) => {
            format!("{affinity:?}({})", show(one))
        }
        Expr::Like {
            value,
            pattern,
            is_glob,
            ..
        } => two(value, if *is_glob { "GLOB" } else { "LIKE" }, pattern),
        Expr::Call(function, arguments) => {
            format!("{}({})", function.name(), list(arguments, ", "))
        }
    }
}
