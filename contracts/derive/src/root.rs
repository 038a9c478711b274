//! Where the crate of contracts is, as the written code names it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, Expr, ExprLit, Lit, Path};

use crate::attributes::Attributes;

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
