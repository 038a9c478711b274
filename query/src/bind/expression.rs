//! Binds expressions.

use super::binder::{Binder, columns_differ, hint};
use super::frame::{Applied, Scope};
use super::info::Info;
use crate::code::Code;
use crate::error::{QueryError, Result, Span};
use crate::plan::{ApplyKind, Expr, Function};
use crate::text::tree::{Binary, Expression, Kind, Name, Query, Unary};
use crate::value::{Affinity, ColumnType, Compare, Math, Value};

type Typed = (Expr, Info);

impl<'a> Binder<'a> {
    pub(super) fn expression(&mut self, tree: &'a Expression) -> Result<Typed> {
        if let Some(key) = self.group_key(tree)? {
            return Ok(key);
        }
        self.deeper(tree.span, |binder| binder.node(tree))
    }

    fn boxed(&mut self, tree: &'a Expression) -> Result<Box<Expr>> {
        Ok(Box::new(self.expression(tree)?.0))
    }

    fn list(&mut self, trees: &'a [Expression]) -> Result<Vec<Expr>> {
        trees
            .iter()
            .map(|tree| Ok(self.expression(tree)?.0))
            .collect()
    }

    fn node(&mut self, tree: &'a Expression) -> Result<Typed> {
        let any = Info::of(ColumnType::Any);
        let truth = Info::of(ColumnType::Bool);
        Ok(match &tree.kind {
            Kind::Literal(value) => (Expr::Literal(value.clone()), Info::of(kind_of(value))),
            Kind::Parameter(number) => (Expr::Parameter(*number), any),
            Kind::Column(table, name) => self.resolve(table.as_ref(), name)?,
            Kind::Unary(operator, inner) => self.unary(*operator, inner)?,
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right)?,
            Kind::Between { value, low, high } => {
                let value = self.expression(value)?;
                let (low, high) = (self.expression(low)?, self.expression(high)?);
                self.count_copy(tree.span, &value.0)?;
                let from = comparison(Compare::GreaterOrEqual, value.clone(), low);
                let to = comparison(Compare::LessOrEqual, value, high);
                (Expr::And(from.into(), to.into()), truth)
            }
            Kind::In(value, list) => {
                let (value, info) = self.expression(value)?;
                let list = self.list(list)?;
                let convert = |item| convert(info.affinity, (item, any));
                (
                    Expr::In(value.into(), list.into_iter().map(convert).collect()),
                    truth,
                )
            }
            Kind::InQuery(value, query) => {
                let value = self.expression(value)?;
                (self.applied(query, tree.span, Some(value))?.0, truth)
            }
            Kind::Exists(query) => (self.applied_exists(query, tree.span)?, truth),
            Kind::Scalar(query) => self.applied(query, tree.span, None)?,
            Kind::Case { of, arms, other } => {
                self.case(tree.span, of.as_deref(), arms, other.as_deref())?
            }
            Kind::Cast(inner, name) => {
                let affinity = Affinity::of_type(&name.text);
                let kind = match affinity {
                    Affinity::Integer => ColumnType::Integer,
                    Affinity::Real => ColumnType::Real,
                    Affinity::Text => ColumnType::Text,
                    Affinity::None | Affinity::Blob => ColumnType::Bytes,
                    Affinity::Numeric => ColumnType::Any,
                };
                (
                    Expr::Cast(affinity, self.boxed(inner)?),
                    Info { affinity, kind },
                )
            }
            Kind::Like {
                value,
                pattern,
                escape,
                is_glob,
            } => {
                let escape = match escape {
                    Some(escape) => Some(self.boxed(escape)?),
                    None => None,
                };
                let (value, pattern) = (self.boxed(value)?, self.boxed(pattern)?);
                (
                    Expr::Like {
                        value,
                        pattern,
                        escape,
                        is_glob: *is_glob,
                    },
                    truth,
                )
            }
            Kind::Call {
                name,
                arguments,
                is_star,
                distinct,
                filter,
            } => {
                if let Some(call) = self.aggregate(tree)? {
                    return Ok(call);
                }
                if *is_star || *distinct || filter.is_some() {
                    let message = format!(
                        "{} is no aggregate, which alone takes *, DISTINCT and FILTER",
                        name.text
                    );
                    return Err(QueryError::at(Code::UnknownFunction, name.span, message));
                }
                self.call(name, arguments)?
            }
        })
    }

    fn unary(&mut self, operator: Unary, inner: &'a Expression) -> Result<Typed> {
        let (expression, info) = self.expression(inner)?;
        let info = Info::of(info.kind);
        Ok(match operator {
            Unary::Not => (Expr::Not(expression.into()), Info::of(ColumnType::Bool)),
            Unary::Minus => (
                Expr::Negate(expression.into()),
                Info::of(number_kind(info, info)),
            ),
            Unary::Plus => (expression, info),
            Unary::Invert => (
                Expr::Invert(expression.into()),
                Info::of(ColumnType::Integer),
            ),
        })
    }

    fn binary(
        &mut self,
        operator: Binary,
        left: &'a Expression,
        right: &'a Expression,
    ) -> Result<Typed> {
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let truth = Info::of(ColumnType::Bool);
        Ok(match operator {
            Binary::And => (Expr::And(left.0.into(), right.0.into()), truth),
            Binary::Or => (Expr::Or(left.0.into(), right.0.into()), truth),
            Binary::Compare(compare) => (comparison(compare, left, right), truth),
            Binary::Concat => (
                Expr::Concat(left.0.into(), right.0.into()),
                Info::of(ColumnType::Text),
            ),
            Binary::Math(math) => {
                let kind = match math {
                    Math::And | Math::Or | Math::ShiftLeft | Math::ShiftRight => {
                        ColumnType::Integer
                    }
                    _ => number_kind(left.1, right.1),
                };
                (
                    Expr::Math(math, left.0.into(), right.0.into()),
                    Info::of(kind),
                )
            }
        })
    }

    fn case(
        &mut self,
        span: Span,
        of: Option<&'a Expression>,
        arms: &'a [(Expression, Expression)],
        other: Option<&'a Expression>,
    ) -> Result<Typed> {
        let of = match of {
            Some(of) => Some(self.expression(of)?),
            None => None,
        };
        let mut bound = Vec::new();
        for (when, then) in arms {
            let when = self.expression(when)?;
            let when = match &of {
                Some(of) => {
                    self.count_copy(span, &of.0)?;
                    comparison(Compare::Equal, of.clone(), when)
                }
                None => when.0,
            };
            bound.push((when, self.expression(then)?.0));
        }
        let other = match other {
            Some(other) => Some(self.boxed(other)?),
            None => None,
        };
        Ok((Expr::Case(bound, other), Info::of(ColumnType::Any)))
    }

    fn call(&mut self, name: &'a Name, arguments: &'a [Expression]) -> Result<Typed> {
        let functions = crate::plan::FUNCTIONS;
        let mut same = functions
            .iter()
            .filter(|entry| entry.0.eq_ignore_ascii_case(&name.text))
            .peekable();
        if name.text.eq_ignore_ascii_case("iif") && arguments.len() == 3 {
            let arm = (
                self.expression(&arguments[0])?.0,
                self.expression(&arguments[1])?.0,
            );
            let other = self.boxed(&arguments[2])?;
            return Ok((
                Expr::Case(vec![arm], Some(other)),
                Info::of(ColumnType::Any),
            ));
        }
        let Some(first) = same.peek() else {
            let names = functions
                .iter()
                .map(|entry| entry.0)
                .chain(crate::plan::AGGREGATES.iter().map(|entry| entry.0));
            let message = format!(
                "there is no function {}; {}",
                name.text,
                hint(&name.text, names, "function")
            );
            return Err(QueryError::at(Code::UnknownFunction, name.span, message));
        };
        let (least, most) = (first.2, first.3);
        let count = arguments.len();
        let Some((_, function, ..)) = same.find(|entry| (entry.2..=entry.3).contains(&count))
        else {
            let message = format!(
                "{} takes {least} to {most} arguments, not {count}",
                name.text
            );
            return Err(QueryError::at(Code::UnknownFunction, name.span, message));
        };
        let kind = match function {
            Function::Length | Function::Instr | Function::Sign => ColumnType::Integer,
            Function::Round | Function::Sqrt | Function::Power => ColumnType::Real,
            Function::Lower
            | Function::Upper
            | Function::Trim
            | Function::LeftTrim
            | Function::RightTrim => ColumnType::Text,
            Function::Replace | Function::TypeOf => ColumnType::Text,
            Function::TimeBucket => ColumnType::Timestamp,
            _ => ColumnType::Any,
        };
        Ok((Expr::Call(*function, self.list(arguments)?), Info::of(kind)))
    }

    /// A scalar subquery, or the right side of an IN.
    fn applied(&mut self, query: &'a Query, span: Span, value: Option<Typed>) -> Result<Typed> {
        let (bound, outer) = self.subquery(query, span)?;
        if bound.columns.len() != 1 {
            return Err(columns_differ(span, 1, bound.columns.len()));
        }
        let info = bound.columns[0].info;
        let (mut plan, mut kind) = (bound.plan, ApplyKind::Scalar);
        if let Some((value, value_info)) = value {
            let (left, right) = Affinity::of_comparison(value_info.affinity, info.affinity);
            let inner = convert(right, (Expr::Column(0), info));
            if inner != Expr::Column(0) {
                plan = crate::plan::Plan::Project(plan.into(), vec![inner]);
            }
            kind = ApplyKind::In(convert(left, (value, value_info)));
        }
        Ok((self.apply(plan, outer, kind), info))
    }

    fn applied_exists(&mut self, query: &'a Query, span: Span) -> Result<Expr> {
        let (bound, outer) = self.subquery(query, span)?;
        Ok(self.apply(bound.plan, outer, ApplyKind::Exists))
    }

    fn subquery(
        &mut self,
        query: &'a Query,
        span: Span,
    ) -> Result<(super::info::Bound, Vec<Expr>)> {
        let scope = self.scope();
        if !scope.takes_queries || scope.is_within {
            let place = if scope.place.is_empty() {
                "here"
            } else {
                scope.place
            };
            let message = format!("a subquery is not run {place}: put it into FROM or WHERE");
            return Err(QueryError::at(Code::QueryUnsupported, span, message));
        }
        self.scopes.push(Scope {
            border: Some(Vec::new()),
            ..Scope::default()
        });
        let bound = self.deeper(span, |binder| binder.query(query));
        let outer = self
            .scopes
            .pop()
            .and_then(|scope| scope.border)
            .unwrap_or_default();
        Ok((bound?, outer))
    }

    fn apply(&mut self, query: crate::plan::Plan, outer: Vec<Expr>, kind: ApplyKind) -> Expr {
        let applies = &mut self.scope().applies;
        applies.push(Applied { query, outer, kind });
        Expr::Applied(applies.len() - 1)
    }
}

