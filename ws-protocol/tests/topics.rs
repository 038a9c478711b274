//! Topics and patterns against plain models.
// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use aimdb_ws_protocol::{
    Pattern, TOPIC_BYTES_MAX, TOPIC_LEVELS_MAX, TopicError, check_topic, key_to_topic,
};
use proptest::prelude::*;

#[test]
fn a_pattern_matches_as_the_protocol_says() {
    let check = |pattern: &str, topic: &str, expected: bool| {
        assert_eq!(
            Pattern::parse(pattern).unwrap().matches(topic),
            expected,
            "{pattern} {topic}"
        );
    };
    check("a/b", "a/b", true);
    check("a/b", "a/b/c", false);
    check("a/b", "a", false);
    check("#", "a", true);
    check("#", "a/b/c", true);
    check("a/#", "a", true);
    check("a/#", "a/b/c", true);
    check("a/#", "ab", false);
    check("*", "a", true);
    check("*", "a/b", false);
    check("a/*/c", "a/b/c", true);
    check("a/*/c", "a/c", false);
    check("a/*", "a", false);
    check("+/b", "a/b", false);
    check("+/b", "+/b", true);
    check("temp*", "temperature", false);
    check("temp*", "temp*", true);
    check("a.b", "a/b", false);
}

#[test]
fn a_pattern_covers_what_it_contains() {
    let check = |grant: &str, request: &str, expected: bool| {
        let request = Pattern::parse(request).unwrap();
        assert_eq!(
            Pattern::parse(grant).unwrap().covers(&request),
            expected,
            "{grant} {request}"
        );
    };
    check("sensors/*", "sensors/#", false);
    check("sensors/*", "sensors/*", true);
    check("sensors/#", "sensors/*", true);
    check("sensors/#", "sensors", true);
    check("sensors/#", "sensors/#", true);
    check("sensors/*/#", "sensors/#", false);
    check("*/#", "#", true);
    check("#", "*/#", true);
    check("a", "*", false);
    check("*", "a", true);
}

#[test]
fn what_is_no_topic_is_refused_with_the_reason() {
    let check = |text: &str, topic: Result<(), TopicError>, pattern: Result<(), TopicError>| {
        assert_eq!(check_topic(text), topic, "{text:?}");
        assert_eq!(Pattern::parse(text).map(|_| ()), pattern, "{text:?}");
    };
    let both = |text: &str, error| check(text, Err(error), Err(error));
    both("", TopicError::Empty);
    both("a\nb", TopicError::ControlCharacter { at: 1 });
    both("a\u{85}", TopicError::ControlCharacter { at: 1 });
    both(
        &"x".repeat(TOPIC_BYTES_MAX + 1),
        TopicError::TooLong {
            bytes: TOPIC_BYTES_MAX + 1,
        },
    );
    let levels = TOPIC_LEVELS_MAX + 1;
    both(
        &["x"; TOPIC_LEVELS_MAX + 1].join("/"),
        TopicError::TooDeep { levels },
    );
    check(&["x"; TOPIC_LEVELS_MAX].join("/"), Ok(()), Ok(()));
    check("a/*", Err(TopicError::Wildcard { level: 1 }), Ok(()));
    check("#", Err(TopicError::Wildcard { level: 0 }), Ok(()));
    check("temp*/b#", Ok(()), Ok(()));
    check(
        "a/#/b",
        Err(TopicError::Wildcard { level: 1 }),
        Err(TopicError::TailNotLast { level: 1 }),
    );
}

#[test]
fn a_key_names_its_topic() {
    let check = |key: &str, topic: &str| assert_eq!(key_to_topic(key), topic);
    check("log", "log");
    check("a.b.c", "a/b/c");
    check("a/b.c", "a/b.c");
}

/// Matching written for the eye: by recursion over lists of levels.
fn naive_matches(pattern: &[&str], topic: &[&str]) -> bool {
    match pattern {
        [] => topic.is_empty(),
        ["#", ..] => true,
        ["*", rest @ ..] => !topic.is_empty() && naive_matches(rest, &topic[1..]),
        [level, rest @ ..] => topic.first() == Some(level) && naive_matches(rest, &topic[1..]),
    }
}

/// Every topic of up to four levels over the letters that patterns use and one that they do not.
fn all_topics() -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    let mut shorter = vec![String::new()];
    for depth in 0..4 {
        shorter = shorter
            .iter()
            .flat_map(|prefix| {
                ["a", "b", "fresh"].map(|level| match depth {
                    0 => level.to_owned(),
                    _ => format!("{prefix}/{level}"),
                })
            })
            .collect();
        topics.extend(shorter.iter().cloned());
    }
    topics
}

fn any_pattern() -> impl Strategy<Value = String> {
    let level = prop::sample::select(vec!["a", "b", "*"]);
    (prop::collection::vec(level, 0..4), any::<bool>()).prop_map(|(mut levels, tail)| {
        if tail || levels.is_empty() {
            levels.truncate(2);
            levels.push("#");
        }
        levels.join("/")
    })
}

fn levels(text: &str) -> Vec<&str> {
    text.split('/').collect()
}

proptest! {
    #[test]
    fn matches_agrees_with_the_naive_reading(
        pattern in any_pattern(),
        topic in prop::sample::select(all_topics()),
    ) {
        let parsed = Pattern::parse(&pattern).unwrap();
        prop_assert_eq!(parsed.matches(&topic), naive_matches(&levels(&pattern), &levels(&topic)));
        prop_assert_eq!(parsed.is_exact(), check_topic(&pattern).is_ok());
    }

    #[test]
    fn covers_agrees_with_trying_every_topic(grant in any_pattern(), request in any_pattern()) {
        let contained = all_topics().iter().all(|topic| {
            !naive_matches(&levels(&request), &levels(topic))
                || naive_matches(&levels(&grant), &levels(topic))
        });
        let grant = Pattern::parse(&grant).unwrap();
        prop_assert_eq!(grant.covers(&Pattern::parse(&request).unwrap()), contained);
    }

    #[test]
    fn no_text_makes_the_topic_checks_panic(text in any::<String>(), topic in any::<String>()) {
        let _ = check_topic(&text);
        if let Ok(pattern) = Pattern::parse(&text) {
            let _ = pattern.matches(&topic);
        }
    }
}
