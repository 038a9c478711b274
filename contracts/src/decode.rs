//! Reading a value from any serde deserializer, guided by its description.
//!
//! One implementation serves every contract, typed or described at run time. serde's error type
//! has room for a message only, so a refusal is laid aside as it happens and picked up at the end.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::base64;
use crate::json::{self, Budget, Flaw, Json, JsonReader, is_of_half};
use crate::migrate::VERSION_FIELD;
use crate::number::Number;
use crate::place::{Place, Step};
use crate::schema::{
    DEPTH_MAX, Field, Kind, LIST_LENGTH_MAX, Schema, TEXT_BYTES_MAX, Type, UnknownFields,
};
use crate::value::{Parts, Value, in_order};
use crate::violation::{Reason, Violation};
use crate::wanted::{Form, Wanted};

/// How strict reading is, beyond what the contract itself says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Overrides what the contract says of unknown fields.
    pub unknown: Option<UnknownFields>,
    /// Refuses integers beyond [`SAFE_INTEGER_MAX`]: at the edge to JavaScript, which would round
    /// them in silence.
    pub safe_integers: bool,
}

impl Policy {
    /// That of the edge to JavaScript, and of whoever hands values on to it.
    pub const JAVASCRIPT: Self = Self {
        unknown: None,
        safe_integers: true,
    };
}

impl Schema {
    /// Reads the fields of this contract, in its order.
    pub fn decode<'de, D: Deserializer<'de>>(
        &self,
        deserializer: D,
        policy: Policy,
    ) -> Result<Vec<Value>, Box<Violation>> {
        let context = Context {
            root: self,
            policy,
            refusal: RefCell::new(None),
        };
        let reader = Reader {
            context: &context,
            wanted: Wanted::of_root(self),
            optional: false,
            depth: 0,
            place: None,
        };
        let result = reader.deserialize(deserializer);
        match (context.refusal.into_inner(), result) {
            (Some(violation), _) => Err(violation),
            (None, Ok(Value::Object(fields))) => Ok(fields),
            (None, Ok(_)) => Err(self.malformed("no object")),
            (None, Err(error)) => Err(self.malformed(&error.to_string())),
        }
    }

    /// Reads the fields of this contract from JSON text.
    pub fn decode_json(&self, json: &[u8], policy: Policy) -> Result<Vec<Value>, Box<Violation>> {
        // As text: the frames of the wire are read from text too, and one parser is enough.
        let text =
            core::str::from_utf8(json).map_err(|_| self.malformed("bytes that are not UTF-8"))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let fields = match self.decode(&mut deserializer, policy) {
            Err(refusal) if is_of_half(&refusal.got) => {
                return self
                    .decode_halves(refusal, text, policy)
                    .map_err(|refusal| self.or_its_version(refusal, text));
            }
            fields => fields.map_err(|refusal| self.or_its_version(refusal, text))?,
        };
        deserializer
            .end()
            .map_err(|error| self.malformed(&error.to_string()))?;
        Ok(fields)
    }

    /// Half a character ends the reading of a text: it is read once more, with a stray in that place.
    fn decode_halves(
        &self,
        refusal: Box<Violation>,
        text: &str,
        policy: Policy,
    ) -> Result<Vec<Value>, Box<Violation>> {
        let value = Json::parse_for_contract(text).map_err(|_| refusal)?;
        self.decode(&value, policy)
            .map_err(|refusal| value.told(refusal))
    }

    /// Why a text was refused: that it is of another version, if it says so anywhere.
    fn or_its_version(&self, refusal: Box<Violation>, text: &str) -> Box<Violation> {
        if self.version_index().is_none() || refusal.path == VERSION_FIELD {
            return refusal;
        }
        let value = Json::parse_for_contract(text).ok();
        let said = value.and_then(|value| value.get(VERSION_FIELD)?.as_number());
        match said.map(|said| self.check_version(said)) {
            Some(Err(other)) => other,
            _ => refusal,
        }
    }

