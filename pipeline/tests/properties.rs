//! Each stage against the plainest form of its rule, and the whole against its own promises, on random programs.

mod support;

use std::collections::BTreeSet;

use aimdb_pipeline::{
    AggregationRule, ClearRule, ComputationRule, ListenerRule, Operation, Origin, Passes,
    ROUNDS_MAX, Rules, Text, ValueLogic,
};
use proptest::prelude::*;
use support::js::Js;
use support::oracle;
use support::store::{Changes, Store, path_text};
use support::strategies::{
    bool_logic, changes, leaf_changes, leaf_path, object, path, primitive, rules, value,
};

const SETTLE: Passes = Passes::Settle(ROUNDS_MAX);

fn texts(pairs: &[(String, String)]) -> Vec<(Text, Text)> {
    let text = |(left, right): &(String, String)| (left.as_str().into(), right.as_str().into());
    pairs.iter().map(text).collect()
}

fn list(paths: &[String]) -> Vec<Text> {
    paths.iter().map(|path| path.as_str().into()).collect()
}

/// The changes that differ from the state, after coalescing.
fn genuine(before: &Js, changes: &Changes) -> Changes {
    let is_last = |index: usize| {
        !changes[index + 1..]
            .iter()
            .any(|(path, _)| *path == changes[index].0)
    };
    let differs = |(path, value): &&(String, Js)| oracle::read(before, path) != *value;
    let last = changes
        .iter()
        .enumerate()
        .filter(|(index, _)| is_last(*index));
    last.map(|(_, change)| change)
        .filter(differs)
        .cloned()
        .collect()
}

fn groups(pairs: &[(String, String)]) -> Vec<BTreeSet<String>> {
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for (left, right) in pairs {
        let mut merged = BTreeSet::from([left.clone(), right.clone()]);
        groups.retain(|group| {
            let is_apart = group.is_disjoint(&merged);
            if !is_apart {
                merged.extend(group.iter().cloned());
            }
            is_apart
        });
        groups.push(merged);
    }
    groups
}

