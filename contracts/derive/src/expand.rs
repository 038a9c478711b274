//! The code that a contract becomes.

use proc_macro2::TokenStream;
use quote::quote;

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
                icon: ::aimdb_contracts::derive_support::Cow::Borrowed(#icon),
                signal: #signal,
                object: ::aimdb_contracts::schema::Object {
                    fields: ::aimdb_contracts::derive_support::Ref::Static(&[#(#fields),*]),
                    unknown: ::aimdb_contracts::UnknownFields::#unknown,
                },
                contracts: ::aimdb_contracts::derive_support::Ref::Static(&[]),
                migrations: ::aimdb_contracts::migrate::Migrations::NONE,
            };

            fn from_fields(
                fields: ::aimdb_contracts::derive_support::Vec<::aimdb_contracts::Value>,
            ) -> Option<Self> {
                let mut fields = fields.into_iter();
                Some(Self {
                    #(#names: ::aimdb_contracts::derive_support::FieldType::from_value(fields.next()?)?,)*
                })
            }

            fn lend(&self) -> ::aimdb_contracts::Parts<'_> {
                ::aimdb_contracts::Parts::Typed(self)
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

        impl ::aimdb_contracts::TypedParts for #ident {
            fn count(&self) -> usize {
                #count
            }

            fn part(&self, index: usize) -> ::aimdb_contracts::Lent<'_> {
                match index {
                    #(#positions => ::aimdb_contracts::derive_support::FieldType::lend(&self.#names),)*
                    _ => ::aimdb_contracts::Lent::Absent,
                }
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
    let bound = |name: &str, bound: &Option<syn::Expr>| {
        let method = quote::format_ident!("with_{name}");
        bound.as_ref().map_or(
            TokenStream::new(),
            |bound| quote!(.#method(::aimdb_contracts::Number::Float(#bound as f64))),
        )
    };
    let (min, max) = (bound("min", &field.min), bound("max", &field.max));
    let default = field.default.as_ref().map_or(quote!(None), |literal| {
        quote! {
            Some(::aimdb_contracts::field::Preset::Made(|| {
                let value: #rust_type = #literal;
                ::aimdb_contracts::derive_support::FieldType::lend(&value).to_value()
            }))
        }
    });
    quote! {
        ::aimdb_contracts::Field {
            name: ::aimdb_contracts::derive_support::Cow::Borrowed(#name),
            of: ::aimdb_contracts::schema::Type {
                kind: <#rust_type as ::aimdb_contracts::derive_support::FieldType>::KIND,
                rules: ::aimdb_contracts::schema::Rules::NONE
                    #min
                    #max
                    .or(&::aimdb_contracts::field::TypeOf::<#rust_type>::PRESENT.rules),
            },
            optional: <#rust_type as ::aimdb_contracts::derive_support::FieldType>::OPTIONAL,
            default: #default,
            unit: ::aimdb_contracts::derive_support::Cow::Borrowed(#unit),
            doc: ::aimdb_contracts::derive_support::Cow::Borrowed(#doc),
            icon: ::aimdb_contracts::derive_support::Cow::Borrowed(""),
        }
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
                let fields = ::aimdb_contracts::Streamable::lend(self);
                let schema = <Self as ::aimdb_contracts::Streamable>::SCHEMA;
                ::aimdb_contracts::Described { schema, fields }.serialize(serializer)
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
            const KIND: ::aimdb_contracts::Kind = ::aimdb_contracts::Kind::Contract(
                ::aimdb_contracts::schema::Link::To(|| {
                    <Self as ::aimdb_contracts::Streamable>::SCHEMA
                }),
            );

            fn from_value(value: ::aimdb_contracts::Value) -> Option<Self> {
                match value {
                    ::aimdb_contracts::Value::Object(fields) => {
                        ::aimdb_contracts::Streamable::from_fields(fields)
                    }
                    _ => None,
                }
            }

            fn lend(&self) -> ::aimdb_contracts::Lent<'_> {
                ::aimdb_contracts::Lent::Object(::aimdb_contracts::Parts::Typed(self))
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
