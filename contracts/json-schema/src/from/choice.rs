//! `anyOf` and `oneOf`: a value or null, texts, and objects told apart by a text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::Json;

use super::flat::{Choice, Conjunction, Flat, Type};
use super::text::lone_text;
use super::{Converter, Result, Typed};
use crate::build::{Entries, one, put, text};
use crate::document::Sub;

/// A branch, with all that is said beside the choice.
struct Branch<'a> {
    sub: Sub<'a>,
    all: Conjunction<'a>,
    flat: Flat<'a>,
    /// What is said of the branch alone.
    doc: Option<String>,
}

impl<'a> Converter<'a> {
    pub(super) fn choice(
        &mut self,
        all: &Conjunction<'a>,
        flat: &Flat<'a>,
        choice: &Choice<'a>,
    ) -> Result<Typed> {
        let origin = &choice.origin;
        let mut branches = Vec::new();
        let mut nulls = 0;
        for sub in &choice.branches {
            let alone = self.flatten(&Conjunction::of(sub.clone()))?;
            if is_null(&alone) {
                nulls += 1;
                continue;
            }
            let mut together = all.clone();
            together.subs.push(sub.clone());
            together.decided = Some((origin.at.clone(), origin.keyword));
            let flat = self.flatten(&together)?;
            branches.push(Branch {
                sub: sub.clone(),
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
            [branch] => self.lone(branch, nulls, choice, flat)?,
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
    ) -> Result<Typed> {
        let mut typed = if says_more(flat) {
            self.typed(&branch.all)?
        } else {
            // By itself, so that a reference stays one.
            self.typed(&Conjunction::of(branch.sub.clone()))?
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
            return Err(crate::SchemaError::new(
                "default",
                &at,
                "put it beside the choice",
            ));
        }
        Ok(typed)
    }

    fn several(
        &mut self,
        branches: &[Branch<'a>],
        choice: &Choice<'a>,
        flat: &Flat<'a>,
    ) -> Result<Typed> {
        if let Some(typed) = texts(branches, choice)? {
            return Ok(typed);
        }
        let tag = self.tag(branches, choice, flat)?;
        let mut cases = Entries::new();
        for (branch, name) in branches.iter().zip(&tag.names) {
            let case = self.case(branch, &tag.name, name, flat)?;
            put(&mut cases, name, case);
        }
        let mut union = Entries::new();
        put(&mut union, "tag", text(&tag.name));
        put(&mut union, "cases", Json::Map(cases));
        Ok(Typed::of(one("oneOf", Json::Map(union))))
    }

    /// The property by which all branches are told apart.
    fn tag(
        &mut self,
        branches: &[Branch<'a>],
        choice: &Choice<'a>,
        flat: &Flat<'a>,
    ) -> Result<Tag> {
        let origin = &choice.origin;
        let refuse = || {
            Err(origin.refuse(
                "the cases have to be objects with a required property that is a const of text, another in each",
            ))
        };
        let mut common: Option<Vec<(String, Vec<String>)>> = None;
        for branch in branches {
            if !branch.flat.is_object() {
                return refuse();
            }
            let own = self.constants(&branch.flat)?;
            common = Some(match common {
                None => own
                    .into_iter()
                    .map(|(name, value)| (name, alloc::vec![value]))
                    .collect(),
                Some(known) => known
                    .into_iter()
                    .filter_map(|(name, mut values)| {
                        let (_, value) = own.iter().find(|(other, _)| *other == name)?;
                        if values.contains(value) {
                            return None;
                        }
                        values.push(value.clone());
                        Some((name, values))
                    })
                    .collect(),
            });
        }
        let discriminator = flat.discriminator.as_ref();
        let mut common = common.unwrap_or_default().into_iter();
        let found = common.find(|(name, _)| discriminator.is_none_or(|(tag, _)| tag == name));
        match (found, discriminator) {
            (Some((name, names)), _) => Ok(Tag { name, names }),
            (None, Some((_, origin))) => {
                Err(origin
                    .refuse("the property has to be required and a const of text in every case"))
            }
            (None, None) => refuse(),
        }
    }

    /// The required properties that are one text, and which.
    fn constants(&mut self, flat: &Flat<'a>) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for (name, subs) in &flat.properties {
            if !flat.required.iter().any(|(required, _)| required == name) {
                continue;
            }
            let property = self.flatten(&Conjunction::all(subs.clone()))?;
            if let Some(value) = lone_text(&property) {
                found.push((name.clone(), value));
            }
        }
        Ok(found)
    }

    fn case(
        &mut self,
        branch: &Branch<'a>,
        tag: &str,
        name: &str,
        flat: &Flat<'a>,
    ) -> Result<Json> {
        let target = self.target(&branch.sub)?;
        let is_written_here = target.is_none() && self.open.is_empty();
        if is_written_here || says_of_fields(flat) {
            return Ok(Json::Map(self.object(&branch.flat, Some(tag))?));
        }
        // What may lead here again is a contract, so that it can nest in itself.
        let target = target.unwrap_or_else(|| branch.sub.clone());
        let name = self.contract_of(&target, Some(tag), Some(name));
        Ok(one("contract", Json::Text(name)))
    }
}

struct Tag {
    name: String,
    /// What it says in each branch.
    names: Vec<String>,
}

fn is_null(flat: &Flat<'_>) -> bool {
    let is_null = flat.types.as_deref() == Some(&[Type::Null]);
    let is_const = matches!(&flat.allowed, Some((values, _)) if *values == [Json::Null]);
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

fn from_inner(inner: Json, typed: Typed) -> Typed {
    let mut out = Typed::of(inner.get("kind").cloned().unwrap_or(inner.clone()));
    if let (Some(_), Some(entries)) = (inner.get("kind"), inner.as_map()) {
        let rules = entries.iter().filter(|(name, _)| name != "kind");
        out.rules = rules.cloned().collect();
    }
    out.words = typed.words;
    out
}

/// Branches that are all texts, as `enum`. What is said of each becomes a part of the words.
fn texts(branches: &[Branch<'_>], choice: &Choice<'_>) -> Result<Option<Typed>> {
    let mut texts: Vec<Json> = Vec::new();
    let mut words = Vec::new();
    for Branch { flat, doc, .. } in branches {
        let Some((values, _)) = &flat.allowed else {
            return Ok(None);
        };
        let is_plain = flat.choices.is_empty()
            && flat.first_said().is_none()
            && flat.format.is_none()
            && flat
                .types
                .as_ref()
                .is_none_or(|types| types.contains(&Type::Text))
            && values.iter().all(|value| value.as_text().is_some());
        if !is_plain {
            return Ok(None);
        }
        for value in values {
            if texts.contains(value) && choice.origin.keyword == "oneOf" {
                return Err(choice.origin.refuse("a text is taken twice"));
            }
            if !texts.contains(value) {
                texts.push(value.clone());
            }
        }
        if let ([Json::Text(text)], Some(doc)) = (values.as_slice(), doc) {
            words.push(format!("{text}: {doc}"));
        }
    }
    let mut typed = Typed::of(one("enum", Json::List(texts)));
    if !words.is_empty() {
        typed.words.describe(words.join("; "));
    }
    Ok(Some(typed))
}
