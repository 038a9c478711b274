//! Rules of a type, and its default: what stands in the attributes, as calls that the compiler makes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, Type, UnOp};

use crate::attributes::Attributes;
use crate::root::Root;

/// The names of rules.
pub(crate) const RULES: &[&str] = &[
    "min",
    "max",
    "exclusive_min",
    "exclusive_max",
    "multiple_of",
    "min_length",
    "max_length",
    "pattern",
    "format",
    "min_items",
    "max_items",
    "unique_items",
    "min_properties",
    "max_properties",
    "item",
];

const BOUNDS: &[&str] = &[
    "min",
    "max",
    "exclusive_min",
    "exclusive_max",
    "multiple_of",
];
const COUNTS: &[&str] = &[
    "min_length",
    "max_length",
    "min_items",
    "max_items",
    "min_properties",
    "max_properties",
];

/// Longest pattern, in characters: `PATTERN_LENGTH_MAX` of the crate.
const PATTERN_LENGTH_MAX: usize = 512;

/// Formats by name and by the variant of `Format`.
const FORMATS: &[(&str, &str)] = &[
    ("date-time", "DateTime"),
    ("date", "Date"),
    ("time", "Time"),
    ("duration", "Duration"),
    ("uuid", "Uuid"),
    ("email", "Email"),
    ("uri", "Uri"),
    ("hostname", "Hostname"),
    ("ipv4", "Ipv4"),
    ("ipv6", "Ipv6"),
];

/// What the attributes ask of values of a type.
pub(crate) struct Rules {
    calls: Vec<Call>,
    item: Option<(Span, Box<Rules>)>,
}

/// A rule: the function of its name, and its further arguments.
struct Call {
    name: &'static str,
    span: Span,
    arguments: TokenStream,
}

