//! From a file to a contract.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::kinds::{Kinds, is_endless};
use super::{CONTRACTS_MAX, FIELD_NAME_BYTES_MAX, FIELDS_MAX, FileError, Node, steps};
use crate::field::Preset;
use crate::json::Json;
use crate::migrate::Migrations;
use crate::registry::is_name;
use crate::schema::{Field, Object, Ref, Schema, UnknownFields};

const ROOT: &[&str] = &[
    "name",
    "version",
    "doc",
    "icon",
    "signal",
    "unknownFields",
    "fields",
    "contracts",
    "migrations",
];

const FIELD: &[&str] = &["name", "kind", "optional", "default", "unit", "doc", "icon"];

impl Schema {
    /// Reads a contract file. It is within the limits of [`Json`] already.
    ///
    /// # Errors
    /// Says where the file cannot be used and what was expected there.
    pub fn from_file(file: &Json) -> Result<Self, FileError> {
        let root = Node {
            json: file,
            place: None,
        };
        root.map("an object with name, version and fields")?;
        // A default is a value of the contract: it is read by the contract without defaults.
        let bare = Reader::new(root, None)?.schema(root)?;
        let schema = Reader::new(root, Some(&bare))?.schema(root)?;
        match is_endless(&schema) {
            None => Ok(schema),
            Some(name) => Err(root.refuse_got(
                "a contract of which there is a value: make a field optional, nullable or a list",
                &format!("'{name}', which nests in itself without an end"),
            )),
        }
    }
}

/// Reads one file.
pub(super) struct Reader<'a> {
    /// The names that `{ "contract": … }` knows, by number.
    names: Vec<&'a str>,
    /// The same file without defaults, in the second reading.
    bare: Option<&'a Schema>,
}

impl<'a> Reader<'a> {
    fn new(root: Node<'a>, bare: Option<&'a Schema>) -> Result<Self, FileError> {
        let mut names = Vec::new();
        names.extend(root.json.get("name").and_then(Json::as_text));
        let nested = root.json.get("contracts").and_then(Json::as_list);
        for contract in nested.unwrap_or_default() {
            // One without a name is refused where it is read.
            names.push(contract.get("name").and_then(Json::as_text).unwrap_or(""));
        }
        Ok(Self { names, bare })
    }

    /// The number of a contract.
    pub(super) fn number_of(&self, name: &str) -> Option<u16> {
        let position = self.names.iter().position(|known| *known == name)?;
        u16::try_from(position).ok()
    }

    pub(super) fn names(&self) -> String {
        self.names.join(", ")
    }

    fn schema(&self, root: Node<'_>) -> Result<Schema, FileError> {
        root.object("a contract file", ROOT)?;
        let contracts = root.get("contracts", |node| self.contracts(node))?;
        let mut schema = self.contract(root)?;
        schema.contracts = Ref::Shared(contracts.unwrap_or_default().into());
        let migrations = root.get("migrations", |node| steps::read(node, schema.version))?;
        if let Some(migrations) = migrations {
            schema.migrations = Migrations::Given(Arc::from(migrations));
        }
        Ok(schema)
    }

    fn contracts(&self, node: Node<'_>) -> Result<Vec<Schema>, FileError> {
        let mut seen: Vec<&str> = self.names.first().copied().into_iter().collect();
        let contracts = node.each("a list of contracts", |node| {
            node.object("a nested contract", &ROOT[..7])?;
            let name = node.json.get("name").and_then(Json::as_text).unwrap_or("");
            if seen.contains(&name) {
                return node.need("name", "a name", |node| {
                    Err(node.refuse("a name that no other contract of the file has"))
                });
            }
            if let Some(known) = self.names.iter().find(|known| **known == name) {
                seen.push(known);
            }
            self.contract(node)
        })?;
        if contracts.len() >= CONTRACTS_MAX {
            let expected = format!("fewer than {CONTRACTS_MAX} contracts");
            return Err(node.refuse_got(expected, &format!("{}", contracts.len())));
        }
        Ok(contracts)
    }

    /// A contract without those that nest in it.
    fn contract(&self, node: Node<'_>) -> Result<Schema, FileError> {
        let name = node.need("name", "the contract's name", contract_name)?;
        let version = node.get("version", version)?.unwrap_or(1);
        let object = self.object(node)?;
        let signal = node.get("signal", |node| signal(node, &object))?;
        Ok(Schema {
            name,
            version,
            doc: node.get("doc", words)?.unwrap_or_default(),
            icon: node.get("icon", words)?.unwrap_or_default(),
            signal,
            object,
            contracts: Ref::Static(&[]),
            migrations: Migrations::NONE,
        })
    }

