//! Values that a contract takes, and such as it nearly takes.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use fastrand::Rng;

use super::{once_in, one_of, texts};
use crate::base64;
use crate::decode::Policy;
use crate::json::{JSON_BYTES_MAX, JSON_DEPTH_MAX, Json};
use crate::number::{Number, SAFE_INTEGER_MAX};
use crate::schema::{
    DEPTH_MAX, Field, Kind, Rules, Schema, TEXT_BYTES_MAX, TIME_MS_MAX, Type, UnknownFields,
};
use crate::wanted::{Form, Wanted};

/// So deep are lists, maps and objects usually nested.
const DEPTH_USUAL: usize = 6;

/// So many parts has a value at most, beyond those that its contract asks for.
const PARTS_MAX: usize = 120;

/// So often is a good number, text or element looked for before a bad one is taken.
const TRIES: usize = 24;

/// Values of a contract without an end, about half of them good; see [`values`].
#[derive(Debug)]
pub struct Values<'a> {
    schema: &'a Schema,
    random: Rng,
}

/// Values that a contract takes, and such as it nearly takes, without an end: at the edges of every rule,
/// with fields missing, null, unknown and in another order, and nested as deep as allowed and deeper.
///
/// The same seed gives the same values.
pub fn values(schema: &Schema, seed: u64) -> Values<'_> {
    Values {
        schema,
        random: Rng::with_seed(seed),
    }
}

impl Iterator for Values<'_> {
    type Item = Json;

    fn next(&mut self) -> Option<Json> {
        let is_good = self.random.u8(0..5) < 2;
        let is_deep = once_in(&mut self.random, 12);
        let slips_once_in = match () {
            () if is_good => 0,
            () => *one_of(&mut self.random, &[2, 3, 6]),
        };
        let mut maker = Maker {
            random: &mut self.random,
            slips_once_in,
            is_full: false,
            parts_left: PARTS_MAX,
            depth_usual: if is_deep { DEPTH_MAX + 2 } else { DEPTH_USUAL },
        };
        if slips_once_in > 0 && once_in(maker.random, 40) {
            return Some(maker.anything(0));
        }
        Some(maker.fields(Form::of_root(self.schema), 1, None))
    }
}

/// A value of a type of a contract, good if one was found, with every field that may be left out.
pub(super) fn full_value(random: &mut Rng, schema: &Schema, of: &Type) -> Json {
    Maker::good(random, true).value(Wanted::of_type(of, schema), 1)
}

/// A value of a part of a contract, good if one was found.
#[cfg(feature = "compat")]
pub(crate) fn part_value(random: &mut Rng, wanted: Wanted<'_>) -> Json {
    Maker::good(random, false).value(wanted, 1)
}

/// A value that the contract takes; nothing if none was found.
pub fn good_value(schema: &Schema, random: &mut Rng) -> Option<Json> {
    (0..TRIES).find_map(|_| {
        let value = Maker::good(random, false).fields(Form::of_root(schema), 1, None);
        let is_good = schema.decode(&value, Policy::default()).is_ok();
        is_good.then_some(value)
    })
}

struct Maker<'r> {
    random: &'r mut Rng,
    /// One part in so many is not as its type asks; 0 for none.
    slips_once_in: usize,
    /// Whether what may be absent is there.
    is_full: bool,
    parts_left: usize,
    depth_usual: usize,
}

impl<'r> Maker<'r> {
    fn good(random: &'r mut Rng, is_full: bool) -> Self {
        Self {
            random,
            slips_once_in: 0,
            is_full,
            parts_left: PARTS_MAX,
            depth_usual: DEPTH_USUAL,
        }
    }

    fn slips(&mut self) -> bool {
        self.slips_once_in > 0 && once_in(self.random, self.slips_once_in)
    }

    /// Whether only what must be there is made from here on.
    fn is_short(&self, depth: usize) -> bool {
        self.parts_left == 0 || depth >= self.depth_usual
    }

    fn fields(&mut self, form: Form<'_>, depth: usize, tag: Option<(String, Json)>) -> Json {
        let mut entries: Vec<(String, Json)> = tag.into_iter().collect();
        if form.object.keeps_all() {
            return self.any_object(depth);
        }
        for field in form.object.fields.iter() {
            if let Some(value) = self.field(field, form, depth) {
                entries.push((field.name.to_string(), value));
            }
        }
        let refuses = form.object.unknown == UnknownFields::Refuse;
        if self.slips() || (!refuses && !self.is_full && once_in(self.random, 8)) {
            let name = *one_of(self.random, &["more", "", "constructor", "Celsius"]);
            if !entries.iter().any(|(known, _)| known == name) {
                let value = self.anything(depth);
                entries.push((name.into(), value));
            }
        }
        if once_in(self.random, 3) {
            self.random.shuffle(&mut entries);
        }
        Json::Map(entries)
    }