impl Rules {
    pub(crate) fn parse(attributes: &Attributes, root: &Root) -> Result<Self, Error> {
        let mut calls = Vec::new();
        for name in RULES {
            let Some(span) = attributes.span(name) else {
                continue;
            };
            let arguments = match *name {
                "item" => continue,
                "unique_items" => {
                    attributes.flag(name)?;
                    TokenStream::new()
                }
                "pattern" => pattern(attributes)?,
                "format" => format(attributes, root)?,
                _ => match attributes.value(name)? {
                    Some(value) if BOUNDS.contains(name) => number(value),
                    Some(value) if COUNTS.contains(name) => quote!(#value),
                    _ => continue,
                },
            };
            calls.push(Call {
                name,
                span,
                arguments,
            });
        }
        let item = match attributes.list("item")? {
            None => None,
            Some(inner) => {
                inner.hold_to("in `item`", &[RULES])?;
                let span = attributes.span("item").unwrap_or_else(Span::call_site);
                Some((span, Box::new(Self::parse(inner, root)?)))
            }
        };
        Ok(Self { calls, item })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.item.is_none()
    }

    /// The type `of`, an expression of `&'static Type`, with these rules: constants of `Described` whose names
    /// begin with `prefix`, the last of them the whole.
    pub(crate) fn applied(
        &self,
        of: &TokenStream,
        prefix: &Ident,
        root: &Root,
        constants: &mut Constants,
    ) {
        let support = root.support();
        if self.is_empty() {
            constants.add(prefix, of.clone());
            return;
        }
        let present = quote!(#support::present(#of));
        let mut rules = quote!(#support::Rules::NONE);
        for Call {
            name,
            span,
            arguments,
        } in &self.calls
        {
            let function = root.function(name, *span);
            rules = quote_spanned!(*span=> #function(#rules, #present, #arguments));
        }
        if let Some(last) = self.calls.iter().rfind(|call| call.may_leave_nothing()) {
            let function = root.function("leaves_a_value", last.span);
            rules = quote_spanned!(last.span=> #function(#rules, #present));
        }
        let item = match &self.item {
            None => quote!(::core::option::Option::None),
            Some((span, item)) => {
                let function = root.function("item", *span);
                let of = quote_spanned!(*span=> #function(#of));
                let name = format_ident!("{prefix}_ITEM");
                item.applied(&of, &name, root, constants);
                quote!(::core::option::Option::Some(<Self as Described>::#name))
            }
        };
        let inner = format_ident!("{prefix}_PRESENT");
        let mut ruled = quote!(#support::ruled(#of, #rules, #item));
        let of_elements = |call: &&Call| matches!(call.name, "min_items" | "unique_items");
        if let Some(last) = self.calls.iter().rfind(of_elements) {
            let function = root.function("leaves_elements", last.span);
            ruled = quote_spanned!(last.span=> #function(#ruled));
        }
        constants.add(&inner, quote!(&#ruled));
        constants.add(
            prefix,
            quote!(&#support::within(#of, <Self as Described>::#inner)),
        );
    }
}

/// Types of a derived type that are constants: what refers to one lasts as long as the program.
#[derive(std::default::Default)]
pub(crate) struct Constants {
    list: Vec<(Ident, TokenStream)>,
}

impl Constants {
    pub(crate) fn add(&mut self, name: &Ident, value: TokenStream) {
        self.list.push((name.clone(), value));
    }

    /// The trait of them, and what a type says of it.
    pub(crate) fn written(&self, root: &Root) -> (TokenStream, TokenStream) {
        let support = root.support();
        let (names, values): (Vec<_>, Vec<_>) =
            self.list.iter().map(|(name, value)| (name, value)).unzip();
        let of = quote!(&'static #support::Type);
        (
            quote!(trait Described { #(const #names: #of;)* }),
            quote!(#(const #names: #of = #values;)*),
        )
    }
}

impl Call {
    /// Whether it may leave nothing between itself and another rule.
    fn may_leave_nothing(&self) -> bool {
        self.name != "pattern" && self.name != "format" && self.name != "unique_items"
    }
}

/// A number as the two arguments that lose nothing of any type of number.
fn number(value: &Expr) -> TokenStream {
    match literal(value) {
        // A literal that is cast to a float is an `i32` otherwise.
        Some(Lit::Int(_)) => quote!((#value) as i128, (#value) as i128 as f64),
        _ => quote!((#value) as i128, (#value) as f64),
    }
}

fn pattern(attributes: &Attributes) -> Result<TokenStream, Error> {
    let Some(text) = attributes.text("pattern")? else {
        return Ok(TokenStream::new());
    };
    if text.value().chars().count() > PATTERN_LENGTH_MAX {
        let words = format!("a pattern has at most {PATTERN_LENGTH_MAX} characters");
        return Err(Error::new(text.span(), words));
    }
    Ok(quote!(#text))
}

fn format(attributes: &Attributes, root: &Root) -> Result<TokenStream, Error> {
    let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
    let Some(index) = attributes.choice("format", &names)? else {
        return Ok(TokenStream::new());
    };
    let variant = quote::format_ident!("{}", FORMATS[index].1);
    let path = &root.path;
    Ok(quote!(#path::Format::#variant))
}

/// What an absent field reads as.
pub(crate) struct Default {
    span: Span,
    value: Expr,
}

impl Default {
    pub(crate) fn parse(attributes: &Attributes) -> Result<Option<Self>, Error> {
        let Some(value) = attributes.value("default")? else {
            return Ok(None);
        };
        if let Expr::Path(path) = value
            && path.path.is_ident("None")
        {
            let words = "a field that may be absent needs no default: leave it out";
            return Err(Error::new_spanned(value, words));
        }
        Ok(Some(Self {
            span: attributes.span("default").unwrap_or_else(Span::call_site),
            value: value.clone(),
        }))
    }

    /// The default as an integer, if it is written as one.
    pub(crate) fn integer(&self) -> Option<(u64, Span)> {
        match literal(&self.value)? {
            Lit::Int(number) => Some((number.base10_parse().ok()?, number.span())),
            _ => None,
        }
    }

    /// The type `of`, an expression of `&'static Type`, once it has taken the default; nothing where only a
    /// running program can tell.
    pub(crate) fn checked(&self, of: &TokenStream, root: &Root) -> Option<TokenStream> {
        let value = &self.value;
        let (name, arguments) = match literal(value)? {
            Lit::Int(_) | Lit::Float(_) => ("default_number", number(value)),
            Lit::Str(_) => ("default_text", quote!(#value)),
            Lit::Bool(_) => ("default_bool", quote!()),
            _ => return None,
        };
        let function = root.function(name, self.span);
        Some(quote_spanned!(self.span=> #function(#of, #arguments)))
    }

    /// The default as an expression of `Preset`, of a type that has taken it.
    pub(crate) fn preset(&self, of: &TokenStream, rust: &Type, root: &Root) -> TokenStream {
        let (path, support) = (&root.path, root.support());
        let value = &self.value;
        let made = match literal(value) {
            Some(Lit::Int(_) | Lit::Float(_)) => {
                let number = number(value);
                quote!(const { #support::number_value(#of, #number) })
            }
            Some(Lit::Str(_)) => quote!(#path::Value::Text(#support::String::from(#value))),
            Some(Lit::Bool(_)) => quote!(#path::Value::Bool(#value)),
            _ => quote!({
                let value: #rust = #value;
                #support::FieldType::lend(&value).to_value()
            }),
        };
        quote!(::core::option::Option::Some(#support::Preset::Made(|| #made)))
    }
}

/// The literal that an expression is, with or without a sign.
fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr),
        Expr::Group(group) => literal(&group.expr),
        Expr::Paren(paren) => literal(&paren.expr),
        _ => None,
    }
}
