//! A kind with its rules, as it is put together.

use alloc::string::String;

use aimdb_contracts::Json;

use super::said::{Counts, Words};
use crate::build::{Entries, count, one, put};
use crate::error::{Refusal, Result};

/// A kind and its rules.
pub(super) struct Typed<'a> {
    pub(super) kind: Json,
    pub(super) rules: Entries,
    pub(super) words: Words<'a>,
    /// What is said of each text of an enum.
    pub(super) choices: String,
}

impl<'a> Typed<'a> {
    pub(super) fn of(kind: Json) -> Self {
        Self {
            kind,
            rules: Entries::new(),
            words: Words::default(),
            choices: String::new(),
        }
    }

    /// As it stands in a field.
    pub(super) fn beside(self) -> Entries {
        let mut entries = self.rules;
        entries.insert(0, ("kind".into(), self.kind));
        entries
    }

    /// As it stands within another kind.
    pub(super) fn within(self) -> Result<'a, Json> {
        no_default(&self.words)?;
        Ok(if self.rules.is_empty() {
            self.kind
        } else {
            Json::Map(self.beside())
        })
    }

    /// The same, or null.
    pub(super) fn or_null(mut self) -> Result<'a, Self> {
        // Any value is null too.
        if self.kind.as_text() == Some("json") {
            return Ok(self);
        }
        let words = core::mem::take(&mut self.words);
        let choices = core::mem::take(&mut self.choices);
        Ok(Self {
            kind: one("nullable", self.within()?),
            rules: Entries::new(),
            words,
            choices,
        })
    }
}

pub(super) fn no_default<'a>(words: &Words<'a>) -> Result<'a, ()> {
    match words.default {
        None => Ok(()),
        Some((_, at)) => Err(Refusal::new("default", at, "only a property has one")),
    }
}

/// A bound on a count, where the limit of the contract does not say as much.
pub(super) fn counts<'a>(
    rules: &mut Entries,
    names: (&str, &str),
    counts: &Counts<'a>,
    limit: u64,
) -> Result<'a, ()> {
    if let Some((min, origin)) = &counts.min {
        let is_beyond = counts.max.as_ref().is_some_and(|(max, _)| max < min);
        if *min > limit || is_beyond {
            return Err(origin.refuse("no value is taken"));
        }
        if *min > 0 {
            put(rules, names.0, count(*min));
        }
    }
    match &counts.max {
        Some((max, _)) if *max < limit => put(rules, names.1, count(*max)),
        _ => {}
    }
    Ok(())
}
