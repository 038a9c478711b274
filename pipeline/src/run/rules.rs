//! What can be registered, as it is written. A set of rules is put in completely or not at all.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::logic::BoolLogic;
use crate::logic::value_logic::ValueLogic;
use crate::stages::clear::ClearRule;
use crate::stages::computation::Operation;
use crate::tables::text::Text;

/// A source of an aggregation's target.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregationRule {
    /// The path that speaks for the sources.
    pub target: Text,
    /// One of the sources.
    pub source: Text,
    /// While this holds the source does not count.
    pub exclude_when: Option<BoolLogic>,
}

/// A source of a computation's target.
#[derive(Clone, Debug, PartialEq)]
pub struct ComputationRule {
    /// What is computed.
    pub operation: Operation,
    /// The path that receives the result.
    pub target: Text,
    /// One of the sources.
    pub source: Text,
    /// While this holds the source does not count.
    pub exclude_when: Option<BoolLogic>,
}

/// A listener without its function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListenerRule {
    /// The paths it listens to.
    pub paths: Vec<Text>,
    /// What its changes are relative to.
    pub scope: Text,
}

/// Everything that is registered and unregistered together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Pairs of paths that hold the same value.
    pub sync: Vec<(Text, Text)>,
    /// Pairs in which the second follows the first.
    pub one_way: Vec<(Text, Text)>,
    /// Pairs of booleans that are each other's inverse.
    pub flip: Vec<(Text, Text)>,
    /// Aggregations.
    pub aggregations: Vec<AggregationRule>,
    /// Computations.
    pub computations: Vec<ComputationRule>,
    /// Clear rules.
    pub clears: Vec<ClearRule>,
    /// Listeners.
    pub listeners: Vec<ListenerRule>,
    /// Conditions.
    pub conditions: Vec<BoolLogic>,
    /// Choices.
    pub choices: Vec<ValueLogic>,
    /// Texts with placeholders.
    pub texts: Vec<Text>,
    /// Validators, each with the paths it reads.
    pub validators: Vec<Vec<Text>>,
    /// While nothing is at this path the whole registration sleeps.
    pub anchor: Option<Text>,
}

/// For rules that are kept by whoever registers them.
impl From<&Rules> for Arc<Rules> {
    fn from(rules: &Rules) -> Self {
        Self::new(rules.clone())
    }
}