fn kind_of(value: &Value) -> ColumnType {
    match value {
        Value::Null => ColumnType::Any,
        Value::Integer(_) => ColumnType::Integer,
        Value::Real(_) => ColumnType::Real,
        Value::Text(_) => ColumnType::Text,
        Value::Bytes(_) => ColumnType::Bytes,
    }
}

/// Of a sum, which may leave the integers.
fn number_kind(left: Info, right: Info) -> ColumnType {
    match left.kind == ColumnType::Real || right.kind == ColumnType::Real {
        true => ColumnType::Real,
        false => ColumnType::Any,
    }
}

/// A comparison, each side converted as the affinity of the other says.
pub(super) fn comparison(compare: Compare, left: Typed, right: Typed) -> Expr {
    let (for_left, for_right) = Affinity::of_comparison(left.1.affinity, right.1.affinity);
    Expr::Compare(
        compare,
        convert(for_left, left).into(),
        convert(for_right, right).into(),
    )
}

/// The expression as a comparison sees it. What is known to be of that kind stays as it is, so that it stays fast.
fn convert(affinity: Affinity, (expression, info): Typed) -> Expr {
    let is_number = matches!(
        info.kind,
        ColumnType::Integer | ColumnType::Real | ColumnType::Bool | ColumnType::Timestamp
    );
    let needs = match affinity {
        Affinity::None | Affinity::Blob => false,
        Affinity::Text => !matches!(
            info.kind,
            ColumnType::Text | ColumnType::Json | ColumnType::Bytes
        ),
        _ => !is_number,
    };
    match (needs, expression) {
        (true, Expr::Literal(value)) => Expr::Literal(affinity.apply(&value)),
        (true, other) => Expr::Convert(affinity, other.into()),
        (false, other) => other,
    }
}
