//! What somebody may do, as patterns.
//!
//! Guarantees: a request is granted only if one pattern covers all of it; a topic may be known to who may follow it, write
//! it or ask for its past. Does not: know who has the grants.

use super::permit::Action;
use aimdb_ws_protocol::Pattern;

/// A list of grants may have so many patterns: each request is compared with all of them.
pub const GRANT_PATTERNS_MAX: usize = 64;

/// Patterns for each thing that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// What may be followed.
    pub subscribe: Vec<Pattern>,
    /// What may be written.
    pub write: Vec<Pattern>,
    /// What may be asked for its past.
    pub query: Vec<Pattern>,
}

impl Grants {
    /// Whether something is granted. To know of a topic every kind of grant is enough.
    #[must_use]
    pub fn allow(&self, action: Action<'_>) -> bool {
        let is_covered = |grants: &[Pattern], asked| grants.iter().any(|grant| grant.covers(asked));
        match action {
            Action::Subscribe(pattern) => is_covered(&self.subscribe, pattern),
            Action::Query(pattern) => is_covered(&self.query, pattern),
            Action::Write(topic) => self.write.iter().any(|grant| grant.matches(topic)),
            Action::List(topic) => self.all().any(|grant| grant.matches(topic)),
        }
    }

    /// All patterns, whatever they grant.
    pub(super) fn all(&self) -> impl Iterator<Item = &Pattern> {
        self.subscribe.iter().chain(&self.write).chain(&self.query)
    }

    /// Whether there may be a topic that a pattern selects and that something is granted of.
    pub(super) fn touch(&self, pattern: &Pattern) -> bool {
        self.all()
            .any(|grant| overlap(grant.as_str(), pattern.as_str()))
    }
}

/// Whether one topic can be selected by both patterns.
fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_where_one_topic_can_be_of_both() {
        let check = |one: &str, other: &str, expected: bool| {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        };
        check("a/b", "a/b", true);
        check("a/*", "*/b", true);
        check("a/#", "a", true);
        check("a/#", "a/b/c", true);
        check("#", "x/*/y", true);
        check("a/*", "a", false);
        check("a/*", "a/b/c", false);
        check("a/*/c", "a/b/d", false);
        check("a/#", "b/#", false);
    }
}
