//! What breaks engines of this kind, one sentence each.

#![allow(clippy::unwrap_used)]

mod support;

use aimdb_pipeline::{
    ABOVE_SCOPE, AggregationRule, BoolLogic, ClearRule, ComputationRule, Engine, Error, Input,
    Kind, LISTENER_DEPTH_MAX, LOGIC_DEPTH_MAX, Lineage, ListenerRule, Literal, NO_SLOT, Operation,
    Origin, PART, Passes, ROUNDS_MAX, Rules, Text, ValueLogic, text,
};
use serde_json::json;
use support::js::Js;
use support::store::{Store, path_text};

const SETTLE: Passes = Passes::Settle(ROUNDS_MAX);

fn js(json: serde_json::Value) -> Js {
    Js::from_json(&json)
}

fn store(initial: serde_json::Value, rules: Rules) -> Store {
    let mut store = Store::new(&js(initial), SETTLE);
    store.register(&rules).unwrap();
    store
}

fn set(store: &mut Store, path: &str, value: serde_json::Value) -> Result<(), Error> {
    store.set(&[(path.into(), js(value))]).map(|_| ())
}

fn pair(left: &str, right: &str) -> (Text, Text) {
    (left.into(), right.into())
}

/// The written paths with their lineage, in order.
fn changes(store: &Store) -> Vec<(String, Lineage)> {
    let report = store.engine.report();
    let name = |index: usize| {
        path_text(
            store.engine.state(),
            aimdb_pipeline::PathId(report.paths[index]),
        )
    };
    (0..report.paths.len())
        .map(|index| (name(index), report.lineage(index)))
        .collect()
}

#[track_caller]
fn check_refused(
    initial: serde_json::Value,
    rules: Rules,
    batch: &[(&str, serde_json::Value)],
    code: &str,
) {
    let mut store = store(initial, rules);
    let before = store.root.clone();
    let batch: Vec<(String, Js)> = batch
        .iter()
        .map(|(path, value)| ((*path).into(), js(value.clone())))
        .collect();
    let error = store.set(&batch).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(store.shadow(), before);
    assert!(store.engine.report().is_unchanged());
    assert!(store.engine.report().plan.listeners.is_empty());
}

#[test]
fn a_refused_batch_leaves_everything_as_it_was() {
    let none = Rules::default;
    check_refused(
        json!({"xs": [1]}),
        none(),
        &[("a", json!(1)), ("xs.2", json!(1))],
        "PAST_ARRAY_END",
    );
    check_refused(
        json!({}),
        none(),
        &[("a", json!({"k": [1]})), ("xs.1", json!(1))],
        "PAST_ARRAY_END",
    );
    check_refused(
        json!({"xs": []}),
        none(),
        &[("a", json!(1)), ("xs.01", json!(1))],
        "NOT_AN_INDEX",
    );
    check_refused(
        json!({"xs": []}),
        none(),
        &[("xs.length", json!(3))],
        "NOT_AN_INDEX",
    );
    for primitive in [json!(1), json!("text"), json!(true), json!({"$": "NaN"})] {
        let batch = [("b", json!(1)), ("a.k.deep", json!(2))];
        check_refused(
            json!({"a": primitive, "b": 0}),
            none(),
            &batch,
            "THROUGH_PRIMITIVE",
        );
    }
    let computed = Rules {
        computations: vec![sum("t", "s")],
        ..none()
    };
    check_refused(
        json!({"s": 1}),
        computed,
        &[("s", json!(2)), ("t", json!(9))],
        "COMPUTED_TARGET",
    );
}

#[test]
fn rules_that_go_in_circles_are_stopped_by_name_and_undone() {
    let rules = || Rules {
        one_way: vec![pair("a", "b.x"), pair("b", "a.x")],
        ..Rules::default()
    };
    check_refused(
        json!({}),
        rules(),
        &[("c", json!(1)), ("a", json!({"k": 1}))],
        "NOT_SETTLED",
    );
    let mut single = Store::new(&Js::object(), Passes::Single);
    single.register(&rules()).unwrap();
    set(&mut single, "a", json!({"k": 1})).unwrap();
    assert_eq!(
        single.root,
        js(json!({"a": {"k": 1}, "b": {"x": {"k": 1}}}))
    );
}

