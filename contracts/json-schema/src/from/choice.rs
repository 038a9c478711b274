//! `anyOf` and `oneOf`: a value or null, texts, and objects told apart by a text.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::Json;

use super::Converter;
use super::said::{Choice, Conjunction, Flat, Type};
use super::text::lone_text;
use super::typed::Typed;
use crate::build::{Entries, one, put, text};
use crate::error::{Refusal, Result};

/// A branch, with all that is said beside the choice.
struct Branch<'a> {
    schema: &'a Json,
    all: Conjunction<'a>,
    flat: Flat<'a>,
    /// What is said of the branch alone.
    doc: Option<String>,
}

impl<'a> Converter<'_, 'a> {
    pub(super) fn choice(
        &mut self,
        all: &Conjunction<'a>,
        flat: &Flat<'a>,
        choice: &Choice<'a>,
    ) -> Result<'a, Typed<'a>> {
        let origin = &choice.origin;
        let mut branches = Vec::new();
        let mut nulls = 0;
        for schema in choice.branches {
            let alone = self.flatten(&Conjunction::of(schema))?;
            if is_null(&alone) {
                nulls += 1;
                continue;
            }
            let mut together = all.clone();
            together.schemas.push(schema);
            together.decided = Some(*origin);
            let flat = self.flatten(&together)?;
            branches.push(Branch {
                schema,
                all: together,
                flat,
                doc: alone.words.doc(),
            });
        }
        if nulls > 0 && says_more(flat) {
            return Err(origin.refuse("what is said beside the choice is said of null too"));
        }
        if nulls > 1 && origin.keyword == "oneOf" {
            return Err(origin.refuse("null is taken twice"));
        }
        let typed = match branches.as_slice() {
            [] => return Err(origin.refuse("a value that is always null says nothing")),
            [branch] if flat.discriminator.is_none() => self.lone(branch, nulls, choice, flat)?,
            branches => self.several(branches, choice, flat)?,
        };
        if nulls > 0 {
            typed.or_null()
        } else {
            Ok(typed)
        }
    }

    /// One branch beside null.
    fn lone(
        &mut self,
        branch: &Branch<'a>,
        nulls: usize,
        choice: &Choice<'a>,
        flat: &Flat<'a>,
    ) -> Result<'a, Typed<'a>> {
        let mut typed = if says_more(flat) {
            self.typed(&branch.all)?
        } else {
            // By itself, so that a reference stays one.
            self.typed(&Conjunction::of(branch.schema))?
        };
        let takes_null =
            typed.kind.get("nullable").is_some() || typed.kind.as_text() == Some("json");
        if nulls > 0 && takes_null {
            if choice.origin.keyword == "oneOf" {
                return Err(choice.origin.refuse("null is taken twice"));
            }
            // Null once more is nothing more.
            let inner = typed.kind.get("nullable").cloned();
            if let Some(inner) = inner {
                return Ok(from_inner(inner, typed));
            }
        }
        if let Some((_, at)) = typed.words.default.take() {
            return Err(Refusal::new("default", at, "put it beside the choice"));
        }
        Ok(typed)
    }

    fn several(
        &mut self,
        branches: &[Branch<'a>],
        choice: &Choice<'a>,
        flat: &Flat<'a>,
    ) -> Result<'a, Typed<'a>> {
        if let Some(typed) = texts(branches, choice)? {
            return Ok(typed);
        }
        let tag = self.tag(branches, choice, flat)?;
        let mut cases = Entries::new();
        for (branch, name) in branches.iter().zip(&tag.cases) {
            let case = self.case(branch, tag.name, name, flat)?;
            put(&mut cases, name, case);
        }
        let mut union = Entries::new();
        put(&mut union, "tag", text(tag.name));
        put(&mut union, "cases", Json::Map(cases));
        Ok(Typed::of(one("oneOf", Json::Map(union))))
    }

    /// The property by which all branches are told apart.
    fn tag(
        &mut self,
        branches: &[Branch<'a>],
        choice: &Choice<'a>,
        flat: &Flat<'a>,
    ) -> Result<'a, Tag<'a>> {
        let origin = &choice.origin;
        let refuse = || {
            Err(origin.refuse(
                "the cases have to be objects with a required property that is a const of text, another in each",
            ))
        };
        let mut found: Vec<Tag<'a>> = Vec::new();
        for (place, branch) in branches.iter().enumerate() {
            if !branch.flat.is_object() {
                return refuse();
            }
            for (name, case) in self.constants(&branch.flat)? {
                match found.iter_mut().find(|tag| tag.name == name) {
                    // In each branch before, and there it said another.
                    Some(tag) if tag.cases.len() == place && !tag.cases.contains(&case) => {
                        tag.cases.push(case);
                    }
                    None if place == 0 => found.push(Tag {
                        name,
                        cases: alloc::vec![case],
                    }),
                    _ => {}
                }
            }
        }
        found.retain(|tag| tag.cases.len() == branches.len());
        if let Some((name, origin)) = flat.discriminator {
            found.retain(|tag| tag.name == name);
            if found.is_empty() {
                return Err(origin
                    .refuse("the property has to be required and a const of text in every case"));
            }
        }
        found.into_iter().next().map_or_else(refuse, Ok)
    }

    /// The required properties that are one text, and which.
    fn constants(&mut self, flat: &Flat<'a>) -> Result<'a, Vec<(&'a str, &'a str)>> {
        let mut found = Vec::new();
        for (name, schemas) in &flat.properties {
            if !flat.required.iter().any(|(required, _)| required == name) {
                continue;
            }
            let property = self.flatten(&Conjunction::all(schemas))?;
            if let Some(value) = lone_text(&property) {
                found.push((*name, value));
            }
        }
        Ok(found)
    }

    fn case(
        &mut self,
        branch: &Branch<'a>,
        tag: &'a str,
        name: &str,
        flat: &Flat<'a>,
    ) -> Result<'a, Json> {
        let target = self.target(branch.schema)?;
        let is_written_here = target.is_none() && self.open.is_empty();
        if is_written_here || says_of_fields(flat) {
            return Ok(Json::Map(self.object(&branch.flat, Some(tag))?));
        }
        // What may lead here again is a contract, so that it can nest in itself.
        let schema = target.unwrap_or(branch.schema);
        let name = self.contract_of(schema, Some(tag), Some(name));
        Ok(one("contract", Json::Text(name)))
    }
}

struct Tag<'a> {
    name: &'a str,
    /// What it says in each branch.
    cases: Vec<&'a str>,
}

