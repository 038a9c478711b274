//! Rules as JSON, in the format of the vectors.

use aimdb_pipeline::{
    AggregationRule, BoolLogic, ClearRule, ComputationRule, ListenerRule, Literal, Operation,
    Rules, Text, ValueLogic,
};
use serde_json::Value as Json;

use super::js::Js;

type Parsed<T> = Result<T, String>;

pub fn literal(value: &Js) -> Literal {
    match value {
        Js::Undefined => Literal::Undefined,
        Js::Null => Literal::Null,
        Js::Bool(value) => Literal::Bool(*value),
        Js::Number(number) => Literal::Number(*number),
        Js::Text(text) => Literal::Text(text.as_str().into()),
        Js::Array(items) => Literal::Array(items.iter().map(literal).collect()),
        Js::Object(entries) => Literal::Object(
            entries
                .iter()
                .map(|(key, item)| (key.as_str().into(), literal(item)))
                .collect(),
        ),
    }
}

fn text(json: &Json) -> Parsed<Text> {
    json.as_str()
        .map(Text::from)
        .ok_or_else(|| format!("{json} is no text"))
}

fn list(json: &Json) -> Parsed<&[Json]> {
    json.as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| format!("{json} is no array"))
}

fn optional_list<'a>(json: &'a Json, key: &str) -> Parsed<&'a [Json]> {
    json.get(key).map_or(Ok(&[]), list)
}

fn pair(json: &Json) -> Parsed<(&Json, &Json)> {
    match list(json)? {
        [left, right] => Ok((left, right)),
        _ => Err(format!("{json} is no pair")),
    }
}

fn texts(json: &[Json]) -> Parsed<Vec<Text>> {
    json.iter().map(text).collect()
}

pub fn bool_logic(json: &Json) -> Parsed<BoolLogic> {
    if let Some([path, value]) = json.as_array().map(Vec::as_slice) {
        return Ok(BoolLogic::IsEqual(
            text(path)?,
            literal(&Js::from_json(value)),
        ));
    }
    let entries = json.as_object().filter(|entries| entries.len() == 1);
    let (name, argument) = entries
        .and_then(|entries| entries.iter().next())
        .ok_or_else(|| format!("{json} is no BoolLogic"))?;
    let all = || {
        list(argument)?
            .iter()
            .map(bool_logic)
            .collect::<Parsed<Vec<_>>>()
    };
    let number = || {
        let (path, number) = pair(argument)?;
        match Js::from_json(number) {
            Js::Number(number) => Ok((text(path)?, number)),
            _ => Err(format!("{number} is no number")),
        }
    };
    let items = || {
        let (path, items) = pair(argument)?;
        let items = list(items)?
            .iter()
            .map(|item| literal(&Js::from_json(item)))
            .collect();
        Ok::<_, String>((text(path)?, items))
    };
    Ok(match name.as_str() {
        "IS_EQUAL" => {
            let (path, value) = pair(argument)?;
            BoolLogic::IsEqual(text(path)?, literal(&Js::from_json(value)))
        }
        "EXISTS" => BoolLogic::Exists(text(argument)?),
        "IS_EMPTY" => BoolLogic::IsEmpty(text(argument)?),
        "AND" => BoolLogic::And(all()?),
        "OR" => BoolLogic::Or(all()?),
        "NOT" => BoolLogic::Not(Box::new(bool_logic(argument)?)),
        "GT" => number().map(|(path, number)| BoolLogic::Gt(path, number))?,
        "LT" => number().map(|(path, number)| BoolLogic::Lt(path, number))?,
        "GTE" => number().map(|(path, number)| BoolLogic::Gte(path, number))?,
        "LTE" => number().map(|(path, number)| BoolLogic::Lte(path, number))?,
        "IN" => items().map(|(path, items)| BoolLogic::In(path, items))?,
        "CONTAINS_ANY" => items().map(|(path, items)| BoolLogic::ContainsAny(path, items))?,
        "CONTAINS_ALL" => items().map(|(path, items)| BoolLogic::ContainsAll(path, items))?,
        other => return Err(format!("{other} is no operator")),
    })
}

