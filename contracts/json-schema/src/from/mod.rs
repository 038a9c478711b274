//! From a JSON Schema to a contract file.

mod choice;
mod flat;
mod keywords;
mod list;
mod name;
mod number;
mod object;
mod said;
mod text;
mod typed;

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::Json;

use crate::build::{Entries, count, one, put, text as text_of};
use crate::document::{Document, is_same};
use crate::error::{Refusal, Result, SchemaError};
use name::Names;
use said::{Conjunction, Flat, Type};
use typed::{Typed, no_default};

pub(crate) use number::{TIME_MS_MAX, integer_format, number_of};

/// Deepest nesting of kinds: that of values.
const DEPTH_MAX: usize = 32;

/// Schemas that are looked at for one contract, each time that one is: a small document can name a part of itself
/// over and over.
const SCHEMAS_MAX: usize = 20_000;

/// What a schema does not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The contract's name; without one it is the schema's `title` in snake_case.
    pub name: Option<String>,
    /// The contract's version, from 1.
    pub version: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: None,
            version: 1,
        }
    }
}

/// What a value is, as a contract file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeOf {
    /// `kind` and the rules beside it, as they stand in a field.
    pub kind: Vec<(String, Json)>,
    /// The contracts that the kind names.
    pub contracts: Vec<Json>,
}

/// Makes a contract file of the schema of an object.
///
/// Where the two differ, a contract is what a record's value is, not what may be sent: a property with a `default` may
/// be left out even if it is required, and null for an optional one is its absence. `format` is asserted.
///
/// # Errors
/// Names the first keyword that a contract cannot say, and its place.
pub fn from_json_schema(
    schema: &Json,
    options: &Options,
) -> core::result::Result<Json, SchemaError> {
    from_json_schema_judged(schema, options, &[])
}

/// The same where nothing was installed that judges patterns: the caller has judged those of the schema, and says
/// which are none, each with the reason.
///
/// # Errors
/// As [`from_json_schema`].
pub fn from_json_schema_judged(
    schema: &Json,
    options: &Options,
    no_patterns: &[(String, Json)],
) -> core::result::Result<Json, SchemaError> {
    let document = Document::new(schema);
    let mut converter = Converter::new(&document);
    converter.no_patterns = no_patterns;
    let file = converter.contract(options);
    file.map_err(|refusal| refusal.placed(&document))
}

/// What the values of a schema are, of any type: for one property, or the whole of a schema that is no object.
///
/// # Errors
/// As [`from_json_schema`].
pub fn type_from_json_schema(schema: &Json) -> core::result::Result<TypeOf, SchemaError> {
    let document = Document::new(schema);
    let mut converter = Converter::new(&document);
    let of = converter.type_of();
    of.map_err(|refusal| refusal.placed(&document))
}

/// A contract that is named before it is made.
struct Pending<'a> {
    schema: &'a Json,
    /// The tag of the union of which it is a case.
    tag: Option<&'a str>,
    name: String,
}

struct Converter<'d, 'a> {
    document: &'d Document<'a>,
    /// Texts that are known to be no patterns, and why.
    no_patterns: &'d [(String, Json)],
    root_name: Option<String>,
    /// What the contract itself is made of.
    root_schemas: Vec<&'a Json>,
    names: Names,
    /// Schemas that became contracts, and their names; in this order they are made.
    contracts: Vec<Pending<'a>>,
    /// Schemas that are being written where they are named.
    open: Vec<&'a Json>,
    depth: usize,
    schemas_left: usize,
}

impl<'d, 'a> Converter<'d, 'a> {
    fn new(document: &'d Document<'a>) -> Self {
        Self {
            document,
            no_patterns: &[],
            root_name: None,
            root_schemas: Vec::new(),
            names: Names::default(),
            contracts: Vec::new(),
            open: Vec::new(),
            depth: 0,
            schemas_left: SCHEMAS_MAX,
        }
    }

