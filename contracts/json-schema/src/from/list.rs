//! Lists and tuples.

use aimdb_contracts::Json;

use super::flat::{Conjunction, Flat};
use super::{Converter, Result, Typed, counts};
use crate::build::{one, put, text};

/// Most elements of a list.
const LIST_LENGTH_MAX: u64 = 65_536;

impl<'a> Converter<'a> {
    pub(super) fn list(&mut self, flat: &Flat<'a>) -> Result<Typed> {
        if let Some((elements, origin)) = &flat.prefix {
            return self.tuple(flat, elements, origin);
        }
        let element = match flat.items.as_slice() {
            [] => text("json"),
            items => self.typed(&Conjunction::all(items.to_vec()))?.within()?,
        };
        let mut typed = Typed::of(one("list", element));
        if let Some(origin) = &flat.ends {
            if flat
                .items_count
                .min
                .as_ref()
                .is_some_and(|(min, _)| *min > 0)
            {
                return Err(origin.refuse("no list is taken"));
            }
            put(&mut typed.rules, "maxItems", crate::build::count(0));
            return Ok(typed);
        }
        let names = ("minItems", "maxItems");
        counts(&mut typed.rules, names, &flat.items_count, LIST_LENGTH_MAX)?;
        if flat.unique.is_some() {
            put(&mut typed.rules, "uniqueItems", Json::Bool(true));
        }
        Ok(typed)
    }

    /// A list that has each of its elements: JSON Schema would take a shorter and a longer one too, unless it is told.
    fn tuple(
        &mut self,
        flat: &Flat<'a>,
        elements: &[crate::document::Sub<'a>],
        origin: &super::flat::Origin,
    ) -> Result<Typed> {
        let length = elements.len() as u64;
        let bound =
            |bound: &Option<(u64, super::flat::Origin)>| bound.as_ref().map(|(count, _)| *count);
        if let Some(unique) = &flat.unique {
            return Err(unique.refuse("elements of a tuple may be equal"));
        }
        if !flat.items.is_empty() {
            return Err(origin.refuse("elements are listed, or all of one kind"));
        }
        if bound(&flat.items_count.min) != Some(length) {
            let words = alloc::format!("a tuple has all its elements: add \"minItems\": {length}");
            return Err(origin.refuse(&words));
        }
        match bound(&flat.items_count.max) {
            Some(max) if max == length => {}
            Some(max) if max < length => return Err(origin.refuse("no list is taken")),
            _ if flat.ends.is_some() => {}
            _ => return Err(origin.refuse("a tuple ends: add \"items\": false")),
        }
        let mut kinds = alloc::vec::Vec::new();
        for element in elements {
            let element = Conjunction::of(element.clone());
            kinds.push(self.typed(&element)?.within()?);
        }
        Ok(Typed::of(one("tuple", Json::List(kinds))))
    }
}
