//! Binds what stands above groups: keys and aggregates.

use super::binder::Binder;
use super::info::Info;
use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::plan::{Aggregate, AggregateCall, Expr};
use crate::text::tree::{Expression, Kind};
use crate::value::ColumnType;

/// What a call may leave out.
type Part = Option<(Expr, Info)>;

impl<'a> Binder<'a> {
    /// The key of the group that an expression is, if it is one.
    pub(super) fn group_key(&mut self, tree: &'a Expression) -> Result<Option<(Expr, Info)>> {
        let scope = self.scope();
        let Some(grouped) = scope.grouped.as_ref().filter(|_| !scope.is_within) else {
            return Ok(None);
        };
        if grouped.keys.is_empty() || matches!(tree.kind, Kind::Literal(_)) || !is_plain(tree) {
            return Ok(None);
        }
        scope.is_within = true;
        let bound = self.expression(tree);
        let scope = self.scope();
        scope.is_within = false;
        let Ok((bound, info)) = bound else {
            return Ok(None);
        };
        let keys = scope.grouped.iter().flat_map(|grouped| &grouped.keys);
        let found = keys.enumerate().find(|(_, (key, _))| *key == bound);
        Ok(found.map(|(at, _)| (Expr::Column(at), info)))
    }

    /// The aggregate that a call is, if it is one, as a column behind the keys.
    pub(super) fn aggregate(&mut self, tree: &'a Expression) -> Result<Option<(Expr, Info)>> {
        let Kind::Call {
            name,
            arguments,
            is_star,
            distinct,
            filter,
        } = &tree.kind
        else {
            return Ok(None);
        };
        let Some(function) = Aggregate::of_call(&name.text, arguments.len()) else {
            return Ok(None);
        };
        let scope = self.scope();
        if scope.grouped.is_none() || scope.is_within || !scope.takes_aggregates {
            let place = if scope.is_within && scope.grouped.is_some() {
                "within another"
            } else {
                scope.place
            };
            let message = format!(
                "the aggregate {} may not stand {place}: use HAVING or a subquery",
                name.text
            );
            return Err(QueryError::at(Code::MisplacedAggregate, tree.span, message));
        }
        let is_count = function == Aggregate::Count;
        let most = if function == Aggregate::GroupConcat {
            2
        } else {
            1
        };
        let is_right = match arguments.len() {
            0 => is_count && !*distinct,
            count => !is_star && count <= most && (count == 1 || !*distinct),
        };
        if !is_right {
            let message = format!("{} does not take these arguments", name.text);
            return Err(QueryError::at(Code::UnknownFunction, tree.span, message));
        }
        scope.is_within = true;
        let parts: Result<(Part, Part, Part)> = (|| {
            let mut arguments = arguments.iter().map(|argument| self.expression(argument));
            let argument = arguments.next().transpose()?;
            let separator = arguments.next().transpose()?;
            drop(arguments);
            let filter = filter
                .as_ref()
                .map(|filter| self.expression(filter))
                .transpose()?;
            Ok((argument, separator, filter))
        })();
        self.scope().is_within = false;
        let (argument, separator, filter) = parts?;
        let of = argument
            .as_ref()
            .map_or(ColumnType::Any, |argument| argument.1.kind);
        let call = AggregateCall {
            function,
            argument: argument.map(|argument| argument.0),
            separator: separator.map(|separator| separator.0),
            distinct: *distinct,
            filter: filter.map(|filter| filter.0),
        };
        let kind = match function {
            Aggregate::Count => ColumnType::Integer,
            Aggregate::Total | Aggregate::Average => ColumnType::Real,
            Aggregate::GroupConcat => ColumnType::Text,
            Aggregate::Sum if of == ColumnType::Bool => ColumnType::Integer,
            Aggregate::Sum | Aggregate::Min | Aggregate::Max => of,
        };
        let Some(grouped) = &mut self.scope().grouped else {
            return Ok(None);
        };
        let known = grouped.calls.iter().position(|known| *known == call);
        let number = known.unwrap_or_else(|| {
            grouped.calls.push(call);
            grouped.calls.len() - 1
        });
        Ok(Some((
            Expr::Column(grouped.keys.len() + number),
            Info::of(kind),
        )))
    }
}

/// The parts of an expression, but for subqueries.
fn parts(tree: &Expression) -> Vec<&Expression> {
    match &tree.kind {
        Kind::Unary(_, one) | Kind::Cast(one, _) | Kind::InQuery(one, _) => vec![one],
        Kind::Binary(_, left, right) => vec![left, right],
        Kind::Between { value, low, high } => vec![value, low, high],
        Kind::In(value, list) => std::iter::once(&**value).chain(list).collect(),
        Kind::Case { of, arms, other } => {
            let arms = arms.iter().flat_map(|(when, then)| [when, then]);
            arms.chain(of.as_deref()).chain(other.as_deref()).collect()
        }
        Kind::Like {
            value,
            pattern,
            escape,
            ..
        } => [&**value, &**pattern]
            .into_iter()
            .chain(escape.as_deref())
            .collect(),
        Kind::Call {
            arguments, filter, ..
        } => arguments.iter().chain(filter.as_deref()).collect(),
        Kind::Literal(_)
        | Kind::Parameter(_)
        | Kind::Column(..)
        | Kind::Exists(_)
        | Kind::Scalar(_) => Vec::new(),
    }
}

/// Whether an aggregate stands in an expression, those of its subqueries not counted.
pub(super) fn has_aggregate(tree: &Expression) -> bool {
    let is_one = match &tree.kind {
        Kind::Call {
            name, arguments, ..
        } => Aggregate::of_call(&name.text, arguments.len()).is_some(),
        _ => false,
    };
    is_one || parts(tree).into_iter().any(has_aggregate)
}

/// Whether it has neither aggregates nor subqueries.
fn is_plain(tree: &Expression) -> bool {
    let is_query = matches!(
        tree.kind,
        Kind::Exists(_) | Kind::Scalar(_) | Kind::InQuery(..)
    );
    !is_query && !has_aggregate(tree) && parts(tree).into_iter().all(is_plain)
}
