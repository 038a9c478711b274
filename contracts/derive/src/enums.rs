//! Enums: what they and their variants say.

use syn::{DeriveInput, Error, Fields};

use crate::attributes::Attributes;
use crate::names::{self, Renaming};
use crate::parts::{CASE_FIELD_NAMES, Part, parts};
use crate::root::Root;
use crate::shape::{Body, CONTRACT, Case, Shape, Union, Variant};

pub(crate) fn read(input: &DeriveInput, data: &syn::DataEnum) -> Result<(Root, Shape), Error> {
    let is_plain = data
        .variants
        .iter()
        .all(|variant| matches!(variant.fields, Fields::Unit));
    let known: &[&str] = &["tag", "unknown", "rename_all", "crate"];
    // What makes a contract is refused with the reason.
    let attributes = Attributes::parse(&input.attrs, "on an enum", &[known, CONTRACT])?;
    if let Some(span) = CONTRACT[..5]
        .iter()
        .filter(|name| **name != "unknown")
        .find_map(|name| attributes.span(name))
        .or(attributes.span("migrations"))
    {
        let words = "an enum is no contract by itself, since a record is an object of one shape: \
                     make it a field of a struct";
        return Err(Error::new(span, words));
    }
    let root = Root::parse(&attributes)?;
    let renaming = Renaming::parse(&attributes)?;
    if data.variants.is_empty() {
        return Err(Error::new_spanned(
            &input.ident,
            "an enum has at least one variant",
        ));
    }
    let tag = attributes.text("tag")?;
    let shape = match tag {
        None if is_plain => {
            if let Some(span) = attributes.span("unknown") {
                let words = "`unknown` means nothing for an enum without data";
                return Err(Error::new(span, words));
            }
            Shape::Choices(choices(data, renaming)?)
        }
        None => {
            let words = "say #[contract(tag = \"type\")]: which field tells the variants apart";
            return Err(Error::new_spanned(&input.ident, words));
        }
        Some(tag) => {
            names::check(&tag.value(), tag.span())?;
            Shape::Union(Union {
                cases: cases(data, renaming, &tag.value(), &root)?,
                tag: tag.value(),
                refuse_unknown: attributes.choice("unknown", &["ignore", "refuse"])? == Some(1),
            })
        }
    };
    Ok((root, shape))
}

const VARIANT: &[&str] = &["name", "rename"];

fn choices(data: &syn::DataEnum, renaming: Renaming) -> Result<Vec<Variant>, Error> {
    let choices = data.variants.iter().map(|variant| {
        let attributes = Attributes::parse(&variant.attrs, "on a variant", &[VARIANT])?;
        Ok(Variant {
            ident: variant.ident.clone(),
            name: names::of(&variant.ident, &attributes, renaming)?,
        })
    });
    let choices = choices.collect::<Result<Vec<_>, Error>>()?;
    names::distinct(choices.iter().map(|choice| &choice.name), "variant")?;
    Ok(choices)
}

fn cases(
    data: &syn::DataEnum,
    renaming: Renaming,
    tag: &str,
    root: &Root,
) -> Result<Vec<Case>, Error> {
    let case = |variant: &syn::Variant| {
        let known = [VARIANT, &["rename_all"]];
        let attributes = Attributes::parse(&variant.attrs, "on a variant", &known)?;
        let body = match &variant.fields {
            Fields::Unit => Body::Unit,
            Fields::Named(_) => {
                let renaming = Renaming::parse(&attributes)?;
                let parts = parts(&variant.fields, renaming, root, &CASE_FIELD_NAMES)?;
                tagged(&parts, tag)?;
                Body::Fields(parts)
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                Attributes::parse(
                    &fields.unnamed[0].attrs,
                    "on the contract of a variant",
                    &[],
                )?;
                Body::Contract(fields.unnamed[0].ty.clone())
            }
            Fields::Unnamed(fields) => {
                return Err(Error::new_spanned(
                    fields,
                    "a variant has named fields, one contract, or nothing",
                ));
            }
        };
        Ok(Case {
            ident: variant.ident.clone(),
            name: names::of(&variant.ident, &attributes, renaming)?,
            body,
        })
    };
    let cases = data
        .variants
        .iter()
        .map(case)
        .collect::<Result<Vec<_>, Error>>()?;
    names::distinct(cases.iter().map(|case| &case.name), "variant")?;
    Ok(cases)
}

/// Refuses a field that has the name of the tag.
fn tagged(parts: &[Part], tag: &str) -> Result<(), Error> {
    let mut fields = parts.iter().filter_map(Part::field);
    match fields.find(|field| field.name.0 == tag) {
        Some(field) => {
            let words = format!("\"{tag}\" tells the variants apart: a field has another name");
            Err(Error::new(field.name.1, words))
        }
        None => Ok(()),
    }
}