proptest! {
    #[test]
    fn without_rules_a_batch_is_its_writes_one_after_the_other(
        initial in object(), batches in proptest::collection::vec(changes(), 1..5)
    ) {
        let mut store = Store::new(&initial, SETTLE);
        for batch in batches {
            let expected = oracle::batch(&store.root, &batch);
            let is_accepted = store.set(&batch).is_ok();
            prop_assert_eq!(is_accepted, expected.is_some());
            if let Some(expected) = expected {
                prop_assert_eq!(&store.root, &expected);
            }
            prop_assert_eq!(&store.shadow(), &store.root);
        }
    }

    #[test]
    fn a_batch_mixed_with_what_is_there_is_its_writes_one_after_the_other(
        initial in object(),
        batch in proptest::collection::vec((path(), value(), any::<bool>()), 1..8),
    ) {
        let mut store = Store::new(&initial, SETTLE);
        let echo = |path: &String| oracle::read(&initial, path);
        let batch: Changes = batch
            .into_iter()
            .map(|(path, value, is_echo)| {
                let value = if is_echo { echo(&path) } else { value };
                (path, value)
            })
            .collect();
        let expected = oracle::batch(&store.root, &batch);
        prop_assert_eq!(store.set(&batch).is_ok(), expected.is_some());
        prop_assert_eq!(&store.root, &expected.unwrap_or(initial));
    }

    #[test]
    fn a_batch_of_what_is_there_changes_nothing(initial in object(), written in changes()) {
        let mut store = Store::new(&initial, SETTLE);
        let _ = store.set(&written);
        let same: Changes = written
            .iter()
            .map(|(path, _)| (path.clone(), oracle::read(&store.root, path)))
            .filter(|(_, value)| !matches!(value, Js::Object(_) | Js::Array(_)))
            .collect();
        prop_assert!(store.set(&same).unwrap().is_unchanged());
    }

    #[test]
    fn conditions_are_always_those_of_the_state(
        initial in object(),
        logics in proptest::collection::vec(bool_logic(), 1..6),
        batches in proptest::collection::vec(changes(), 1..5),
    ) {
        let mut store = Store::new(&initial, SETTLE);
        let choices = logics.iter().cloned().map(|logic| {
            ValueLogic::If(logic, Box::new(ValueLogic::Leaf(1)), Some(Box::new(ValueLogic::Leaf(0))))
        });
        let rules = Rules { conditions: logics.clone(), choices: choices.collect(), ..Rules::default() };
        let ids = store.register(&rules).unwrap();
        for batch in batches {
            let before: Vec<bool> = logics.iter().map(|logic| oracle::holds(&store.root, logic)).collect();
            let _ = store.set(&batch);
            let report = store.engine.report().concerns.conditions.clone();
            for (index, logic) in logics.iter().enumerate() {
                let holds = oracle::holds(&store.root, logic);
                prop_assert_eq!(store.engine.holds(ids.conditions[index]), Some(holds), "{:?}", logic);
                prop_assert_eq!(store.engine.leaf(ids.choices[index]), Some(u32::from(holds)));
                prop_assert_eq!(report.contains(&ids.conditions[index]), before[index] != holds);
            }
        }
    }

    #[test]
    fn members_of_a_sync_group_hold_what_was_written_last(
        initial in leaf_changes(),
        pairs in proptest::collection::vec((leaf_path(), leaf_path()), 0..5),
        batches in proptest::collection::vec(leaf_changes(), 1..5),
    ) {
        let mut store = Store::new(&Js::object(), SETTLE);
        store.set(&initial).unwrap();
        store.register(&Rules { sync: texts(&pairs), ..Rules::default() }).unwrap();
        for batch in batches {
            let mut expected = store.root.clone();
            let written = genuine(&store.root, &batch);
            for (path, value) in &written {
                oracle::write(&mut expected, &oracle::split(path), value.clone());
            }
            for group in groups(&pairs) {
                let last = written.iter().rfind(|(path, _)| group.contains(path));
                let Some((_, value)) = last else { continue };
                for member in group {
                    if oracle::read(&expected, &member) != *value {
                        oracle::write(&mut expected, &oracle::split(&member), value.clone());
                    }
                }
            }
            store.set(&batch).unwrap();
            prop_assert_eq!(&store.root, &expected);
        }
    }

    #[test]
    fn a_sync_group_agrees_on_the_most_frequent_value(
        initial in leaf_changes(), pairs in proptest::collection::vec((leaf_path(), leaf_path()), 1..5)
    ) {
        let mut store = Store::new(&Js::object(), SETTLE);
        store.set(&initial).unwrap();
        let mut expected = store.root.clone();
        for group in groups(&pairs) {
            let values: Vec<Js> = group.iter().map(|member| oracle::read(&store.root, member)).collect();
            let count = |value: &Js| values.iter().filter(|other| *other == value).count();
            let is_value = |value: &&Js| !matches!(value, Js::Undefined | Js::Null);
            let most = values.iter().filter(is_value).map(count).max();
            // All members are equally deep and the set is sorted: the first of the most frequent wins.
            let winner = values.iter().filter(is_value).find(|value| Some(count(value)) == most);
            for (member, _) in group.iter().zip(&values).filter(|(_, value)| Some(*value) != winner) {
                if let Some(winner) = winner {
                    oracle::write(&mut expected, &oracle::split(member), winner.clone());
                }
            }
        }
        let rules = Rules { sync: texts(&pairs), ..Rules::default() };
        store.register(&rules).unwrap();
        prop_assert_eq!(&store.root, &expected);
    }

    #[test]
    fn a_flip_inverts_what_the_batch_did_not_write(
        initial in leaf_changes(),
        pairs in proptest::collection::vec((leaf_path(), leaf_path()), 0..4),
        batch in leaf_changes(),
    ) {
        let mut store = Store::new(&Js::object(), SETTLE);
        store.set(&initial).unwrap();
        store.register(&Rules { flip: texts(&pairs), ..Rules::default() }).unwrap();
        let written = genuine(&store.root, &batch);
        let mut expected = store.root.clone();
        for (path, value) in &written {
            oracle::write(&mut expected, &oracle::split(path), value.clone());
        }
        for (path, value) in &written {
            let Js::Bool(value) = value else { continue };
            for member in groups(&pairs).iter().filter(|group| group.contains(path)).flatten() {
                if !written.iter().any(|(other, _)| other == member) {
                    oracle::write(&mut expected, &oracle::split(member), Js::Bool(!value));
                }
            }
        }
        store.set(&batch).unwrap();
        prop_assert_eq!(&store.root, &expected);
    }

    #[test]
    fn an_aggregation_writes_its_sources_and_reads_what_they_agree_on(
        initial in leaf_changes(),
        pairs in proptest::collection::vec(("t\\.[xy]", leaf_path(), any::<bool>()), 1..6),
        batches in proptest::collection::vec(
            proptest::collection::vec((prop_oneof![leaf_path(), "t\\.[xy]", Just("off".into())], primitive()), 0..6),
            1..4,
        ),
    ) {
        let off = aimdb_pipeline::BoolLogic::IsEqual("off".into(), aimdb_pipeline::Literal::Bool(true));
        let aggregations = pairs
            .iter()
            .map(|(target, source, is_excludable)| AggregationRule {
                target: target.as_str().into(),
                source: source.as_str().into(),
                exclude_when: is_excludable.then(|| off.clone()),
            })
            .collect();
        let is_active = |root: &Js, is_excludable: bool| {
            !is_excludable || oracle::read(root, "off") != Js::Bool(true)
        };
        let read = |root: &mut Js, is_concerned: &dyn Fn(&str) -> bool| {
            for target in ["t.x", "t.y"] {
                let mut sources = pairs.iter().filter(|pair| pair.0 == target).peekable();
                if sources.peek().is_none() || !is_concerned(target) {
                    continue;
                }
                let active: Vec<Option<Js>> = sources
                    .filter(|pair| is_active(root, pair.2))
                    .map(|pair| root.at(&oracle::split(&pair.1)).cloned())
                    .filter(|value| value != &Some(Js::Undefined))
                    .collect();
                let common = match active.first() {
                    Some(Some(first)) if active.iter().all(|value| value.as_ref() == Some(first)) => first.clone(),
                    _ => Js::Undefined,
                };
                if oracle::read(root, target) != common {
                    oracle::write(root, &oracle::split(target), common);
                }
            }
        };
        let mut store = Store::new(&Js::object(), SETTLE);
        store.set(&initial).unwrap();
        let mut expected = store.root.clone();
        read(&mut expected, &|_| true);
        store.register(&Rules { aggregations, ..Rules::default() }).unwrap();
        prop_assert_eq!(&store.root, &expected);
        for batch in batches {
            let before = store.root.clone();
            let mut expected = before.clone();
            for (path, value) in genuine(&before, &batch) {
                if !pairs.iter().any(|pair| pair.0 == path) {
                    oracle::write(&mut expected, &oracle::split(&path), value);
                    continue;
                }
                for (_, source, is_excludable) in pairs.iter().filter(|pair| pair.0 == path) {
                    if is_active(&before, *is_excludable) && oracle::read(&expected, source) != value {
                        oracle::write(&mut expected, &oracle::split(source), value.clone());
                    }
                }
            }
            let after = expected.clone();
            let has_changed = |path: &str| after.at(&oracle::split(path)) != before.at(&oracle::split(path));
            let is_concerned = |target: &str| {
                pairs.iter().any(|(own, source, is_excludable)| {
                    own == target && (has_changed(source) || *is_excludable && has_changed("off"))
                })
            };
            read(&mut expected, &is_concerned);
            store.set(&batch).unwrap();
            prop_assert_eq!(&store.root, &expected);
        }
    }

    #[test]
    fn a_computation_is_always_that_of_its_sources(
        sources in proptest::collection::vec(leaf_path(), 1..5),
        is_average in any::<bool>(),
        batches in proptest::collection::vec(leaf_changes(), 1..5),
    ) {
        let operation = if is_average { Operation::Average } else { Operation::Sum };
        let rule = |source: &String| ComputationRule {
            operation,
            target: "result".into(),
            source: source.as_str().into(),
            exclude_when: None,
        };
        let mut store = Store::new(&Js::object(), SETTLE);
        let computations = sources.iter().map(rule).collect();
        store.register(&Rules { computations, ..Rules::default() }).unwrap();
        for batch in batches {
            store.set(&batch).unwrap();
            let number = |path: &String| match oracle::read(&store.root, path) {
                Js::Number(number) => Some(number),
                _ => None,
            };
            let numbers: Vec<f64> = sources.iter().filter_map(number).collect();
            let sum = numbers.iter().fold(0.0, |sum, number| sum + number);
            let expected = match (is_average, numbers.len()) {
                (false, _) => Js::Number(sum),
                (true, 0) => Js::Undefined,
                (true, count) => Js::Number(sum / count as f64),
            };
            prop_assert_eq!(oracle::read(&store.root, "result"), expected);
            prop_assert!(store.set(&[("result".into(), Js::Text("mine".into()))]).is_err());
        }
    }

    #[test]
    fn a_clear_rule_answers_what_came_in_and_nothing_else(
        initial in leaf_changes(), key in "[stuv]", batch in leaf_changes()
    ) {
        let mut store = Store::new(&Js::object(), SETTLE);
        store.set(&initial).unwrap();
        let bound = ClearRule {
            triggers: vec!["p.[*]".into()],
            targets: vec!["cleared.[*]".into()],
            expand_match: false,
        };
        let fixed = ClearRule {
            triggers: vec![format!("cleared.{key}").into(), format!("q.{key}").into()],
            targets: vec!["flag".into()],
            expand_match: false,
        };
        store.register(&Rules { clears: vec![bound, fixed], ..Rules::default() }).unwrap();
        let mut expected = store.root.clone();
        let written = genuine(&store.root, &batch);
        for (path, value) in &written {
            oracle::write(&mut expected, &oracle::split(path), value.clone());
        }
        for (path, _) in &written {
            if let Some(key) = path.strip_prefix("p.") {
                oracle::write(&mut expected, &["cleared".into(), key.into()], Js::Null);
            }
            if *path == format!("q.{key}") {
                oracle::write(&mut expected, &["flag".into()], Js::Null);
            }
        }
        store.set(&batch).unwrap();
        prop_assert_eq!(&store.root, &expected);
    }

    #[test]
    fn the_plan_names_whom_a_change_concerns_deepest_first(
        initial in object(),
        listeners in proptest::collection::vec(
            (proptest::collection::vec(prop_oneof![Just(String::new()), path()], 1..3), prop_oneof![Just(String::new()), path()]),
            0..6,
        ),
        batch in changes(),
    ) {
        let mut store = Store::new(&initial, SETTLE);
        let rule = |(paths, scope): &(Vec<String>, String)| ListenerRule { paths: list(paths), scope: scope.as_str().into() };
        let validators = listeners.iter().map(|(paths, _)| list(paths)).collect();
        let rules = Rules { listeners: listeners.iter().map(rule).collect(), validators, ..Rules::default() };
        let ids = store.register(&rules).unwrap();
        if store.set(&batch).is_err() {
            return Ok(());
        }
        let (state, report) = (store.engine.state(), store.engine.report());
        let text = |index: usize| path_text(state, aimdb_pipeline::PathId(report.paths[index]));
        let heads: Vec<usize> =
            (0..report.paths.len()).filter(|index| report.kinds[*index] & aimdb_pipeline::PART == 0).collect();
        let depth = |path: &String| oracle::split(path).len();
        let mut expected = Vec::new();
        for (index, (paths, scope)) in listeners.iter().enumerate() {
            let is_concerned = |head: &&usize| paths.iter().any(|path| oracle::is_related(path, &text(**head)));
            let concerned: Vec<u32> = heads.iter().filter(is_concerned).map(|head| *head as u32).collect();
            if !concerned.is_empty() {
                let deepest = paths.iter().map(depth).max().unwrap_or(0);
                let key = (std::cmp::Reverse(deepest), std::cmp::Reverse(depth(scope)), index);
                expected.push((key, ids.listeners[index], concerned));
            }
        }
        expected.sort();
        let plan = &report.plan;
        let changes_of = |n: usize| {
            plan.changes[plan.starts[n] as usize..plan.starts[n + 1] as usize].to_vec()
        };
        let got: Vec<(u32, Vec<u32>)> =
            plan.listeners.iter().enumerate().map(|(n, id)| (*id, changes_of(n))).collect();
        let wanted: Vec<(u32, Vec<u32>)> =
            expected.iter().map(|(_, id, changes)| (*id, changes.clone())).collect();
        prop_assert_eq!(got, wanted);
        let mut woken: Vec<u32> = expected.iter().map(|(key, ..)| ids.validators[key.2]).collect();
        woken.sort_unstable();
        prop_assert_eq!(&report.validators, &woken);
    }
}

