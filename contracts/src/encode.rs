//! Writing a value: its parts as they are lent, its names from the contract.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::base64;
use crate::json::{Json, refuse_foreign};
use crate::number::{Number, shortest_f64};
use crate::schema::{Kind, Schema, Type};
use crate::value::{Entries, Lent, Parts, Value};
use crate::wanted::{Form, Wanted};

/// A value with the description that names its fields, ready for any serializer.
pub struct Described<'a> {
    /// The contract.
    pub schema: &'a Schema,
    /// The fields, in the order of the schema.
    pub fields: Parts<'a>,
}

impl Serialize for Described<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form::of_root(self.schema);
        fields(serializer, form, self.fields, None)
    }
}

impl Schema {
    /// The fields of a value as JSON text.
    pub fn to_json(&self, fields: &[Value]) -> String {
        self.write_json(Parts::Values(fields))
    }

    /// The fields of a value as plain JSON, for a migration.
    pub fn to_plain_json(&self, fields: &[Value]) -> Json {
        Json::Map(fields_to_json(Form::of_root(self), Parts::Values(fields)))
    }

    /// The same for a value of any form.
    pub fn write_json(&self, fields: Parts<'_>) -> String {
        // Checked values hold no non-finite number and no key that is not text.
        serde_json::to_string(&Described {
            schema: self,
            fields,
        })
        .unwrap_or_default()
    }
}

/// Writes the fields that are there; `tag` is the union's, which comes first.
fn fields<S: Serializer>(
    serializer: S,
    form: Form<'_>,
    parts: Parts<'_>,
    tag: Option<(&str, &str)>,
) -> Result<S::Ok, S::Error> {
    if let Some(all) = all_of(form, parts) {
        return all.serialize(serializer);
    }
    let mut map = serializer.serialize_map(None)?;
    if let Some((name, case)) = tag {
        map.serialize_entry(name, case)?;
    }
    for (index, field) in form.object.fields.iter().enumerate() {
        match parts.part(index) {
            Lent::Absent => {}
            lent => {
                let wanted = Wanted::of_type(&field.of, form.scope);
                map.serialize_entry(&*field.name, &Part { lent, wanted })?;
            }
        }
    }
    map.end()
}

/// What an object that keeps every field has kept.
fn all_of<'a>(form: Form<'_>, parts: Parts<'a>) -> Option<Cow<'a, Json>> {
    match parts.part(0) {
        Lent::Json(all) if form.object.keeps_all() => Some(all),
        _ => None,
    }
}

/// One value and its type.
struct Part<'a> {
    lent: Lent<'a>,
    wanted: Wanted<'a>,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { lent, wanted } = self;
        match lent {
            Lent::Absent | Lent::Null => serializer.serialize_unit(),
            Lent::Bool(value) => serializer.serialize_bool(*value),
            Lent::Unsigned(value) => serializer.serialize_u64(*value),
            Lent::Signed(value) => serializer.serialize_i64(*value),
            Lent::F32(value) => serializer.serialize_f32(*value),
            Lent::F64(value) => serializer.serialize_f64(*value),
            Lent::Text(text) => serializer.serialize_str(text),
            Lent::Bytes(bytes) => serializer.serialize_str(&base64::encode(bytes)),
            Lent::Json(json) => json.serialize(serializer),
            Lent::List(parts) => elements(serializer, *parts, *wanted),
            Lent::Map(values) => entries(serializer, *values, *wanted),
            Lent::Object(parts) => match wanted.form() {
                Some(form) => fields(serializer, form, *parts, None),
                None => foreign(serializer),
            },
            Lent::Case(case, parts) => {
                let union = wanted.union();
                match union.and_then(|union| Some((union, union.cases.get(*case)?))) {
                    Some((union, case)) => {
                        let tag = Some((&*union.tag, &*case.name));
                        fields(serializer, wanted.case_form(union, case), *parts, tag)
                    }
                    None => foreign(serializer),
                }
            }
        }
    }
}

/// What is written for a part that is of another contract than its place: who checked the value has none.
fn foreign<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    refuse_foreign()?;
    serializer.serialize_unit()
}

fn elements<S: Serializer>(
    serializer: S,
    parts: Parts<'_>,
    wanted: Wanted<'_>,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(parts.count()))?;
    for index in 0..parts.count() {
        let Some(of) = element_type(wanted, index) else {
            refuse_foreign()?;
            break;
        };
        list.serialize_element(&Part {
            lent: parts.part(index),
            wanted: wanted.part(of),
        })?;
    }
    list.end()
}

/// What an element of a list or a tuple is.
fn element_type(wanted: Wanted<'_>, index: usize) -> Option<&Type> {
    match wanted.kind()? {
        Kind::List(of) => Some(of),
        Kind::Tuple(types) => types.get(index),
        _ => None,
    }
}

