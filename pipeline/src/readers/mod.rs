//! What is told of the changes and writes nothing: conditions, choices, texts, validators, listeners.

pub(crate) mod conditions;
pub(crate) mod listeners;
pub(crate) mod registered;
pub(crate) mod validation;