#[test]
fn registrations_that_cannot_work_are_refused_whole() {
    #[track_caller]
    fn check(rules: Rules, code: &str) {
        let mut store = Store::new(&js(json!({"a": 1, "b": 2, "c": 3})), SETTLE);
        let before = (store.root.clone(), store.engine.state().paths().len());
        let rules = Rules {
            sync: [rules.sync, vec![pair("a", "b")]].concat(),
            ..rules
        };
        assert_eq!(store.register(&rules).unwrap_err().code(), code);
        assert_eq!((store.shadow(), store.engine.state().paths().len()), before);
        set(&mut store, "a", json!(9)).unwrap();
        assert_eq!(
            store.root,
            js(json!({"a": 9, "b": 2, "c": 3})),
            "nothing of it stayed"
        );
    }
    let aggregations = |pairs: &[(&str, &str)]| Rules {
        aggregations: pairs
            .iter()
            .map(|(target, source)| aggregation(target, source))
            .collect(),
        ..Rules::default()
    };
    check(aggregations(&[("t", "t")]), "AGGREGATION_CYCLE");
    check(aggregations(&[("t", "t.x")]), "AGGREGATION_CYCLE");
    check(aggregations(&[("t", "s"), ("s", "r")]), "AGGREGATION_CYCLE");
    check(aggregations(&[("s", "r"), ("t", "s")]), "AGGREGATION_CYCLE");
    let computations = vec![sum("t", "s"), sum("s", "r"), sum("r", "t")];
    check(
        Rules {
            computations,
            ..Rules::default()
        },
        "COMPUTATION_CYCLE",
    );
    let mixed = Rules {
        aggregations: vec![aggregation("t", "x")],
        computations: vec![sum("t", "y")],
        ..Rules::default()
    };
    check(mixed, "TARGET_TAKEN");
    check(
        Rules {
            sync: vec![pair("x", "x.y")],
            ..Rules::default()
        },
        "NESTED_MEMBERS",
    );
    check(
        Rules {
            sync: vec![pair("x", "y"), pair("y", "x.z")],
            ..Rules::default()
        },
        "NESTED_MEMBERS",
    );
    let clear = ClearRule {
        triggers: vec!["a.[*].b".into(), "c".into()],
        targets: vec!["d.[*]".into()],
        expand_match: false,
    };
    check(
        Rules {
            clears: vec![clear],
            ..Rules::default()
        },
        "UNBOUND_WILDCARD",
    );
    let deep = (0..100).fold(BoolLogic::Exists("a".into()), |logic, _| {
        BoolLogic::Not(Box::new(logic))
    });
    check(
        Rules {
            conditions: vec![deep],
            ..Rules::default()
        },
        "LOGIC_TOO_DEEP",
    );
    let far = vec!["a"; 65].join(".");
    check(
        Rules {
            conditions: vec![BoolLogic::Exists(far.into())],
            ..Rules::default()
        },
        "PATH_TOO_DEEP",
    );
}

#[test]
fn values_survive_unharmed() {
    let mut store = Store::new(&Js::object(), SETTLE);
    let long = Js::Text("x".repeat(1 << 20));
    for value in [
        Js::Number(f64::NAN),
        Js::Number(-0.0),
        Js::Number(f64::NEG_INFINITY),
        long,
        Js::Text("__undefined__".into()),
        Js::Object(vec![
            ("a.b".into(), Js::Undefined),
            (String::new(), Js::Number(-0.0)),
        ]),
    ] {
        store.set(&[("v".into(), value.clone())]).unwrap();
        assert_eq!(
            store.shadow(),
            Js::Object(vec![("v".into(), value.clone())])
        );
        assert_eq!(store.shadow(), store.root);
        if !matches!(value, Js::Object(_)) {
            assert!(store.set(&[("v".into(), value)]).unwrap().is_unchanged());
        }
    }
}

#[test]
fn a_lone_surrogate_is_a_text_and_a_key_like_any_other() {
    let mut engine = Engine::default();
    let lone = text::from_utf16(&[0x61, 0xD800]);
    let root = engine.intern_path(b"").unwrap();
    let path = engine.intern_child(root, &lone).unwrap();
    let value = engine.intern_text(&lone).unwrap();
    let input = Input {
        paths: &[path.0],
        kinds: &[Kind::Text as u8],
        numbers: &[f64::from(value.0)],
        senders: &[],
    };
    engine.process(input, Origin::default()).unwrap();
    let kept = engine.state().strings().get(value).unwrap();
    assert_eq!(text::to_utf16(kept), [0x61, 0xD800]);
    assert_eq!(
        text::to_utf16(&engine.state().paths().text(engine.state().strings(), path)),
        [0x61, 0xD800]
    );
}

#[test]
fn an_opaque_value_is_passed_on_and_freed_when_the_last_path_lets_go() {
    let mut engine = Engine::default();
    engine
        .register(&Rules {
            sync: vec![pair("date", "copy")],
            ..Rules::default()
        })
        .unwrap();
    let date = engine.intern_path(b"date").unwrap();
    let slot = Kind::Slot as u8;
    let mut send = |kind: u8, number: f64| {
        let input = Input {
            paths: &[date.0],
            kinds: &[kind],
            numbers: &[number],
            senders: &[],
        };
        let report = engine.process(input, Origin::default()).unwrap();
        (
            report.kinds.clone(),
            report.numbers.clone(),
            report.reclaimed.slots.clone(),
        )
    };
    assert_eq!(send(slot, 7.0), (vec![slot, slot], vec![7.0, 7.0], vec![]));
    assert_eq!(
        send(slot, 7.0).0,
        [slot],
        "an opaque value is never dropped"
    );
    assert_eq!(send(slot, 8.0), (vec![slot, slot], vec![8.0, 8.0], vec![7]));
    assert_eq!(send(Kind::Null as u8, 0.0).2, [8]);
}

