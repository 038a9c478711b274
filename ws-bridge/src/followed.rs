//! Patterns in the order in which they came, and the first of them that selects a topic.
//!
//! Guarantees: it is the pattern that a comparison with one after the other would find; the search looks only
//! at beginnings that patterns have, so many records and many patterns cost no product of both.
//! Does not: remember topics.

use aimdb_core::Names;
use aimdb_ws_protocol::Pattern;
use alloc::string::String;
use alloc::vec::Vec;

/// A level of a pattern that is any one level of a topic.
const ANY_LEVEL: &str = "*";
/// The last level of a pattern, which is all that follows in a topic, as a key ends with it.
const ANY_TAIL: &str = "#/";

#[derive(Default)]
pub(crate) struct Followed {
    patterns: Vec<Pattern>,
    /// Where each pattern stands, by its text with one more `/`: then all that begin with the same levels are
    /// together, and `a/b` is not between `a` and `a/c` of another level `a-`.
    places: Names,
}

fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 1);
    key.push_str(text);
    key.push('/');
    key
}

impl Followed {
    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.places.get(&key(text)).is_some()
    }

    /// Puts a pattern behind the others, unless it is there.
    pub(crate) fn add(&mut self, pattern: Pattern) {
        let key = key(pattern.as_str());
        if self.places.insert(key.into(), self.patterns.len()) {
            self.patterns.push(pattern);
        }
    }

    /// Takes patterns out, and gives those that were there, in the order asked for.
    pub(crate) fn remove<'t>(&mut self, texts: &[&'t str]) -> Vec<&'t str> {
        let mut removed = Vec::new();
        for text in texts {
            if self.has(text) {
                self.places.remove(&key(text));
                removed.push(*text);
            }
        }
        if !removed.is_empty() {
            let patterns = core::mem::take(&mut self.patterns);
            let places = core::mem::take(&mut self.places);
            for pattern in patterns {
                if places.get(&key(pattern.as_str())).is_some() {
                    self.add(pattern);
                }
            }
        }
        removed
    }

    /// The first pattern that selects a topic.
    pub(crate) fn first(&self, topic: &str) -> Option<&Pattern> {
        let mut first = usize::MAX;
        self.look(&mut String::new(), Some(topic), &mut first);
        self.patterns.get(first)
    }

    /// Looks at the patterns that begin so, for the levels of the topic that remain. No deeper than a pattern is.
    fn look(&self, begin: &mut String, rest: Option<&str>, first: &mut usize) {
        let length = begin.len();
        let note = |begin: &str, first: &mut usize| {
            *first = self.places.get(begin).map_or(*first, |at| at.min(*first));
        };
        begin.push_str(ANY_TAIL);
        note(begin, first);
        begin.truncate(length);
        let Some(rest) = rest else {
            return note(begin, first);
        };
        let (level, rest) = match rest.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (rest, None),
        };
        let mut next = |level: &str| {
            begin.push_str(level);
            begin.push('/');
            if self.places.has_beginning(begin) {
                self.look(begin, rest, first);
            }
            begin.truncate(length);
        };
        next(ANY_LEVEL);
        // A topic that an application made up may have such a level: once is enough.
        if level != ANY_LEVEL {
            next(level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::Random;

    /// Levels that are alike, empty, sort before and behind `/`, or look like wildcards.
    const LEVELS: [&str; 9] = ["a", "b", "a-", "a0", "", "*", "#", "*a", "ä"];

    fn text(random: &mut Random, levels: u64) -> String {
        let count = 1 + random.next() % levels;
        let levels: Vec<_> = (0..count)
            .map(|_| LEVELS[(random.next() % LEVELS.len() as u64) as usize])
            .collect();
        levels.join("/")
    }

    #[test]
    fn the_first_is_what_comparing_one_after_the_other_finds() {
        let (mut found, mut missed) = (0, 0);
        for seed in 0..40 {
            let mut random = Random::new(seed);
            let (mut followed, mut plain) = (Followed::default(), Vec::<Pattern>::new());
            for _ in 0..300 {
                let some = text(&mut random, 4);
                match Pattern::parse(&some) {
                    Ok(pattern) if random.next() % 8 > 2 => {
                        if !plain.contains(&pattern) {
                            plain.push(pattern.clone());
                        }
                        followed.add(pattern);
                    }
                    _ => {
                        // Some that are there, one twice, and one that may be.
                        let mut gone: Vec<&str> = plain
                            .iter()
                            .filter(|_| random.next().is_multiple_of(4))
                            .map(Pattern::as_str)
                            .collect();
                        gone.extend(gone.first().copied());
                        gone.push(&some);
                        let gone: Vec<String> = gone.into_iter().map(String::from).collect();
                        let asked: Vec<&str> = gone.iter().map(String::as_str).collect();
                        let mut expected = Vec::new();
                        for text in &asked {
                            if let Some(at) = plain.iter().position(|it| it.as_str() == *text) {
                                plain.remove(at);
                                expected.push(*text);
                            }
                        }
                        assert_eq!(followed.remove(&asked), expected, "seed {seed}");
                    }
                }
                assert_eq!(followed.patterns(), plain, "seed {seed}");
                assert_eq!(
                    followed.has(&some),
                    plain.iter().any(|known| known.as_str() == some),
                    "seed {seed}: {some}"
                );
                for _ in 0..10 {
                    let topic = text(&mut random, 6);
                    let expected = plain.iter().find(|pattern| pattern.matches(&topic));
                    assert_eq!(followed.first(&topic), expected, "seed {seed}: {topic}");
                    found += u32::from(expected.is_some());
                    missed += u32::from(expected.is_none());
                }
            }
        }
        assert!(found > 1_000 && missed > 1_000, "{found}, {missed}");
    }

    #[test]
    fn a_topic_of_wildcards_is_looked_at_once_a_level() {
        let mut followed = Followed::default();
        let deep = ["*"; 32].join("/");
        followed.add(Pattern::parse(&deep).unwrap());
        // Twice a level would be four thousand million looks.
        assert!(followed.first(&[&deep, "/*"].concat()).is_none());
        assert!(followed.first(&deep).is_some());
    }
}
