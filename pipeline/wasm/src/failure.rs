//! A refusal as numbers and paths. The sentences for people are made in JavaScript, and only when one is wanted.

use alloc::string::String;

use aimdb_pipeline::Error;

use crate::header::{Header, word};

/// The bytes of a registration do not follow the format: the two sides are not of one build.
const MALFORMED_RULE: usize = 19;

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
        self.put(MALFORMED_RULE, 0, String::new(), String::new(), header);
    }

    fn put(&mut self, code: usize, number: usize, path: String, other: String, header: &Header) {
        (self.path, self.other) = (path, other);
        header.set(word::FAILURE_CODE, code);
        header.set(word::FAILURE_NUMBER, number);
        header.list(word::FAILURE_PATH, self.path.as_bytes());
        header.list(word::FAILURE_OTHER, self.other.as_bytes());
    }
}

/// The place of an error in the list of `client/src/store/wasm/failure.ts`, its number, its path, another path.
fn parts(error: Error) -> (usize, usize, String, String) {
    let none = String::new;
    match error {
        Error::ThroughPrimitive { path, blocked_at } => (1, 0, path, blocked_at),
        Error::PastArrayEnd { path, length } => (2, length as usize, path, none()),
        Error::NotAnIndex { path } => (3, 0, path, none()),
        Error::ComputedTarget { path } => (4, 0, path, none()),
        Error::NotSettled { rounds, path } => (5, rounds as usize, path, none()),
        Error::TooManyWrites { writes_max } => (6, writes_max as usize, none(), none()),
        Error::ListenerTooDeep { depth_max } => (7, depth_max as usize, none(), none()),
        Error::AggregationCycle { path } => (8, 0, path, none()),
        Error::NestedMembers { path } => (9, 0, path, none()),
        Error::ComputationCycle { path } => (10, 0, path, none()),
        Error::TargetTaken { path } => (11, 0, path, none()),
        Error::UnboundWildcard { target } => (12, 0, target, none()),
        Error::LogicTooDeep { depth_max } => (13, depth_max, none(), none()),
        Error::PathTooDeep { segments } => (14, segments, none(), none()),
        Error::TextTooLong { bytes } => (15, bytes, none(), none()),
        Error::TooManyPaths => (16, 0, none(), none()),
        Error::TooManyTexts => (17, 0, none(), none()),
        Error::MalformedInput { index, .. } => (18, index, none(), none()),
        _ => (0, 0, none(), none()),
    }
}
