//! From a file to a contract.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::endless::is_endless;
use super::parts::{boolean, field_name};
use super::{CONTRACTS_MAX, FIELDS_MAX, FileError, Node, Read, steps};
use crate::json::Json;
use crate::migrate::{Migrations, VERSION_FIELD};
use crate::number::Number;
use crate::preset::Preset;
use crate::registry::is_name;
use crate::schema::{Field, Kind, Link, Object, Ref, Schema, UnknownFields};
use crate::wanted::listed;

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

/// Without those that only the root has.
const NESTED: &[&str] = ROOT.split_at(ROOT.len() - 2).0;

const FIELD: &[&str] = &["name", "kind", "optional", "default", "unit", "doc", "icon"];

impl Schema {
    /// Reads a contract file. It is within the limits of [`Json`] already.
    ///
    /// # Errors
    /// Says where the file cannot be used and what was expected there.
    pub fn from_file(file: &Json) -> Result<Self, FileError> {
        read(file).map_err(|error| *error)
    }
}

fn read(file: &Json) -> Read<Schema> {
    let root = Node::root(file);
    root.need_json()?;
    root.map("an object with name, version and fields")?;
    // A default is a value of the contract: it is read by the contract without defaults.
    let bare = Reader::new(file, None).schema(&root)?;
    let schema = Reader::new(file, Some(&bare)).schema(&root)?;
    match is_endless(&schema) {
        None => Ok(schema),
        Some(name) => Err(root.refuse_got(
            "a contract of which there is a value: make a field optional, nullable or a list",
            &format!("'{name}', which nests in itself without an end"),
        )),
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
    fn new(file: &'a Json, bare: Option<&'a Schema>) -> Self {
        // One without a name is refused where it is read.
        let name = |contract: &'a Json| contract.get("name").and_then(Json::as_text).unwrap_or("");
        let mut names = alloc::vec![name(file)];
        let nested = file.get("contracts").and_then(Json::as_list);
        names.extend(nested.unwrap_or_default().iter().map(name));
        Self { names, bare }
    }

    /// The number of a contract.
    pub(super) fn number_of(&self, name: &str) -> Option<u16> {
        let position = self.names.iter().position(|known| *known == name)?;
        u16::try_from(position).ok()
    }

    /// Whether the contract of a link has a field of this name; known in the second reading.
    pub(super) fn has_field(&self, link: Link, name: &str) -> bool {
        self.bare
            .is_some_and(|bare| bare.follow(link).0.index_of(name).is_some())
    }

    pub(super) fn names(&self) -> String {
        listed(&self.names)
    }

    fn schema(&self, root: &Node<'_>) -> Read<Schema> {
        root.only("a contract file", ROOT)?;
        let mut schema = self.contract(root)?;
        default_version(root, &schema)?;
        if let Some(node) = root.get("contracts") {
            schema.contracts = Ref::Shared(self.contracts(&node)?.into());
        }
        if let Some(node) = root.get("migrations") {
            schema.migrations = Migrations::Given(Arc::from(steps::read(&node, schema.version)?));
        }
        Ok(schema)
    }

    fn contracts(&self, node: &Node<'_>) -> Read<Vec<Schema>> {
        let count = node.list("a list of contracts")?;
        if count >= CONTRACTS_MAX {
            let expected = format!("fewer than {CONTRACTS_MAX} contracts");
            return Err(node.refuse_got(&expected, &format!("{count}")));
        }
        let mut contracts = Vec::with_capacity(count);
        for index in 0..count {
            let node = node.at(index);
            node.only("a nested contract", NESTED)?;
            let contract = self.contract(&node)?;
            // The root's name stands at 0, that of this one behind those before it.
            if self.number_of(&contract.name) != u16::try_from(index + 1).ok() {
                let expected = "a name that no other contract of the file has";
                return Err(node.refuse_at("name", expected, &contract.name));
            }
            contracts.push(contract);
        }
        Ok(contracts)
    }

    /// A contract without those that nest in it.
    fn contract(&self, node: &Node<'_>) -> Read<Schema> {
        let name = contract_name(&node.need("name", "the contract's name")?)?;
        let version = match node.get("version") {
            Some(node) => node.whole(1, u32::MAX)?,
            None => 1,
        };
        let object = self.object(node)?;
        version_kind(node, &object)?;
        let signal = match node.get("signal") {
            Some(node) => Some(signal(&node, &object)?),
            None => None,
        };
        Ok(Schema {
            name,
            version,
            doc: words(node, "doc")?,
            icon: words(node, "icon")?,
            signal,
            object,
            contracts: Ref::Static(&[]),
            migrations: Migrations::NONE,
        })
    }

    /// `fields` and `unknownFields` of a contract, an inline object or a case.
    pub(super) fn object(&self, node: &Node<'_>) -> Read<Object> {
        let fields = self.fields(&node.need("fields", "a list of fields")?)?;
        let is_root = node.place.is_none();
        let unknown = match node.get("unknownFields") {
            None => UnknownFields::Ignore,
            Some(node) => match node.json.as_text() {
                Some("ignore") => UnknownFields::Ignore,
                Some("refuse") => UnknownFields::Refuse,
                // Only of the contract as a whole: within another one a map says the same.
                Some("keep") if is_root && fields.is_empty() => return Ok(Object::ANY),
                _ => {
                    let words = "\"ignore\", \"refuse\" or, of the contract itself without fields, \"keep\"";
                    return Err(node.refuse(words));
                }
            },
        };
        Ok(Object {
            fields: Ref::Shared(fields.into()),
            unknown,
        })
    }

    fn fields(&self, node: &Node<'_>) -> Read<Vec<Field>> {
        let count = node.list("a list of fields")?;
        if count > FIELDS_MAX {
            let expected = format!("at most {FIELDS_MAX} fields");
            return Err(node.refuse_got(&expected, &format!("{count}")));
        }
        let mut fields: Vec<Field> = Vec::with_capacity(count);
        for index in 0..count {
            let node = node.at(index);
            let field = self.field(&node)?;
            if fields.iter().any(|known| known.name == field.name) {
                return Err(node.refuse_at("name", "a name that no other field has", &field.name));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn field(&self, node: &Node<'_>) -> Read<Field> {
        node.map("a field: an object with name and kind")?;
        let name = field_name(&node.need("name", "the field's name")?)?;
        let of = self.beside(node, FIELD)?;
        let default = match (node.get("default"), self.bare) {
            (Some(node), Some(bare)) => {
                let value = bare.decode_type(node.json, &of).map_err(|refused| {
                    let mut error = node.refuse_got(&refused.expected, &refused.got);
                    if !refused.path.is_empty() {
                        error.place = error.place + " at " + &refused.path;
                    }
                    error
                })?;
                Some(Preset::Given(value))
            }
            _ => None,
        };
        // A default within a default is stated like any other field: nothing would fill it in again.
        let is_filled_in = self.bare.is_none() && node.get("default").is_some();
        Ok(Field {
            name,
            of,
            optional: boolean(node, "optional")? && !is_filled_in,
            default,
            unit: words(node, "unit")?,
            doc: words(node, "doc")?,
            icon: words(node, "icon")?,
        })
    }
}

/// A number of the version's name that is none would be taken for the version by people and not by programs. What is no number,
/// such as a text, is a field like any other.
fn version_kind(node: &Node<'_>, object: &Object) -> Read<()> {
    let Some(index) = object.index_of(VERSION_FIELD) else {
        return Ok(());
    };
    let kind = &object.fields[index].of.kind;
    let is_number = match kind {
        Kind::Nullable(inner) => inner.kind.is_number(),
        Kind::Float { .. } | Kind::Time => true,
        _ => false,
    };
    if is_number {
        let fields = node.need("fields", "a list of fields")?;
        let expected =
            "an integer that is not nullable, since it is the version, or what is no number";
        return Err(fields.at(index).refuse_at("kind", expected, kind.name()));
    }
    Ok(())
}

/// A value that does not say its version is of this one: the default must not say otherwise.
fn default_version(root: &Node<'_>, schema: &Schema) -> Read<()> {
    let Some(index) = schema.version_index() else {
        return Ok(());
    };
    let default = schema.fields()[index].default.as_ref();
    let said = default.and_then(|default| default.value().lend().number());
    match said {
        Some(said) if said != Number::Unsigned(schema.version.into()) => {
            let fields = root.need("fields", "a list of fields")?;
            let expected = format!("{}, the version of the contract", schema.version);
            let field = fields.at(index);
            Err(field.refuse_at("default", &expected, &said.text()))
        }
        _ => Ok(()),
    }
}

fn contract_name(node: &Node<'_>) -> Read<Cow<'static, str>> {
    let words = "the contract's name: 1 to 128 of a-z 0-9 _ . -";
    let name = node.text(words)?;
    if is_name(name) {
        Ok(Cow::Owned(name.into()))
    } else {
        Err(node.refuse(words))
    }
}

fn signal(node: &Node<'_>, object: &Object) -> Read<Cow<'static, str>> {
    let name = node.text("the name of a field")?;
    let field = object.fields.iter().find(|field| field.name == name);
    if field.is_some_and(|field| field.of.kind.is_number()) {
        Ok(Cow::Owned(name.into()))
    } else {
        Err(node.refuse("the name of a field of this contract that is a number"))
    }
}

/// Words for people; none if they are not there.
fn words(node: &Node<'_>, name: &str) -> Read<Cow<'static, str>> {
    match node.get(name) {
        Some(node) => Ok(Cow::Owned(node.text("a text")?.into())),
        None => Ok(Cow::Borrowed("")),
    }
}
