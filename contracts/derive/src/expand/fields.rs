//! The code of a field, wherever it stands.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::parts::{Field, Part};
use crate::root::Root;
use crate::rules::Constants;

/// The name of the constant that holds the type of a field.
pub(super) fn constant(prefix: &str, index: usize) -> syn::Ident {
    format_ident!("{prefix}_{index}")
}

/// The constant of the type of a field: with its rules, and held to its default.
pub(super) fn type_of(field: &Field, name: &syn::Ident, root: &Root, constants: &mut Constants) {
    let (support, rust) = (root.support(), &field.rust);
    let of = quote!(#support::TypeOf::<#rust>::PRESENT);
    let bare = format_ident!("{name}_BARE");
    let with_rules = quote!(<Self as Described>::#bare);
    let default = field.default.as_ref();
    match default.and_then(|default| default.checked(&with_rules, root)) {
        None => field.rules.applied(&of, name, root, constants),
        Some(checked) => {
            field.rules.applied(&of, &bare, root, constants);
            constants.add(name, checked);
        }
    }
}

/// The description of a field: an expression of `Field`; `of` is the constant of its type.
pub(super) fn description(field: &Field, of: &TokenStream, root: &Root) -> TokenStream {
    let Field {
        name: (name, _),
        rust,
        doc,
        icon,
        ..
    } = field;
    let (path, support) = (&root.path, root.support());
    let default = field.default.as_ref().map_or_else(
        || quote!(::core::option::Option::None),
        |default| default.preset(of, rust, root),
    );
    let unit = unit(field, root);
    quote! {
        #path::Field {
            name: #support::Cow::Borrowed(#name),
            of: #support::copy(#of),
            optional: <#rust as #support::FieldType>::OPTIONAL,
            default: #default,
            unit: #support::Cow::Borrowed(#unit),
            doc: #support::Cow::Borrowed(#doc),
            icon: #support::Cow::Borrowed(#icon),
        }
    }
}

pub(super) fn unit(field: &Field, root: &Root) -> TokenStream {
    match &field.unit {
        Some(unit) => quote!(#unit),
        None => {
            let (support, rust) = (root.support(), &field.rust);
            quote!(<#rust as #support::FieldType>::USUAL_UNIT)
        }
    }
}

/// `name: value,` for every field of a struct or variant, from `fields`, an iterator of values.
pub(super) fn built(parts: &[Part], root: &Root) -> TokenStream {
    let (path, support) = (&root.path, root.support());
    let fields = parts.iter().map(|part| match part {
        Part::Field(field) => {
            let ident = &field.ident;
            quote!(#ident: #support::FieldType::from_value(fields.next()?)?,)
        }
        Part::Flat { ident, rust, .. } => quote! {
            #ident: {
                let count = <#rust as #path::Streamable>::SCHEMA.fields().len();
                let fields: #support::Vec<#path::Value> = fields.by_ref().take(count).collect();
                <#rust as #path::Streamable>::from_fields(fields)?
            },
        },
        Part::Skipped(ident) => quote!(#ident: ::core::default::Default::default(),),
    });
    quote!(#(#fields)*)
}