    /// The contract file of the document.
    fn contract(&mut self, options: &Options) -> Result<'a, Json> {
        let root = self.document.root();
        self.root_schemas = self.aliases()?;
        let mut flat = self.flatten(&Conjunction::of(root))?;
        let refuse = |keyword, reason| Err(Refusal::new(keyword, root, reason));
        if let Some(choice) = flat.choices.first() {
            return Err(choice.origin.refuse(
                "a contract is one object: put the choice into a property, or make a contract of each",
            ));
        }
        // A contract is an object: at the root alone, nobody needs to say so.
        let types = flat.types.get_or_insert_with(|| alloc::vec![Type::Object]);
        if *types != [Type::Object] || flat.allowed.is_some() {
            return refuse(
                "type",
                "a contract is an object: put what it is into a property",
            );
        }
        if !flat.has_fields() {
            return refuse(
                "properties",
                "a contract has fields: put a map into a property",
            );
        }
        no_default(&flat.words)?;
        let title = flat.words.title.map(name::of_title);
        let Some(name) = options.name.clone().or(title) else {
            return refuse(
                "title",
                "the contract needs a name: give one as an option or here",
            );
        };
        if !name::is_contract_name(&name) {
            return refuse("title", "a contract's name has 1 to 128 of a-z 0-9 _ . -");
        }
        self.names.take(&name);
        self.root_name = Some(name.clone());
        let body = self.object(&flat, None)?;
        // The title became the name.
        if options.name.is_none() || flat.words.title == Some(name.as_str()) {
            flat.words.title = None;
        }
        let mut file = Entries::new();
        put(&mut file, "name", Json::Text(name));
        match of_contract(&flat, "x-aimdb-version") {
            Some(version) if options.version == 1 => put(&mut file, "version", version),
            _ => put(&mut file, "version", count(options.version.into())),
        }
        self.describe(&mut file, &flat);
        file.extend(body);
        let contracts = self.contracts()?;
        if !contracts.is_empty() {
            put(&mut file, "contracts", Json::List(contracts));
        }
        if let Some(migrations) = of_contract(&flat, "x-aimdb-migrations") {
            put(&mut file, "migrations", migrations);
        }
        Ok(Json::Map(file))
    }

    fn type_of(&mut self) -> Result<'a, TypeOf> {
        let typed = self.typed(&Conjunction::of(self.document.root()))?;
        no_default(&typed.words)?;
        Ok(TypeOf {
            kind: typed.beside(),
            contracts: self.contracts()?,
        })
    }

    /// What stands beside the fields of a contract.
    fn describe(&self, file: &mut Entries, flat: &Flat<'a>) {
        if let Some(doc) = flat.words.doc() {
            put(file, "doc", Json::Text(doc));
        }
        if let Some(icon) = flat.words.icon {
            put(file, "icon", text_of(icon));
        }
        if let Some(signal) = of_contract(flat, "x-aimdb-signal") {
            put(file, "signal", signal);
        }
    }

    fn spend(&mut self, schema: &'a Json) -> Result<'a, ()> {
        match self.schemas_left.checked_sub(1) {
            Some(left) => {
                self.schemas_left = left;
                Ok(())
            }
            None => Err(Refusal::new(
                "$ref",
                schema,
                "more than 20000 schemas in all",
            )),
        }
    }

    /// The root, and where it leads if it is nothing but a reference.
    fn aliases(&self) -> Result<'a, Vec<&'a Json>> {
        let mut schema = self.document.root();
        let mut schemas = alloc::vec![schema];
        while let Some(reference) = lone_reference(schema) {
            schema = self.document.resolve(schema, reference)?;
            if schemas.iter().any(|known| is_same(known, schema)) {
                return Err(Refusal::new("$ref", schema, "leads back to itself"));
            }
            schemas.push(schema);
        }
        Ok(schemas)
    }

    /// What a value of all these schemas is.
    fn typed(&mut self, all: &Conjunction<'a>) -> Result<'a, Typed<'a>> {
        if self.depth == DEPTH_MAX {
            let reason = "schemas nest more than 32 deep";
            return Err(Refusal::new("$ref", all.at(), reason));
        }
        self.depth += 1;
        let typed = match all.schemas.as_slice() {
            [schema] => match self.target(schema)? {
                Some(target) => self.link(schema, target),
                None => self.inline(all),
            },
            _ => self.inline(all),
        };
        self.depth -= 1;
        typed
    }

    /// A schema that is nothing but a reference. An object becomes a contract of its own, which may nest in itself;
    /// anything else is written where it is referred to.
    fn link(&mut self, schema: &'a Json, target: &'a Json) -> Result<'a, Typed<'a>> {
        let flat = self.flatten(&Conjunction::of(target))?;
        if flat.is_object() {
            let name = self.contract_of(target, None, flat.words.title);
            let mut typed = Typed::of(one("contract", Json::Text(name)));
            // What is said beside the reference is said of the field.
            typed.words = keywords::words_of(schema)?;
            return Ok(typed);
        }
        if self.open.iter().any(|known| is_same(known, target)) {
            let reason = "only an object can nest in itself";
            return Err(Refusal::new("$ref", schema, reason));
        }
        self.open.push(target);
        // From the reference on, since words beside it count more.
        let typed = self.inline(&Conjunction::of(schema));
        self.open.pop();
        typed
    }

    /// Where a reference leads that has nothing beside it but words.
    fn target(&self, schema: &'a Json) -> Result<'a, Option<&'a Json>> {
        let mut found = None;
        let mut at = schema;
        let mut steps = 0;
        while let Some(reference) = lone_reference(at) {
            at = self.document.resolve(at, reference)?;
            steps += 1;
            if is_same(at, schema) || steps > DEPTH_MAX {
                return Err(Refusal::new(
                    "$ref",
                    schema,
                    "leads back to itself, or on and on",
                ));
            }
            found = Some(at);
        }
        Ok(found)
    }

    /// The name of the contract that a schema becomes.
    fn contract_of(
        &mut self,
        schema: &'a Json,
        tag: Option<&'a str>,
        title: Option<&str>,
    ) -> String {
        if let (None, Some(name)) = (tag, &self.root_name)
            && self.root_schemas.iter().any(|known| is_same(known, schema))
        {
            return name.clone();
        }
        let mut contracts = self.contracts.iter();
        let known = contracts.find(|known| is_same(known.schema, schema) && known.tag == tag);
        if let Some(known) = known {
            return known.name.clone();
        }
        let name = self.names.of_place(&self.document.place_of(schema), title);
        self.contracts.push(Pending {
            schema,
            tag,
            name: name.clone(),
        });
        name
    }

    /// Makes the contracts that were named, and those that they name.
    fn contracts(&mut self) -> Result<'a, Vec<Json>> {
        let mut made = Vec::new();
        while let Some(pending) = self.contracts.get(made.len()) {
            let (schema, tag) = (pending.schema, pending.tag);
            let mut entries = Entries::new();
            put(&mut entries, "name", text_of(&pending.name));
            self.open.clear();
            self.depth = 0;
            let flat = self.flatten(&Conjunction::of(schema))?;
            let mut of_contract = flat.of_contract.iter();
            if let Some((origin, _)) =
                of_contract.find(|(origin, _)| origin.keyword == "x-aimdb-migrations")
            {
                return Err(origin.refuse("only of the whole"));
            }
            if let Some(version) = self::of_contract(&flat, "x-aimdb-version") {
                put(&mut entries, "version", version);
            }
            self.describe(&mut entries, &flat);
            let body = self.object(&flat, tag)?;
            entries.extend(body);
            made.push(Json::Map(entries));
        }
        Ok(made)
    }

    /// What the keywords say.
    fn inline(&mut self, all: &Conjunction<'a>) -> Result<'a, Typed<'a>> {
        let flat = self.flatten(all)?;
        if let Some((origin, _)) = flat.of_contract.first() {
            return Err(origin.refuse("only of a contract"));
        }
        let mut typed = self.of_flat(all, &flat)?;
        typed.words = flat.words.or(typed.words);
        Ok(typed)
    }

    fn of_flat(&mut self, all: &Conjunction<'a>, flat: &Flat<'a>) -> Result<'a, Typed<'a>> {
        if let Some(choice) = flat.choices.first() {
            return match flat.choices.get(1) {
                Some(second) => Err(second.origin.refuse("there is one choice at most")),
                None => self.choice(all, flat, choice),
            };
        }
        if let Some((values, origin)) = &flat.allowed {
            return text::of_values(flat, values, *origin);
        }
        let Some(types) = &flat.types else {
            return match flat.first_said() {
                None => self.anything(flat),
                Some((of, origin)) => Err(origin.refuse_of(&[
                    "says something of ",
                    of.name(),
                    " alone, and any other type is taken: add \"type\"",
                ])),
            };
        };
        let mut named: Vec<Type> = types.clone();
        named.retain(|of| *of != Type::Null);
        if named.contains(&Type::Number) {
            named.retain(|of| *of != Type::Integer);
        }
        let [of] = named.as_slice() else {
            let reason = "a value is of one type, or of one and null";
            return Err(Refusal::new("type", all.at(), reason));
        };
        let typed = self.of_type(*of, all, flat)?;
        if types.contains(&Type::Null) {
            typed.or_null()
        } else {
            Ok(typed)
        }
    }

    fn anything(&self, flat: &Flat<'a>) -> Result<'a, Typed<'a>> {
        if let Some((_, origin)) = flat.format.as_ref().or(flat.kind.as_ref()) {
            return Err(origin.refuse("any type is taken: add \"type\""));
        }
        Ok(Typed::of(text_of("json")))
    }

    fn of_type(
        &mut self,
        of: Type,
        all: &Conjunction<'a>,
        flat: &Flat<'a>,
    ) -> Result<'a, Typed<'a>> {
        flat.speaks_of(of)?;
        let is_time = match &flat.kind {
            None => false,
            Some(("time", _)) if of == Type::Integer => true,
            Some((_, origin)) => return Err(origin.refuse("only time is known, of integers")),
        };
        let may_have_format = number::is_number(of) || of == Type::Text;
        if let (false, Some((_, origin))) = (may_have_format, &flat.format) {
            return Err(origin.refuse_of(&["says nothing of ", of.name()]));
        }
        match of {
            Type::Bool => Ok(Typed::of(text_of("bool"))),
            Type::Integer => number::integer(all.at(), flat, is_time),
            Type::Number => number::float(flat),
            Type::Text => text::text(flat, self.no_patterns),
            Type::List => self.list(flat),
            Type::Object => self.object_or_map(flat),
            Type::Null => {
                let reason = "a value that is always null says nothing";
                Err(Refusal::new("type", all.at(), reason))
            }
        }
    }
}

/// What stands under one of our own keywords.
fn of_contract(flat: &Flat<'_>, wanted: &str) -> Option<Json> {
    let mut known = flat.of_contract.iter();
    let (_, value) = known.find(|(origin, _)| origin.keyword == wanted)?;
    Some((*value).clone())
}

/// The reference of a schema that says nothing else of a value.
fn lone_reference(json: &Json) -> Option<&str> {
    let entries = json.as_map()?;
    let is_beside = |name: &str| {
        matches!(
            name,
            "$ref"
                | "$id"
                | "$schema"
                | "$anchor"
                | "$dynamicAnchor"
                | "$defs"
                | "definitions"
                | "$comment"
                | "title"
                | "description"
                | "default"
                | "examples"
                | "deprecated"
                | "readOnly"
                | "writeOnly"
                | "x-aimdb-unit"
                | "x-aimdb-icon"
                | "x-aimdb-version"
                | "x-aimdb-migrations"
                | "x-aimdb-signal"
        )
    };
    let is_lone = entries.iter().all(|(name, _)| is_beside(name));
    is_lone
        .then(|| json.get("$ref").and_then(Json::as_text))
        .flatten()
}
