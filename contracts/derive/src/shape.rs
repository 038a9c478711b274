//! What a type is that is derived for: one of four shapes.

use proc_macro2::{Ident, Span};
use syn::{Expr, Type};

use crate::parts::Part;
use crate::rules::Rules;

/// What the type is.
pub(crate) enum Shape {
    Contract(Box<Contract>),
    Newtype(Box<Newtype>),
    Choices(Vec<Variant>),
    Union(Union),
}

/// A struct around one type.
pub(crate) struct Newtype {
    pub(crate) rust: Type,
    pub(crate) rules: Rules,
}

/// A struct with named fields.
pub(crate) struct Contract {
    pub(crate) name: Expr,
    pub(crate) name_span: Span,
    pub(crate) version: u32,
    pub(crate) doc: String,
    pub(crate) icon: String,
    pub(crate) refuse_unknown: bool,
    pub(crate) manual_link: bool,
    pub(crate) migrations: Option<Expr>,
    pub(crate) parts: Vec<Part>,
}

/// One variant without data.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: (String, Span),
}

/// An enum with data.
pub(crate) struct Union {
    pub(crate) tag: String,
    pub(crate) refuse_unknown: bool,
    pub(crate) cases: Vec<Case>,
}

/// One variant of it.
pub(crate) struct Case {
    pub(crate) ident: Ident,
    pub(crate) name: (String, Span),
    pub(crate) body: Body,
}

/// What a variant holds.
pub(crate) enum Body {
    Unit,
    Fields(Vec<Part>),
    Contract(Type),
}

pub(crate) const CONTRACT: &[&str] = &[
    "name",
    "version",
    "icon",
    "unknown",
    "link",
    "rename_all",
    "migrations",
    "crate",
];
