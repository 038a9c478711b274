//! Runs a file of the format `pipeline-vectors/1`.

use aimdb_pipeline::matching::{self, Mode, Relation};
use aimdb_pipeline::{Graph, Origin, Passes, PathId, ROUNDS_MAX, Rules, State};
use serde_json::Value as Json;

use super::js::Js;
use super::rules;
use super::store::{Arrays, Changes, Store, path_text, segments};

/// Why a case failed.
pub struct Failure {
    pub id: String,
    pub expected: String,
    pub got: String,
}

pub struct Outcome {
    pub passed: usize,
    pub failures: Vec<Failure>,
}

type Checked = Result<(), (String, String)>;

/// Runs every case of a file.
pub fn run(file: &Json) -> Outcome {
    let mut outcome = Outcome {
        passed: 0,
        failures: Vec::new(),
    };
    for case in file["cases"].as_array().into_iter().flatten() {
        match run_case(file, case) {
            Ok(()) => outcome.passed += 1,
            Err((expected, got)) => {
                let id = case["id"].as_str().unwrap_or("?").to_owned();
                outcome.failures.push(Failure { id, expected, got });
            }
        }
    }
    outcome
}

fn run_case(file: &Json, case: &Json) -> Checked {
    let (input, expect) = (&case["input"], &case["expect"]);
    match case["kind"].as_str().unwrap_or_default() {
        "boolLogic" => run_bool_logic(file, input, expect),
        "valueLogic" => run_value_logic(file, input, expect),
        "template" => run_template(file, input, expect),
        "diff" => run_diff(file, input, expect),
        "gateway" => run_gateway(file, input, expect),
        "graph" => run_graph(input, expect),
        "normalize" => run_normalize(input, expect),
        "pipeline" => run_pipeline(file, input, expect),
        other => Err(("a known kind".into(), other.into())),
    }
}

fn compare<T: PartialEq + std::fmt::Debug>(expected: &T, got: &T) -> Checked {
    if expected == got {
        Ok(())
    } else {
        Err((format!("{expected:?}"), format!("{got:?}")))
    }
}

fn fault(reason: impl std::fmt::Display) -> (String, String) {
    ("a case that can be run".into(), reason.to_string())
}

/// A state of the case, or one of the file's shared block.
fn state(file: &Json, json: &Json) -> Js {
    match json.as_str().and_then(|name| name.strip_prefix("shared:")) {
        Some(name) => Js::from_json(&file["shared"][name]),
        None if json.is_null() => Js::object(),
        None => Js::from_json(json),
    }
}

fn passes(input: &Json) -> Passes {
    match input
        .get("passes")
        .or_else(|| input["options"].get("passes"))
        .and_then(Json::as_u64)
    {
        Some(1) => Passes::Single,
        Some(rounds) => Passes::Settle(rounds as u32),
        None => Passes::Settle(ROUNDS_MAX),
    }
}

fn changes(json: &Json) -> Changes {
    let pairs = json.as_array().into_iter().flatten();
    pairs
        .map(|pair| {
            (
                pair[0].as_str().unwrap_or_default().into(),
                Js::from_json(&pair[1]),
            )
        })
        .collect()
}

fn store_of(file: &Json, input: &Json) -> Store {
    Store::new(&state(file, &input["state"]), passes(input))
}

fn expression(input: &Json) -> &Json {
    input
        .get("expr")
        .or_else(|| input.get("logic"))
        .unwrap_or(&Json::Null)
}

fn run_bool_logic(file: &Json, input: &Json, expect: &Json) -> Checked {
    let mut store = store_of(file, input);
    let conditions = vec![rules::bool_logic(expression(input)).map_err(fault)?];
    let ids = store
        .register(&Rules {
            conditions,
            ..Rules::default()
        })
        .map_err(fault)?;
    compare(&expect.as_bool(), &store.engine.holds(ids.conditions[0]))
}

fn run_value_logic(file: &Json, input: &Json, expect: &Json) -> Checked {
    let mut store = store_of(file, input);
    let mut leaves = Vec::new();
    let choices = vec![rules::value_logic(expression(input), &mut leaves).map_err(fault)?];
    let ids = store
        .register(&Rules {
            choices,
            ..Rules::default()
        })
        .map_err(fault)?;
    let leaf = store
        .engine
        .leaf(ids.choices[0])
        .and_then(|leaf| leaves.get(leaf as usize));
    compare(
        &Js::from_json(expect),
        &leaf.cloned().unwrap_or(Js::Undefined),
    )
}

