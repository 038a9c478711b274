//! The numbers of what a registration put in.

use alloc::vec::Vec;

use crate::state::order;

/// The ids a registration was given, each list in the order of the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// The registration itself.
    pub id: u32,
    /// Its listeners.
    pub listeners: Vec<u32>,
    /// Its conditions.
    pub conditions: Vec<u32>,
    /// Its choices.
    pub choices: Vec<u32>,
    /// Its texts.
    pub texts: Vec<u32>,
    /// Its validators.
    pub validators: Vec<u32>,
}

impl Registered {
    /// Appends the readers of another registration.
    pub(crate) fn add(&mut self, other: &Self) {
        self.listeners.extend_from_slice(&other.listeners);
        self.conditions.extend_from_slice(&other.conditions);
        self.choices.extend_from_slice(&other.choices);
        self.texts.extend_from_slice(&other.texts);
        self.validators.extend_from_slice(&other.validators);
    }

    /// Puts each list in ascending order.
    pub(crate) fn sort(&mut self) {
        order::sort_and_dedup(&mut self.listeners);
        order::sort_and_dedup(&mut self.conditions);
        order::sort_and_dedup(&mut self.choices);
        order::sort_and_dedup(&mut self.texts);
        order::sort_and_dedup(&mut self.validators);
    }
}
