//! What a text says, before anything is known about its tables.

use crate::error::Span;
use crate::value::Value;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A whole text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) explain: bool,
    pub(crate) query: Query,
    /// Names of the parameters, in the order of their numbers; `None` for `?`.
    pub(crate) parameters: Vec<Option<String>>,
}

/// A SELECT with what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) with: Vec<Common>,
    pub(crate) body: Body,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<Expression>,
    pub(crate) offset: Option<Expression>,
    pub(crate) span: Span,
}

/// `name (columns) AS (query)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Common {
    pub(crate) name: Name,
    pub(crate) columns: Vec<Name>,
    pub(crate) query: Query,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Select(Box<Select>),
    Set(SetOperator, Box<Body>, Box<Body>, Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOperator {
    UnionAll,
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Select {
    pub(crate) distinct: bool,
    pub(crate) items: Vec<Item>,
    pub(crate) from: Option<From>,
    pub(crate) filter: Option<Expression>,
    pub(crate) group: Vec<Expression>,
    pub(crate) having: Option<Expression>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// `*` or `table.*`.
    All(Option<Name>, Span),
    One(Expression, Option<Name>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum From {
    Table(Name, Option<Name>),
    Query(Box<Query>, Option<Name>),
    Join {
        kind: JoinKind,
        left: Box<From>,
        right: Box<From>,
        on: Option<Expression>,
        using: Vec<Name>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Inner,
    Left,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) by: Expression,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Levels below it, and itself.
    pub(crate) height: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Literal(Value),
    /// By its number, from 0.
    Parameter(usize),
    Column(Option<Name>, Name),
    Unary(Unary, Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    Between {
        value: Box<Expression>,
        low: Box<Expression>,
        high: Box<Expression>,
    },
    In(Box<Expression>, Vec<Expression>),
    InQuery(Box<Expression>, Box<Query>),
    Exists(Box<Query>),
    Scalar(Box<Query>),
    Case {
        of: Option<Box<Expression>>,
        arms: Vec<(Expression, Expression)>,
        other: Option<Box<Expression>>,
    },
    Cast(Box<Expression>, Name),
    Like {
        value: Box<Expression>,
        pattern: Box<Expression>,
        escape: Option<Box<Expression>>,
        is_glob: bool,
    },
    Call {
        name: Name,
        arguments: Vec<Expression>,
        is_star: bool,
        distinct: bool,
        filter: Option<Box<Expression>>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Minus,
    Plus,
    Invert,
}

/// What stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Compare(crate::value::Compare),
    Math(crate::value::Math),
    Concat,
}