proptest! {
    /// The state JavaScript builds from the reports is the engine's, whatever the rules do; the same program gives the
    /// same reports; a refusal changes nothing; and when all is unregistered and emptied, nothing is left.
    #[test]
    fn any_program_keeps_its_promises(
        initial in object(),
        all_rules in proptest::collection::vec(rules(), 1..4),
        batches in proptest::collection::vec(changes(), 1..6),
    ) {
        let mut store = Store::new(&initial, SETTLE);
        let mut twin = Store::new(&initial, SETTLE);
        let mut registered = Vec::new();
        for (rules, batch) in all_rules.iter().zip(batches.iter().cycle()) {
            let before = store.root.clone();
            let result = store.register(rules);
            prop_assert_eq!(&result, &twin.register(rules));
            prop_assert_eq!(shown(&store), shown(&twin));
            match result {
                Ok(ids) => registered.push(ids.id),
                Err(_) => prop_assert_eq!(&store.shadow(), &before),
            }
            prop_assert_eq!(&store.shadow(), &store.root);
            let _ = (store.set(batch).is_ok(), twin.set(batch).is_ok());
        }
        for batch in &batches {
            let before = store.root.clone();
            let result = store.set(batch).cloned_error();
            prop_assert_eq!(&result, &twin.set(batch).cloned_error());
            prop_assert_eq!(shown(&store), shown(&twin));
            if result.is_some() {
                prop_assert_eq!(&store.shadow(), &before);
            }
            prop_assert_eq!(&store.shadow(), &store.root);
        }
        for id in registered {
            prop_assert!(store.engine.unregister(id));
            prop_assert!(!store.engine.unregister(id));
        }
        store.set(&[(String::new(), Js::object())]).unwrap();
        let state = store.engine.state();
        prop_assert_eq!((state.value_count(), state.paths().len(), state.strings().len()), (1, 1, 2));
        prop_assert_eq!(store.slot_count(), 1);
    }

    #[test]
    fn a_refused_batch_leaves_no_trace(
        initial in object(),
        all_rules in proptest::collection::vec(rules(), 0..3),
        refused in changes(),
        batches in proptest::collection::vec(changes(), 1..4),
    ) {
        let mut store = Store::new(&initial, SETTLE);
        let mut untouched = Store::new(&initial, SETTLE);
        for rules in &all_rules {
            let _ = (store.register(rules).is_ok(), untouched.register(rules).is_ok());
        }
        let counts = |store: &Store| {
            let state = store.engine.state();
            (state.value_count(), state.paths().len(), state.strings().len(), store.slot_count())
        };
        let before = (store.shadow(), counts(&store));
        let mut refused = refused;
        refused.push(("fresh".into(), Js::Object(vec![("key".into(), Js::Text("only here".into()))])));
        refused.push(("number".into(), Js::Number(1.0)));
        refused.push(("number.below".into(), Js::Number(1.0)));
        prop_assert!(store.set(&refused).is_err());
        prop_assert_eq!((store.shadow(), counts(&store)), before);
        for batch in &batches {
            let result = store.set(batch).cloned_error();
            prop_assert_eq!(result, untouched.set(batch).cloned_error());
            prop_assert_eq!(&store.root, &untouched.root);
            prop_assert_eq!(named_changes(&store), named_changes(&untouched));
        }
    }

    #[test]
    fn hostile_arrays_are_refused_without_a_panic_or_a_trace(
        initial in object(),
        all_rules in rules(),
        paths in proptest::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..12),
        kinds in proptest::collection::vec(prop_oneof![0u8..10, 0x80u8..0x8A, any::<u8>()], 0..12),
        numbers in proptest::collection::vec(prop_oneof![(0u8..5).prop_map(f64::from), any::<f64>()], 0..12),
        is_cut in proptest::bool::weighted(0.8),
    ) {
        let mut store = Store::new(&initial, SETTLE);
        let _ = store.register(&all_rules);
        let (mut paths, mut kinds, mut numbers) = (paths, kinds, numbers);
        if is_cut {
            let length = paths.len().min(kinds.len()).min(numbers.len());
            paths.truncate(length);
            kinds.truncate(length);
            numbers.truncate(length);
        }
        let input = aimdb_pipeline::Input { paths: &paths, kinds: &kinds, numbers: &numbers, senders: &[] };
        let before = (store.shadow(), store.engine.state().paths().len());
        if store.engine.process(input, Origin::default()).is_err() {
            prop_assert_eq!((store.shadow(), store.engine.state().paths().len()), before);
        }
        let mut changed = Vec::new();
        let _ = store.engine.accept_results(&paths, &kinds, &numbers, &mut changed);
        paths.iter().for_each(|path| store.engine.release_path(aimdb_pipeline::PathId(*path)));
        store.engine.process(aimdb_pipeline::Input::default(), Origin::default()).unwrap();
    }

    #[test]
    fn one_pass_never_fails_to_settle(initial in object(), all_rules in rules(), batches in proptest::collection::vec(changes(), 1..4)) {
        let mut store = Store::new(&initial, Passes::Single);
        let _ = store.register(&all_rules);
        for batch in batches {
            if let Err(error) = store.set(&batch) {
                prop_assert_ne!(error.code(), "NOT_SETTLED");
            }
            prop_assert_eq!(&store.shadow(), &store.root);
        }
    }

    #[test]
    fn any_value_comes_back_as_it_was(path in path(), value in value()) {
        let mut store = Store::new(&Js::object(), SETTLE);
        if store.set(&[(path.clone(), value.clone())]).is_ok() {
            prop_assert_eq!(oracle::read(&store.shadow(), &path), value);
        }
    }
}

/// A report's changes with the names of the paths: ids may differ between engines with different pasts.
fn named_changes(store: &Store) -> Vec<(String, u8, u8)> {
    let (state, report) = (store.engine.state(), store.engine.report());
    let name = |index: usize| path_text(state, aimdb_pipeline::PathId(report.paths[index]));
    let change = |index: usize| (name(index), report.kinds[index], report.lineages[index]);
    let mut changes: Vec<_> = (0..report.paths.len()).map(change).collect();
    changes.sort();
    changes
}

/// A report as text: NaN equals NaN there.
fn shown(store: &Store) -> String {
    format!("{:?}", store.engine.report())
}

trait ClonedError {
    fn cloned_error(self) -> Option<aimdb_pipeline::Error>;
}

impl<T> ClonedError for Result<T, aimdb_pipeline::Error> {
    fn cloned_error(self) -> Option<aimdb_pipeline::Error> {
        self.err()
    }
}

#[test]
fn the_oracle_of_groups_merges_chains() {
    let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
    let found = groups(&[pair("a", "b"), pair("c", "d"), pair("b", "c")]);
    assert_eq!(
        found,
        [BTreeSet::from(["a", "b", "c", "d"].map(String::from))]
    );
}
