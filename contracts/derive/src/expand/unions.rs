//! An enum with data: objects told apart by a tag.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::fields::{built, constant, description, type_of};
use super::head::{Head, field_bounds};
use super::simple::checked_at_once;
use crate::input::Input;
use crate::parts::Part;
use crate::rules::Constants;
use crate::shape::{Body, Case, Union};

pub(super) fn all(input: &Input, union: &Union) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let head = Head::new(input, &field_bounds(root));
    let tag = &union.tag;
    let cases = union.cases.iter().enumerate();
    let cases: Vec<_> = cases
        .map(|(number, case)| described_case(input, union, number, case))
        .collect();
    let from_cases = union.cases.iter().enumerate();
    let from_cases = from_cases.map(|(number, case)| from_case(input, number, case));
    let lent = union.cases.iter().enumerate();
    let lent = lent.map(|(number, case)| lent_case(input, number, case));
    let option = quote!(::core::option::Option);
    let field_type = head.implement(
        &quote!(#support::FieldType),
        input,
        &quote! {
            const KIND: #path::Kind = #path::Kind::OneOf(#support::Ref::Static(&#support::Union {
                tag: #support::Cow::Borrowed(#tag),
                cases: #support::Ref::Static(&[#(#cases),*]),
            }));

            fn from_value(value: #path::Value) -> #option<Self> {
                let #path::Value::Case(case, fields) = value else {
                    return #option::None;
                };
                let mut fields = fields.into_iter();
                match case {
                    #(#from_cases)*
                    _ => #option::None,
                }
            }

            fn lend(&self) -> #path::Lent<'_> {
                match self { #(#lent)* }
            }
        },
    );
    let parts = head.implement(
        &quote!(#path::TypedParts),
        input,
        &typed_parts(input, union),
    );
    let described = described(input, &head, union);
    let at_once = checked_at_once(input);
    quote!(#described #field_type #parts #at_once)
}

fn prefix(number: usize) -> String {
    format!("OF_{number}")
}

/// The types of all fields, each a constant.
fn described(input: &Input, head: &Head, union: &Union) -> TokenStream {
    let mut constants = Constants::default();
    for (number, case) in union.cases.iter().enumerate() {
        for (index, field) in case.fields().filter_map(Part::field).enumerate() {
            let name = constant(&prefix(number), index);
            type_of(field, &name, &input.root, &mut constants);
        }
    }
    let (described, body) = constants.written(&input.root);
    let implementation = head.implement(&quote!(Described), input, &body);
    quote!(#described #implementation)
}

impl Case {
    fn fields(&self) -> std::slice::Iter<'_, Part> {
        match &self.body {
            Body::Fields(parts) => parts.iter(),
            Body::Unit | Body::Contract(_) => [].iter(),
        }
    }
}

fn described_case(input: &Input, union: &Union, number: usize, case: &Case) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let name = &case.name.0;
    let body = match &case.body {
        Body::Contract(rust) => {
            let function = root.function("link", rust.span());
            let link = quote_spanned!(rust.span()=> #function(#support::TypeOf::<#rust>::PRESENT));
            quote!(Contract(#link))
        }
        Body::Unit | Body::Fields(_) => {
            let fields = case.fields().filter_map(Part::field).enumerate();
            let fields = fields.map(|(index, field)| {
                let of = constant(&prefix(number), index);
                description(field, &quote!(<Self as Described>::#of), root)
            });
            let unknown = match union.refuse_unknown {
                true => quote!(Refuse),
                false => quote!(Ignore),
            };
            quote! {
                Object(#support::Object {
                    fields: #support::Ref::Static(&[#(#fields),*]),
                    unknown: #path::UnknownFields::#unknown,
                })
            }
        }
    };
    quote! {
        #support::Case {
            name: #support::Cow::Borrowed(#name),
            body: #support::Body::#body,
        }
    }
}

fn from_case(input: &Input, number: usize, case: &Case) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let ident = &case.ident;
    let option = quote!(::core::option::Option);
    let value = match &case.body {
        Body::Unit => quote!(Self::#ident),
        Body::Fields(parts) => {
            let fields = built(parts, root);
            quote!(Self::#ident { #fields })
        }
        Body::Contract(rust) => quote! {
            Self::#ident(<#rust as #support::FieldType>::from_value(
                #path::Value::Object(fields.by_ref().collect()),
            )?)
        },
    };
    quote! {
        #number => {
            let value = #value;
            if fields.next().is_some() {
                return #option::None;
            }
            #option::Some(value)
        }
    }
}

fn lent_case(input: &Input, number: usize, case: &Case) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let ident = &case.ident;
    match &case.body {
        Body::Unit => {
            quote!(Self::#ident => #path::Lent::Case(#number, #path::Parts::Values(&[])),)
        }
        Body::Fields(_) => {
            quote!(Self::#ident { .. } => #path::Lent::Case(#number, #path::Parts::Typed(self)),)
        }
        Body::Contract(_) => quote! {
            Self::#ident(inner) => match #support::FieldType::lend(inner) {
                #path::Lent::Object(fields) => #path::Lent::Case(#number, fields),
                other => other,
            },
        },
    }
}

/// The fields of the variants that have their own.
fn typed_parts(input: &Input, union: &Union) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let arms = union.cases.iter().filter_map(|case| {
        let fields = case.fields().filter_map(Part::field);
        let idents: Vec<_> = fields.map(|field| &field.ident).collect();
        if idents.is_empty() {
            return None;
        }
        let ident = &case.ident;
        let numbers = 0..idents.len();
        let count = idents.len();
        let parts = quote! {
            Self::#ident { #(#idents,)* .. } => match index {
                #(#numbers => #support::FieldType::lend(#idents),)*
                _ => #path::Lent::Absent,
            },
        };
        Some((quote!(Self::#ident { .. } => #count,), parts))
    });
    let (counts, parts): (Vec<_>, Vec<_>) = arms.unzip();
    quote! {
        fn count(&self) -> usize {
            #[allow(unreachable_patterns)]
            match self { #(#counts)* _ => 0 }
        }

        fn part(&self, index: usize) -> #path::Lent<'_> {
            #[allow(unreachable_patterns)]
            match self { #(#parts)* _ => #path::Lent::Absent }
        }
    }
}