#[test]
fn a_rule_may_name_any_text_that_javascript_has() {
    let lone = text::from_utf16(&[0xD800]);
    let other = text::from_utf16(&[0xD801]);
    let is = |text: &[u8]| BoolLogic::IsEqual("a".into(), Literal::Text(text.to_vec().into()));
    let object = Literal::Object(vec![(lone.clone().into(), Literal::Null)]);
    let case = (lone.clone().into(), ValueLogic::Leaf(1));
    let mut engine = Engine::default();
    let rules = Rules {
        conditions: vec![
            is(&lone),
            is(&other),
            is("\u{FFFD}".as_bytes()),
            BoolLogic::Exists(lone.clone().into()),
            BoolLogic::IsEqual("b".into(), object),
        ],
        choices: vec![ValueLogic::Match("a".into(), vec![case], None)],
        texts: vec![[&lone[..], b"{{a}}"].concat().into()],
        ..Rules::default()
    };
    let ids = engine.register(&rules).unwrap();
    let (a, b) = (
        engine.intern_path(b"a").unwrap(),
        engine.intern_path(b"b").unwrap(),
    );
    let (named, key) = (
        engine.intern_path(&lone).unwrap(),
        engine.intern_child(b, &lone).unwrap(),
    );
    let value = engine.intern_text(&lone).unwrap();
    let (text, null) = (Kind::Text as u8, Kind::Null as u8);
    let input = Input {
        paths: &[a.0, named.0, b.0, key.0],
        kinds: &[text, text, Kind::Object as u8, null | PART],
        numbers: &[
            f64::from(value.0),
            f64::from(value.0),
            f64::from(NO_SLOT),
            0.0,
        ],
        senders: &[],
    };
    engine.process(input, Origin::default()).unwrap();
    let holds: Vec<_> = ids.conditions.iter().map(|id| engine.holds(*id)).collect();
    assert_eq!(
        holds,
        [true, false, false, true, true].map(Some),
        "{:?}",
        rules.conditions
    );
    assert_eq!(engine.leaf(ids.choices[0]), Some(1));
    assert_eq!(engine.text(ids.texts[0]), Some(lone.repeat(2)));
}

#[test]
fn a_pattern_that_is_refused_is_shown_with_replacements() {
    let target = [&text::from_utf16(&[0xDC00])[..], b".[*]"].concat();
    let rules = Rules {
        clears: vec![ClearRule {
            triggers: vec!["a".into()],
            targets: vec![target.into()],
            expand_match: false,
        }],
        ..Rules::default()
    };
    let refused = Engine::default().register(&rules);
    let target = "\u{FFFD}.[*]".into();
    assert_eq!(refused, Err(Error::UnboundWildcard { target }));
}

#[test]
fn an_opaque_value_is_reported_although_the_batch_wrote_its_path_twice() {
    let mut engine = Engine::default();
    let sync = vec![pair("left", "right")];
    let rules = Rules {
        sync,
        ..Rules::default()
    };
    engine.register(&rules).unwrap();
    let left = engine.intern_path(b"left").unwrap();
    let right = engine.intern_path(b"right").unwrap();
    engine.retain_path(left);
    engine.retain_path(right);
    let mut send = |slots: [f64; 2]| {
        let input = Input {
            paths: &[left.0, right.0],
            kinds: &[Kind::Slot as u8; 2],
            numbers: &slots,
            senders: &[],
        };
        let report = engine.process(input, Origin::default()).unwrap();
        (report.paths.clone(), report.numbers.clone())
    };
    let both = vec![left.0, right.0];
    assert_eq!(send([7.0, 7.0]), (both.clone(), vec![7.0, 7.0]));
    assert_eq!(send([8.0, 7.0]), (both, vec![7.0, 7.0]));
}

#[test]
fn a_write_below_an_opaque_value_is_refused() {
    let mut engine = Engine::default();
    let date = engine.intern_path(b"date").unwrap();
    let year = engine.intern_path(b"date.year").unwrap();
    let input = Input {
        paths: &[date.0, year.0],
        kinds: &[Kind::Slot as u8, Kind::Number as u8],
        numbers: &[3.0, 2026.0],
        senders: &[],
    };
    assert_eq!(
        engine.process(input, Origin::default()).unwrap_err().code(),
        "THROUGH_PRIMITIVE"
    );
    assert_eq!(
        engine.report().reclaimed.slots,
        [3],
        "what was not kept can be forgotten"
    );
}

#[test]
fn two_members_of_a_group_written_together_end_with_the_last() {
    let rules = Rules {
        sync: vec![pair("a", "b"), pair("b", "c")],
        ..Rules::default()
    };
    let mut store = store(json!({"a": 1, "b": 1, "c": 1}), rules);
    store
        .set(&[("a".into(), js(json!(2))), ("b".into(), js(json!(3)))])
        .unwrap();
    assert_eq!(store.root, js(json!({"a": 3, "b": 3, "c": 3})));
    set(&mut store, "a", json!({})).unwrap();
    let batch = [
        ("b".into(), js(json!({"o": {"x": 2}, "k": 1}))),
        ("a.o".into(), js(json!({"x": 1}))),
        ("c.o.x".into(), js(json!(7))),
    ];
    store.set(&batch).unwrap();
    let all = json!({"o": {"x": 7}, "k": 1});
    assert_eq!(store.root, js(json!({"a": all, "b": all, "c": all})));
}

