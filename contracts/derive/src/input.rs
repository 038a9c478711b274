//! What a type and its attributes say, checked as far as it can be seen here.

use proc_macro2::{Ident, Span};
use syn::{Data, DeriveInput, Error, Expr, ExprLit, Fields, Generics, Lit};

use crate::attributes::{Attributes, doc};
use crate::enums;
use crate::names::Renaming;
use crate::parts::{FIELD_NAMES, Part, parts};
use crate::root::Root;
use crate::rules::{RULES, Rules};
use crate::shape::{CONTRACT, Contract, Newtype, Shape};

/// The field in which a value says its version: `VERSION_FIELD` of the crate.
pub(crate) const VERSION_FIELD: &str = "schema_version";

/// What is derived.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) root: Root,
    pub(crate) shape: Shape,
}

impl Input {
    pub(crate) fn parse(input: DeriveInput) -> Result<Self, Error> {
        if let Some(lifetime) = input.generics.lifetimes().next() {
            return Err(Error::new_spanned(
                lifetime,
                "a value of a contract owns what it holds: it borrows nothing",
            ));
        }
        let (root, shape) = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(_) => contract(&input, &data.fields)?,
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    newtype(&input, &fields.unnamed[0])?
                }
                _ => {
                    return Err(Error::new_spanned(
                        &input.ident,
                        "a contract is a struct with named fields, a struct around one type, or an enum",
                    ));
                }
            },
            Data::Enum(data) => enums::read(&input, data)?,
            Data::Union(data) => {
                return Err(Error::new_spanned(
                    data.union_token,
                    "a contract is a struct or an enum",
                ));
            }
        };
        Ok(Self {
            ident: input.ident,
            generics: input.generics,
            root,
            shape,
        })
    }
}

fn contract(input: &DeriveInput, fields: &Fields) -> Result<(Root, Shape), Error> {
    let attributes = Attributes::parse(&input.attrs, "on a struct", &[CONTRACT])?;
    let root = Root::parse(&attributes)?;
    let renaming = Renaming::parse(&attributes)?;
    let parts = parts(fields, renaming, &root, &FIELD_NAMES)?;
    one_signal(&parts)?;
    let missing = |what| {
        let hint = format!("say #[contract(name = \"…\", version = 1)]: {what} is missing");
        Error::new_spanned(&input.ident, hint)
    };
    let name = attributes
        .value("name")?
        .ok_or_else(|| missing("the name"))?;
    let is_generic = input.generics.type_params().next().is_some()
        || input.generics.const_params().next().is_some();
    if is_generic && matches!(name, Expr::Lit(_)) {
        return Err(Error::new_spanned(
            name,
            "this is one name for many contracts: say `name = T::NAME`, a constant of a trait of the parameter",
        ));
    }
    if is_generic && let Some(span) = parts.iter().find_map(Part::flat) {
        let words = "`flatten` cannot stand in a struct with parameters";
        return Err(Error::new(span, words));
    }
    let version = attributes.value("version")?;
    let version = whole(version.ok_or_else(|| missing("the version"))?)?;
    default_version(&parts, version)?;
    let contract = Contract {
        name: name.clone(),
        name_span: attributes.span("name").unwrap_or_else(Span::call_site),
        version,
        doc: doc(&input.attrs),
        icon: attributes.text_or_empty("icon")?,
        refuse_unknown: attributes.choice("unknown", &["ignore", "refuse"])? == Some(1),
        manual_link: attributes.choice("link", &["json", "manual"])? == Some(1),
        migrations: attributes.value("migrations")?.cloned(),
        parts,
    };
    Ok((root, Shape::Contract(Box::new(contract))))
}

/// A version: an integer from 1.
fn whole(value: &Expr) -> Result<u32, Error> {
    let number = match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse::<u32>().ok(),
        _ => None,
    };
    match number {
        Some(number) if number > 0 => Ok(number),
        _ => Err(Error::new_spanned(
            value,
            "a version is an integer from 1 to 4294967295",
        )),
    }
}

/// A value that does not say its version is of this one: a default that says another would refuse itself.
fn default_version(parts: &[Part], version: u32) -> Result<(), Error> {
    let mut fields = parts.iter().filter_map(Part::field);
    let field = fields.find(|field| field.name.0 == VERSION_FIELD);
    match field.and_then(|field| field.default.as_ref()?.integer()) {
        Some((said, span)) if said != version.into() => {
            let words =
                format!("the version of the contract is {version}, and its default the same");
            Err(Error::new(span, words))
        }
        _ => Ok(()),
    }
}

fn one_signal(parts: &[Part]) -> Result<(), Error> {
    let signals = parts.iter().filter_map(Part::field);
    match signals.filter_map(|field| field.signal).nth(1) {
        Some(second) => Err(Error::new(second, "another field is the signal already")),
        None => Ok(()),
    }
}

fn newtype(input: &DeriveInput, field: &syn::Field) -> Result<(Root, Shape), Error> {
    let place = "on a struct around one type";
    let attributes = Attributes::parse(&input.attrs, place, &[&["crate"], RULES])?;
    Attributes::parse(&field.attrs, "inside of it: rules stand on the struct", &[])?;
    let root = Root::parse(&attributes)?;
    let rules = Rules::parse(&attributes, &root)?;
    let rust = field.ty.clone();
    Ok((root, Shape::Newtype(Box::new(Newtype { rust, rules }))))
}
