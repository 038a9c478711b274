//! `#[derive(Contract)]`: a record type from a struct and an attribute.
//!
//! For
//!
//! ```text
//! /// How humid the air is.
//! #[derive(Clone, Debug, PartialEq, Contract)]
//! #[contract(name = "humidity", version = 1, icon = "💧")]
//! pub struct Humidity {
//!     /// Relative humidity.
//!     #[contract(unit = "%", min = 0.0, max = 100.0, signal)]
//!     pub percent: f32,
//!     /// When it was measured.
//!     #[contract(unit = "ms")]
//!     pub timestamp: u64,
//! }
//! ```
//!
//! it writes
//!
//! ```text
//! impl SchemaType for Humidity { const NAME: &'static str = "humidity"; const VERSION: u32 = 1; }
//! impl Streamable for Humidity {
//!     const SCHEMA: &'static Schema = &Schema { name: …, fields: Ref::Static(&[Field { … }, …]), … };
//!     fn from_fields(fields: Vec<Value>) -> Option<Self> { … one FieldType::from_value a field … }
//!     fn to_fields(&self) -> Vec<Value> { … }
//!     fn from_slots(slots: &[f64]) -> Option<Self> { … }
//!     fn to_slots(&self, slots: &mut [f64]) -> bool { … }
//! }
//! impl serde::Serialize for Humidity { … the fields in order … }
//! impl<'de> serde::Deserialize<'de> for Humidity { … SCHEMA.decode, then from_fields … }
//! impl FieldType for Humidity { const KIND: Kind = Kind::Object(…); … }     // nests
//! impl Linkable for Humidity {}                                             // unless `link = "manual"`
//! impl Observable for Humidity { … }                                        // where a field is `signal`
//! ```
//!
//! On the struct: `name` (required), `version` (required), `icon`, `unknown = "ignore" | "refuse"`,
//! `link = "manual"`. On a field: `name` (on the wire), `unit`, `min`, `max`, `default` (a literal), `signal`. The
//! comments of the struct and its fields become the description's.
#![forbid(unsafe_code)]

mod attributes;
mod expand;
mod input;
mod names;
mod rules;

use proc_macro::TokenStream;

/// Writes what the crate's first page says for a struct or an enum.
#[proc_macro_derive(Contract, attributes(contract))]
pub fn derive_contract(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    input::Input::parse(input)
        .map(|input| expand::all(&input))
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