/// The literals go to `leaves`, in the order in which the rule numbers them.
pub fn value_logic(json: &Json, leaves: &mut Vec<Js>) -> Parsed<ValueLogic> {
    let optional = |key: &str, leaves: &mut Vec<Js>| {
        let branch = json.get(key).map(|branch| value_logic(branch, leaves));
        branch.transpose().map(|branch| branch.map(Box::new))
    };
    if let Some(condition) = json.get("IF") {
        let then = json.get("THEN").ok_or("IF without THEN")?;
        let then = Box::new(value_logic(then, leaves)?);
        return Ok(ValueLogic::If(
            bool_logic(condition)?,
            then,
            optional("ELSE", leaves)?,
        ));
    }
    if let Some(path) = json.get("MATCH") {
        let cases = json
            .get("CASES")
            .and_then(Json::as_object)
            .ok_or("MATCH without CASES")?;
        let cases = cases
            .iter()
            .map(|(key, branch)| Ok((key.as_str().into(), value_logic(branch, leaves)?)))
            .collect::<Parsed<Vec<_>>>()?;
        return Ok(ValueLogic::Match(
            text(path)?,
            cases,
            optional("DEFAULT", leaves)?,
        ));
    }
    leaves.push(Js::from_json(json));
    Ok(ValueLogic::Leaf(leaves.len() as u32 - 1))
}

pub fn side_effects(json: &Json) -> Parsed<Rules> {
    let pairs = |key: &str| {
        let pairs = optional_list(json, key)?.iter();
        pairs
            .map(|entry| pair(entry).and_then(|(l, r)| Ok((text(l)?, text(r)?))))
            .collect::<Parsed<Vec<_>>>()
    };
    let exclude = |json: Option<&Json>| json.map(bool_logic).transpose();
    let mut rules = Rules {
        sync: pairs("sync")?,
        one_way: pairs("directedSync")?,
        flip: pairs("flip")?,
        ..Rules::default()
    };
    for entry in optional_list(json, "aggregations")? {
        let entry = list(entry)?;
        let [target, source, ..] = entry else {
            return Err("an aggregation is too short".into());
        };
        rules.aggregations.push(AggregationRule {
            target: text(target)?,
            source: text(source)?,
            exclude_when: exclude(entry.get(2))?,
        });
    }
    for entry in optional_list(json, "computations")? {
        let entry = list(entry)?;
        let [operation, target, source, ..] = entry else {
            return Err("a computation is too short".into());
        };
        let operation = match operation.as_str() {
            Some("SUM") => Operation::Sum,
            Some("AVG") => Operation::Average,
            _ => return Err(format!("{operation} is no operation")),
        };
        rules.computations.push(ComputationRule {
            operation,
            target: text(target)?,
            source: text(source)?,
            exclude_when: exclude(entry.get(3))?,
        });
    }
    for entry in optional_list(json, "clearPaths")? {
        rules.clears.push(ClearRule {
            triggers: texts(optional_list(entry, "triggers")?)?,
            targets: texts(optional_list(entry, "targets")?)?,
            expand_match: entry
                .get("expandMatch")
                .and_then(Json::as_bool)
                .unwrap_or(false),
        });
    }
    for entry in optional_list(json, "listeners")? {
        rules.listeners.push(ListenerRule {
            paths: texts(optional_list(entry, "paths")?)?,
            scope: entry
                .get("scope")
                .and_then(Json::as_str)
                .unwrap_or("")
                .into(),
        });
    }
    rules.anchor = json.get("anchor").map(text).transpose()?;
    Ok(rules)
}

pub fn concerns(json: &Json) -> Parsed<Rules> {
    let mut rules = Rules::default();
    for entry in optional_list(json, "bool")? {
        rules.conditions.push(bool_logic(pair(entry)?.1)?);
    }
    for entry in optional_list(json, "value")? {
        rules
            .choices
            .push(value_logic(pair(entry)?.1, &mut Vec::new())?);
    }
    for entry in optional_list(json, "validators")? {
        let dependencies = list(entry)?.get(2).ok_or("a validator is too short")?;
        rules.validators.push(texts(list(dependencies)?)?);
    }
    rules.anchor = json.get("anchor").map(text).transpose()?;
    Ok(rules)
}