#[test]
fn what_a_later_write_goes_over_is_not_carried_on() {
    let rules = Rules {
        sync: vec![pair("a", "b"), pair("b", "c")],
        ..Rules::default()
    };
    let mut store = store(json!({"a": null}), rules);
    let undefined = json!({"$": "undefined"});
    store
        .set(&[
            ("b".into(), js(json!(null))),
            ("a".into(), js(undefined.clone())),
        ])
        .unwrap();
    assert_eq!(
        store.root,
        js(json!({"a": undefined, "b": undefined})),
        "c was never null"
    );
}

#[test]
fn what_ends_as_it_was_is_no_change() {
    let clear = |target: &str| ClearRule {
        triggers: vec!["a".into()],
        targets: vec![target.into()],
        expand_match: false,
    };
    let rules = Rules {
        clears: vec![clear("a")],
        listeners: vec![ListenerRule {
            paths: vec![Text::default()],
            scope: Text::default(),
        }],
        ..Rules::default()
    };
    let mut store = store(json!({"a": null}), rules);
    set(&mut store, "a", json!(5)).unwrap();
    let report = store.engine.report();
    assert!(
        report.is_unchanged() && report.plan.listeners.is_empty(),
        "{report:?}"
    );
    assert_eq!(report.kept_count, 1);
}

#[test]
fn an_input_equal_to_the_state_before_counts_behind_one_that_wrote_over_it() {
    #[track_caller]
    fn check(before: serde_json::Value, batch: serde_json::Value, after: serde_json::Value) {
        let mut store = Store::new(&js(before), SETTLE);
        let batch = batch.as_array().unwrap().iter();
        let batch: Vec<(String, Js)> = batch
            .map(|entry| (entry[0].as_str().unwrap().into(), Js::from_json(&entry[1])))
            .collect();
        store.set(&batch).unwrap();
        assert_eq!(store.root, js(after));
    }
    check(
        json!({"a": {"x": 1}}),
        json!([["a", {"x": 2}], ["a.x", 1]]),
        json!({"a": {"x": 1}}),
    );
    check(
        json!({"a": {"x": 1}}),
        json!([["a", null], ["a.x", 1]]),
        json!({"a": {"x": 1}}),
    );
    check(
        json!({"a": {"x": 1}}),
        json!([["", {}], ["a.x", 1]]),
        json!({"a": {"x": 1}}),
    );
    check(
        json!({"a": null}),
        json!([["a.x.y", 1], ["a", null]]),
        json!({"a": null}),
    );
    check(
        json!({"a": 1}),
        json!([["a", 2], ["a", 1]]),
        json!({"a": 1}),
    );
    check(
        json!({"a": 1, "b": 1}),
        json!([["a", {}], ["b", 1], ["b.c", {"$": "undefined"}]]),
        json!({"a": {}, "b": 1}),
    );
}

#[test]
fn sync_matches_exactly_from_above_and_from_below() {
    let rules = Rules {
        sync: vec![pair("u.p.name", "disp"), pair("src", "dst")],
        one_way: vec![pair("from", "to")],
        ..Rules::default()
    };
    let mut store = store(json!({"u": {"p": {"name": "A"}}, "disp": "A"}), rules);
    for (path, value) in [
        ("u", json!({"p": {"name": "B"}})),
        ("u", json!({"p": {}})),
        ("src.k.d", json!(2)),
        ("from", json!({"x": [1]})),
        ("to.x", json!(5)),
    ] {
        set(&mut store, path, value).unwrap();
    }
    let expected = json!({
        "u": {"p": {}}, "disp": "B",
        "src": {"k": {"d": 2}}, "dst": {"k": {"d": 2}},
        "from": {"x": [1]}, "to": {"x": 5},
    });
    assert_eq!(store.root, js(expected));
    set(&mut store, "u", json!({"p": {"name": null}})).unwrap();
    assert_eq!(store.root.at(&["disp".into()]), Some(&Js::Null));
    set(&mut store, "u", json!([{"p": 1}])).unwrap();
    assert_eq!(
        store.root.at(&["disp".into()]),
        Some(&Js::Null),
        "an array never matches from above"
    );
}

#[test]
fn an_agreement_takes_the_shallowest_then_the_smallest_of_the_most_frequent() {
    #[track_caller]
    fn check(initial: serde_json::Value, expected: serde_json::Value) {
        let pairs = vec![pair("o.deep", "b"), pair("b", "a"), pair("a", "z")];
        let store = store(
            initial,
            Rules {
                sync: pairs,
                ..Rules::default()
            },
        );
        assert_eq!(store.root, js(expected));
    }
    let all = |value: i32| json!({"o": {"deep": value}, "a": value, "b": value, "z": value});
    check(json!({"o": {"deep": 1}, "b": 2, "a": null, "z": 1}), all(1));
    check(json!({"o": {"deep": 1}, "b": 2}), all(2));
    check(json!({"z": 3, "b": 2, "a": {"$": "undefined"}}), all(2));
}

