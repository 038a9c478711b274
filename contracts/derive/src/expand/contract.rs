//! A struct with named fields.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::fields::{built, constant, description, type_of, unit};
use super::head::{Head, field_bounds};
use crate::input::{Input, VERSION_FIELD};
use crate::parts::{Field, Part};
use crate::rules::Constants;
use crate::shape::Contract;

/// The positions of a struct's fields in its contract: numbers, or sums with the lengths of others.
struct Layout<'a> {
    input: &'a Input,
    parts: &'a [Part],
}

impl Layout<'_> {
    fn is_flat_inside(&self) -> bool {
        self.parts.iter().any(|part| part.flat().is_some())
    }

    /// How many fields come before the part of a number: a constant expression.
    fn before(&self, index: usize) -> TokenStream {
        let own = self.parts[..index].iter().filter_map(Part::field).count();
        let path = &self.input.root.path;
        let lengths = self.parts[..index].iter().filter_map(|part| match part {
            Part::Flat { rust, .. } => {
                let name = quote!(<#rust as #path::Streamable>::SCHEMA);
                Some(quote!(+ #name.fields().len()))
            }
            _ => None,
        });
        quote!(#own #(#lengths)*)
    }
}

pub(super) fn all(input: &Input, contract: &Contract) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let nested = Head::new(input, &field_bounds(root));
    // What a record type must be, its parameters must be.
    let whole = quote! {
        #support::FieldType + ::core::clone::Clone + ::core::cmp::PartialEq
            + ::core::marker::Send + ::core::marker::Sync + 'static
    };
    let head = Head::new(input, &whole);
    let layout = Layout {
        input,
        parts: &contract.parts,
    };
    let signal = contract.parts.iter().filter_map(Part::field);
    let signal = signal.clone().find(|field| field.signal.is_some());
    let name = &contract.name;
    let version = contract.version;
    let name_check = root.function("name", contract.name_span);
    let name = quote_spanned!(contract.name_span=> #name_check(#name));
    let schema_type = head.implement(
        &quote!(#path::SchemaType),
        input,
        &quote! {
            const NAME: &'static str = #name;
            const VERSION: u32 = #version;
        },
    );
    let linkable =
        (!contract.manual_link).then(|| head.implement(&quote!(#path::Linkable), input, &quote!()));
    let parts = [
        described(input, &head, &layout),
        schema_type,
        head.implement(
            &quote!(#path::Streamable),
            input,
            &streamable(input, contract, &layout, signal),
        ),
        nested.implement(&quote!(#path::TypedParts), input, &typed_parts(&layout)),
        serde(input, &head),
        head.implement(&quote!(#support::FieldType), input, &field_type(input)),
        linkable.unwrap_or_default(),
        signal.map_or_else(TokenStream::new, |signal| {
            head.implement(
                &quote!(#path::Observable),
                input,
                &observable(input, contract, signal),
            )
        }),
        checked_at_once(input),
    ];
    quote!(#(#parts)*)
}

/// The compiler makes the constants of a contract without parameters even where nothing uses it yet, so that
/// what is wrong with it is told.
fn checked_at_once(input: &Input) -> TokenStream {
    let (path, ident) = (&input.root.path, &input.ident);
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    quote!(const _: &#path::Schema = <#ident as #path::Streamable>::SCHEMA;)
}

/// The types of the fields, each a constant.
fn described(input: &Input, head: &Head, layout: &Layout<'_>) -> TokenStream {
    let mut constants = Constants::default();
    let fields = layout.parts.iter().filter_map(Part::field).enumerate();
    for (index, field) in fields {
        type_of(field, &constant("OF", index), &input.root, &mut constants);
    }
    let (described, body) = constants.written(&input.root);
    let implementation = head.implement(&quote!(Described), input, &body);
    quote!(#described #implementation)
}

fn streamable(
    input: &Input,
    contract: &Contract,
    layout: &Layout<'_>,
    signal: Option<&Field>,
) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let Contract { doc, icon, .. } = contract;
    let unknown = match contract.refuse_unknown {
        true => quote!(Refuse),
        false => quote!(Ignore),
    };
    let signal = match signal {
        Some(field) => {
            let name = &field.name.0;
            quote!(::core::option::Option::Some(#support::Cow::Borrowed(#name)))
        }
        None => quote!(::core::option::Option::None),
    };
    let migrations = match &contract.migrations {
        Some(make) => quote!(#path::migrate::Migrations::Made(#make)),
        None => quote!(#path::migrate::Migrations::NONE),
    };
    let fields = fields(input, contract, layout);
    let mut checks = signal_check(input, contract);
    checks.extend(version_check(input, layout));
    let from_fields = built(layout.parts, root);
    let from_slots = from_slots(layout);
    let to_slots = to_slots(layout);
    quote! {
        const SCHEMA: &'static #path::Schema = {
            #checks
            &#path::Schema {
                name: #support::Cow::Borrowed(<Self as #path::SchemaType>::NAME),
                version: <Self as #path::SchemaType>::VERSION,
                doc: #support::Cow::Borrowed(#doc),
                icon: #support::Cow::Borrowed(#icon),
                signal: #signal,
                object: #support::Object {
                    fields: #support::Ref::Static(#fields),
                    unknown: #path::UnknownFields::#unknown,
                },
                contracts: #support::Ref::Static(&[]),
                migrations: #migrations,
            }
        };

        fn from_fields(fields: #support::Vec<#path::Value>) -> ::core::option::Option<Self> {
            let mut fields = fields.into_iter();
            ::core::option::Option::Some(Self { #from_fields })
        }

        fn lend(&self) -> #path::Parts<'_> {
            #path::Parts::Typed(self)
        }

        fn from_slots(slots: &[f64]) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self { #from_slots })
        }

        fn to_slots(&self, slots: &mut [f64]) -> bool {
            #to_slots
        }
    }
}

/// A call that holds the field of the version to its kind.
fn version_check(input: &Input, layout: &Layout<'_>) -> TokenStream {
    let fields = layout.parts.iter().filter_map(Part::field).enumerate();
    let version = fields
        .filter(|(_, field)| field.name.0 == VERSION_FIELD)
        .map(|(index, field)| {
            let function = input.root.function("version_field", field.name.1);
            let name = constant("OF", index);
            quote_spanned!(field.name.1=> #function(<Self as Described>::#name);)
        });
    version.collect()
}

/// The fields: an expression of `&'static [Field]`.
fn fields(input: &Input, contract: &Contract, layout: &Layout<'_>) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let mut own = 0;
    let mut descriptions = Vec::new();
    for part in layout.parts {
        if let Some(field) = part.field() {
            let name = constant("OF", own);
            let of = quote!(<Self as Described>::#name);
            descriptions.push(description(field, &of, root));
            own += 1;
        } else {
            descriptions.push(TokenStream::new());
        }
    }
    if !layout.is_flat_inside() {
        let own = descriptions.iter().filter(|tokens| !tokens.is_empty());
        return quote!(&[#(#own),*]);
    }
    let refuses = contract.refuse_unknown;
    let mut last = proc_macro2::Span::call_site();
    let flat = |rust: &syn::Type, span| {
        let function = root.function("flat", span);
        quote_spanned!(span=> #function::fields(<#rust as #path::Streamable>::SCHEMA, #refuses))
    };
    let steps = layout
        .parts
        .iter()
        .zip(&descriptions)
        .map(|(part, field)| match part {
            Part::Field(_) => quote!(at = #support::flat::put(&mut all, at, #field);),
            Part::Flat { rust, span, .. } => {
                let fields = flat(rust, *span);
                quote!(at = #support::flat::put_all(&mut all, at, #fields);)
            }
            Part::Skipped(_) => TokenStream::new(),
        });
    let steps: Vec<_> = steps.collect();
    let counts = layout.parts.iter().filter_map(|part| match part {
        Part::Flat { rust, span, .. } => {
            last = *span;
            let fields = flat(rust, *span);
            Some(quote!(+ #fields.len()))
        }
        _ => None,
    });
    let counts: Vec<_> = counts.collect();
    let distinct = root.function("flat", last);
    let distinct = quote_spanned!(last=> #distinct::distinct(&all));
    let ident = &input.ident;
    let steps: Vec<TokenStream> = steps
        .into_iter()
        .map(|step| with_self(step, ident))
        .collect();
    quote! {
        {
            const COUNT: usize = #own #(#counts)*;
            const ALL: [#path::Field; COUNT] = {
                let mut all = [const { #support::flat::NONE }; COUNT];
                let mut at = 0;
                #(#steps)*
                #distinct;
                all
            };
            &ALL
        }
    }
}

/// The same tokens with the type's name for `Self`, which an inner constant does not know.
fn with_self(tokens: TokenStream, ident: &syn::Ident) -> TokenStream {
    use proc_macro2::{Group, TokenTree};
    let token = |token| match token {
        TokenTree::Ident(found) if found == "Self" => TokenTree::Ident(ident.clone()),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), with_self(group.stream(), ident));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(token).collect()
}

fn signal_check(input: &Input, contract: &Contract) -> TokenStream {
    let fields = contract.parts.iter().filter_map(Part::field);
    let checks = fields.filter_map(|field| {
        let (span, rust) = (field.signal?, &field.rust);
        let (support, function) = (input.root.support(), input.root.function("signal", span));
        Some(quote_spanned!(span=> #function(#support::TypeOf::<#rust>::PRESENT);))
    });
    quote!(#(#checks)*)
}

fn typed_parts(layout: &Layout<'_>) -> TokenStream {
    let root = &layout.input.root;
    let (path, support) = (&root.path, root.support());
    let count = layout.before(layout.parts.len());
    let part = if layout.is_flat_inside() {
        let parts = layout.parts.iter().enumerate().map(|(index, part)| {
            let before = layout.before(index);
            match part {
                Part::Field(field) => {
                    let ident = &field.ident;
                    quote! {
                        if index == #before {
                            return #support::FieldType::lend(&self.#ident);
                        }
                    }
                }
                Part::Flat { ident, .. } => {
                    let after = layout.before(index + 1);
                    quote! {
                        if (#before..#after).contains(&index) {
                            return #path::Streamable::lend(&self.#ident).part(index - (#before));
                        }
                    }
                }
                Part::Skipped(_) => TokenStream::new(),
            }
        });
        quote!(#(#parts)* #path::Lent::Absent)
    } else {
        let arms = layout.parts.iter().filter_map(Part::field).enumerate();
        let arms = arms.map(|(index, field)| {
            let ident = &field.ident;
            quote!(#index => #support::FieldType::lend(&self.#ident),)
        });
        quote!(match index { #(#arms)* _ => #path::Lent::Absent })
    };
    quote! {
        fn count(&self) -> usize {
            #count
        }

        fn part(&self, index: usize) -> #path::Lent<'_> {
            #part
        }
    }
}

fn from_slots(layout: &Layout<'_>) -> TokenStream {
    let root = &layout.input.root;
    let (path, support) = (&root.path, root.support());
    let fields = layout.parts.iter().enumerate().map(|(index, part)| {
        let before = layout.before(index);
        match part {
            Part::Field(field) => {
                let ident = &field.ident;
                quote!(#ident: #support::FieldType::from_slot(*slots.get(#before)?)?,)
            }
            Part::Flat { ident, rust, .. } => {
                let after = layout.before(index + 1);
                quote! {
                    #ident: <#rust as #path::Streamable>::from_slots(slots.get(#before..#after)?)?,
                }
            }
            Part::Skipped(ident) => quote!(#ident: ::core::default::Default::default(),),
        }
    });
    quote!(#(#fields)*)
}

fn to_slots(layout: &Layout<'_>) -> TokenStream {
    let root = &layout.input.root;
    let (path, support) = (&root.path, root.support());
    let count = layout.before(layout.parts.len());
    let steps = layout.parts.iter().enumerate().map(|(index, part)| {
        let before = layout.before(index);
        match part {
            Part::Field(field) => {
                let ident = &field.ident;
                quote! {
                    match #support::FieldType::to_slot(&self.#ident) {
                        ::core::option::Option::Some(slot) => slots[#before] = slot,
                        ::core::option::Option::None => return false,
                    }
                }
            }
            Part::Flat { ident, .. } => {
                let after = layout.before(index + 1);
                quote! {
                    if !#path::Streamable::to_slots(&self.#ident, &mut slots[#before..#after]) {
                        return false;
                    }
                }
            }
            Part::Skipped(_) => TokenStream::new(),
        }
    });
    quote! {
        let ::core::option::Option::Some(slots) = slots.get_mut(..#count) else {
            return false;
        };
        #(#steps)*
        true
    }
}

fn serde(input: &Input, head: &Head) -> TokenStream {
    let root = &input.root;
    let (path, support) = (&root.path, root.support());
    let schema = quote!(<Self as #path::Streamable>::SCHEMA);
    let result = quote!(::core::result::Result);
    let written = head.implement(
        &quote!(#support::serde::Serialize),
        input,
        &quote! {
            fn serialize<S: #support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> #result<S::Ok, S::Error> {
                let fields = #path::Streamable::lend(self);
                let described = #path::Described { schema: #schema, fields };
                #support::serde::Serialize::serialize(&described, serializer)
            }
        },
    );
    let read = head.for_reading().implement(
        &quote!(#support::serde::Deserialize<'de>),
        input,
        &quote! {
            fn deserialize<D: #support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> #result<Self, D::Error> {
                use #support::serde::de::Error;
                let schema = #schema;
                schema
                    .decode(deserializer, ::core::default::Default::default())
                    .map_err(D::Error::custom)
                    .and_then(|fields| {
                        #path::Streamable::from_fields(fields)
                            .ok_or_else(|| D::Error::custom(schema.malformed("other fields")))
                    })
            }
        },
    );
    quote!(#written #read)
}

fn field_type(input: &Input) -> TokenStream {
    let path = &input.root.path;
    quote! {
        const KIND: #path::Kind = #path::Kind::Contract(
            #path::schema::Link::To(|| <Self as #path::Streamable>::SCHEMA),
        );

        fn from_value(value: #path::Value) -> ::core::option::Option<Self> {
            match value {
                #path::Value::Object(fields) => #path::Streamable::from_fields(fields),
                _ => ::core::option::Option::None,
            }
        }

        fn lend(&self) -> #path::Lent<'_> {
            #path::Lent::Object(#path::Parts::Typed(self))
        }
    }
}

fn observable(input: &Input, contract: &Contract, signal: &Field) -> TokenStream {
    let support = input.root.support();
    let (ident, name, icon) = (&signal.ident, &signal.name.0, &contract.icon);
    let unit = unit(signal, &input.root);
    quote! {
        const SIGNAL: &'static str = #name;
        const UNIT: &'static str = #unit;
        const ICON: &'static str = #icon;

        fn signal(&self) -> f64 {
            #support::FieldType::to_slot(&self.#ident).unwrap_or(f64::NAN)
        }
    }
}