fn is_null(flat: &Flat<'_>) -> bool {
    let is_null = flat.types.as_deref() == Some(&[Type::Null]);
    let is_const =
        matches!(&flat.allowed, Some((values, _)) if matches!(values.as_slice(), [Json::Null]));
    (is_null || (flat.types.is_none() && is_const)) && flat.first_said().is_none()
}

/// Whether anything is said of the value beside the choice.
fn says_more(flat: &Flat<'_>) -> bool {
    flat.types.is_some()
        || flat.allowed.is_some()
        || flat.first_said().is_some()
        || flat.format.is_some()
        || flat.kind.is_some()
}

/// Whether more is said than that it is an object.
fn says_of_fields(flat: &Flat<'_>) -> bool {
    flat.allowed.is_some() || flat.first_said().is_some()
}

fn from_inner<'a>(inner: Json, typed: Typed<'a>) -> Typed<'a> {
    let mut out = Typed::of(inner.get("kind").cloned().unwrap_or(inner.clone()));
    if let (Some(_), Some(entries)) = (inner.get("kind"), inner.as_map()) {
        let rules = entries.iter().filter(|(name, _)| name != "kind");
        out.rules = rules.cloned().collect();
    }
    out.words = typed.words;
    out.choices = typed.choices;
    out
}

/// Branches that are all texts, as `enum`. What is said of each becomes a part of the words.
fn texts<'a>(branches: &[Branch<'a>], choice: &Choice<'a>) -> Result<'a, Option<Typed<'a>>> {
    let mut texts: Vec<Json> = Vec::new();
    let mut words = String::new();
    for Branch { flat, doc, .. } in branches {
        let Some((values, _)) = &flat.allowed else {
            return Ok(None);
        };
        let is_plain = flat.choices.is_empty()
            && flat.first_said().is_none()
            && flat.format.is_none()
            && flat.takes(Type::Text)
            && values.iter().all(|value| value.as_text().is_some());
        if !is_plain {
            return Ok(None);
        }
        for value in values {
            let is_known = texts.contains(value);
            if is_known && choice.origin.keyword == "oneOf" {
                return Err(choice.origin.refuse("a text is taken twice"));
            }
            if !is_known {
                texts.push((*value).clone());
            }
        }
        if let ([Json::Text(text)], Some(doc)) = (values.as_slice(), doc) {
            let between = if words.is_empty() { "" } else { "; " };
            for part in [between, text, ": ", doc] {
                words.push_str(part);
            }
        }
    }
    let mut typed = Typed::of(one("enum", Json::List(texts)));
    typed.choices = words;
    Ok(Some(typed))
}