#[test]
fn an_aggregation_keeps_the_callers_order_and_names_its_changes() {
    let aggregations = vec![aggregation("t", "s1"), aggregation("t", "s2")];
    let rules = Rules {
        aggregations,
        ..Rules::default()
    };
    let mut store = store(json!({"t": 1, "s1": 1, "s2": 1}), rules);
    set(&mut store, "t", json!(9)).unwrap();
    let own = Lineage::AGGREGATION;
    let named = |path: &str, lineage| (path.to_owned(), lineage);
    assert_eq!(
        changes(&store),
        [named("s1", own), named("s2", own), named("t", own)]
    );
    store
        .set(&[("t".into(), js(json!(2))), ("s1".into(), js(json!(3)))])
        .unwrap();
    assert_eq!(
        store.root,
        js(json!({"t": {"$": "undefined"}, "s1": 3, "s2": 2}))
    );
    assert_eq!(changes(&store)[0], named("s1", Lineage::default()).clone());
    set(&mut store, "t", json!({"k": 1})).unwrap();
    set(&mut store, "t.k", json!(9)).unwrap();
    assert_eq!(
        store.root,
        js(json!({"t": {"k": 9}, "s1": {"k": 9}, "s2": {"k": 9}}))
    );
}

#[test]
fn what_other_rules_write_to_a_target_reaches_its_sources() {
    let rules = || Rules {
        aggregations: vec![aggregation("t", "s1"), aggregation("t", "s2")],
        sync: vec![pair("t", "x")],
        ..Rules::default()
    };
    let mut store = store(json!({"t": 1, "s1": 1, "s2": 1, "x": 1}), rules());
    set(&mut store, "x", json!(5)).unwrap();
    assert_eq!(store.root, js(json!({"t": 5, "s1": 5, "s2": 5, "x": 5})));
    set(&mut store, "s1", json!(6)).unwrap();
    let undefined = json!({"$": "undefined"});
    assert_eq!(
        store.root,
        js(json!({"t": undefined, "s1": 6, "s2": 5, "x": undefined}))
    );
}

#[test]
fn excluded_sources_neither_receive_nor_count() {
    let off = BoolLogic::IsEqual("off".into(), Literal::Bool(true));
    let mut rule = aggregation("t", "s2");
    rule.exclude_when = Some(off.clone());
    let mut total = sum("total", "s2");
    total.exclude_when = Some(off);
    let rules = Rules {
        aggregations: vec![aggregation("t", "s1"), rule],
        computations: vec![sum("total", "s1"), total],
        ..Rules::default()
    };
    let mut store = store(json!({"s1": 1, "s2": 2}), rules);
    assert_eq!(store.root, js(json!({"s1": 1, "s2": 2, "total": 3})));
    set(&mut store, "off", json!(true)).unwrap();
    assert_eq!(
        store.root,
        js(json!({"s1": 1, "s2": 2, "total": 1, "t": 1, "off": true}))
    );
    set(&mut store, "t", json!(7)).unwrap();
    assert_eq!(
        store.root,
        js(json!({"s1": 7, "s2": 2, "total": 7, "t": 7, "off": true}))
    );
}

#[test]
fn lineage_adds_up_along_the_way() {
    let rules = Rules {
        clears: vec![ClearRule {
            triggers: vec!["go".into()],
            targets: vec!["a".into()],
            expand_match: false,
        }],
        sync: vec![pair("a", "b")],
        computations: vec![sum("total", "b")],
        ..Rules::default()
    };
    let mut store = store(json!({"a": 4, "b": 4}), rules);
    let origin = Origin { listener_depth: 1 };
    store
        .set_as(&[("go".into(), js(json!(1)))], origin)
        .unwrap();
    let (listener, clear) = (Lineage::LISTENER, Lineage::LISTENER.and(Lineage::CLEAR));
    let sync = clear.and(Lineage::SYNC);
    let expected = [
        ("go", listener),
        ("a", clear),
        ("b", sync),
        ("total", sync.and(Lineage::COMPUTATION)),
    ];
    assert_eq!(
        changes(&store),
        expected.map(|(path, lineage)| (path.to_owned(), lineage))
    );
}

#[test]
fn the_sender_goes_along_with_what_follows() {
    let mut engine = Engine::default();
    engine
        .register(&Rules {
            sync: vec![pair("a", "b")],
            ..Rules::default()
        })
        .unwrap();
    let a = engine.intern_path(b"a").unwrap();
    let input = Input {
        paths: &[a.0],
        kinds: &[],
        numbers: &[1.0],
        senders: &[42],
    };
    assert_eq!(
        engine.process(input, Origin::default()).unwrap().senders,
        [42, 42]
    );
}

#[test]
fn a_clear_rule_captures_and_expands() {
    let rule = |trigger: &str, target: &str, expand_match| ClearRule {
        triggers: vec![trigger.into()],
        targets: vec![target.into()],
        expand_match,
    };
    let rules = Rules {
        clears: vec![
            rule("users.[*].country", "users.[*].city", false),
            rule("reset", "users[*].name", true),
        ],
        ..Rules::default()
    };
    let initial = json!({"users": {"a": {"country": "AT", "city": "Wien"}, "b": {"city": "Graz"}}});
    let mut store = store(initial, rules);
    set(&mut store, "users.a.country", json!("DE")).unwrap();
    set(&mut store, "reset", json!(1)).unwrap();
    let users = json!({
        "a": {"country": "DE", "city": null, "name": null},
        "b": {"city": "Graz", "name": null},
    });
    assert_eq!(store.root, js(json!({"users": users, "reset": 1})));
}

