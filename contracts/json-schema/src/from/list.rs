//! Lists and tuples.

use alloc::vec::Vec;

use aimdb_contracts::Json;

use super::Converter;
use super::said::{Conjunction, Flat, Origin};
use super::typed::{Typed, counts};
use crate::build::{count, one, put, text};
use crate::error::Result;

/// Most elements of a list.
const LIST_LENGTH_MAX: u64 = 65_536;

impl<'a> Converter<'_, 'a> {
    pub(super) fn list(&mut self, flat: &Flat<'a>) -> Result<'a, Typed<'a>> {
        if let Some((elements, origin)) = flat.prefix {
            return self.tuple(flat, elements, origin);
        }
        let element = match flat.items.as_slice() {
            [] => text("json"),
            items => self.typed(&Conjunction::all(items))?.within()?,
        };
        let mut typed = Typed::of(one("list", element));
        let limit = if flat.ends.is_some() {
            put(&mut typed.rules, "maxItems", count(0));
            0
        } else {
            LIST_LENGTH_MAX
        };
        let names = ("minItems", "maxItems");
        counts(&mut typed.rules, names, &flat.items_count, limit)?;
        if flat.unique.is_some() {
            put(&mut typed.rules, "uniqueItems", Json::Bool(true));
        }
        Ok(typed)
    }

    /// A list that has each of its elements: JSON Schema would take a shorter and a longer one too, unless it is told.
    fn tuple(
        &mut self,
        flat: &Flat<'a>,
        elements: &'a [Json],
        origin: Origin<'a>,
    ) -> Result<'a, Typed<'a>> {
        let length = elements.len() as u64;
        if let Some(unique) = &flat.unique {
            return Err(unique.refuse("elements of a tuple may be equal"));
        }
        if !flat.items.is_empty() {
            return Err(origin.refuse("elements are listed, or all of one kind"));
        }
        let (min, max) = (&flat.items_count.min, &flat.items_count.max);
        if min.as_ref().is_none_or(|(min, _)| *min != length) {
            return Err(origin.refuse(
                "a tuple has all its elements: add \"minItems\", which is how many there are",
            ));
        }
        match max {
            Some((max, _)) if *max == length => {}
            Some((max, _)) if *max < length => return Err(origin.refuse("no list is taken")),
            _ if flat.ends.is_some() => {}
            _ => return Err(origin.refuse("a tuple ends: add \"items\": false")),
        }
        let mut kinds = Vec::new();
        for element in elements {
            kinds.push(self.typed(&Conjunction::of(element))?.within()?);
        }
        Ok(Typed::of(one("tuple", Json::List(kinds))))
    }
}
