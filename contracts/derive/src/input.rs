//! What a type and its attributes say, checked as far as it can be seen here.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Expr, ExprLit, Fields, Generics, Lit, LitStr, Path, Type};

use crate::attributes::{Attributes, doc};
use crate::enums;
use crate::names::{self, Renaming};
use crate::rules::{Default, RULES, Rules};

/// Most fields of one object: `FIELDS_MAX` of the crate.
const FIELDS_MAX: usize = 256;

/// The field in which a value says its version: `VERSION_FIELD` of the crate.
pub(crate) const VERSION_FIELD: &str = "schema_version";

/// Where the crate `aimdb_contracts` is.
pub(crate) struct Root {
    pub(crate) path: TokenStream,
}

impl Root {
    pub(crate) fn parse(attributes: &Attributes) -> Result<Self, Error> {
        let path = match attributes.value("crate")? {
            None => quote!(::aimdb_contracts),
            Some(Expr::Path(path)) => quote!(#path),
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => {
                let path: Path = text.parse()?;
                quote!(#path)
            }
            Some(other) => {
                let words = "`crate` is a path: say `crate = some::aimdb_contracts`";
                return Err(Error::new_spanned(other, words));
            }
        };
        Ok(Self { path })
    }

    /// The module that the written code refers to.
    pub(crate) fn support(&self) -> TokenStream {
        let path = &self.path;
        quote!(#path::derive_support)
    }

    /// A function of that module, as if it were named at a place.
    pub(crate) fn function(&self, name: &str, span: Span) -> TokenStream {
        let path = self.path.clone().into_iter().map(|mut token| {
            // The name of the crate is found from where it was written; the place is that of the attribute.
            token.set_span(token.span().located_at(span));
            token
        });
        let path: TokenStream = path.collect();
        let name = Ident::new(name, span);
        quote_spanned!(span=> #path::derive_support::#name)
    }
}

/// What is derived.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) root: Root,
    pub(crate) shape: Shape,
}

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
        icon: text(&attributes, "icon")?,
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

fn text(attributes: &Attributes, name: &str) -> Result<String, Error> {
    Ok(attributes
        .text(name)?
        .map(|text| text.value())
        .unwrap_or_default())
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

const FIELD: &[&str] = &["name", "rename", "skip", "unit", "icon", "default"];
const FIELD_NAMES: [&[&str]; 3] = [FIELD, &["flatten", "signal"], RULES];
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
        icon: text(&attributes, "icon")?,
        rules: Rules::parse(&attributes, root)?,
        default: Default::parse(&attributes)?,
        signal: attributes.span("signal").filter(|_| signal),
    })))
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