#[test]
fn a_listener_that_writes_is_a_batch_of_its_own_with_a_depth() {
    let rules = Rules {
        listeners: vec![ListenerRule {
            paths: vec!["a".into()],
            scope: Text::default(),
        }],
        sync: vec![pair("b", "c")],
        ..Rules::default()
    };
    let mut store = store(json!({}), rules);
    set(&mut store, "a", json!(1)).unwrap();
    assert_eq!(store.engine.report().plan.listeners.len(), 1);
    store
        .set_as(&[("b".into(), js(json!(2)))], Origin { listener_depth: 1 })
        .unwrap();
    assert_eq!(store.root, js(json!({"a": 1, "b": 2, "c": 2})));
    assert!(
        changes(&store)
            .iter()
            .all(|(_, lineage)| lineage.has(Lineage::LISTENER))
    );
    let too_deep = Origin {
        listener_depth: LISTENER_DEPTH_MAX + 1,
    };
    let error = store
        .set_as(&[("b".into(), js(json!(3)))], too_deep)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error,
        Error::ListenerTooDeep {
            depth_max: LISTENER_DEPTH_MAX
        }
    );
    assert_eq!(store.root, js(json!({"a": 1, "b": 2, "c": 2})));
}

#[test]
fn a_listeners_changes_are_relative_to_its_scope() {
    let rule = ListenerRule {
        paths: vec!["u".into(), "other".into()],
        scope: "u.p".into(),
    };
    let mut store = store(
        json!({"u": {"p": {"name": 1}}}),
        Rules {
            listeners: vec![rule],
            ..Rules::default()
        },
    );
    #[track_caller]
    fn check(store: &mut Store, path: &str, value: serde_json::Value, strip: u32) {
        set(store, path, value).unwrap();
        assert_eq!(store.engine.report().plan.strips, [strip]);
    }
    check(&mut store, "u.p.name", json!(2), 2);
    check(&mut store, "u", json!({"p": {}}), ABOVE_SCOPE);
    check(&mut store, "other", json!(1), 0);
}

#[test]
fn dependencies_that_vanish_and_lengths_are_seen() {
    let conditions = vec![
        BoolLogic::Exists("u.p.name".into()),
        BoolLogic::Gte("xs.length".into(), 2.0),
        BoolLogic::IsEqual(
            "o".into(),
            Literal::Object(vec![("k".into(), Literal::Number(1.0))]),
        ),
    ];
    let mut store = Store::new(
        &js(json!({"u": {"p": {"name": 1}}, "xs": [1], "o": {"k": 1}})),
        SETTLE,
    );
    let ids = store
        .register(&Rules {
            conditions,
            ..Rules::default()
        })
        .unwrap();
    let mut check = |path: &str, value: serde_json::Value, expected: [bool; 3]| {
        set(&mut store, path, value).unwrap();
        assert_eq!(
            ids.conditions
                .iter()
                .map(|id| store.engine.holds(*id).unwrap())
                .collect::<Vec<_>>(),
            expected
        );
    };
    check("u", json!(null), [false, false, true]);
    check("xs.1", json!(5), [false, true, true]);
    check("u.p.name", json!(0), [true, true, true]);
    check("xs", json!([]), [true, false, true]);
    check("o.j", json!(1), [true, false, false]);
    check("o", json!({"k": 1}), [true, false, true]);
    check("o", json!({"k": "1"}), [true, false, false]);
    check("", json!({}), [false, false, false]);
}

#[test]
fn a_choice_without_an_else_may_nest_as_deep_as_any() {
    let nest = |inner, _| {
        let never = BoolLogic::Or(Vec::new());
        ValueLogic::If(BoolLogic::Not(Box::new(never)), Box::new(inner), None)
    };
    let deepest = (0..LOGIC_DEPTH_MAX).fold(ValueLogic::Leaf(7), nest);
    let choices = vec![deepest.clone()];
    let rules = Rules {
        choices,
        ..Rules::default()
    };
    let mut engine = Engine::default();
    let ids = engine.register(&rules).unwrap();
    assert_eq!(engine.leaf(ids.choices[0]), Some(7));
    let choices = vec![nest(deepest, 0)];
    let rules = Rules {
        choices,
        ..Rules::default()
    };
    assert_eq!(
        engine.register(&rules).unwrap_err().code(),
        "LOGIC_TOO_DEEP"
    );
}

#[test]
fn a_choice_follows_its_path_and_falls_back() {
    let leaf = ValueLogic::Leaf;
    let cases = vec![
        ("open".into(), leaf(0)),
        ("3".into(), leaf(1)),
        ("true".into(), leaf(2)),
    ];
    let logic = ValueLogic::Match("status".into(), cases, Some(Box::new(leaf(3))));
    let mut store = Store::new(&Js::object(), SETTLE);
    let ids = store
        .register(&Rules {
            choices: vec![logic],
            ..Rules::default()
        })
        .unwrap();
    for (value, expected) in [
        (json!("open"), 0),
        (json!(3), 1),
        (json!(true), 2),
        (json!(null), 3),
        (json!({}), 3),
    ] {
        set(&mut store, "status", value).unwrap();
        assert_eq!(store.engine.leaf(ids.choices[0]), Some(expected));
    }
}