fn run_template(file: &Json, input: &Json, expect: &Json) -> Checked {
    let mut store = store_of(file, input);
    let texts = vec![input["template"].as_str().unwrap_or_default().into()];
    let ids = store
        .register(&Rules {
            texts,
            ..Rules::default()
        })
        .map_err(fault)?;
    let filled = store.engine.text(ids.texts[0]).unwrap_or_default();
    let filled = aimdb_pipeline::text::display(&filled);
    compare(&expect["text"].as_str(), &Some(filled.as_str()))?;
    let Some(expected) = expect.get("placeholders") else {
        return Ok(());
    };
    let paths = store.engine.placeholders(ids.texts[0]);
    let got = paths
        .iter()
        .map(|path| path_text(store.engine.state(), *path).into())
        .collect();
    compare(expected, &Json::Array(got))
}

/// The entries of `changes` that a batch keeps when each is sent alone.
fn run_diff(file: &Json, input: &Json, expect: &Json) -> Checked {
    let mut kept = Vec::new();
    for change in changes(&input["changes"]) {
        let mut store = store_of(file, input);
        let report = store.set(std::slice::from_ref(&change)).map_err(fault)?;
        if report.kept_count > 0 {
            kept.push(change);
        }
    }
    compare(&changes(&expect["kept"]), &kept)
}

fn run_gateway(file: &Json, input: &Json, expect: &Json) -> Checked {
    let (initial, ingest) = match input.get("generate") {
        None => (
            state(file, &input["state"]),
            entries(&Js::from_json(&input["ingest"])),
        ),
        Some(generate) => {
            let fields = generate["fields"].as_u64().unwrap_or(0);
            let every = generate["changedEvery"].as_u64().unwrap_or(0);
            let field = |n: u64, value: u64| (format!("field{n}"), Js::Number(value as f64));
            let before = (0..fields).map(|n| field(n, n)).collect();
            let after = (0..fields).map(|n| {
                field(
                    n,
                    if every > 0 && n % every == 0 {
                        n + 1_000_000
                    } else {
                        n
                    },
                )
            });
            (Js::Object(before), after.collect())
        }
    };
    let mut store = Store::new(&initial, passes(input));
    let report = store.set(&ingest).map_err(fault)?;
    let (count, runs) = (report.kept_count, usize::from(report.kept_count > 0));
    let written: Vec<String> = report.paths.iter().map(|path| path.to_string()).collect();
    for (key, expected) in expect.as_object().into_iter().flatten() {
        match key.as_str() {
            "appliedCount" => {
                compare(&expected.as_u64(), &Some(count as u64))?;
                compare(&count, &written.len())?;
            }
            "pipelineRuns" => compare(&expected.as_u64(), &Some(runs as u64))?,
            "kept" => {
                let mut kept = Vec::new();
                for change in &ingest {
                    let mut alone = Store::new(&initial, passes(input));
                    let report = alone.set(std::slice::from_ref(change)).map_err(fault)?;
                    if report.kept_count > 0 {
                        kept.push(change.clone());
                    }
                }
                compare(&changes(expected), &kept)?;
                compare(&kept.len(), &count)?;
            }
            "stateAfter" => compare(&Js::from_json(expected), &store.root)?,
            other => return Err(("a known expectation".into(), other.into())),
        }
    }
    compare(&store.shadow(), &store.root)
}

fn entries(object: &Js) -> Changes {
    match object {
        Js::Object(entries) => entries.clone(),
        _ => Vec::new(),
    }
}

fn run_graph(input: &Json, expect: &Json) -> Checked {
    let mut strings = aimdb_pipeline::Strings::default();
    let mut paths = aimdb_pipeline::Paths::default();
    let mut graph = Graph::default();
    let mut after = Vec::new();
    for op in input["ops"].as_array().into_iter().flatten() {
        let mut path = |index: usize| {
            let id = paths.intern(
                &mut strings,
                op[index].as_str().unwrap_or_default().as_bytes(),
            );
            let id = id.expect("a short path");
            paths.retain(id);
            id
        };
        let (left, right) = (path(1), path(2));
        match op[0].as_str() {
            Some("add") => graph.add(&mut paths, left, right),
            Some("remove") => {
                graph.remove(&mut paths, left, right);
            }
            other => return Err(("add or remove".into(), format!("{other:?}"))),
        }
        let name = |path: &PathId| aimdb_pipeline::text::display(&paths.text(&strings, *path));
        let named = graph
            .components()
            .into_iter()
            .map(|members| members.iter().map(name).collect());
        after.push(sorted(named.collect()));
    }
    let names = |json: &Json| -> Vec<String> {
        json.as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap_or_default().into())
            .collect()
    };
    let components =
        |json: &Json| sorted(json.as_array().into_iter().flatten().map(names).collect());
    let steps = expect["componentsAfterEachOp"]
        .as_array()
        .into_iter()
        .flatten();
    compare(&steps.map(components).collect::<Vec<_>>(), &after)
}

