//! Migrations, as a file writes them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::read::field_name;
use super::{FileError, Node};
use crate::migrate::{Change, Migration, STEPS_DEPTH_MAX};

const STEP_WORDS: &str = "a step: an object with one of rename, add, drop, scale, map, when";

/// Reads migrations that lead to a version.
pub(super) fn read(node: Node<'_>, version: u32) -> Result<Vec<Migration>, FileError> {
    let migrations = node.each("a list of migrations", migration)?;
    let count = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let Some(first) = version
        .checked_sub(count)
        .filter(|first| *first > 0 || count == 0)
    else {
        let expected = format!("at most {} migrations", version - 1);
        return Err(node.refuse_got(expected, &format!("{count}")));
    };
    let mut from = first;
    node.each("a list of migrations", |node| {
        node.need("from", "a version", |node| {
            if node.json.as_number() != Some(crate::number::Number::Unsigned(from.into())) {
                let expected =
                    format!("{from}: migrations ascend to version {version} without a hole");
                return Err(node.refuse(expected));
            }
            from += 1;
            Ok(())
        })
    })?;
    Ok(migrations)
}

fn migration(node: Node<'_>) -> Result<Migration, FileError> {
    node.object("a migration", &["from", "up", "down"])?;
    let from = node.need("from", "the older version", |node| {
        let number = node
            .json
            .as_number()
            .and_then(|number| number.to_u64().ok());
        number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|from| *from > 0 && *from < u32::MAX)
            .ok_or_else(|| node.refuse("a version: an integer from 1"))
    })?;
    let steps = |name| node.need(name, "a list of steps", |node| steps(node, 0));
    Ok(Migration {
        from,
        up: steps("up")?,
        down: steps("down")?,
    })
}

fn steps(node: Node<'_>, depth: usize) -> Result<Vec<Change>, FileError> {
    if depth == STEPS_DEPTH_MAX {
        return Err(node.refuse_got(
            format!("'when' nested at most {STEPS_DEPTH_MAX} deep"),
            "a deeper one",
        ));
    }
    node.each("a list of steps", |node| step(node, depth))
}

fn step(node: Node<'_>, depth: usize) -> Result<Change, FileError> {
    let [(name, _)] = node.map(STEP_WORDS)? else {
        return Err(node.refuse(STEP_WORDS));
    };
    let read = |node: Node<'_>| match name.as_str() {
        "rename" => rename(node),
        "drop" => Ok(Change::Drop {
            field: field_name(node)?.into_owned(),
        }),
        "add" => {
            node.object("add", &["field", "value"])?;
            Ok(Change::Add {
                field: field(node)?,
                value: node.need("value", "a value", |node| Ok(node.json.clone()))?,
            })
        }
        "scale" => scale(node),
        "map" => map(node),
        "when" => {
            node.object("when", &["field", "is", "steps"])?;
            Ok(Change::When {
                field: field(node)?,
                is: node.need("is", "a value", |node| Ok(node.json.clone()))?,
                steps: node.need("steps", "a list of steps", |node| steps(node, depth + 1))?,
            })
        }
        _ => Err(node.refuse_got(STEP_WORDS, name)),
    };
    node.need(name, STEP_WORDS, read)
}

fn field(node: Node<'_>) -> Result<String, FileError> {
    Ok(node
        .need("field", "the name of a field", field_name)?
        .into_owned())
}

fn rename(node: Node<'_>) -> Result<Change, FileError> {
    let words = "two names: before and after";
    let mut names = node.each(words, |node| Ok(field_name(node)?.into_owned()))?;
    match (names.pop(), names.pop(), names.pop()) {
        (Some(to), Some(from), None) if from != to => Ok(Change::Rename { from, to }),
        _ => Err(node.refuse(words)),
    }
}

fn scale(node: Node<'_>) -> Result<Change, FileError> {
    node.object("scale", &["field", "factor", "offset"])?;
    let number = |name| {
        node.get(name, |node| {
            let number = node.json.as_number().map(|number| number.to_f64());
            number.ok_or_else(|| node.refuse("a number"))
        })
    };
    Ok(Change::Scale {
        field: field(node)?,
        factor: number("factor")?.unwrap_or(1.0),
        offset: number("offset")?.unwrap_or(0.0),
    })
}

fn map(node: Node<'_>) -> Result<Change, FileError> {
    node.object("map", &["field", "values"])?;
    let values = node.need("values", "a list of pairs: before and after", |node| {
        node.each("a list of pairs: before and after", |node| {
            match node.list("a pair: before and after")? {
                [before, after] => Ok((before.clone(), after.clone())),
                _ => Err(node.refuse("a pair: before and after")),
            }
        })
    })?;
    Ok(Change::Map {
        field: field(node)?,
        values,
    })
}