    fn field(&mut self, field: &Field, form: Form<'_>, depth: usize) -> Option<Json> {
        let may_miss = field.optional || field.default.is_some();
        let is_left_out = may_miss && !self.is_full && (self.random.bool() || self.is_short(depth));
        if is_left_out || (field.optional && self.is_full && self.is_short(depth)) {
            let is_null = field.optional && !self.is_full && once_in(self.random, 6);
            return is_null.then_some(Json::Null);
        }
        if self.slips() && once_in(self.random, 3) {
            return None;
        }
        Some(self.value(Wanted::of_type(&field.of, form.scope), depth))
    }

    /// A value of a type; `depth` is that of the object or list it stands in.
    fn value(&mut self, wanted: Wanted<'_>, depth: usize) -> Json {
        self.parts_left = self.parts_left.saturating_sub(1);
        let slips = self.slips();
        if slips && once_in(self.random, 3) {
            return self.anything(depth);
        }
        if wanted.nullable() && (self.is_short(depth) || once_in(self.random, 4)) {
            return Json::Null;
        }
        // A contract may nest in itself without an end only where it is refused as a file.
        if depth > DEPTH_MAX + 4 {
            return Json::Null;
        }
        if let Some(form) = wanted.form() {
            return self.fields(form, depth + 1, None);
        }
        let rules = wanted.rules();
        match wanted.kind() {
            Some(Kind::Bool) => Json::Bool(self.random.bool()),
            Some(Kind::Text) => self.text(wanted, slips),
            Some(Kind::Enum(choices)) if !slips => {
                Json::Text(one_of(self.random, choices).to_string())
            }
            Some(Kind::Enum(choices)) => {
                Json::Text(one_of(self.random, choices).to_uppercase() + "x")
            }
            Some(Kind::Bytes) => self.bytes(rules, slips),
            Some(Kind::Json) => self.anything(depth.min(DEPTH_MAX - 4)),
            Some(Kind::List(of)) => self.list(wanted, of, slips, depth),
            Some(Kind::Tuple(types)) => {
                let count = if slips { types.len() + 1 } else { types.len() };
                let element = |at: usize| {
                    let of = types.get(at).or(types.last());
                    of.map_or(Json::Null, |of| self.value(wanted.part(of), depth + 1))
                };
                Json::List((0..count).map(element).collect())
            }
            Some(Kind::Map(of)) => self.map(wanted, of, slips, depth),
            Some(Kind::OneOf(_)) => self.union(wanted, slips, depth),
            Some(kind) => self.number(wanted, kind, slips),
            None => Json::Null,
        }
    }

    fn text(&mut self, wanted: Wanted<'_>, slips: bool) -> Json {
        if slips && once_in(self.random, 30) {
            return Json::Text("x".repeat(TEXT_BYTES_MAX + 1));
        }
        let mut text = String::new();
        for _ in 0..TRIES {
            text = texts::text(self.random, wanted.rules());
            if slips || wanted.text(&text).is_ok() {
                break;
            }
        }
        Json::Text(text)
    }

    fn bytes(&mut self, rules: &Rules, slips: bool) -> Json {
        let min = rules.min_length.unwrap_or(0) as usize;
        let max = rules.max_length.unwrap_or(6).min(40) as usize;
        let count = self.count(min, max.max(min), slips);
        let bytes: Vec<u8> = (0..count).map(|_| self.random.u8(..)).collect();
        if once_in(self.random, 4) {
            let byte = |byte: &u8| Json::Number(Number::Unsigned((*byte).into()));
            return Json::List(bytes.iter().map(byte).collect());
        }
        let mut text = base64::encode(&bytes);
        if slips && self.random.bool() {
            text.push('=');
        }
        Json::Text(text)
    }

    /// How many; one too few or too many where it is not to be right.
    fn count(&mut self, min: usize, max: usize, slips: bool) -> usize {
        match (slips, self.random.bool()) {
            (true, true) => min.saturating_sub(1),
            (true, false) => max + 1,
            (false, true) => min,
            (false, false) => self.random.usize(min..=max),
        }
    }

