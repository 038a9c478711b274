//! The code that a contract becomes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::attributes::{Contract, Field};

/// All implementations of one contract.
pub(crate) fn contract(contract: &Contract) -> TokenStream {
    let parts = [
        schema_type(contract),
        streamable(contract),
        serde(contract),
        field_type(contract),
        linkable(contract),
        observable(contract),
    ];
    quote!(const _: () = { #(#parts)* };)
}

fn schema_type(contract: &Contract) -> TokenStream {
    let Contract {
        ident,
        name,
        version,
        ..
    } = contract;
    quote! {
        impl ::aimdb_contracts::SchemaType for #ident {
            const NAME: &'static str = #name;
            const VERSION: u32 = #version;
        }
    }
}

fn streamable(contract: &Contract) -> TokenStream {
    let Contract {
        ident,
        name,
        version,
        doc,
        icon,
        ..
    } = contract;
    let fields = contract.fields.iter().map(description);
    let unknown = if contract.refuse_unknown {
        quote!(Refuse)
    } else {
        quote!(Ignore)
    };
    let signal = match contract.fields.iter().find(|field| field.signal) {
        Some(field) => {
            let name = &field.name;
            quote!(Some(::aimdb_contracts::derive_support::Cow::Borrowed(#name)))
        }
        None => quote!(None),
    };
    let names: Vec<_> = contract.fields.iter().map(|field| &field.ident).collect();
    let positions: Vec<_> = (0..names.len()).collect();
    let count = names.len();
    quote! {
        impl ::aimdb_contracts::Streamable for #ident {
            const SCHEMA: &'static ::aimdb_contracts::Schema = &::aimdb_contracts::Schema {
                name: ::aimdb_contracts::derive_support::Cow::Borrowed(#name),
                version: #version,
                doc: ::aimdb_contracts::derive_support::Cow::Borrowed(#doc),
                fields: ::aimdb_contracts::derive_support::Ref::Static(&[#(#fields),*]),
                unknown: ::aimdb_contracts::UnknownFields::#unknown,
                signal: #signal,
                icon: ::aimdb_contracts::derive_support::Cow::Borrowed(#icon),
            };

            fn from_fields(
                fields: ::aimdb_contracts::derive_support::Vec<::aimdb_contracts::Value>,
            ) -> Option<Self> {
                let mut fields = fields.into_iter();
                Some(Self {
                    #(#names: ::aimdb_contracts::derive_support::FieldType::from_value(fields.next()?)?,)*
                })
            }

            fn to_fields(
                &self,
            ) -> ::aimdb_contracts::derive_support::Vec<::aimdb_contracts::Value> {
                ::aimdb_contracts::derive_support::vec![
                    #(::aimdb_contracts::derive_support::FieldType::to_value(&self.#names)),*
                ]
            }

            fn from_slots(slots: &[f64]) -> Option<Self> {
                Some(Self {
                    #(#names: ::aimdb_contracts::derive_support::FieldType::from_slot(
                        *slots.get(#positions)?,
                    )?,)*
                })
            }

            fn to_slots(&self, slots: &mut [f64]) -> bool {
                let Some(slots) = slots.get_mut(..#count) else { return false };
                #(match ::aimdb_contracts::derive_support::FieldType::to_slot(&self.#names) {
                    Some(slot) => slots[#positions] = slot,
                    None => return false,
                })*
                true
            }
        }
    }
}

fn description(field: &Field) -> TokenStream {
    let Field {
        name,
        rust_type,
        doc,
        unit,
        ..
    } = field;
    let bound = |bound: &Option<syn::Expr>| match bound {
        Some(bound) => quote!(Some(#bound as f64)),
        None => quote!(None),
    };
    let (min, max) = (bound(&field.min), bound(&field.max));
    let default = field.default.as_ref().map_or(quote!(None), |literal| {
        let value = default_value(literal, rust_type);
        quote!(Some(#value))
    });
    quote! {
        ::aimdb_contracts::Field {
            name: ::aimdb_contracts::derive_support::Cow::Borrowed(#name),
            kind: <#rust_type as ::aimdb_contracts::derive_support::FieldType>::KIND,
            optional: <#rust_type as ::aimdb_contracts::derive_support::FieldType>::OPTIONAL,
            default: #default,
            min: #min,
            max: #max,
            unit: ::aimdb_contracts::derive_support::Cow::Borrowed(#unit),
            doc: ::aimdb_contracts::derive_support::Cow::Borrowed(#doc),
        }
    }
}

/// A default as a constant; the field's type says which kind of number it is.
fn default_value(literal: &Lit, rust_type: &syn::Type) -> TokenStream {
    let type_name = quote!(#rust_type).to_string();
    match literal {
        Lit::Bool(_) => quote!(::aimdb_contracts::Value::Bool(#literal)),
        _ if type_name == "f32" => quote!(::aimdb_contracts::Value::F32(#literal as f32)),
        _ if type_name == "f64" => quote!(::aimdb_contracts::Value::F64(#literal as f64)),
        _ if type_name.starts_with('i') => {
            quote!(::aimdb_contracts::Value::Signed(#literal as i64))
        }
        _ => quote!(::aimdb_contracts::Value::Unsigned(#literal as u64)),
    }
}

fn serde(contract: &Contract) -> TokenStream {
    let ident = &contract.ident;
    quote! {
        impl ::aimdb_contracts::derive_support::serde::Serialize for #ident {
            fn serialize<S: ::aimdb_contracts::derive_support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let fields = ::aimdb_contracts::Streamable::to_fields(self);
                let schema = <Self as ::aimdb_contracts::Streamable>::SCHEMA;
                ::aimdb_contracts::Described { schema, fields: &fields }.serialize(serializer)
            }
        }

        impl<'de> ::aimdb_contracts::derive_support::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::aimdb_contracts::derive_support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                use ::aimdb_contracts::derive_support::serde::de::Error;
                let schema = <Self as ::aimdb_contracts::Streamable>::SCHEMA;
                schema
                    .decode(deserializer, ::core::default::Default::default())
                    .map_err(D::Error::custom)
                    .and_then(|fields| {
                        ::aimdb_contracts::Streamable::from_fields(fields)
                            .ok_or_else(|| D::Error::custom(schema.malformed("other fields")))
                    })
            }
        }
    }
}

fn field_type(contract: &Contract) -> TokenStream {
    let ident = &contract.ident;
    quote! {
        impl ::aimdb_contracts::derive_support::FieldType for #ident {
            const KIND: ::aimdb_contracts::Kind = ::aimdb_contracts::Kind::Object(
                ::aimdb_contracts::derive_support::Ref::Static(
                    <Self as ::aimdb_contracts::Streamable>::SCHEMA,
                ),
            );

            fn from_value(value: ::aimdb_contracts::Value) -> Option<Self> {
                match value {
                    ::aimdb_contracts::Value::Object(fields) => {
                        ::aimdb_contracts::Streamable::from_fields(fields)
                    }
                    _ => None,
                }
            }

            fn to_value(&self) -> ::aimdb_contracts::Value {
                ::aimdb_contracts::Value::Object(::aimdb_contracts::Streamable::to_fields(self))
            }
        }
    }
}

fn linkable(contract: &Contract) -> TokenStream {
    let ident = &contract.ident;
    if contract.manual_link {
        return TokenStream::new();
    }
    quote!(impl ::aimdb_contracts::Linkable for #ident {})
}

fn observable(contract: &Contract) -> TokenStream {
    let Contract { ident, icon, .. } = contract;
    let Some(signal) = contract.fields.iter().find(|field| field.signal) else {
        return TokenStream::new();
    };
    let Field {
        ident: field,
        name,
        unit,
        ..
    } = signal;
    quote! {
        impl ::aimdb_contracts::Observable for #ident {
            const SIGNAL: &'static str = #name;
            const UNIT: &'static str = #unit;
            const ICON: &'static str = #icon;

            fn signal(&self) -> f64 {
                ::aimdb_contracts::derive_support::FieldType::to_slot(&self.#field)
                    .unwrap_or(f64::NAN)
            }
        }
    }
}
