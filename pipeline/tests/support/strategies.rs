//! Random values, paths and rules over a small alphabet, so that they meet.

use aimdb_pipeline::{
    AggregationRule, BoolLogic, ClearRule, ComputationRule, ListenerRule, Literal, Operation,
    Rules, Text,
};
use proptest::prelude::*;

use super::js::Js;
use super::rules::literal;
use super::store::Changes;

pub fn primitive() -> impl Strategy<Value = Js> {
    prop_oneof![
        Just(Js::Undefined),
        Just(Js::Null),
        any::<bool>().prop_map(Js::Bool),
        (0u8..4).prop_map(|n| Js::Number(f64::from(n))),
        prop_oneof![Just(f64::NAN), Just(-0.0), Just(f64::INFINITY)].prop_map(Js::Number),
        "[xy]{0,2}".prop_map(Js::Text),
    ]
}

/// Objects, arrays and primitives; keys are those of [`path`].
pub fn value() -> impl Strategy<Value = Js> {
    primitive().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Js::Array),
            proptest::collection::btree_map("[abc01]", inner, 0..3)
                .prop_map(|entries| Js::Object(entries.into_iter().collect())),
        ]
    })
}

pub fn object() -> impl Strategy<Value = Js> {
    proptest::collection::btree_map("[abc]", value(), 0..4)
        .prop_map(|entries| Js::Object(entries.into_iter().collect()))
}

pub fn path() -> impl Strategy<Value = String> {
    "[abc](\\.[abc01]){0,3}"
}

/// One of eight paths that cannot lie above each other.
pub fn leaf_path() -> impl Strategy<Value = String> {
    "[pq]\\.[stuv]"
}

pub fn changes() -> impl Strategy<Value = Changes> {
    proptest::collection::vec((path(), value()), 0..6)
}

pub fn leaf_changes() -> impl Strategy<Value = Changes> {
    proptest::collection::vec((leaf_path(), primitive()), 0..6)
}

fn any_literal() -> impl Strategy<Value = Literal> {
    value().prop_map(|value| literal(&value))
}

fn read_path() -> impl Strategy<Value = Text> {
    prop_oneof![9 => path(), 1 => path().prop_map(|path| path + ".length")].prop_map(Text::from)
}

pub fn bool_logic() -> impl Strategy<Value = BoolLogic> {
    let items = || proptest::collection::vec(any_literal(), 0..3);
    let number = || (0u8..4).prop_map(f64::from);
    let leaf = prop_oneof![
        (read_path(), any_literal()).prop_map(|(path, value)| BoolLogic::IsEqual(path, value)),
        read_path().prop_map(BoolLogic::Exists),
        read_path().prop_map(BoolLogic::IsEmpty),
        (read_path(), number()).prop_map(|(path, number)| BoolLogic::Gt(path, number)),
        (read_path(), number()).prop_map(|(path, number)| BoolLogic::Lt(path, number)),
        (read_path(), number()).prop_map(|(path, number)| BoolLogic::Gte(path, number)),
        (read_path(), number()).prop_map(|(path, number)| BoolLogic::Lte(path, number)),
        (read_path(), items()).prop_map(|(path, items)| BoolLogic::In(path, items)),
        (read_path(), items()).prop_map(|(path, items)| BoolLogic::ContainsAny(path, items)),
        (read_path(), items()).prop_map(|(path, items)| BoolLogic::ContainsAll(path, items)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(BoolLogic::And),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(BoolLogic::Or),
            inner.prop_map(|logic| BoolLogic::Not(Box::new(logic))),
        ]
    })
}

/// Rules of every kind over paths that may lie above each other: whatever they do, it has to be consistent.
pub fn rules() -> impl Strategy<Value = Rules> {
    let path = || path().prop_map(Text::from);
    let pairs = || proptest::collection::vec((path(), path()), 0..3);
    let exclude = || proptest::option::weighted(0.3, bool_logic());
    let aggregation =
        (path(), path(), exclude()).prop_map(|(target, source, exclude_when)| AggregationRule {
            target,
            source,
            exclude_when,
        });
    let operation = prop_oneof![Just(Operation::Sum), Just(Operation::Average)];
    let computation = (operation, path(), path(), exclude()).prop_map(
        |(operation, target, source, exclude_when)| ComputationRule {
            operation,
            target,
            source,
            exclude_when,
        },
    );
    let wild = || prop_oneof!["[abc]\\.\\[\\*\\]", "[abc]\\.\\[\\*\\]\\.[abc]"];
    let pattern = || prop_oneof![path(), wild().prop_map(Text::from)];
    let clear =
        (pattern(), pattern(), any::<bool>()).prop_map(|(trigger, target, expand_match)| {
            ClearRule {
                triggers: vec![trigger],
                targets: vec![target],
                expand_match,
            }
        });
    let listener = (proptest::collection::vec(path(), 1..3), path())
        .prop_map(|(paths, scope)| ListenerRule { paths, scope });
    let all = (
        pairs(),
        pairs(),
        pairs(),
        proptest::collection::vec(aggregation, 0..2),
        proptest::collection::vec(computation, 0..2),
        proptest::collection::vec(clear, 0..2),
        proptest::collection::vec(listener, 0..2),
        proptest::collection::vec(bool_logic(), 0..2),
        proptest::option::weighted(0.3, path()),
    );
    all.prop_map(
        |(
            sync,
            one_way,
            flip,
            aggregations,
            computations,
            clears,
            listeners,
            conditions,
            anchor,
        )| Rules {
            sync,
            one_way,
            flip,
            aggregations,
            computations,
            clears,
            listeners,
            conditions,
            anchor,
            ..Rules::default()
        },
    )
}
