//! The engine: what is registered, how often the stages run, and what comes out.

pub(crate) mod engine;
pub(crate) mod registrations;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod settle;
pub(crate) mod stages;
