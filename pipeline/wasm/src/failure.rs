//! A refusal as numbers and paths. The sentences for people are made in JavaScript, and only when one is wanted.

use alloc::string::String;

use aimdb_pipeline::Error;

use crate::header::Header;
use crate::shared::{failure, word};

/// The last refusal. Its texts live here until the next.
#[derive(Default)]
pub(crate) struct Failure {
    path: String,
    other: String,
}

impl Failure {
    /// Notes a refusal and names its places in the header.
    pub(crate) fn note(&mut self, error: Error, header: &Header) {
        let (code, number, path, other) = parts(error);
        self.put(code, number, path, other, header);
    }

    /// Notes that the bytes of a registration could not be read.
    pub(crate) fn note_malformed_rule(&mut self, header: &Header) {
        self.put(
            failure::MALFORMED_RULE,
            0,
            String::new(),
            String::new(),
            header,
        );
    }

    fn put(&mut self, code: usize, number: usize, path: String, other: String, header: &Header) {
        (self.path, self.other) = (path, other);
        header.set(word::FAILURE_CODE, code);
        header.set(word::FAILURE_NUMBER, number);
        header.list(word::FAILURE_PATH, self.path.as_bytes());
        header.list(word::FAILURE_OTHER, self.other.as_bytes());
    }
}

/// The code of an error, its number, its path, another path.
fn parts(error: Error) -> (usize, usize, String, String) {
    let none = String::new;
    match error {
        Error::ThroughPrimitive { path, blocked_at } => {
            (failure::THROUGH_PRIMITIVE, 0, path, blocked_at)
        }
        Error::PastArrayEnd { path, length } => {
            (failure::PAST_ARRAY_END, length as usize, path, none())
        }
        Error::NotAnIndex { path } => (failure::NOT_AN_INDEX, 0, path, none()),
        Error::ComputedTarget { path } => (failure::COMPUTED_TARGET, 0, path, none()),
        Error::NotSettled { rounds, path } => (failure::NOT_SETTLED, rounds as usize, path, none()),
        Error::TooManyWrites { writes_max } => (
            failure::TOO_MANY_WRITES,
            writes_max as usize,
            none(),
            none(),
        ),
        Error::ListenerTooDeep { depth_max } => (
            failure::LISTENER_TOO_DEEP,
            depth_max as usize,
            none(),
            none(),
        ),
        Error::AggregationCycle { path } => (failure::AGGREGATION_CYCLE, 0, path, none()),
        Error::NestedMembers { path } => (failure::NESTED_MEMBERS, 0, path, none()),
        Error::ComputationCycle { path } => (failure::COMPUTATION_CYCLE, 0, path, none()),
        Error::TargetTaken { path } => (failure::TARGET_TAKEN, 0, path, none()),
        Error::UnboundWildcard { target } => (failure::UNBOUND_WILDCARD, 0, target, none()),
        Error::LogicTooDeep { depth_max } => (failure::LOGIC_TOO_DEEP, depth_max, none(), none()),
        Error::PathTooDeep { segments } => (failure::PATH_TOO_DEEP, segments, none(), none()),
        Error::TextTooLong { bytes } => (failure::TEXT_TOO_LONG, bytes, none(), none()),
        Error::TooManyPaths => (failure::TOO_MANY_PATHS, 0, none(), none()),
        Error::TooManyTexts => (failure::TOO_MANY_TEXTS, 0, none(), none()),
        Error::MalformedInput { index, .. } => (failure::MALFORMED_INPUT, index, none(), none()),
        _ => (failure::UNKNOWN, 0, none(), none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_pipeline::InputFault;

    #[test]
    fn a_number_stands_for_the_code_of_its_error() {
        let path = || "a".to_string();
        let errors = [
            Error::ThroughPrimitive {
                path: path(),
                blocked_at: path(),
            },
            Error::PastArrayEnd {
                path: path(),
                length: 1,
            },
            Error::NotAnIndex { path: path() },
            Error::ComputedTarget { path: path() },
            Error::NotSettled {
                rounds: 1,
                path: path(),
            },
            Error::TooManyWrites { writes_max: 1 },
            Error::ListenerTooDeep { depth_max: 1 },
            Error::AggregationCycle { path: path() },
            Error::NestedMembers { path: path() },
            Error::ComputationCycle { path: path() },
            Error::TargetTaken { path: path() },
            Error::UnboundWildcard { target: path() },
            Error::LogicTooDeep { depth_max: 1 },
            Error::PathTooDeep { segments: 1 },
            Error::TextTooLong { bytes: 1 },
            Error::TooManyPaths,
            Error::TooManyTexts,
            Error::MalformedInput {
                index: 1,
                reason: InputFault::Path,
            },
        ];
        // All but the two that are no errors of the engine.
        assert_eq!(errors.len() + 2, failure::ALL.len());
        for error in errors {
            let code = error.code();
            let number = parts(error).0;
            assert_eq!(failure::ALL[number].0, code);
        }
    }
}
