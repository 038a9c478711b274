//! The checks of one value against one field: the only place where a contract says no.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use crate::decode::{Policy, SAFE_INTEGER_MAX};
use crate::number::Number;
use crate::schema::{Field, Kind, LIST_LENGTH_MAX, Schema, TEXT_BYTES_MAX};
use crate::value::Value;
use crate::violation::{Reason, Violation, shorten};

/// A step from a value to one of its parts.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

/// Where in a value we are: a list of steps that lives on the stack and becomes text on refusal only.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) parent: Option<&'a Place<'a>>,
    pub(crate) step: Step<'a>,
}

impl Place<'_> {
    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        match self.step {
            Step::Field(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
}

/// What a contract asks for, before it is put into words.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    shape: Shape<'a>,
    min: Option<f64>,
    max: Option<f64>,
}

/// A kind, or a contract as a whole, which has no `Kind` of its own to point to.
#[derive(Clone, Copy)]
enum Shape<'a> {
    Kind(&'a Kind),
    Root(&'a Schema),
}

impl<'a> Wanted<'a> {
    pub(crate) fn of_field(field: &'a Field) -> Self {
        Self {
            shape: Shape::Kind(&field.kind),
            min: field.min,
            max: field.max,
        }
    }

    /// A value of the contract itself.
    pub(crate) fn of_root(schema: &'a Schema) -> Self {
        Self {
            shape: Shape::Root(schema),
            min: None,
            max: None,
        }
    }

    /// An element of a list: the kind alone, without a range.
    pub(crate) fn of_kind(kind: &'a Kind) -> Self {
        Self {
            shape: Shape::Kind(kind),
            min: None,
            max: None,
        }
    }

    /// The kind, unless the contract as a whole is wanted.
    pub(crate) fn kind(&self) -> Option<&'a Kind> {
        match self.shape {
            Shape::Kind(kind) => Some(kind),
            Shape::Root(_) => None,
        }
    }

    /// The contract of an object, if an object is wanted.
    pub(crate) fn object(&self) -> Option<&'a Schema> {
        match self.shape {
            Shape::Root(schema) => Some(schema),
            Shape::Kind(Kind::Object(schema)) => Some(schema),
            Shape::Kind(_) => None,
        }
    }

    /// The words of a refusal.
    pub(crate) fn words(&self) -> String {
        if let Some(schema) = self.object() {
            return format!("an object of the contract {}", schema.name);
        }
        let Some(kind) = self.kind() else {
            return String::new();
        };
        let noun = match kind {
            Kind::Bool => return "true or false".into(),
            Kind::Text => return format!("text of at most {TEXT_BYTES_MAX} bytes"),
            Kind::List(_) => return format!("a list of at most {LIST_LENGTH_MAX} elements"),
            Kind::Float { .. } => "number",
            _ => "integer",
        };
        match (self.min, self.max) {
            (Some(min), Some(max)) => {
                format!(
                    "{} {noun} from {} to {}",
                    article(noun),
                    short(min),
                    short(max)
                )
            }
            (Some(min), None) => format!("{} {noun} from {}", article(noun), short(min)),
            (None, Some(max)) => format!("{} {noun} up to {}", article(noun), short(max)),
            (None, None) if noun == "number" => format!("a finite number ({})", kind.name()),
            (None, None) => format!("an integer ({})", kind.name()),
        }
    }

    /// Turns a number into a checked value of this kind, or says why not.
    pub(crate) fn number(&self, number: Number, policy: Policy) -> Result<Value, Reason> {
        let value = match self.kind() {
            Some(&Kind::Float { bits }) => float(number, bits)?,
            Some(&Kind::Unsigned { bits }) => {
                let integer = number.to_u64()?;
                if bits < 64 && integer >> bits != 0 {
                    return Err(Reason::Range);
                }
                refuse_unsafe(integer, policy)?;
                Value::Unsigned(integer)
            }
            Some(&Kind::Signed { bits }) => {
                let integer = number.to_i64()?;
                let limit = 1_i64.checked_shl(u32::from(bits) - 1).unwrap_or(i64::MIN);
                if bits < 64 && (integer < -limit || integer >= limit) {
                    return Err(Reason::Range);
                }
                refuse_unsafe(integer.unsigned_abs(), policy)?;
                Value::Signed(integer)
            }
            _ => return Err(Reason::Kind),
        };
        let plain = number.to_f64();
        if self.min.is_some_and(|min| plain < min) || self.max.is_some_and(|max| plain > max) {
            return Err(Reason::Range);
        }
        Ok(value)
    }
}

