//! How an implementation begins.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, parse_quote};

use crate::input::Input;
use crate::root::Root;

/// `impl<…> Trait for Type<…> where …`: `bounds` are those of every type parameter.
pub(super) struct Head {
    generics: Generics,
}

impl Head {
    pub(super) fn new(input: &Input, bounds: &TokenStream) -> Self {
        let mut generics = input.generics.clone();
        let names: Vec<_> = generics.type_params().map(|of| of.ident.clone()).collect();
        let predicates = &mut generics.make_where_clause().predicates;
        for name in names {
            predicates.push(parse_quote!(#name: #bounds));
        }
        Self { generics }
    }

    pub(super) fn implement(
        &self,
        what: &TokenStream,
        input: &Input,
        body: &TokenStream,
    ) -> TokenStream {
        let ident = &input.ident;
        let (parameters, _, bounds) = self.generics.split_for_impl();
        let (_, arguments, _) = input.generics.split_for_impl();
        quote! {
            impl #parameters #what for #ident #arguments #bounds { #body }
        }
    }

    /// The same with a lifetime `'de` before the other parameters.
    pub(super) fn for_reading(&self) -> Self {
        let mut generics = self.generics.clone();
        generics.params.insert(0, parse_quote!('de));
        Self { generics }
    }
}

/// The bounds of a parameter whose values nest.
pub(super) fn field_bounds(root: &Root) -> TokenStream {
    let support = root.support();
    quote!(#support::FieldType + 'static)
}
