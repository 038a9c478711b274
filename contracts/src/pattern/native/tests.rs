use super::*;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;
use serde_json::Value;

/// What V8 says, as `tests/vectors/patterns.mjs` wrote it down.
const OF_V8: &str = include_str!("../../../tests/vectors/patterns.json");

#[test]
fn every_pattern_and_text_is_judged_as_v8_does() {
    let vectors: Vec<Vec<Value>> = serde_json::from_str(OF_V8).unwrap();
    assert!(vectors.len() > 1_000);
    let mut wrong = Vec::new();
    for line in vectors {
        let pattern = line[0].as_str().unwrap();
        let taken = compile(pattern);
        if taken.is_ok() == line[1].is_null() {
            wrong.push(format!("{pattern}: {:?}", taken.map(|_| ())));
        }
        for (texts, verdict) in line[1..].iter().zip([true, false]) {
            for text in texts.as_array().into_iter().flatten() {
                let text = text.as_str().unwrap();
                let judged = is_match(pattern, text);
                if judged != Ok(verdict) {
                    wrong.push(format!("{pattern} in {text:?}: {judged:?}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Patterns of few letters, so that texts of few letters often match.
fn pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        3 => prop::sample::select(vec!["a", "b", "ab", "ba"]),
        2 => prop::sample::select(vec![".", "[ab]", "[^a]", "\\w", "\\W", "é", "[]", "[^]", "\\p{L}"]),
        1 => prop::sample::select(vec!["^", "$", "\\b", "\\B", "\\1", "\\2", ""]),
    ];
    let leaf = atom.prop_map(String::from);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let quantifier = prop::sample::select(vec![
            "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,2}?", "{2,}", "{0}",
        ]);
        let group = (prop::sample::select(vec!["(", "(?:"]), inner.clone(), quantifier)
            .prop_map(|(begin, inside, quantifier)| format!("{begin}{inside}){quantifier}"));
        let look = (
            prop::sample::select(vec!["(?=", "(?!", "(?<=", "(?<!"]),
            inner.clone(),
        )
            .prop_map(|(begin, inside)| format!("{begin}{inside})"));
        prop_oneof![
            3 => group,
            1 => look,
            2 => (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("{first}{second}")),
            1 => (inner.clone(), inner).prop_map(|(first, second)| format!("(?:{first}|{second})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn patterns_mean_what_they_mean_to_regress(pattern in pattern(), text in "[ab é]{0,7}") {
        let Ok(oracle) = regress::Regex::with_flags(&pattern, "u") else {
            prop_assert!(compile(&pattern).is_err());
            return Ok(());
        };
        prop_assert_eq!(is_match(&pattern, &text), Ok(oracle.find(&text).is_some()), "{} {:?}", pattern, text);
    }

    #[test]
    fn both_ways_to_say_a_repetition_mean_the_same(pattern in pattern(), text in "[ab é]{0,9}") {
        let Ok(mut tree) = syntax::read(&pattern) else {
            return Ok(());
        };
        prop_assume!(!tree.has_references);
        let written_out = program::build(&tree).unwrap();
        prop_assert!(written_out.is_written_out);
        tree.has_references = true;
        let mut counted = program::build(&tree).unwrap();
        let answer = run::is_found(&counted, &text, STEPS_MAX);
        counted.has_references = false;
        prop_assert_eq!(run::is_found(&counted, &text, STEPS_MAX), answer);
        prop_assert_eq!(run::is_found(&written_out, &text, STEPS_MAX), answer);
        // Also where visited places are written down from the beginning.
        prop_assert_eq!(run::is_found_noting_places(&written_out, &text, STEPS_MAX), answer);
    }

    #[test]
    fn any_text_is_a_pattern_or_is_refused(pattern in "[-()\\[\\]{}*+?|^$.,:=!<>\\\\abkpuxc019é😀]{0,24}", text in ".{0,10}") {
        if check(&pattern).is_ok() {
            prop_assert!(regress::Regex::with_flags(&pattern, "u").is_ok());
            prop_assert_ne!(is_match(&pattern, &text), Err(PatternError::NoEngine));
        }
    }
}

#[test]
fn hostile_patterns_come_to_an_end() {
    let nested = format!("{}a{}", "(".repeat(160), ")*".repeat(160));
    let many = "(a?)*".repeat(100);
    let references = format!("(a*){}b", "\\1*".repeat(100));
    let looks = "(?=(a+))".repeat(60) + "b";
    let counted = "(?:a{0,1000}){0,1000}".repeat(20) + "b";
    let patterns: [&str; 16] = [
        "(a+)+$",
        "(a|a)*b",
        "(x+x+)+y",
        "^(a|aa)+$",
        "(.*)(.*)(.*)(.*)(.*)[^a]",
        "(a*)*\\1b",
        "((a+)\\2)+b",
        "(?:(a*)\\1)*b",
        "(?<=(a*)*)b",
        "^(?=(a+)+b)",
        "(?:\\p{L}+\\p{L}+)+1",
        &nested,
        &many,
        &references,
        &looks,
        &counted,
    ];
    let texts = ["a".repeat(16 * 1024), "a".repeat(16 * 1024 - 1) + "!"];
    for pattern in patterns {
        assert!(check(pattern).is_ok(), "{pattern}");
        for text in &texts {
            // What counts is that there is an answer: the steps are bounded, and each is.
            match is_match(pattern, text) {
                Ok(_) | Err(PatternError::TooManySteps) => {}
                Err(error) => panic!("{pattern}: {error}"),
            }
        }
    }
    for pattern in ["(a*)*\\1b", "((a+)\\2)+b"] {
        assert_eq!(
            is_match(pattern, &texts[0]),
            Err(PatternError::TooManySteps),
            "{pattern}"
        );
    }
}

#[test]
fn patterns_without_references_need_no_luck() {
    let text = "a".repeat(8 * 1024) + "!";
    for (pattern, verdict) in [
        ("^(a+)+$", false),
        ("^(a|a)*b", false),
        ("^(\\w+\\s?)*$", false),
        ("^(?:a?){50}a{50}", true),
        ("^(?=(?:a|a)*!)(a+)+!$", true),
        ("^(?!(?:a|aa)*b)(a+)+[!]", true),
        ("^a{0,10000}!$", true),
        ("^.{0,5000}$", false),
    ] {
        assert_eq!(is_match(pattern, &text), Ok(verdict), "{pattern}");
    }
}

#[test]
fn what_is_kept_is_bounded() {
    for number in 0..1_000 {
        is_match(&format!("(?:a{{1,9}}){{1,9}}{number}"), "a").unwrap();
    }
    let (patterns, instructions) = cache::sizes();
    assert!(patterns <= cache::LIMITS.0 && instructions <= cache::LIMITS.1);
    assert!(patterns > 1);
}

#[test]
fn refusals_say_why() {
    let check = crate::pattern::check;
    let too_long = "a".repeat(513);
    let words = |pattern: &str| -> Box<str> { check(pattern).unwrap_err().to_string().into() };
    assert_eq!(
        &*words(&too_long),
        "a pattern has at most 512 characters, this one 513"
    );
    assert_eq!(&*words("(?i:a)"), "(?i:a): a group cannot have modifiers");
    assert_eq!(
        &*words("\\b+"),
        "at character 3: a character that must be written with a backslash"
    );
    assert!(check("[(?i:a)]\\(?a").is_ok());
    assert!(check("(").is_err());
    assert!(is_match("(", "a").is_err());
}

#[test]
fn behind_an_iteration_that_takes_nothing_may_be_one_that_takes_something() {
    for (pattern, text) in [
        ("(^|.){2}b", "ab"),
        ("(?:^|.){3}b", "aab"),
        ("(?:\\b|.){4}c", "abc"),
    ] {
        let mut tree = syntax::read(pattern).unwrap();
        for counted in [false, true] {
            tree.has_references = counted;
            let mut program = program::build(&tree).unwrap();
            program.has_references = false;
            assert_eq!(
                run::is_found(&program, text, STEPS_MAX),
                Some(true),
                "{pattern} {counted}"
            );
        }
    }
}