#[test]
fn a_text_keeps_what_is_no_placeholder_and_what_has_no_text() {
    let mut store = Store::new(
        &js(json!({"n": 1.5, "xs": [1, 2], "o": {}, " n": "spaced"})),
        SETTLE,
    );
    let mut check = |source: &str, filled: &str, placeholders: &[&str]| {
        let ids = store
            .register(&Rules {
                texts: vec![source.into()],
                ..Rules::default()
            })
            .unwrap();
        let id = ids.texts[0];
        assert_eq!(text::display(&store.engine.text(id).unwrap()), filled);
        let paths = store.engine.placeholders(id);
        let names: Vec<String> = paths
            .iter()
            .map(|path| path_text(store.engine.state(), *path))
            .collect();
        assert_eq!(names, placeholders);
    };
    check("", "", &[]);
    check("{{}} {{ {n}}", "{{}} {{ {n}}", &[" {n"]);
    check("{{n}}{{n}}", "1.51.5", &["n"]);
    check(
        "{{ n}}|{{o}}|{{gone}}",
        "spaced|{{o}}|{{gone}}",
        &[" n", "o", "gone"],
    );
    check("{{xs.length}} of {{n", "2 of {{n", &["xs.length"]);
    check("{{n}", "{{n}", &[]);
    check("ä{{n}}ö}}", "ä1.5ö}}", &["n"]);
}

#[test]
fn unregistered_rules_are_silent_at_once() {
    let rules = Rules {
        sync: vec![pair("a", "b")],
        flip: vec![pair("a", "f")],
        aggregations: vec![aggregation("t", "a")],
        computations: vec![sum("total", "a")],
        clears: vec![ClearRule {
            triggers: vec!["a".into()],
            targets: vec!["n".into()],
            expand_match: false,
        }],
        listeners: vec![ListenerRule {
            paths: vec!["a".into()],
            scope: Text::default(),
        }],
        conditions: vec![BoolLogic::Exists("a".into())],
        texts: vec!["{{a}}".into()],
        validators: vec![vec!["a".into()]],
        ..Rules::default()
    };
    let mut store = Store::new(&Js::object(), SETTLE);
    let ids = store.register(&rules).unwrap();
    assert!(store.engine.unregister(ids.id));
    set(&mut store, "a", json!(true)).unwrap();
    assert_eq!(changes(&store), [("a".to_owned(), Lineage::default())]);
    let report = store.engine.report();
    assert!(report.plan.listeners.is_empty() && report.validators.is_empty());
    assert!(report.concerns.conditions.is_empty() && report.concerns.texts.is_empty());
    assert_eq!(store.engine.holds(ids.conditions[0]), None);
}

#[test]
fn a_registration_sleeps_while_its_anchor_is_gone() {
    let rules = Rules {
        sync: vec![pair("a", "b")],
        conditions: vec![BoolLogic::Exists("a".into())],
        listeners: vec![ListenerRule {
            paths: vec!["a".into()],
            scope: Text::default(),
        }],
        anchor: Some("panel".into()),
        ..Rules::default()
    };
    let mut store = Store::new(&js(json!({"a": 1})), SETTLE);
    let ids = store.register(&rules).unwrap();
    assert_eq!(store.root, js(json!({"a": 1})));
    set(&mut store, "a", json!(null)).unwrap();
    assert!(store.engine.report().concerns.conditions.is_empty());
    assert!(store.engine.report().plan.listeners.is_empty());
    store
        .set(&[("panel".into(), js(json!({}))), ("b".into(), js(json!(5)))])
        .unwrap();
    assert_eq!(store.root, js(json!({"a": 5, "panel": {}, "b": 5})));
    assert_eq!(store.engine.report().concerns.conditions, ids.conditions);
    assert_eq!(store.engine.report().plan.listeners, ids.listeners);
    let refused = [
        ("panel".into(), js(json!({"$": "undefined"}))),
        ("a".into(), js(json!(6))),
        ("a.below".into(), js(json!(7))),
    ];
    store.set(&refused).unwrap_err();
    set(&mut store, "a", json!(8)).unwrap();
    assert_eq!(
        store.root,
        js(json!({"a": 8, "panel": {}, "b": 8})),
        "still awake"
    );
    set(&mut store, "", json!({"a": 9, "b": 8})).unwrap();
    assert_eq!(store.root, js(json!({"a": 9, "b": 8})));
}

