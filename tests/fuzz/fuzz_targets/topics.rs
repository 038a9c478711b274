//! Topics and patterns, against matching as it is told in words: the tree finds what plain matching finds, whole or
//! in slices, while entries come and go.
#![no_main]

use aimdb_ws_protocol::{LevelTree, Pattern, Search, check_topic};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

/// Few names, so that what is made up meets.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Level {
    A,
    B,
    Empty,
    Long,
    Any,
    Tail,
}

#[derive(Debug, Arbitrary)]
enum Text {
    Levels(Vec<Level>),
    Raw(String),
}

impl Text {
    fn text(&self) -> String {
        let levels = match self {
            Self::Raw(text) => return text.clone(),
            Self::Levels(levels) => levels.iter().map(|level| match level {
                Level::A => "a",
                Level::B => "b",
                Level::Empty => "",
                Level::Long => "a longer one, ü",
                Level::Any => "*",
                Level::Tail => "#",
            }),
        };
        levels.collect::<Vec<_>>().join("/")
    }
}

#[derive(Debug, Arbitrary)]
enum Step {
    Add(Text),
    Remove(Text),
    Select(Text),
    /// Ends what is searched for in slices, and begins anew.
    Search(Text),
    Slice(u8),
}

/// Matching, level by level, as `docs/wire.md` tells it.
fn matches(pattern: &[&str], topic: &[&str]) -> bool {
    match (pattern, topic) {
        (["#"], _) | ([], []) => true,
        ([wanted, pattern @ ..], [level, topic @ ..]) => {
            (*wanted == "*" || wanted == level) && matches(pattern, topic)
        }
        _ => false,
    }
}

fn plainly(pattern: &str, topic: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let topic: Vec<&str> = topic.split('/').collect();
    matches(&pattern, &topic)
}

#[derive(Default)]
struct World {
    topics: LevelTree<String>,
    patterns: LevelTree<String>,
    /// The same, plainly.
    known_topics: BTreeMap<String, ()>,
    known_patterns: BTreeMap<String, Pattern>,
    search: Option<Slices>,
}

/// A search in slices, and what it must and may find.
struct Slices {
    search: Search,
    must: Vec<String>,
    may: Vec<String>,
    found: Vec<String>,
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

impl World {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Add(text) => self.add(&text.text()),
            Step::Remove(text) => self.remove(&text.text()),
            Step::Select(text) => {
                if let Ok(pattern) = Pattern::parse(&text.text()) {
                    self.select(&pattern);
                }
            }
            Step::Search(text) => {
                self.finish();
                if let Ok(pattern) = Pattern::parse(&text.text()) {
                    let must = self.selected(pattern.as_str());
                    self.search = Some(Slices {
                        search: Search::new(&pattern),
                        may: must.clone(),
                        must,
                        found: Vec::new(),
                    });
                }
            }
            Step::Slice(steps) => self.slice(usize::from(*steps)),
        }
    }

    fn add(&mut self, text: &str) {
        if check_topic(text).is_ok() {
            let before = self.topics.insert(text, text.to_owned());
            let known = self.known_topics.insert(text.to_owned(), ());
            assert_eq!(before.is_some(), known.is_some());
        }
        if let Ok(pattern) = Pattern::parse(text) {
            assert_eq!(pattern.is_exact(), check_topic(text).is_ok());
            self.patterns.insert(text, text.to_owned());
            self.covers(&pattern);
            self.known_patterns.insert(text.to_owned(), pattern);
        } else {
            assert!(check_topic(text).is_err(), "a topic is a pattern");
        }
        self.changed();
    }

    fn remove(&mut self, text: &str) {
        let removed = self.topics.remove(text);
        assert_eq!(removed.is_some(), self.known_topics.remove(text).is_some());
        let removed = self.patterns.remove(text);
        assert_eq!(
            removed.is_some(),
            self.known_patterns.remove(text).is_some()
        );
        self.changed();
    }

    fn changed(&mut self) {
        let Some(mut slices) = self.search.take() else {
            self.topics.reclaim();
            self.patterns.reclaim();
            return;
        };
        let now = self.selected(slices.search.pattern().as_str());
        slices.must.retain(|topic| now.contains(topic));
        slices.may.extend(now);
        self.search = Some(slices);
    }

    fn selected(&self, pattern: &str) -> Vec<String> {
        let topics = self.known_topics.keys();
        topics
            .filter(|topic| plainly(pattern, topic))
            .cloned()
            .collect()
    }

    fn select(&self, pattern: &Pattern) {
        let mut found = Vec::new();
        self.topics
            .select(pattern, |topic| found.push(topic.clone()));
        assert_eq!(sorted(found), self.selected(pattern.as_str()), "{pattern}");
        for topic in self.known_topics.keys() {
            assert_eq!(pattern.matches(topic), plainly(pattern.as_str(), topic));
            let mut found = Vec::new();
            self.patterns
                .matching(topic, |pattern| found.push(pattern.clone()));
            let patterns = self.known_patterns.keys();
            let expected = patterns.filter(|pattern| plainly(pattern, topic));
            assert_eq!(
                sorted(found),
                expected.cloned().collect::<Vec<_>>(),
                "{topic}"
            );
        }
    }

    /// What one pattern covers, it matches.
    fn covers(&self, pattern: &Pattern) {
        for other in self.known_patterns.values() {
            for (wide, narrow) in [(pattern, other), (other, pattern)] {
                let wrong = |topic: &&String| narrow.matches(topic) && !wide.matches(topic);
                let wrong = self.known_topics.keys().find(wrong);
                assert!(
                    !wide.covers(narrow) || wrong.is_none(),
                    "{wide} {narrow} {wrong:?}"
                );
            }
        }
    }

    fn slice(&mut self, mut steps: usize) {
        let Some(Slices { search, found, .. }) = &mut self.search else {
            return;
        };
        if search.advance(&self.topics, &mut steps, &mut |topic| {
            found.push(topic.clone())
        }) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        let Some(mut slices) = self.search.take() else {
            return;
        };
        let found = &mut slices.found;
        let mut rest = usize::MAX;
        slices
            .search
            .advance(&self.topics, &mut rest, &mut |topic| {
                found.push(topic.clone())
            });
        for topic in &slices.must {
            assert!(
                slices.found.contains(topic),
                "{topic} was there all the time"
            );
        }
        for topic in &slices.found {
            assert!(slices.may.contains(topic), "{topic} is not selected");
        }
        self.topics.reclaim();
        self.patterns.reclaim();
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let mut world = World::default();
    steps.iter().for_each(|step| world.step(step));
    world.finish();
});
