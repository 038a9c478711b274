//! What the struct and its attributes say, checked, before any code is written.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, LitStr, Type};

/// A struct that is to become a contract.
pub(crate) struct Contract {
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    pub(crate) version: syn::LitInt,
    pub(crate) doc: String,
    pub(crate) icon: String,
    pub(crate) refuse_unknown: bool,
    pub(crate) manual_link: bool,
    pub(crate) fields: Vec<Field>,
}

/// One of its fields.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name on the wire.
    pub(crate) name: String,
    pub(crate) rust_type: Type,
    pub(crate) doc: String,
    pub(crate) unit: String,
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
    pub(crate) default: Option<Lit>,
    pub(crate) signal: bool,
}

impl Contract {
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self, Error> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new_spanned(
                input,
                "a contract is a struct with named fields",
            ));
        };
        let Fields::Named(named) = &data.fields else {
            return Err(Error::new_spanned(
                input,
                "a contract is a struct with named fields",
            ));
        };
        if !input.generics.params.is_empty() {
            return Err(Error::new_spanned(
                &input.generics,
                "a contract has no type parameters",
            ));
        }
        let settings = Settings::parse(input)?;
        let fields = named
            .named
            .iter()
            .map(Field::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(second) = fields.iter().filter(|field| field.signal).nth(1) {
            return Err(Error::new_spanned(
                &second.ident,
                "only one field can be the signal",
            ));
        }
        let missing = |what| {
            let hint = format!("say #[contract(name = \"…\", version = 1)]: {what} is missing");
            Error::new_spanned(&input.ident, hint)
        };
        Ok(Self {
            ident: input.ident.clone(),
            name: settings.name.ok_or_else(|| missing("the name"))?,
            version: settings.version.ok_or_else(|| missing("the version"))?,
            doc: doc(&input.attrs),
            icon: settings.icon,
            refuse_unknown: settings.refuse_unknown,
            manual_link: settings.manual_link,
            fields,
        })
    }
}

/// What `#[contract(…)]` on the struct said so far.
#[derive(Default)]
struct Settings {
    name: Option<LitStr>,
    version: Option<syn::LitInt>,
    icon: String,
    refuse_unknown: bool,
    manual_link: bool,
}

impl Settings {
    fn parse(input: &DeriveInput) -> Result<Self, Error> {
        let mut settings = Self::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("contract")) {
            attribute.parse_nested_meta(|meta| settings.apply(&meta))?;
        }
        Ok(settings)
    }

    fn apply(&mut self, meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
        if meta.path.is_ident("name") {
            self.name = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("version") {
            self.version = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("icon") {
            self.icon = text(meta)?;
        } else if meta.path.is_ident("unknown") {
            self.refuse_unknown = choice(meta, ["ignore", "refuse"])? == 1;
        } else if meta.path.is_ident("link") {
            self.manual_link = choice(meta, ["json", "manual"])? == 1;
        } else {
            return Err(meta.error("expected name, version, icon, unknown or link"));
        }
        Ok(())
    }
}

impl Field {
    fn parse(field: &syn::Field) -> Result<Self, Error> {
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new_spanned(
                field,
                "a contract is a struct with named fields",
            ));
        };
        let mut parsed = Self {
            name: ident.to_string(),
            ident,
            rust_type: field.ty.clone(),
            doc: doc(&field.attrs),
            unit: String::new(),
            min: None,
            max: None,
            default: None,
            signal: false,
        };
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("contract")) {
            attribute.parse_nested_meta(|meta| parsed.apply(&meta))?;
        }
        Ok(parsed)
    }

    fn apply(&mut self, meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
        if meta.path.is_ident("name") {
            self.name = text(meta)?;
        } else if meta.path.is_ident("unit") {
            self.unit = text(meta)?;
        } else if meta.path.is_ident("min") {
            self.min = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("max") {
            self.max = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("default") {
            self.default = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("signal") {
            self.signal = true;
        } else {
            return Err(meta.error("expected name, unit, min, max, default or signal"));
        }
        Ok(())
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn choice(meta: &ParseNestedMeta<'_>, allowed: [&str; 2]) -> Result<usize, Error> {
    let given = text(meta)?;
    allowed
        .iter()
        .position(|word| *word == given)
        .ok_or_else(|| meta.error(format!("expected \"{}\" or \"{}\"", allowed[0], allowed[1])))
}

/// The first paragraph of a doc comment, on one line.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(line),
                    ..
                }) => Some(line.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        });
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
