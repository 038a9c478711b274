//! A struct around one type, and an enum without data.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Type;

use super::head::{Head, field_bounds};
use crate::input::Input;
use crate::rules::{Constants, Rules};
use crate::shape::Variant;

/// `struct Celsius(f32)`: the type within, with rules.
pub(super) fn newtype(input: &Input, rust: &Type, rules: &Rules) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let inner = quote!(<#rust as #support::FieldType>);
    let mut constants = Constants::default();
    let of = quote!(#support::TypeOf::<#rust>::PRESENT);
    rules.applied(&of, &format_ident!("OF"), root, &mut constants);
    let head = Head::new(input, &field_bounds(root));
    let (described, body) = constants.written(root);
    let implementation = head.implement(&quote!(Described), input, &body);
    let option = quote!(::core::option::Option);
    let field_type = head.implement(
        &quote!(#support::FieldType),
        input,
        &quote! {
            const KIND: #path::Kind = #support::kind(<Self as Described>::OF);
            const RULES: #support::Rules = #support::rules_of(<Self as Described>::OF);
            const OPTIONAL: bool = #inner::OPTIONAL;
            const USUAL_UNIT: &'static str = #inner::USUAL_UNIT;

            fn from_value(value: #path::Value) -> #option<Self> {
                #inner::from_value(value).map(Self)
            }

            fn lend(&self) -> #path::Lent<'_> {
                #support::FieldType::lend(&self.0)
            }

            fn from_slot(slot: f64) -> #option<Self> {
                #inner::from_slot(slot).map(Self)
            }

            fn to_slot(&self) -> #option<f64> {
                #support::FieldType::to_slot(&self.0)
            }
        },
    );
    let at_once = checked_at_once(input);
    quote! {
        #described
        #implementation
        #field_type
        #at_once
    }
}

/// The compiler makes the constants of a type without parameters even where nothing uses it yet.
pub(super) fn checked_at_once(input: &Input) -> TokenStream {
    let (path, support, ident) = (&input.root.path, input.root.support(), &input.ident);
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    quote!(const _: #path::Kind = <#ident as #support::FieldType>::KIND;)
}

/// `enum State { Open, Paid }`: one of these texts.
pub(super) fn choices(input: &Input, variants: &[Variant]) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<_> = variants.iter().map(|variant| &variant.name.0).collect();
    let head = Head::new(input, &field_bounds(root));
    let option = quote!(::core::option::Option);
    head.implement(
        &quote!(#support::FieldType),
        input,
        &quote! {
            const KIND: #path::Kind = #path::Kind::Enum(#support::Ref::Static(&[
                #(#support::Cow::Borrowed(#names)),*
            ]));

            fn from_value(value: #path::Value) -> #option<Self> {
                let #path::Value::Text(text) = value else {
                    return #option::None;
                };
                match text.as_str() {
                    #(#names => #option::Some(Self::#idents),)*
                    _ => #option::None,
                }
            }

            fn lend(&self) -> #path::Lent<'_> {
                let name = match self {
                    #(Self::#idents => #names,)*
                };
                #path::Lent::Text(#support::Cow::Borrowed(name))
            }
        },
    )
}
