//! The index by level against plain matching of each entry.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used)]

use aimdb_ws_protocol::{LevelTree, Pattern, Search};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Few names and short texts, so that entries share levels and searches meet.
fn any_topic() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]?", 1..5)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("a topic has a text", |topic| !topic.is_empty())
}

fn any_pattern() -> impl Strategy<Value = String> {
    let levels = prop::collection::vec("[ab*]?", 0..4);
    (levels, any::<bool>())
        .prop_map(|(mut levels, tail)| {
            if tail || levels.is_empty() {
                levels.push("#".into());
            }
            levels.join("/")
        })
        .prop_filter("a pattern has a text", |pattern| !pattern.is_empty())
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String),
    Remove(String),
    Reclaim,
}

fn any_step(text: impl Strategy<Value = String>) -> impl Strategy<Value = Step> {
    (0..7_u8, text).prop_map(|(kind, text)| match kind {
        0..4 => Step::Insert(text),
        4..6 => Step::Remove(text),
        _ => Step::Reclaim,
    })
}

/// A tree and what it should hold.
#[derive(Default)]
struct Pair {
    tree: LevelTree<u32>,
    plain: BTreeMap<String, u32>,
    next: u32,
}

impl Pair {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Insert(text) => {
                self.next += 1;
                let before = self.tree.insert(text, self.next);
                assert_eq!(before, self.plain.insert(text.clone(), self.next));
            }
            Step::Remove(text) => assert_eq!(self.tree.remove(text), self.plain.remove(text)),
            Step::Reclaim => self.tree.reclaim(),
        }
        for (text, value) in &self.plain {
            assert_eq!(self.tree.get(text), Some(value));
        }
    }

    fn selected_plainly(&self, pattern: &Pattern) -> Vec<u32> {
        let of = self
            .plain
            .iter()
            .filter(|(topic, _)| pattern.matches(topic));
        sorted(of.map(|(_, value)| *value).collect())
    }
}

fn sorted(mut values: Vec<u32>) -> Vec<u32> {
    values.sort_unstable();
    values
}

proptest! {
    #[test]
    fn a_pattern_selects_what_it_matches(
        steps in prop::collection::vec(any_step(any_topic()), 0..40),
        patterns in prop::collection::vec(any_pattern(), 1..6),
    ) {
        let mut pair = Pair::default();
        steps.iter().for_each(|step| pair.step(step));
        for pattern in patterns {
            let pattern = Pattern::parse(&pattern).unwrap();
            let mut found = Vec::new();
            pair.tree.select(&pattern, |value| found.push(*value));
            prop_assert_eq!(sorted(found), pair.selected_plainly(&pattern));
        }
    }

    #[test]
    fn a_topic_finds_the_patterns_that_match_it(
        steps in prop::collection::vec(any_step(any_pattern()), 0..40),
        topics in prop::collection::vec(any_topic(), 1..6),
    ) {
        let mut pair = Pair::default();
        steps.iter().for_each(|step| pair.step(step));
        for topic in topics {
            let mut found = Vec::new();
            pair.tree.matching(&topic, |value| found.push(*value));
            let of = pair.plain.iter().filter(|(pattern, _)| Pattern::parse(pattern).unwrap().matches(&topic));
            prop_assert_eq!(sorted(found), sorted(of.map(|(_, value)| *value).collect()));
        }
    }

    /// What stays through a search is found once, what was never there is not found, however the search is cut.
    #[test]
    fn a_search_in_slices_finds_what_stays(
        before in prop::collection::vec(any_step(any_topic()), 0..40),
        pattern in any_pattern(),
        slices in prop::collection::vec((1..6_usize, prop::option::of(any_step(any_topic()))), 1..20),
    ) {
        let mut pair = Pair::default();
        before.iter().for_each(|step| pair.step(step));
        let pattern = Pattern::parse(&pattern).unwrap();
        let mut stays = pair.selected_plainly(&pattern);
        let mut ever = stays.clone();
        let mut search = Search::new(&pattern);
        let mut found = Vec::new();
        for (mut budget, step) in slices {
            search.advance(&pair.tree, &mut budget, &mut |value| found.push(*value));
            // Places are used again only when no search is under way.
            if let Some(step) = step.filter(|step| !matches!(step, Step::Reclaim)) {
                pair.step(&step);
            }
            let now = pair.selected_plainly(&pattern);
            stays.retain(|value| now.contains(value));
            ever.extend(now);
        }
        let mut rest = usize::MAX;
        let done = search.advance(&pair.tree, &mut rest, &mut |value| found.push(*value));
        prop_assert!(done);
        let found = sorted(found);
        prop_assert!(found.windows(2).all(|pair| pair[0] != pair[1]), "found twice: {:?}", found);
        prop_assert!(stays.iter().all(|value| found.contains(value)), "{:?} of {:?}", found, stays);
        prop_assert!(found.iter().all(|value| ever.contains(value)));
    }
}

#[test]
fn the_cost_of_a_search_is_what_it_looks_at() {
    let mut topics = LevelTree::new();
    for plant in 0..20 {
        for pump in 0..200 {
            topics.insert(&format!("plant/{plant}/pump/{pump}"), ());
        }
    }
    let looked = |pattern: &str| topics.select(&Pattern::parse(pattern).unwrap(), |()| {});
    assert!(looked("plant/3/pump/7") < 20);
    assert!(looked("plant/*/pump/7") < 150);
    assert!(looked("other/*/*/*") < 5);
    assert!(looked("#") > 4_000);
}
