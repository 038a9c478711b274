//! Lists, tables and texts that know nothing of a state.

pub(crate) mod id_map;
pub(crate) mod lists;
pub mod number_text;
pub(crate) mod numbered;
pub(crate) mod slots;
pub(crate) mod table;
pub mod text;