    fn list(&mut self, wanted: Wanted<'_>, of: &Type, slips: bool, depth: usize) -> Json {
        let rules = wanted.rules();
        let min = rules.min_items.unwrap_or(0) as usize;
        let max = (rules.max_items.unwrap_or(u32::MAX) as usize).clamp(min, min + 3);
        let count = match self.is_short(depth) {
            true => min,
            false => self.count(min, max, slips),
        };
        let mut elements: Vec<Json> = Vec::new();
        for _ in 0..count {
            let mut element = self.value(wanted.part(of), depth + 1);
            for _ in 0..TRIES {
                if slips || !rules.unique_items || !elements.contains(&element) {
                    break;
                }
                element = self.value(wanted.part(of), depth + 1);
            }
            elements.push(element);
        }
        Json::List(elements)
    }

    fn map(&mut self, wanted: Wanted<'_>, of: &Type, slips: bool, depth: usize) -> Json {
        let rules = wanted.rules();
        let min = rules.min_properties.unwrap_or(0) as usize;
        let max = (rules.max_properties.unwrap_or(u32::MAX) as usize).clamp(min, min + 3);
        let count = match self.is_short(depth) {
            true => min,
            false => self.count(min, max, slips),
        };
        let mut entries: Vec<(String, Json)> = Vec::new();
        while entries.len() < count {
            let mut name = texts::text(self.random, &Rules::NONE);
            if slips && once_in(self.random, 8) {
                name = "n".repeat(crate::schema::MAP_NAME_BYTES_MAX + 1);
            }
            if entries.iter().any(|(known, _)| *known == name) {
                name += &entries.len().to_string();
            }
            if !entries.iter().any(|(known, _)| *known == name) {
                let value = self.value(wanted.part(of), depth + 1);
                entries.push((name, value));
            }
        }
        Json::Map(entries)
    }

    /// Any object; once in a while one that is too deep or too large.
    fn any_object(&mut self, depth: usize) -> Json {
        let mut entries = Vec::new();
        for name in ["", "a", "schema_version", "constructor", "größe"] {
            if self.random.bool() {
                entries.push((name.into(), self.anything(depth)));
            }
        }
        if self.slips() {
            let mut deep = Json::Null;
            for _ in 0..self.random.usize(JSON_DEPTH_MAX - 2..JSON_DEPTH_MAX + 2) {
                deep = Json::List(alloc::vec![deep]);
            }
            entries.push(("deep".into(), deep));
        }
        if self.slips() && once_in(self.random, 4) {
            entries.push(("large".into(), Json::Text("x".repeat(JSON_BYTES_MAX))));
        }
        Json::Map(entries)
    }

    fn union(&mut self, wanted: Wanted<'_>, slips: bool, depth: usize) -> Json {
        let Some(union) = wanted.union() else {
            return Json::Null;
        };
        let mut case = one_of(self.random, &union.cases);
        if self.is_short(depth) {
            let ends = |form: Form<'_>| ends_within(form, 6);
            let short = union.cases.iter();
            let mut short = short.filter(|case| ends(wanted.case_form(union, case)));
            case = short.next().unwrap_or(case);
        }
        let tag = match slips {
            false => Some((union.tag.to_string(), Json::Text(case.name.to_string()))),
            true if self.random.bool() => None,
            true => Some((union.tag.to_string(), self.anything(DEPTH_MAX))),
        };
        self.fields(wanted.case_form(union, case), depth + 1, tag)
    }

    fn number(&mut self, wanted: Wanted<'_>, kind: &Kind, slips: bool) -> Json {
        let mut number = Number::Unsigned(0);
        for _ in 0..TRIES {
            number = match kind {
                Kind::Float { .. } => self.float(wanted.rules()),
                _ => self.integer(kind, wanted.rules()),
            };
            if slips || wanted.number(number, Policy::default()).is_ok() {
                break;
            }
        }
        Json::Number(number)
    }

    /// A number near a bound, by the kind's edges, or any.
    fn integer(&mut self, kind: &Kind, rules: &Rules) -> Number {
        let (low, high) = match *kind {
            Kind::Unsigned { bits } => (0, (1_i128 << bits) - 1),
            Kind::Signed { bits } => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
            _ => (-i128::from(TIME_MS_MAX), i128::from(TIME_MS_MAX)),
        };
        let bound = |bound: Option<Number>| bound.and_then(Number::to_integer);
        let from = bound(rules.min)
            .or(bound(rules.exclusive_min))
            .unwrap_or(low);
        let to = bound(rules.max)
            .or(bound(rules.exclusive_max))
            .unwrap_or(high);
        let safe = i128::from(SAFE_INTEGER_MAX);
        let shift = self.random.u32(0..64);
        let any = i128::from(self.random.u64(..) >> shift);
        let mut number = match self.random.u8(0..8) {
            0 => from,
            1 => to,
            2 => *one_of(self.random, &[low, high, safe, safe + 2, 0, 1, -1]),
            3 => -any,
            4 => from.saturating_add(any % 100),
            _ => from + any % (to - from).max(1),
        };
        if once_in(self.random, 4) {
            number += *one_of(self.random, &[-1, 1]);
        }
        if let Some(step) = bound(rules.multiple_of).filter(|step| *step > 0)
            && !once_in(self.random, 4)
        {
            number -= number % step;
        }
        if once_in(self.random, 12) {
            return Number::Float(number as f64);
        }
        match (u64::try_from(number), i64::try_from(number)) {
            (Ok(number), _) => Number::Unsigned(number),
            (_, Ok(number)) => Number::Signed(number),
            _ => Number::Float(number as f64),
        }
    }