fn entries<S: Serializer>(
    serializer: S,
    values: Entries<'_>,
    wanted: Wanted<'_>,
) -> Result<S::Ok, S::Error> {
    let Some(Kind::Map(of)) = wanted.kind() else {
        return foreign(serializer);
    };
    let mut map = serializer.serialize_map(Some(values.count()))?;
    let mut failure = None;
    values.each(&mut |name, lent| {
        let wanted = wanted.part(of);
        failure = map.serialize_entry(name, &Part { lent, wanted }).err();
        failure.is_none()
    });
    match failure {
        Some(error) => Err(error),
        None => map.end(),
    }
}

/// A text that two values of one type share exactly when they are equal.
///
/// It is never shown: names of fields are left out, numbers stand as they are.
pub(crate) fn identity(lent: &Lent<'_>) -> String {
    let parts = |open: &str, parts: Parts<'_>| {
        let mut text = String::from(open);
        for index in 0..parts.count() {
            text += &identity(&parts.part(index));
            text.push(',');
        }
        text + ")"
    };
    match lent {
        Lent::Absent => "-".into(),
        Lent::Null => "null".into(),
        Lent::Bool(value) => if *value { "true" } else { "false" }.into(),
        // Quoted, so that no text can look like a list.
        Lent::Text(text) => serde_json::to_string(text).unwrap_or_default(),
        Lent::Bytes(bytes) => base64::encode(bytes),
        Lent::Json(json) => json.identity().to_text(),
        Lent::List(elements) => parts("(", *elements),
        Lent::Object(fields) => parts("(", *fields),
        Lent::Case(case, fields) => parts(&format!("{case}("), *fields),
        Lent::Map(entries) => {
            let mut text = String::from("{");
            for (name, value) in entries.to_values() {
                text += &serde_json::to_string(&name).unwrap_or_default();
                text += &identity(&value.lend());
            }
            text + "}"
        }
        number => number.number().map(number_identity).unwrap_or_default(),
    }
}

/// Digits that equal numbers share: 1.0 is 1, and minus zero is zero.
fn number_identity(number: Number) -> String {
    match number {
        Number::Float(value) => Number::of_f64(value + 0.0).text(),
        integer => integer.text(),
    }
}

/// A value of a type as plain JSON.
pub(crate) fn to_json(lent: &Lent<'_>, wanted: Wanted<'_>) -> Json {
    let text = |text: &str| Json::Text(text.into());
    match lent {
        Lent::Absent | Lent::Null => Json::Null,
        Lent::Bool(value) => Json::Bool(*value),
        Lent::Unsigned(value) => Json::Number(Number::Unsigned(*value)),
        Lent::Signed(value) => Json::Number(Number::of_i64(*value)),
        Lent::F32(value) => Json::Number(Number::of_f64(shortest_f64(*value))),
        Lent::F64(value) => Json::Number(Number::of_f64(*value)),
        Lent::Text(value) => text(value),
        Lent::Bytes(bytes) => text(&base64::encode(bytes)),
        Lent::Json(json) => json.clone().into_owned(),
        Lent::List(parts) => {
            let element = |index| {
                let wanted = wanted.part(element_type(wanted, index)?);
                Some(to_json(&parts.part(index), wanted))
            };
            Json::List((0..parts.count()).filter_map(element).collect())
        }
        Lent::Map(entries) => {
            let mut out = Vec::new();
            if let Some(Kind::Map(of)) = wanted.kind() {
                entries.each(&mut |name, lent| {
                    out.push((name.into(), to_json(&lent, wanted.part(of))));
                    true
                });
            }
            Json::Map(out)
        }
        Lent::Object(parts) => Json::Map(match wanted.form() {
            Some(form) => fields_to_json(form, *parts),
            None => Vec::new(),
        }),
        Lent::Case(case, parts) => {
            let case = wanted
                .union()
                .and_then(|union| Some((union, union.cases.get(*case)?)));
            Json::Map(match case {
                Some((union, case)) => {
                    let mut out = vec![(union.tag.to_string(), text(&case.name))];
                    out.extend(fields_to_json(wanted.case_form(union, case), *parts));
                    out
                }
                None => Vec::new(),
            })
        }
    }
}

fn fields_to_json(form: Form<'_>, parts: Parts<'_>) -> Vec<(String, Json)> {
    let mut out = Vec::new();
    if let Some(all) = all_of(form, parts) {
        return all.as_map().unwrap_or_default().to_vec();
    }
    for (index, field) in form.object.fields.iter().enumerate() {
        match parts.part(index) {
            Lent::Absent => {}
            lent => {
                let wanted = Wanted::of_type(&field.of, form.scope);
                out.push((field.name.to_string(), to_json(&lent, wanted)));
            }
        }
    }
    out
}