fn float(number: Number, bits: u8) -> Result<Value, Reason> {
    let wide = number.to_f64();
    let narrow = wide as f32;
    let fits = if bits == 32 {
        narrow.is_finite()
    } else {
        wide.is_finite()
    };
    match bits {
        _ if !fits => Err(Reason::NotFinite),
        32 => Ok(Value::F32(narrow)),
        _ => Ok(Value::F64(wide)),
    }
}

fn refuse_unsafe(magnitude: u64, policy: Policy) -> Result<(), Reason> {
    if policy.safe_integers && magnitude > SAFE_INTEGER_MAX {
        return Err(Reason::UnsafeInteger);
    }
    Ok(())
}

/// A bound in words.
fn short(bound: f64) -> String {
    Number::Float(bound).text()
}

fn article(noun: &str) -> &'static str {
    if noun == "integer" { "an" } else { "a" }
}

impl Schema {
    /// A refusal of the value at `place`.
    pub(crate) fn refuse(
        &self,
        place: Option<&Place<'_>>,
        reason: Reason,
        expected: String,
        got: &str,
    ) -> Box<Violation> {
        let mut path = String::new();
        if let Some(place) = place {
            place.write(&mut path);
        }
        let expected = match reason {
            Reason::UnsafeInteger => {
                format!("an integer that JavaScript holds exactly (up to {SAFE_INTEGER_MAX})")
            }
            _ => expected,
        };
        Box::new(Violation {
            record: None,
            schema: self.name.clone(),
            path,
            expected,
            got: shorten(got),
            reason,
        })
    }

    /// A refusal of input that could not be read at all.
    pub fn malformed(&self, got: &str) -> Box<Violation> {
        self.refuse(
            None,
            Reason::Malformed,
            format!("a value of the contract {}", self.name),
            got,
        )
    }

    /// Refuses fields that were not decoded but built, e.g. by a producer in Rust.
    pub fn check_fields(&self, fields: &[Value]) -> Result<(), Box<Violation>> {
        self.check_fields_at(fields, None, self)
    }

    fn check_fields_at(
        &self,
        fields: &[Value],
        parent: Option<&Place<'_>>,
        root: &Schema,
    ) -> Result<(), Box<Violation>> {
        if fields.len() != self.fields.len() {
            return Err(root.malformed("another number of fields"));
        }
        for (field, value) in self.fields.iter().zip(fields) {
            let place = Place {
                parent,
                step: Step::Field(&field.name),
            };
            if *value == Value::Absent {
                if !field.optional {
                    let words = Wanted::of_field(field).words();
                    return Err(root.refuse(Some(&place), Reason::Missing, words, "nothing"));
                }
                continue;
            }
            check_value(value, Wanted::of_field(field), &place, root)?;
        }
        Ok(())
    }
}

fn check_value(
    value: &Value,
    wanted: Wanted<'_>,
    place: &Place<'_>,
    root: &Schema,
) -> Result<(), Box<Violation>> {
    let refuse = |reason, got: &str| Err(root.refuse(Some(place), reason, wanted.words(), got));
    let Some(kind) = wanted.kind() else {
        return Ok(());
    };
    let number = match (value, kind) {
        (Value::Bool(_), Kind::Bool) => return Ok(()),
        (Value::Text(text), Kind::Text) if text.len() <= TEXT_BYTES_MAX => return Ok(()),
        (Value::Text(text), Kind::Text) => return refuse(Reason::TooLong, text),
        (Value::List(values), Kind::List(_)) if values.len() > LIST_LENGTH_MAX => {
            return refuse(Reason::TooLong, &format!("{} elements", values.len()));
        }
        (Value::List(values), Kind::List(kind)) => {
            return values.iter().enumerate().try_for_each(|(index, value)| {
                let place = Place {
                    parent: Some(place),
                    step: Step::Index(index),
                };
                check_value(value, Wanted::of_kind(kind), &place, root)
            });
        }
        (Value::Object(fields), Kind::Object(schema)) => {
            return schema.check_fields_at(fields, Some(place), root);
        }
        (Value::Unsigned(integer), _) => Number::Unsigned(*integer),
        (Value::Signed(integer), _) => Number::Signed(*integer),
        (Value::F32(float), _) => Number::Float(f64::from(*float)),
        (Value::F64(float), _) => Number::Float(*float),
        _ => return refuse(Reason::Kind, "another kind of value"),
    };
    match wanted.number(number, Policy::default()) {
        Ok(_) => Ok(()),
        Err(reason) => refuse(reason, &number.text()),
    }
}
