//! All that several schemas say together of one value, keyword by keyword.
//!
//! `$ref`, `allOf` and an `anyOf` of one are followed here, so that what comes after sees keywords alone.

use alloc::vec::Vec;

use aimdb_contracts::Json;

use super::Converter;
use super::keywords::Reading;
use super::said::{Conjunction, Flat};
use crate::document::is_same;
use crate::error::{Refusal, Result};

/// Most schemas of one value that lead to each other.
const TRAIL_MAX: usize = 64;

/// The schemas that are being followed, and those that were.
#[derive(Default)]
struct Trail<'a> {
    open: Vec<&'a Json>,
    done: Vec<&'a Json>,
}

fn has(schemas: &[&Json], schema: &Json) -> bool {
    schemas.iter().any(|known| is_same(known, schema))
}

impl<'a> Converter<'_, 'a> {
    /// All keywords of a conjunction.
    pub(super) fn flatten(&mut self, all: &Conjunction<'a>) -> Result<'a, Flat<'a>> {
        let mut flat = Flat::default();
        let mut trail = Trail::default();
        for (place, schema) in all.schemas.iter().enumerate() {
            let is_outermost = place == 0 && all.is_enclosed;
            self.gather(&mut flat, schema, all, &mut trail, is_outermost)?;
        }
        Ok(flat)
    }

    fn gather(
        &mut self,
        flat: &mut Flat<'a>,
        schema: &'a Json,
        all: &Conjunction<'a>,
        trail: &mut Trail<'a>,
        is_outermost: bool,
    ) -> Result<'a, ()> {
        self.spend(schema)?;
        let refuse = |keyword, reason| Err(Refusal::new(keyword, schema, reason));
        if has(&trail.open, schema) {
            return refuse("$ref", "leads back to itself");
        }
        if trail.open.len() == TRAIL_MAX {
            return refuse(
                "$ref",
                "more than 64 schemas of one value lead to each other",
            );
        }
        // Said twice is said once.
        if has(&trail.done, schema) {
            return Ok(());
        }
        let entries = match schema {
            Json::Bool(true) => return Ok(()),
            Json::Bool(false) => return refuse("false", "no value is taken"),
            Json::Map(entries) => entries,
            _ => return refuse("schema", "is no schema"),
        };
        trail.open.push(schema);
        let mut read = Reading {
            flat,
            schema,
            is_outermost,
            follow: Vec::new(),
        };
        for (keyword, value) in entries {
            let decided = all.decided.as_ref();
            if keyword == "$ref" {
                let Some(reference) = value.as_text() else {
                    return refuse("$ref", "has to be text");
                };
                read.follow.push(self.document.resolve(schema, reference)?);
            } else if !decided
                .is_some_and(|decided| decided.keyword == keyword && is_same(decided.at, schema))
            {
                read.keyword(keyword, value)?;
            }
        }
        for inner in read.follow {
            self.gather(flat, inner, all, trail, false)?;
        }
        trail.open.pop();
        trail.done.push(schema);
        Ok(())
    }
}