fn sorted(mut components: Vec<Vec<String>>) -> Vec<Vec<String>> {
    components.iter_mut().for_each(|members| members.sort());
    components.sort();
    components
}

fn run_normalize(input: &Json, expect: &Json) -> Checked {
    let mut store = Store::new(&Js::object(), Passes::Single);
    let mode = match input["matchMode"].as_str() {
        Some("children-only") => Mode::ChildrenOnly,
        Some("all") | None => Mode::All,
        Some(other) => return Err(("a known mode".into(), other.into())),
    };
    let raw: Vec<&Json> = input["changes"].as_array().into_iter().flatten().collect();
    let changes = changes(&input["changes"]);
    let mut groups: Vec<(Vec<PathId>, &Json)> = Vec::new();
    for group in input["pathGroups"].as_array().into_iter().flatten() {
        let mut ids = Vec::new();
        for path in group.as_array().into_iter().flatten() {
            let path = path.as_str().unwrap_or_default().as_bytes();
            ids.push(store.engine.intern_path(path).map_err(fault)?);
        }
        groups.push((ids, group));
    }
    let expected = expect.as_array().cloned().unwrap_or_default();
    let mut found = 0;
    for (index, change) in changes.iter().enumerate() {
        let arrays: Arrays = store.encode(std::slice::from_ref(change)).map_err(fault)?;
        let state: &State = store.engine.state();
        for (group, names) in &groups {
            let matched = matching::find(state, &arrays.input(), 0, group, mode).map_err(fault)?;
            let Some((path, relation)) = matched else {
                continue;
            };
            let written = PathId(arrays.paths[0]);
            let above = segments(state, written).len();
            let value = match relation {
                Relation::Above => change.1.at(&segments(state, path)[above..]).cloned(),
                _ => Some(change.1.clone()),
            };
            let relative = (relation == Relation::Below)
                .then(|| segments(state, written)[segments(state, path).len()..].join("."));
            let Some(expected) = expected.get(found) else {
                return Err((
                    format!("{} records", expected.len()),
                    format!("more: {}", change.0),
                ));
            };
            found += 1;
            compare(&expected["matchedPath"], &path_text(state, path).into())?;
            compare(&expected["relativePath"].as_str(), &relative.as_deref())?;
            compare(
                &Js::from_json(&expected["value"]),
                &value.unwrap_or(Js::Undefined),
            )?;
            compare(&expected["connectedPaths"], names)?;
            let meta = raw[index]
                .get(2)
                .cloned()
                .unwrap_or_else(|| serde_json::json!({}));
            compare(&expected["meta"], &meta)?;
        }
    }
    compare(&expected.len(), &found)
}

fn run_pipeline(file: &Json, input: &Json, expect: &Json) -> Checked {
    let mut store = Store::new(&state(file, &input["initial"]), passes(input));
    let mut ids: Vec<(String, u32)> = Vec::new();
    let list = |key: &str| input[key].as_array().cloned().unwrap_or_default();
    let side_effects = list("sideEffects")
        .into_iter()
        .map(|json| (rules::side_effects(&json), json));
    let concerns = list("concerns")
        .into_iter()
        .map(|json| (rules::concerns(&json), json));
    for (rules, json) in side_effects.chain(concerns) {
        // A refused registration leaves everything as it was: the expected state says whether that is so.
        if let Ok(registered) = store.register(&rules.map_err(fault)?) {
            ids.push((
                json["id"].as_str().unwrap_or_default().into(),
                registered.id,
            ));
        }
        compare(&store.shadow(), &store.root)?;
    }
    let is_unknown = |key: &&String| !matches!(key.as_str(), "stateAfter" | "stateAfterRegister");
    if let Some(key) = expect
        .as_object()
        .and_then(|keys| keys.keys().find(is_unknown))
    {
        return Err(("a known expectation".into(), key.clone()));
    }
    if let Some(expected) = expect.get("stateAfterRegister") {
        compare(&Js::from_json(expected), &store.root)?;
    }
    let mut after = Vec::new();
    for step in list("steps") {
        if let Some(name) = step.get("unregister").and_then(Json::as_str) {
            let is_wanted = |id: &&(String, u32)| id.0 == name;
            for (_, id) in ids.iter().filter(is_wanted) {
                store.engine.unregister(*id);
            }
        }
        // A refused batch leaves everything as it was, which the expected state shows.
        let _ = store.set_as(&changes(&step["changes"]), Origin::default());
        compare(&store.shadow(), &store.root)?;
        after.push(store.root.clone());
    }
    let expected = expect["stateAfter"]
        .as_array()
        .into_iter()
        .flatten()
        .map(Js::from_json);
    compare(&expected.collect::<Vec<_>>(), &after)
}
