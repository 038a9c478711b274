//! The code that a type becomes.

mod contract;
mod fields;
mod head;
mod simple;
mod unions;

use proc_macro2::TokenStream;
use quote::quote;

use crate::input::Input;
use crate::shape::Shape;

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