#[test]
fn a_target_of_several_sources_is_read_once_when_its_rules_wake() {
    let aggregation = |target: &str, source: &str, exclude_when| AggregationRule {
        target: target.into(),
        source: source.into(),
        exclude_when,
    };
    let is_positive = BoolLogic::Not(Box::new(BoolLogic::Lte("b.d".into(), 0.0)));
    let rules = Rules {
        aggregations: vec![
            aggregation("b.c", "a.a", None),
            aggregation("b.d", "a.d", None),
            aggregation("b.c", "a.c", Some(is_positive)),
        ],
        clears: vec![ClearRule {
            triggers: vec!["a.[*]".into()],
            targets: vec!["a.a".into()],
            expand_match: false,
        }],
        anchor: Some("a.a".into()),
        ..Rules::default()
    };
    let mut store = store(json!({}), rules);
    let inputs = [
        ("a.a".into(), js(json!("true"))),
        ("a.d".into(), js(json!(0))),
    ];
    store.set(&inputs).unwrap();
    let lineage = Lineage::AGGREGATION.and(Lineage::CLEAR);
    assert!(
        changes(&store).contains(&("b.c".to_owned(), lineage)),
        "{:?}",
        changes(&store)
    );
}

#[test]
fn a_clear_rule_that_wakes_in_a_batch_clears_in_it() {
    let rules = Rules {
        clears: vec![ClearRule {
            triggers: vec!["go".into()],
            targets: vec!["x".into()],
            expand_match: false,
        }],
        anchor: Some("form".into()),
        ..Rules::default()
    };
    let mut store = Store::new(&js(json!({"x": 1})), SETTLE);
    store.register(&rules).unwrap();
    store
        .set(&[("form".into(), js(json!(1))), ("go".into(), js(json!(1)))])
        .unwrap();
    assert_eq!(store.root, js(json!({"x": null, "form": 1, "go": 1})));
}

#[test]
fn a_shared_edge_lives_until_the_last_registration_goes() {
    let rules = Rules {
        sync: vec![pair("a", "b")],
        ..Rules::default()
    };
    let mut store = Store::new(&Js::object(), SETTLE);
    let (first, second) = (
        store.register(&rules).unwrap().id,
        store.register(&rules).unwrap().id,
    );
    store.engine.unregister(first);
    set(&mut store, "a", json!(1)).unwrap();
    assert_eq!(store.root, js(json!({"a": 1, "b": 1})));
    store.engine.unregister(second);
    set(&mut store, "a", json!(2)).unwrap();
    assert_eq!(store.root, js(json!({"a": 2, "b": 1})));
}

#[test]
fn twenty_thousand_replaced_keys_leave_nothing_behind() {
    let mut store = Store::new(&Js::object(), SETTLE);
    let mut sizes = Vec::new();
    for round in 0..20_000 {
        let entry = Js::Object(vec![("name".into(), Js::Text(format!("value {round:05}")))]);
        let items = Js::Object(vec![(format!("key{round:05}"), entry)]);
        store.set(&[("items".into(), items)]).unwrap();
        if round % 1000 == 10 {
            let state = store.engine.state();
            let counts = (
                state.paths().len(),
                state.paths().id_bound(),
                state.strings().len(),
            );
            sizes.push((counts, store.engine.capacity_bytes(), store.slot_count()));
        }
    }
    assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
}

#[test]
fn equal_results_of_a_validator_are_dropped() {
    let mut store = Store::new(&Js::object(), SETTLE);
    let rules = Rules {
        validators: vec![vec!["a".into(), "b".into()]],
        ..Rules::default()
    };
    let id = store.register(&rules).unwrap().validators[0];
    store
        .set(&[("a".into(), js(json!(1))), ("b".into(), js(json!(2)))])
        .unwrap();
    assert_eq!(store.engine.report().validators, [id], "once a batch");
    let mut changed = Vec::new();
    let mut accept = |kind: Kind, number: f64| {
        store
            .engine
            .accept_results(&[id], &[kind as u8], &[number], &mut changed)
            .unwrap();
        !changed.is_empty()
    };
    assert!(accept(Kind::Null, 0.0));
    assert!(!accept(Kind::Null, 0.0));
    assert!(accept(Kind::Bool, 1.0));
    assert!(accept(Kind::Slot, 1.0) && accept(Kind::Slot, 1.0));
}

fn aggregation(target: &str, source: &str) -> AggregationRule {
    AggregationRule {
        target: target.into(),
        source: source.into(),
        exclude_when: None,
    }
}

fn sum(target: &str, source: &str) -> ComputationRule {
    let operation = Operation::Sum;
    ComputationRule {
        operation,
        target: target.into(),
        source: source.into(),
        exclude_when: None,
    }
}

#[test]
fn wildcards_expand_in_the_order_of_keys_however_the_state_came_about() {
    let keys = [
        "longer-than-8-b",
        "é",
        "longer-than-8-a",
        "b",
        "aa",
        "longer-than-8",
        "a",
    ];
    let clear = ClearRule {
        triggers: vec!["trigger".into()],
        targets: vec!["all.[*]".into()],
        expand_match: true,
    };
    let rules = Rules {
        clears: vec![clear],
        ..Rules::default()
    };
    let mut store = store(json!({}), rules);
    for key in keys {
        set(&mut store, &format!("all.{key}"), json!(1)).unwrap();
    }
    set(&mut store, "trigger", json!(true)).unwrap();
    let cleared: Vec<String> = changes(&store).into_iter().map(|(path, _)| path).collect();
    let mut sorted = keys.map(|key| format!("all.{key}"));
    sorted.sort();
    assert_eq!(cleared[0], "trigger");
    assert_eq!(cleared[1..], sorted);
}