    /// Reads one value of a type of this contract, such as a default: a file means the same in a tab, so
    /// that its integers are such as JavaScript holds.
    pub(crate) fn decode_type(&self, json: &Json, of: &Type) -> Result<Value, Box<Violation>> {
        let context = Context {
            root: self,
            policy: Policy::JAVASCRIPT,
            refusal: RefCell::new(None),
        };
        let reader = Reader {
            context: &context,
            wanted: Wanted::of_type(of, self),
            optional: false,
            depth: 0,
            place: None,
        };
        let result = reader.deserialize(json);
        match context.refusal.into_inner() {
            Some(violation) => Err(violation),
            None => result.map_err(|error| self.malformed(&error.to_string())),
        }
    }
}

/// Bytes may also come as a list of these: that is what a typed array is.
static BYTE: Type = Type::of(Kind::Unsigned { bits: 8 });

struct Context<'a> {
    root: &'a Schema,
    policy: Policy,
    refusal: RefCell<Option<Box<Violation>>>,
}

impl Context<'_> {
    /// Lays the refusal aside and makes the error that ends the reading.
    fn refuse<E: Error>(
        &self,
        place: Option<&Place<'_>>,
        reason: Reason,
        expected: String,
        got: &str,
    ) -> E {
        // The first one counts: what follows may only be its consequence.
        let mut refusal = self.refusal.borrow_mut();
        let violation =
            refusal.get_or_insert_with(|| self.root.refuse(place, reason, expected, got));
        E::custom(violation)
    }
}

impl Context<'_> {
    /// Refuses another version than the contract's, as soon as a value says it.
    fn version<E: Error>(&self, value: &Value) -> Result<(), E> {
        let said = self
            .root
            .version_index()
            .and_then(|_| value.lend().number());
        match said.map(|said| self.root.check_version(said)) {
            Some(Err(violation)) => {
                let error = E::custom(&violation);
                *self.refusal.borrow_mut() = Some(violation);
                Err(error)
            }
            _ => Ok(()),
        }
    }
}

/// Reads one value: seed and visitor in one, since serde needs both at every level.
#[derive(Clone, Copy)]
struct Reader<'a> {
    context: &'a Context<'a>,
    wanted: Wanted<'a>,
    optional: bool,
    depth: usize,
    place: Option<&'a Place<'a>>,
}

