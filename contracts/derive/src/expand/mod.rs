//! The code that a type becomes.

mod contract;
mod simple;
mod unions;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Generics, parse_quote};

use crate::input::{Field, Input, Part, Root, Shape};
use crate::rules::Constants;

/// All implementations of one type.
pub(crate) fn all(input: &Input) -> TokenStream {
    let parts = match &input.shape {
        Shape::Contract(contract) => contract::all(input, contract),
        Shape::Newtype(newtype) => simple::newtype(input, &newtype.rust, &newtype.rules),
        Shape::Choices(variants) => simple::choices(input, variants),
        Shape::Union(union) => unions::all(input, union),
    };
    quote! {
        #[automatically_derived]
        const _: () = { #parts };
    }
}

/// `impl<…> Trait for Type<…> where …`: `bounds` are those of every type parameter.
struct Head {
    generics: Generics,
}

impl Head {
    fn new(input: &Input, bounds: &TokenStream) -> Self {
        let mut generics = input.generics.clone();
        let names: Vec<_> = generics.type_params().map(|of| of.ident.clone()).collect();
        let predicates = &mut generics.make_where_clause().predicates;
        for name in names {
            predicates.push(parse_quote!(#name: #bounds));
        }
        Self { generics }
    }

    fn implement(&self, what: &TokenStream, input: &Input, body: &TokenStream) -> TokenStream {
        let ident = &input.ident;
        let (parameters, _, bounds) = self.generics.split_for_impl();
        let (_, arguments, _) = input.generics.split_for_impl();
        quote! {
            impl #parameters #what for #ident #arguments #bounds { #body }
        }
    }

    /// The same with a lifetime `'de` before the other parameters.
    fn for_reading(&self) -> Self {
        let mut generics = self.generics.clone();
        generics.params.insert(0, parse_quote!('de));
        Self { generics }
    }
}

/// The bounds of a parameter whose values nest.
fn field_bounds(root: &Root) -> TokenStream {
    let support = root.support();
    quote!(#support::FieldType + 'static)
}

/// The name of the constant that holds the type of a field.
fn constant(prefix: &str, index: usize) -> syn::Ident {
    format_ident!("{prefix}_{index}")
}

/// The constant of the type of a field: with its rules, and held to its default.
fn type_of(field: &Field, name: &syn::Ident, root: &Root, constants: &mut Constants) {
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
fn description(field: &Field, of: &TokenStream, root: &Root) -> TokenStream {
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

fn unit(field: &Field, root: &Root) -> TokenStream {
    match &field.unit {
        Some(unit) => quote!(#unit),
        None => {
            let (support, rust) = (root.support(), &field.rust);
            quote!(<#rust as #support::FieldType>::USUAL_UNIT)
        }
    }
}

/// `name: value,` for every field of a struct or variant, from `fields`, an iterator of values.
fn built(parts: &[Part], root: &Root) -> TokenStream {
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
