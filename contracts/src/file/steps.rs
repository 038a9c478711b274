//! Migrations, as a file writes them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::parts::field_name;
use super::{Node, Read};
use crate::migrate::{Change, Migration, STEPS_DEPTH_MAX};

const STEP_WORDS: &str = "a step: an object with one of rename, add, drop, scale, map, when";

/// Reads migrations that lead to a version.
pub(super) fn read(node: &Node<'_>, version: u32) -> Read<Vec<Migration>> {
    let count = node.list("a list of migrations")?;
    let mut migrations = Vec::with_capacity(count);
    for index in 0..count {
        let left = u32::try_from(count - index).unwrap_or(u32::MAX);
        migrations.push(migration(&node.at(index), version, left)?);
    }
    Ok(migrations)
}

/// One migration; with it so many are left to the version.
fn migration(node: &Node<'_>, version: u32, left: u32) -> Read<Migration> {
    node.only("a migration", &["from", "up", "down"])?;
    let words = format!("a version: migrations ascend to {version} without a hole");
    let within = node.need("from", &words)?;
    let from = within.whole(1, u32::MAX)?;
    if version.checked_sub(left) != Some(from) {
        return Err(within.refuse(&words));
    }
    Ok(Migration {
        from,
        up: steps(&node.need("up", "a list of steps")?, 0)?,
        down: steps(&node.need("down", "a list of steps")?, 0)?,
    })
}

fn steps(node: &Node<'_>, depth: usize) -> Read<Vec<Change>> {
    if depth == STEPS_DEPTH_MAX {
        let words = format!("'when' nested at most {STEPS_DEPTH_MAX} deep");
        return Err(node.refuse_got(&words, "a deeper one"));
    }
    let count = node.list("a list of steps")?;
    let mut steps = Vec::with_capacity(count);
    for index in 0..count {
        steps.push(step(&node.at(index), depth)?);
    }
    Ok(steps)
}

fn step(node: &Node<'_>, depth: usize) -> Read<Change> {
    let [(name, _)] = node.map(STEP_WORDS)? else {
        return Err(node.refuse(STEP_WORDS));
    };
    let within = node.need(name, STEP_WORDS)?;
    let names: &[&str] = match name.as_str() {
        "rename" => return rename(&within),
        "drop" => {
            let field = field_name(&within)?.into_owned();
            return Ok(Change::Drop { field });
        }
        "add" => &["field", "value"],
        "scale" => &["field", "factor", "offset"],
        "map" => &["field", "values"],
        "when" => &["field", "is", "steps"],
        _ => return Err(node.refuse_got(STEP_WORDS, name)),
    };
    within.only(name, names)?;
    let field = field_name(&within.need("field", "the name of a field")?)?.into_owned();
    match name.as_str() {
        "add" => {
            let value = within.need("value", "a value")?.json.clone();
            Ok(Change::Add { field, value })
        }
        "scale" => Ok(Change::Scale {
            field,
            factor: float(within.get("factor"), 1.0)?,
            offset: float(within.get("offset"), 0.0)?,
        }),
        "map" => pairs(&within.need("values", PAIR_WORDS)?, field),
        _ => Ok(Change::When {
            field,
            is: within.need("is", "a value")?.json.clone(),
            steps: steps(&within.need("steps", "a list of steps")?, depth + 1)?,
        }),
    }
}

fn rename(node: &Node<'_>) -> Read<Change> {
    let words = "a list of two names: before and after";
    if node.list(words)? != 2 {
        return Err(node.refuse(words));
    }
    let from = field_name(&node.at(0))?.into_owned();
    let to = field_name(&node.at(1))?.into_owned();
    if from == to {
        return Err(node.refuse_got(words, "the same twice"));
    }
    Ok(Change::Rename { from, to })
}

fn float(node: Option<Node<'_>>, absent: f64) -> Read<f64> {
    let Some(node) = node else { return Ok(absent) };
    let number = node.json.as_number().map(|number| number.to_f64());
    number.ok_or_else(|| node.refuse("a number"))
}

const PAIR_WORDS: &str = "a list of pairs: before and after";

fn pairs(node: &Node<'_>, field: String) -> Read<Change> {
    let count = node.list(PAIR_WORDS)?;
    let mut values = Vec::with_capacity(count);
    for index in 0..count {
        let node = node.at(index);
        match node.json.as_list() {
            Some([before, after]) => values.push((before.clone(), after.clone())),
            _ => return Err(node.refuse(PAIR_WORDS)),
        }
    }
    Ok(Change::Map { field, values })
}
