//! `#[derive(Contract)]`: a record type, or a part of one, from a Rust type and its attributes.
//!
//! | Rust | becomes |
//! |---|---|
//! | a struct with named fields | a contract; also a field of others |
//! | a struct around one type, `struct Celsius(f32)` | a field type: that type, with rules of its own |
//! | an enum without data | a field type: one of these texts (`{ "enum": […] }`) |
//! | an enum with data and a `tag` | a field type: objects told apart by a text (`{ "oneOf": … }`) |
//!
//! An enum is no contract by itself, since a record is an object of one shape. Types nest in each other, and a
//! contract in itself, through `Box`, `Option`, `Vec` and maps; an enum nests in itself by way of a contract.
//! Which types a field may have is told at `aimdb_contracts::FieldType`.
//!
//! # On a struct with named fields
//! | `#[contract(…)]` | |
//! |---|---|
//! | `name = "order"` | required: 1 to 128 of `a-z 0-9 _ . -`; a constant expression. Of a struct with parameters it depends on them: `name = T::NAME`, a constant of a trait of yours |
//! | `version = 1` | required: from 1 |
//! | `icon = "🛒"` | a small picture for people |
//! | `unknown = "ignore"` or `"refuse"` | what happens to fields that the contract does not know; ignored unless said |
//! | `rename_all = "camelCase"` | names of fields on the wire: `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE` |
//! | `migrations = path` | a `fn() -> Vec<Migration>`: how values of older versions become values of this one |
//! | `link = "manual"` | `Linkable` is written by hand |
//! | `crate = path` | where `aimdb_contracts` is, if not there |
//!
//! # On a field
//! | `#[contract(…)]` | |
//! |---|---|
//! | `name = "…"`, `rename = "…"` | the name on the wire; `r#type` is `type` without it |
//! | `default = …` | what an absent field reads as: a literal, of enums the name of a choice, or any expression of the field's type |
//! | `signal` | the number that stands for the whole, and `Observable` |
//! | `unit = "°C"`, `icon = "…"` | for people |
//! | `skip` | not on the wire; its `Default` is read |
//! | `flatten` | the fields of another contract stand here; in structs without parameters |
//! | rules | below |
//!
//! The first paragraph of a doc comment is the description of a contract or a field.
//!
//! # On an enum, and on its variants
//! | `#[contract(…)]` | |
//! |---|---|
//! | `rename_all = "…"`, `crate = path` | as on a struct; without it a variant has its own name |
//! | `tag = "type"` | with data: the field that holds the name of the variant |
//! | `unknown = "…"` | with data: as on a struct, for variants with fields of their own |
//! | on a variant: `name = "…"`, `rename = "…"` | its name on the wire |
//! | on a variant with fields: `rename_all = "…"` | for its fields, which have all of the above but `flatten` and `signal` |
//!
//! A variant has nothing, named fields, or one contract: `Circle(Circle)`.
//!
//! # Rules, on a field or on a struct around one type
//! | `#[contract(…)]` | for |
//! |---|---|
//! | `min`, `max`, `exclusive_min`, `exclusive_max`, `multiple_of` | numbers and times; constant expressions that fit the type. Bounds of an `f32` are the nearest `f32` |
//! | `min_length`, `max_length` | text (code points) and bytes |
//! | `pattern = "…"` | text: a regular expression of ECMAScript with the flag `u`, not anchored |
//! | `format = "…"` | text: `date-time`, `date`, `time`, `duration`, `uuid`, `email`, `uri`, `hostname`, `ipv4`, `ipv6` |
//! | `min_items`, `max_items`, `unique_items` | lists |
//! | `min_properties`, `max_properties` | maps |
//! | `item(…)` | rules of the elements of a list, or of the values of a map |
//!
//! A rule may narrow what the type of the field asks for, and not widen it.
//!
//! # What is checked while compiling
//! Every name and every rule, with an error at the attribute: unknown and repeated ones, rules that do not fit the
//! type, bounds that do not fit it or leave nothing, defaults that break the rules of their field, two fields of one
//! name (also by `flatten`), names that cannot be one, and a signal that is no number. What only a running program
//! can tell is told where the contract is written to a file and read back, which
//! `aimdb_contracts::testing::assert_exact` does in a test: whether a pattern is one (an engine for them would be built
//! for every program that derives a contract), whether a default that is an expression keeps the rules or one of text
//! its pattern and format, whether migrations lead to the version, and whether a variant's contract has a field of the
//! name of the tag.
//!
//! # What is written
//! For
//!
//! ```text
//! /// How humid the air is.
//! #[derive(Clone, Debug, PartialEq, Contract)]
//! #[contract(name = "humidity", version = 1, icon = "💧")]
//! pub struct Humidity {
//!     /// Relative humidity.
//!     #[contract(unit = "%", min = 0, max = 100, signal)]
//!     pub percent: f32,
//!     /// When it was measured.
//!     #[contract(unit = "ms")]
//!     pub timestamp: u64,
//! }
//! ```
//!
//! it is
//!
//! ```text
//! trait Described { const OF_0: &'static Type; … }                          // private: the types of the fields,
//! impl Described for Humidity { const OF_0: &'static Type = …; … }          // with their rules
//! impl SchemaType for Humidity { const NAME: &'static str = "humidity"; const VERSION: u32 = 1; }
//! impl Streamable for Humidity {
//!     const SCHEMA: &'static Schema = &Schema { name: …, object: …, … };
//!     fn from_fields(fields: Vec<Value>) -> Option<Self> { … one FieldType::from_value a field … }
//!     fn lend(&self) -> Parts<'_> { Parts::Typed(self) }
//!     fn from_slots(slots: &[f64]) -> Option<Self> { … }
//!     fn to_slots(&self, slots: &mut [f64]) -> bool { … }
//! }
//! impl TypedParts for Humidity { … FieldType::lend of the field at an index … }
//! impl serde::Serialize for Humidity { … the fields in order … }
//! impl<'de> serde::Deserialize<'de> for Humidity { … SCHEMA.decode, then from_fields … }
//! impl FieldType for Humidity { const KIND: Kind = Kind::Contract(…); … }   // nests
//! impl Linkable for Humidity {}                                             // unless `link = "manual"`
//! impl Observable for Humidity { … }                                        // where a field is `signal`
//! ```
//!
//! Newtypes and enums have `FieldType` alone.
#![forbid(unsafe_code)]

mod attributes;
mod enums;
mod expand;
mod input;
mod names;
mod parts;
mod root;
mod rules;
mod shape;

use proc_macro::TokenStream;

/// Writes what a record type, or a part of one, needs; the crate's first page lists every attribute.
#[proc_macro_derive(Contract, attributes(contract))]
pub fn derive_contract(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    input::Input::parse(input)
        .map(|input| expand::all(&input))
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