impl Reader<'_> {
    fn refuse<E: Error>(&self, reason: Reason, got: &str) -> E {
        self.context
            .refuse(self.place, reason, self.wanted.words(reason), got)
    }

    fn kept<E: Error>(&self, kept: Result<(), Reason>, got: impl Fn() -> String) -> Result<(), E> {
        kept.map_err(|reason| self.refuse(reason, &got()))
    }

    fn is_json(&self) -> bool {
        matches!(self.wanted.kind(), Some(Kind::Json))
    }

    fn number<E: Error>(&self, number: Number) -> Result<Value, E> {
        if self.is_json() {
            let json = match number {
                Number::Float(value) => Number::of_f64(value),
                integer => integer,
            };
            return self.json(Ok(Json::Number(json)), &Budget::default());
        }
        self.wanted
            .number(number, self.context.policy)
            .map_err(|reason| self.refuse(reason, &number.text()))
    }

    fn nothing<E: Error>(&self) -> Result<Value, E> {
        if self.wanted.nullable() {
            Ok(Value::Null)
        } else if self.optional {
            Ok(Value::Absent)
        } else if self.is_json() {
            Ok(Value::Json(Json::Null))
        } else {
            Err(self.refuse(Reason::Kind, "null"))
        }
    }

    /// Any JSON value within its limits, as far as it was read.
    fn json<E: Error>(&self, read: Result<Json, E>, budget: &Budget) -> Result<Value, E> {
        if budget.exceeded().is_some() {
            return Err(self.refuse(Reason::TooLong, "a larger one"));
        }
        let json = read?;
        match json.flaw(self.place, self.context.policy.safe_integers) {
            None => Ok(Value::Json(json)),
            Some(flaw) => Err(self.flawed(flaw)),
        }
    }

    fn flawed<E: Error>(&self, flaw: Flaw) -> E {
        let error = self.refuse(flaw.reason, &flaw.got);
        if let Some(refusal) = &mut *self.context.refusal.borrow_mut() {
            refusal.path = flaw.path;
        }
        error
    }

    fn deeper<E: Error>(&self) -> Result<Self, E>
    where
        Self: Clone,
    {
        if self.depth == DEPTH_MAX {
            return Err(self.refuse(Reason::TooDeep, "a deeper one"));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..*self
        })
    }

    fn text<E: Error>(&self, text: &str) -> Result<Value, E> {
        match self.wanted.kind() {
            Some(Kind::Text | Kind::Enum(_)) => {
                self.kept(self.wanted.text(text), || text.to_owned())?;
                Ok(Value::Text(text.to_owned()))
            }
            Some(Kind::Bytes) => match base64::decode(text) {
                Some(bytes) => self.bytes(bytes),
                None => Err(self.refuse(Reason::Format, &format!("text \"{text}\""))),
            },
            Some(Kind::Json) => {
                let budget = Budget::default();
                self.json(JsonReader::new(&budget).visit_str(text), &budget)
            }
            _ => Err(self.refuse(Reason::Kind, &format!("text \"{text}\""))),
        }
    }

    fn bytes<E: Error>(&self, bytes: Vec<u8>) -> Result<Value, E> {
        self.kept(self.wanted.bytes(bytes.len()), || {
            format!("{} bytes", bytes.len())
        })?;
        Ok(Value::Bytes(bytes))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        // What comes decides: a hint would let a format convert, say, text to a number.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.wanted.words(Reason::Kind))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        match self.wanted.kind() {
            Some(Kind::Bool) => Ok(Value::Bool(value)),
            Some(Kind::Json) => Ok(Value::Json(Json::Bool(value))),
            _ => Err(self.refuse(Reason::Kind, if value { "true" } else { "false" })),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.number(Number::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.number(Number::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.number(Number::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.text(text)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Value, E> {
        match self.wanted.kind() {
            Some(Kind::Bytes) => self.bytes(bytes.to_owned()),
            _ => Err(self.refuse(Reason::Kind, &format!("{} bytes", bytes.len()))),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.nothing()
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.nothing()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        self.deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Value, A::Error> {
        match self.wanted.kind() {
            Some(Kind::List(_) | Kind::Tuple(_) | Kind::Bytes) => self.elements(elements),
            Some(Kind::Json) => {
                let budget = Budget::default();
                self.json(JsonReader::new(&budget).visit_seq(elements), &budget)
            }
            _ => Err(self.refuse(Reason::Kind, "a list")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Value, A::Error> {
        let form = self.wanted.form();
        let keeps_all = form.is_some_and(|form| form.object.keeps_all());
        if keeps_all || self.is_json() {
            let budget = Budget::default();
            let all = self.json(JsonReader::new(&budget).visit_map(entries), &budget)?;
            return Ok(if keeps_all {
                Value::Object(vec![all])
            } else {
                all
            });
        }
        if let Some(form) = form {
            return Ok(Value::Object(self.fields(form, entries)?));
        }
        match self.wanted.kind() {
            Some(Kind::Map(of)) => self.entries(of, entries),
            Some(Kind::OneOf(_)) => self.case(entries),
            _ => Err(self.refuse(Reason::Kind, "an object")),
        }
    }
}

impl<'a> Reader<'a> {
    /// The elements of a list or a tuple.
    fn elements<'de, A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut values = Vec::new();
        loop {
            let place = Place {
                parent: self.place,
                step: Step::Index(values.len()),
            };
            let of = match self.wanted.kind() {
                Some(Kind::List(of)) if values.len() < LIST_LENGTH_MAX => Some(&**of),
                Some(Kind::Tuple(types)) => types.get(values.len()),
                Some(Kind::Bytes) if values.len() < TEXT_BYTES_MAX => Some(&BYTE),
                _ => None,
            };
            let Some(of) = of else {
                // As long as it may be: is there more?
                return match elements.next_element::<IgnoredAny>()? {
                    None => self.list(values),
                    Some(_) => Err(self.refuse(Reason::TooLong, "a longer one")),
                };
            };
            let element = Reader {
                wanted: self.wanted.part(of),
                optional: false,
                place: Some(&place),
                ..inside
            };
            match elements.next_element_seed(element)? {
                None => return self.list(values),
                Some(value) => values.push(value),
            }
        }
    }

    fn list<E: Error>(self, values: Vec<Value>) -> Result<Value, E> {
        if matches!(self.wanted.kind(), Some(Kind::Bytes)) {
            let byte = |value: &Value| match value {
                Value::Unsigned(byte) => *byte as u8,
                _ => 0,
            };
            return self.bytes(values.iter().map(byte).collect());
        }
        let count = values.len();
        self.kept(self.wanted.items(count), || format!("{count} elements"))?;
        if let Some(index) = self.wanted.repetition(Parts::Values(&values)) {
            let place = Place {
                parent: self.place,
                step: Step::Index(index),
            };
            let words = self.wanted.words(Reason::NotUnique);
            let got = "an element that stands there before";
            return Err(self
                .context
                .refuse(Some(&place), Reason::NotUnique, words, got));
        }
        Ok(Value::List(values))
    }

    /// The values of a map, under any names.
    fn entries<'de, A: MapAccess<'de>>(self, of: &Type, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut values = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            let place = Place {
                parent: self.place,
                step: Step::Name(&name),
            };
            let value = Reader {
                wanted: self.wanted.part(of),
                optional: false,
                place: Some(&place),
                ..inside
            };
            value.kept(self.wanted.name(&name), || format!("{} bytes", name.len()))?;
            let value = entries.next_value_seed(value)?;
            values.push((name, value));
            if values.len() > LIST_LENGTH_MAX {
                return Err(self.refuse(Reason::TooLong, "a larger one"));
            }
        }
        let values = in_order(values);
        let count = values.len();
        self.kept(self.wanted.properties(count), || format!("{count} names"))?;
        Ok(Value::Map(values))
    }

    /// A case of a union. Where its tag does not come first, what comes before is kept meanwhile.
    fn case<'de, A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let Some(union) = self.wanted.union() else {
            return Err(self.refuse(Reason::Kind, "an object"));
        };
        let Some(first) = entries.next_key::<String>()? else {
            return Err(self.untagged());
        };
        if first == union.tag {
            let tag = entries.next_value_seed(JsonReader::new(&Budget::default()))?;
            let index = self.tagged(&tag)?;
            let form = self.wanted.case_form(union, &union.cases[index]);
            return Ok(Value::Case(index, self.fields(form, entries)?));
        }
        let budget = Budget::default();
        let kept = self.keep(first, &mut entries, &budget);
        let kept = match budget.exceeded() {
            Some(_) => return Err(self.refuse(Reason::TooLong, "a larger one, its tag not first")),
            None => kept?,
        };
        let tag = kept.iter().find(|(name, _)| *name == union.tag);
        let Some((_, tag)) = tag else {
            return Err(self.untagged());
        };
        let index = self.tagged(tag)?;
        let form = self.wanted.case_form(union, &union.cases[index]);
        let kept = kept.iter().map(|(name, value)| (name.as_str(), value));
        let fields = self.fields(form, MapDeserializer::<_, json::JsonError>::new(kept));
        Ok(Value::Case(index, fields.map_err(A::Error::custom)?))
    }

    fn keep<'de, A: MapAccess<'de>>(
        &self,
        first: String,
        entries: &mut A,
        budget: &Budget,
    ) -> Result<Vec<(String, Json)>, A::Error> {
        let mut kept = Vec::new();
        let mut name = Some(first);
        while let Some(known) = name {
            let value = entries.next_value_seed(JsonReader::new(budget))?;
            json::insert(&mut kept, known, value);
            name = entries.next_key()?;
        }
        Ok(kept)
    }

    fn untagged<E: Error>(&self) -> E {
        self.refuse(Reason::Missing, "an object without it")
    }

    /// The number of the case that a tag names.
    fn tagged<E: Error>(&self, tag: &Json) -> Result<usize, E> {
        let cases = self.wanted.union().map(|union| &union.cases);
        let position = |name| cases?.iter().position(|case| case.name == name);
        tag.as_text().and_then(position).ok_or_else(|| match tag {
            Json::Text(text) => self.refuse(Reason::Choice, &format!("\"{text}\"")),
            other => self.refuse(Reason::Kind, other.kind()),
        })
    }

    /// The fields of an object, in the order of its form.
    fn fields<'de, A: MapAccess<'de>>(
        self,
        form: Form<'a>,
        mut entries: A,
    ) -> Result<Vec<Value>, A::Error> {
        let inside = self.deeper()?;
        let mut fields = vec![None; form.object.fields.len()];
        while let Some(name) = entries.next_key_seed(FieldName { reader: self, form })? {
            match name {
                Name::Known(index) => {
                    let field = &form.object.fields[index];
                    let value = inside.field(field, form, &mut entries)?;
                    if self.wanted.kind().is_none() && field.name == VERSION_FIELD {
                        self.context.version(&value)?;
                    }
                    fields[index] = Some(value);
                }
                Name::Ignored => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.complete(form, fields)
    }

    fn field<'de, A: MapAccess<'de>>(
        &self,
        field: &'a Field,
        form: Form<'a>,
        entries: &mut A,
    ) -> Result<Value, A::Error> {
        let place = Place {
            parent: self.place,
            step: Step::Name(&field.name),
        };
        entries.next_value_seed(Reader {
            wanted: Wanted::of_type(&field.of, form.scope),
            optional: field.optional,
            place: Some(&place),
            ..*self
        })
    }

    /// Fills in what did not come: a default, an absence, or a refusal.
    fn complete<E: Error>(
        &self,
        form: Form<'_>,
        fields: Vec<Option<Value>>,
    ) -> Result<Vec<Value>, E> {
        let mut complete = Vec::with_capacity(fields.len());
        for (field, value) in form.object.fields.iter().zip(fields) {
            complete.push(match (value, &field.default) {
                // Null for absent, of a peer that writes it, is an absence like any other.
                (Some(Value::Absent) | None, Some(default)) => {
                    self.preset(default.value(), field, form)?
                }
                (Some(value), _) => value,
                (None, None) if field.optional => Value::Absent,
                (None, None) => {
                    let place = Place {
                        parent: self.place,
                        step: Step::Name(&field.name),
                    };
                    let words = Wanted::of_type(&field.of, form.scope).words(Reason::Missing);
                    return Err(self.context.refuse(
                        Some(&place),
                        Reason::Missing,
                        words,
                        "nothing",
                    ));
                }
            });
        }
        Ok(complete)
    }
}

impl Reader<'_> {
    /// A default, unless it is nested too deeply where it stands: it could be written and not read again.
    fn preset<E: Error>(&self, value: Value, field: &Field, form: Form<'_>) -> Result<Value, E> {
        if self.depth + 1 + value.depth() <= DEPTH_MAX {
            return Ok(value);
        }
        let place = Place {
            parent: self.place,
            step: Step::Name(&field.name),
        };
        let words = Wanted::of_type(&field.of, form.scope).words(Reason::TooDeep);
        let got = "a default that is deeper";
        Err(self
            .context
            .refuse(Some(&place), Reason::TooDeep, words, got))
    }
}

/// The position of a field, found without keeping its name.
struct FieldName<'a> {
    reader: Reader<'a>,
    form: Form<'a>,
}

enum Name {
    Known(usize),
    Ignored,
}

impl<'de> DeserializeSeed<'de> for FieldName<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        // A hint would bring the words of serde for every mismatch into the download.
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for FieldName<'_> {
    type Value = Name;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let Self { reader, form } = self;
        if let Some(index) = form.object.index_of(name) {
            return Ok(Name::Known(index));
        }
        if form.tag == Some(name) {
            return Ok(Name::Ignored);
        }
        let context = reader.context;
        match context.policy.unknown.unwrap_or(form.object.unknown) {
            UnknownFields::Ignore | UnknownFields::Keep => Ok(Name::Ignored),
            UnknownFields::Refuse => {
                let place = Place {
                    parent: reader.place,
                    step: Step::Name(name),
                };
                let got = "an unknown field";
                Err(context.refuse(Some(&place), Reason::UnknownField, form.words(), got))
            }
        }
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Name, E> {
        match core::str::from_utf8(name) {
            Ok(name) => self.visit_str(name),
            Err(_) => Err(E::custom("a field name that is not UTF-8")),
        }
    }
}
