//! The fields of a struct or a variant.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{Error, Fields, LitStr, Type};

use crate::attributes::{Attributes, doc};
use crate::names::{self, Renaming};
use crate::root::Root;
use crate::rules::{Default, RULES, Rules};

/// Most fields of one object: `FIELDS_MAX` of the crate.
const FIELDS_MAX: usize = 256;

/// A field of a struct or a variant.
pub(crate) enum Part {
    /// On the wire.
    Field(Box<Field>),
    /// The fields of another contract.
    Flat {
        ident: Ident,
        rust: Box<Type>,
        span: Span,
    },
    /// Not on the wire.
    Skipped(Ident),
}

/// One field of the wire.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: (String, Span),
    pub(crate) rust: Type,
    pub(crate) doc: String,
    pub(crate) unit: Option<LitStr>,
    pub(crate) icon: String,
    pub(crate) rules: Rules,
    pub(crate) default: Option<Default>,
    pub(crate) signal: Option<Span>,
}

impl Part {
    pub(crate) fn field(&self) -> Option<&Field> {
        match self {
            Self::Field(field) => Some(field),
            _ => None,
        }
    }

    /// Where `flatten` stands.
    pub(crate) fn flat(&self) -> Option<Span> {
        match self {
            Self::Flat { span, .. } => Some(*span),
            _ => None,
        }
    }
}

const FIELD: &[&str] = &["name", "rename", "skip", "unit", "icon", "default"];
pub(crate) const FIELD_NAMES: [&[&str]; 3] = [FIELD, &["flatten", "signal"], RULES];
pub(crate) const CASE_FIELD_NAMES: [&[&str]; 2] = [FIELD, RULES];

pub(crate) fn parts(
    fields: &Fields,
    renaming: Renaming,
    root: &Root,
    known: &[&[&str]],
) -> Result<Vec<Part>, Error> {
    let parts = fields
        .iter()
        .map(|field| part(field, renaming, root, known));
    let parts = parts.collect::<Result<Vec<_>, Error>>()?;
    let names = || {
        parts
            .iter()
            .filter_map(Part::field)
            .map(|field| &field.name)
    };
    names::distinct(names(), "field")?;
    match names().nth(FIELDS_MAX) {
        Some((_, span)) => {
            let words = format!("a contract has at most {FIELDS_MAX} fields");
            Err(Error::new(*span, words))
        }
        None => Ok(parts),
    }
}

fn part(
    field: &syn::Field,
    renaming: Renaming,
    root: &Root,
    known: &[&[&str]],
) -> Result<Part, Error> {
    // The caller's fields are named.
    let ident = field.ident.clone().unwrap_or_else(|| format_ident!("_"));
    let attributes = Attributes::parse(&field.attrs, "on a field", known)?;
    let others = [&FIELD[..2], &FIELD[3..], &["signal"], RULES].concat();
    attributes.refuse_beside("skip", &[&others[..], &["flatten"]].concat())?;
    attributes.refuse_beside("flatten", &others)?;
    if attributes.flag("skip")? {
        return Ok(Part::Skipped(ident));
    }
    if attributes.flag("flatten")? {
        return Ok(Part::Flat {
            ident,
            rust: Box::new(field.ty.clone()),
            span: attributes.span("flatten").unwrap_or(field.span()),
        });
    }
    let signal = attributes.flag("signal")?;
    Ok(Part::Field(Box::new(Field {
        name: names::of(&ident, &attributes, renaming)?,
        ident,
        rust: field.ty.clone(),
        doc: doc(&field.attrs),
        unit: attributes.text("unit")?,
        icon: attributes.text_or_empty("icon")?,
        rules: Rules::parse(&attributes, root)?,
        default: Default::parse(&attributes)?,
        signal: attributes.span("signal").filter(|_| signal),
    })))
}