    fn float(&mut self, rules: &Rules) -> Number {
        let bound = |bound: Option<Number>| bound.map(Number::to_f64);
        let from = bound(rules.min)
            .or(bound(rules.exclusive_min))
            .unwrap_or(-1e3);
        let to = bound(rules.max)
            .or(bound(rules.exclusive_max))
            .unwrap_or(from + 2e3);
        let share = self.random.f64();
        let mut number = match self.random.u8(0..8) {
            0 => from,
            1 => to,
            2 => *one_of(
                self.random,
                &[
                    0.0,
                    -0.0,
                    0.1,
                    1e-7,
                    1e39,
                    -1e300,
                    16_777_217.0,
                    f64::from(f32::MAX),
                    5e-324,
                ],
            ),
            3 => (from + (to - from) * share) as i64 as f64,
            // Its decimals are short.
            4 => (share * 1000.0) as i64 as f64 / 100.0 + from as i64 as f64,
            _ => from + (to - from) * share,
        };
        if let Some(step) = bound(rules.multiple_of)
            && !once_in(self.random, 4)
        {
            number = (number / step) as i64 as f64 * step;
        }
        number = match self.random.u8(0..10) {
            0 => number.next_up(),
            1 => number.next_down(),
            _ => number,
        };
        if number.is_finite() {
            Number::Float(number)
        } else {
            Number::Float(f64::MAX)
        }
    }

    /// Any JSON value; a small one deep down.
    fn anything(&mut self, depth: usize) -> Json {
        let kinds = if depth + 3 > DEPTH_MAX || self.parts_left == 0 {
            6
        } else {
            8
        };
        self.parts_left = self.parts_left.saturating_sub(1);
        match self.random.u8(0..kinds) {
            0 => Json::Null,
            1 => Json::Bool(self.random.bool()),
            2 => Json::Number(self.integer(&Kind::Signed { bits: 64 }, &Rules::NONE)),
            3 => Json::Number(self.float(&Rules::NONE)),
            4 | 5 => Json::Text(texts::text(self.random, &Rules::NONE)),
            6 => {
                let count = self.random.usize(0..3);
                Json::List((0..count).map(|_| self.anything(depth + 1)).collect())
            }
            _ => {
                let names = ["a", "b", "type"].iter().take(self.random.usize(0..4));
                let entry = |name: &&str| (String::from(*name), self.anything(depth + 1));
                Json::Map(names.map(entry).collect())
            }
        }
    }
}

/// Whether what must be in an object ends within so many steps.
fn ends_within(form: Form<'_>, steps: usize) -> bool {
    let must = |field: &&Field| !field.optional && field.default.is_none();
    let mut needed = form.object.fields.iter().filter(must);
    needed.all(|field| type_ends_within(Wanted::of_type(&field.of, form.scope), steps))
}

fn type_ends_within(wanted: Wanted<'_>, steps: usize) -> bool {
    let Some(steps) = steps.checked_sub(1) else {
        return false;
    };
    if wanted.nullable() {
        return true;
    }
    if let Some(form) = wanted.form() {
        return ends_within(form, steps);
    }
    let rules = wanted.rules();
    match wanted.kind() {
        Some(Kind::List(of)) => {
            rules.min_items.unwrap_or(0) == 0 || type_ends_within(wanted.part(of), steps)
        }
        Some(Kind::Map(of)) => {
            rules.min_properties.unwrap_or(0) == 0 || type_ends_within(wanted.part(of), steps)
        }
        Some(Kind::Tuple(types)) => {
            let mut types = types.iter();
            types.all(|of| type_ends_within(wanted.part(of), steps))
        }
        Some(Kind::OneOf(union)) => {
            let mut cases = union.cases.iter();
            cases.any(|case| ends_within(wanted.case_form(union, case), steps))
        }
        _ => true,
    }
}