    /// `fields` and `unknownFields` of a contract, an inline object or a case.
    pub(super) fn object(&self, node: Node<'_>) -> Result<Object, FileError> {
        let fields = node.need("fields", "a list of fields", |node| self.fields(node))?;
        let unknown = node.get("unknownFields", |node| match node.json.as_text() {
            Some("ignore") => Ok(UnknownFields::Ignore),
            Some("refuse") => Ok(UnknownFields::Refuse),
            _ => Err(node.refuse("\"ignore\" or \"refuse\"")),
        })?;
        Ok(Object {
            fields: Ref::Shared(fields.into()),
            unknown: unknown.unwrap_or_default(),
        })
    }

    fn fields(&self, node: Node<'_>) -> Result<Vec<Field>, FileError> {
        let count = node.list("a list of fields")?.len();
        if count > FIELDS_MAX {
            let expected = format!("at most {FIELDS_MAX} fields");
            return Err(node.refuse_got(expected, &format!("{count}")));
        }
        let mut names: Vec<String> = Vec::new();
        node.each("a list of fields", |node| {
            let field = self.field(node)?;
            if names.iter().any(|name| *name == field.name) {
                return node.need("name", "a name", |node| {
                    Err(node.refuse("a name that no other field has"))
                });
            }
            names.push(field.name.clone().into_owned());
            Ok(field)
        })
    }

    fn field(&self, node: Node<'_>) -> Result<Field, FileError> {
        node.map("a field: an object with name and kind")?;
        let name = node.need("name", "the field's name", field_name)?;
        let of = Kinds { reader: self }.beside(node, FIELD)?;
        let default = node.get("default", |node| match self.bare {
            None => Ok(Preset::Given(crate::value::Value::Absent)),
            Some(bare) => {
                let value = bare.decode_type(node.json, &of);
                let value = value.map_err(|violation| {
                    let mut refused = node.refuse_got(violation.expected, &violation.got);
                    if !violation.path.is_empty() {
                        refused.place = refused.place + " at " + &violation.path;
                    }
                    refused
                })?;
                Ok(Preset::Given(value))
            }
        })?;
        Ok(Field {
            name,
            of,
            optional: node.get("optional", boolean)?.unwrap_or(false),
            default: default.filter(|_| self.bare.is_some()),
            unit: node.get("unit", words)?.unwrap_or_default(),
            doc: node.get("doc", words)?.unwrap_or_default(),
            icon: node.get("icon", words)?.unwrap_or_default(),
        })
    }
}

fn contract_name(node: Node<'_>) -> Result<Cow<'static, str>, FileError> {
    let name = node.text("the contract's name, a text")?;
    if !is_name(name) {
        return Err(node.refuse("1 to 128 of a-z 0-9 _ . -"));
    }
    Ok(Cow::Owned(name.into()))
}

/// A name of a field, a tag or a case.
pub(super) fn field_name(node: Node<'_>) -> Result<Cow<'static, str>, FileError> {
    let name = node.text("a name, a text")?;
    let fits = !name.is_empty()
        && name.len() <= FIELD_NAME_BYTES_MAX
        && !name.chars().any(char::is_control);
    if !fits {
        let expected =
            format!("a name of 1 to {FIELD_NAME_BYTES_MAX} bytes without control characters");
        return Err(node.refuse(expected));
    }
    // In JavaScript an assignment to it changes what the object is, and makes no field.
    if name == "__proto__" {
        return Err(node.refuse("another name than __proto__"));
    }
    Ok(Cow::Owned(name.into()))
}

fn version(node: Node<'_>) -> Result<u32, FileError> {
    let number = node
        .json
        .as_number()
        .and_then(|number| number.to_u64().ok());
    match number.and_then(|number| u32::try_from(number).ok()) {
        Some(version) if version > 0 => Ok(version),
        _ => Err(node.refuse("an integer from 1 to 4294967295")),
    }
}

fn signal(node: Node<'_>, object: &Object) -> Result<Cow<'static, str>, FileError> {
    let name = node.text("the name of a field")?;
    let field = object.fields.iter().find(|field| field.name == name);
    match field {
        Some(field) if field.of.kind.is_number() => Ok(Cow::Owned(name.into())),
        Some(_) => Err(node.refuse("the name of a field that is a number")),
        None => Err(node.refuse("the name of a field of this contract")),
    }
}

pub(super) fn words(node: Node<'_>) -> Result<Cow<'static, str>, FileError> {
    Ok(Cow::Owned(node.text("a text")?.into()))
}

pub(super) fn boolean(node: Node<'_>) -> Result<bool, FileError> {
    node.json
        .as_bool()
        .ok_or_else(|| node.refuse("true or false"))
}
