//! A description for the other side: as serializable data, and as TypeScript.

use alloc::format;
use alloc::string::String;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::schema::{Field, Kind, Schema, UnknownFields};
use crate::value::{Described, Value};

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Schema", 8)?;
        out.serialize_field("name", &*self.name)?;
        out.serialize_field("version", &self.version)?;
        out.serialize_field("doc", &*self.doc)?;
        out.serialize_field("icon", &*self.icon)?;
        out.serialize_field("signal", &self.signal.as_deref())?;
        let unknown = match self.unknown {
            UnknownFields::Ignore => "ignore",
            UnknownFields::Refuse => "refuse",
        };
        out.serialize_field("unknownFields", unknown)?;
        out.serialize_field("flat", &self.is_flat())?;
        out.serialize_field("fields", &*self.fields)?;
        out.end()
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Field", 8)?;
        out.serialize_field("name", &*self.name)?;
        out.serialize_field("kind", &self.kind)?;
        out.serialize_field("optional", &self.optional)?;
        out.serialize_field("default", &self.default.as_ref().map(ScalarDefault))?;
        out.serialize_field("min", &self.min)?;
        out.serialize_field("max", &self.max)?;
        out.serialize_field("unit", &*self.unit)?;
        out.serialize_field("doc", &*self.doc)?;
        out.end()
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(kind) => {
                let mut out = serializer.serialize_struct("List", 1)?;
                out.serialize_field("list", &**kind)?;
                out.end()
            }
            Self::Object(schema) => {
                let mut out = serializer.serialize_struct("Object", 1)?;
                out.serialize_field("object", &**schema)?;
                out.end()
            }
            scalar => serializer.serialize_str(scalar.name()),
        }
    }
}

/// A default is a scalar; anything else is described as absent.
struct ScalarDefault<'a>(&'a Value);

impl Serialize for ScalarDefault<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Unsigned(value) => serializer.serialize_u64(*value),
            Value::Signed(value) => serializer.serialize_i64(*value),
            Value::F32(value) => serializer.serialize_f32(*value),
            Value::F64(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Absent | Value::List(_) | Value::Object(_) => serializer.serialize_unit(),
        }
    }
}

impl Schema {
    /// The fields of a value as JSON text.
    pub fn to_json(&self, fields: &[Value]) -> String {
        // Checked values hold no non-finite number and no key that is not text.
        serde_json::to_string(&Described {
            schema: self,
            fields,
        })
        .unwrap_or_default()
    }
}

/// The TypeScript interface of a contract, named in PascalCase.
///
/// A field with a default may be left out when writing, which `…Input` allows; reading always
/// finds it.
pub fn typescript(schema: &Schema) -> String {
    let name = pascal_case(&schema.name);
    let mut out = interface(schema, &name, false);
    if schema.fields.iter().any(|field| field.default.is_some()) {
        out.push('\n');
        out.push_str(&interface(schema, &format!("{name}Input"), true));
    }
    out
}

fn interface(schema: &Schema, name: &str, input: bool) -> String {
    let mut out = String::new();
    comment(&mut out, "", &schema.doc);
    out.push_str(&format!("export interface {name} {{\n"));
    for field in schema.fields.iter() {
        let unit = if field.unit.is_empty() {
            String::new()
        } else {
            format!(" [{}]", field.unit)
        };
        comment(&mut out, "  ", &format!("{}{unit}", field.doc));
        let optional = field.optional || (input && field.default.is_some());
        let mark = if optional { "?" } else { "" };
        out.push_str(&format!(
            "  {}{mark}: {};\n",
            field.name,
            type_name(&field.kind)
        ));
    }
    out.push_str("}\n");
    out
}

fn comment(out: &mut String, indent: &str, text: &str) {
    if !text.trim().is_empty() {
        out.push_str(&format!("{indent}/** {} */\n", text.trim()));
    }
}

fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "boolean".into(),
        Kind::Text => "string".into(),
        Kind::List(kind) => format!("{}[]", type_name(kind)),
        Kind::Object(schema) => pascal_case(&schema.name),
        _ => "number".into(),
    }
}

fn pascal_case(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(['_', '.', '-']) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}
