//! From a JSON Schema to a contract file.

mod choice;
mod flat;
mod list;
mod name;
mod number;
mod object;
mod text;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::Json;

use crate::build::{Entries, count, put, text as text_of};
use crate::document::{Document, Sub};
use crate::error::SchemaError;
use flat::{Conjunction, Flat, Origin, Type, Words};
use name::Names;

pub(crate) use number::{TIME_MS_MAX, integer_format, number_of};

type Result<T> = core::result::Result<T, SchemaError>;

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
pub fn from_json_schema(schema: &Json, options: &Options) -> Result<Json> {
    let document = Document::new(schema);
    let mut converter = Converter::new(&document);
    let root = Conjunction::of(document.root());
    converter.root_places = converter.aliases()?;
    let mut flat = converter.flatten(&root)?;
    // A contract is an object: at the root alone, nobody needs to say so.
    if flat.types.is_none() && flat.choices.is_empty() && flat.allowed.is_none() {
        flat.types = Some(alloc::vec![Type::Object]);
    }
    let refuse = |keyword, reason| Err(SchemaError::new(keyword, "", reason));
    if let Some(choice) = flat.choices.first() {
        return Err(choice.origin.refuse(
            "a contract is one object: put the choice into a property, or make a contract of each",
        ));
    }
    if flat.types.as_deref() != Some(&[Type::Object]) || flat.allowed.is_some() {
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
    let title = flat.words.title().map(name::of_title);
    let named = options.name.clone().or(title);
    let Some(name) = named.filter(|name| !name.is_empty()) else {
        return refuse(
            "title",
            "the contract needs a name: give one as an option or here",
        );
    };
    if !name::is_contract_name(&name) {
        return refuse("title", "a contract's name has 1 to 128 of a-z 0-9 _ . -");
    }
    converter.names.take(&name);
    converter.root_name = Some(name.clone());
    let body = converter.object(&flat, None)?;
    converter.finish(&name, options, &flat, body)
}

/// What the values of a schema are, of any type: for one property, or the whole of a schema that is no object.
///
/// # Errors
/// As [`from_json_schema`].
pub fn type_from_json_schema(schema: &Json) -> Result<TypeOf> {
    let document = Document::new(schema);
    let mut converter = Converter::new(&document);
    let typed = converter.typed(&Conjunction::of(document.root()))?;
    if let Some((_, at)) = &typed.words.default {
        return Err(SchemaError::new("default", at, "only a property has one"));
    }
    let contracts = converter.contracts()?;
    Ok(TypeOf {
        kind: typed.beside(),
        contracts,
    })
}

/// A kind and its rules.
struct Typed {
    kind: Json,
    rules: Entries,
    words: Words,
}

impl Typed {
    fn of(kind: Json) -> Self {
        Self {
            kind,
            rules: Entries::new(),
            words: Words::default(),
        }
    }

    /// As it stands in a field.
    fn beside(self) -> Entries {
        let mut entries = alloc::vec![("kind".to_string(), self.kind)];
        entries.extend(self.rules);
        entries
    }

    /// As it stands within another kind.
    fn within(self) -> Result<Json> {
        if let Some((_, at)) = &self.words.default {
            return Err(SchemaError::new("default", at, "only a property has one"));
        }
        Ok(if self.rules.is_empty() {
            self.kind
        } else {
            Json::Map(self.beside())
        })
    }

    /// The same, or null.
    fn or_null(mut self) -> Result<Self> {
        let words = core::mem::take(&mut self.words);
        // Any value is null too.
        let kind = match self.kind.as_text() {
            Some("json") => self.kind,
            _ => crate::build::one("nullable", self.within()?),
        };
        Ok(Self {
            kind,
            rules: Entries::new(),
            words,
        })
    }
}

/// A contract that is named before it is made.
struct Pending<'a> {
    all: Conjunction<'a>,
    /// The tag of the union of which it is a case.
    tag: Option<String>,
    name: String,
}

struct Converter<'a> {
    document: &'a Document<'a>,
    root_name: Option<String>,
    /// The places of what the contract itself is made of.
    root_places: Vec<String>,
    names: Names,
    /// Places of schemas that became contracts, the tag of the union, and their names.
    known: Vec<(String, Option<String>, String)>,
    pending: Vec<Pending<'a>>,
    /// Places that are being written where they are named.
    open: Vec<String>,
    depth: usize,
    schemas_left: usize,
}

impl<'a> Converter<'a> {
    fn new(document: &'a Document<'a>) -> Self {
        Self {
            document,
            root_name: None,
            root_places: Vec::new(),
            names: Names::default(),
            known: Vec::new(),
            pending: Vec::new(),
            open: Vec::new(),
            depth: 0,
            schemas_left: SCHEMAS_MAX,
        }
    }

    fn spend(&mut self, at: &str) -> Result<()> {
        match self.schemas_left.checked_sub(1) {
            Some(left) => {
                self.schemas_left = left;
                Ok(())
            }
            None => {
                let reason = "more than 20000 schemas in all";
                Err(SchemaError::new("$ref", at, reason))
            }
        }
    }

    /// The root, and where it leads if it is nothing but a reference.
    fn aliases(&self) -> Result<Vec<String>> {
        let mut places = alloc::vec![String::new()];
        let mut sub = self.document.root();
        while let Some(reference) = lone_reference(sub.json) {
            sub = self.document.resolve(&sub, reference)?;
            if places.contains(&sub.at) {
                break;
            }
            places.push(sub.at.clone());
        }
        Ok(places)
    }

    /// What a value of all these schemas is.
    fn typed(&mut self, all: &Conjunction<'a>) -> Result<Typed> {
        if self.depth == DEPTH_MAX {
            let reason = "schemas nest more than 32 deep";
            return Err(SchemaError::new("$ref", all.at(), reason));
        }
        self.depth += 1;
        let typed = match self.link(all)? {
            Some(typed) => Ok(typed),
            None => self.inline(all),
        };
        self.depth -= 1;
        typed
    }

    /// A schema that is nothing but a reference to an object becomes a contract of its own, which may nest in itself.
    fn link(&mut self, all: &Conjunction<'a>) -> Result<Option<Typed>> {
        let [sub] = all.subs.as_slice() else {
            return Ok(None);
        };
        let Some(target) = self.target(sub)? else {
            return Ok(None);
        };
        let flat = self.flatten(&Conjunction::of(target.clone()))?;
        if !flat.is_object() {
            return self.follow(sub, target).map(Some);
        }
        let name = self.contract_of(&target, None, flat.words.title());
        let mut typed = Typed::of(crate::build::one("contract", Json::Text(name)));
        // What is said beside the reference is said of the field.
        typed.words = flat::words_of(sub)?;
        Ok(Some(typed))
    }

    /// Where a reference leads that has nothing beside it but words.
    fn target(&self, sub: &Sub<'a>) -> Result<Option<Sub<'a>>> {
        let mut found = None;
        let mut at = sub.clone();
        let mut seen = alloc::vec![at.at.clone()];
        while let Some(reference) = lone_reference(at.json) {
            at = self.document.resolve(&at, reference)?;
            if seen.contains(&at.at) {
                return Err(SchemaError::new("$ref", &sub.at, "leads back to itself"));
            }
            seen.push(at.at.clone());
            found = Some(at.clone());
        }
        Ok(found)
    }

    /// Writes what is referred to where it is referred to.
    fn follow(&mut self, sub: &Sub<'a>, target: Sub<'a>) -> Result<Typed> {
        if self.open.contains(&target.at) {
            let reason = "only an object can nest in itself";
            return Err(SchemaError::new("$ref", &sub.at, reason));
        }
        self.open.push(target.at);
        // As a conjunction, since words beside the reference count more.
        let typed = self.inline(&Conjunction::of(sub.clone()));
        self.open.pop();
        typed
    }

    /// The name of the contract that a place becomes.
    fn contract_of(&mut self, target: &Sub<'a>, tag: Option<&str>, title: Option<&str>) -> String {
        if let (None, Some(name)) = (tag, &self.root_name)
            && self.root_places.contains(&target.at)
        {
            return name.clone();
        }
        let tag = tag.map(ToString::to_string);
        let known = self
            .known
            .iter()
            .find(|(at, of, _)| *at == target.at && *of == tag);
        if let Some((.., name)) = known {
            return name.clone();
        }
        let name = self.names.of_place(&target.at, title);
        self.known
            .push((target.at.clone(), tag.clone(), name.clone()));
        self.pending.push(Pending {
            all: Conjunction::of(target.clone()),
            tag,
            name: name.clone(),
        });
        name
    }

    /// Makes the contracts that were named, and those that they name.
    fn contracts(&mut self) -> Result<Vec<Json>> {
        let mut contracts = Vec::new();
        while let Some(pending) = self.pending.pop() {
            self.open.clear();
            self.depth = 0;
            let flat = self.flatten(&pending.all)?;
            let body = self.object(&flat, pending.tag.as_deref())?;
            let mut entries = alloc::vec![("name".to_string(), Json::Text(pending.name))];
            let doc = flat.words.doc();
            entries.extend(doc.map(|doc| ("doc".to_string(), Json::Text(doc))));
            let icon = flat.words.icon.clone();
            entries.extend(icon.map(|icon| ("icon".to_string(), Json::Text(icon))));
            entries.extend(root_only(&flat, "x-aimdb-version", "version"));
            entries.extend(root_only(&flat, "x-aimdb-signal", "signal"));
            entries.extend(body);
            contracts.push(Json::Map(entries));
        }
        contracts.reverse();
        Ok(contracts)
    }

    fn finish(
        mut self,
        name: &str,
        options: &Options,
        flat: &Flat<'a>,
        body: Entries,
    ) -> Result<Json> {
        if let Some((_, at)) = &flat.words.default {
            return Err(SchemaError::new("default", at, "only a property has one"));
        }
        let mut file = Entries::new();
        put(&mut file, "name", text_of(name));
        match (
            options.version,
            root_only(flat, "x-aimdb-version", "version"),
        ) {
            (1, Some(version)) => file.push(version),
            (version, _) => put(&mut file, "version", count(version.into())),
        }
        // The title became the name.
        let doc = match (&options.name, flat.words.description()) {
            (None, description) => description.map(ToString::to_string),
            (Some(_), _) => flat.words.doc().filter(|doc| doc != name),
        };
        file.extend(doc.map(|doc| ("doc".to_string(), Json::Text(doc))));
        if let Some(icon) = &flat.words.icon {
            put(&mut file, "icon", text_of(icon));
        }
        file.extend(root_only(flat, "x-aimdb-signal", "signal"));
        file.extend(body);
        let contracts = self.contracts()?;
        if !contracts.is_empty() {
            put(&mut file, "contracts", Json::List(contracts));
        }
        file.extend(root_only(flat, "x-aimdb-migrations", "migrations"));
        Ok(Json::Map(file))
    }

    /// What the keywords say.
    fn inline(&mut self, all: &Conjunction<'a>) -> Result<Typed> {
        let mut flat = self.flatten(all)?;
        let words = core::mem::take(&mut flat.words);
        let mut typed = self.of_flat(all, &flat)?;
        typed.words = words.or(typed.words);
        Ok(typed)
    }

    fn of_flat(&mut self, all: &Conjunction<'a>, flat: &Flat<'a>) -> Result<Typed> {
        if let Some(choice) = flat.choices.first() {
            return match flat.choices.get(1) {
                Some(second) => Err(second.origin.refuse("there is one choice at most")),
                None => self.choice(all, flat, choice),
            };
        }
        if let Some((values, origin)) = &flat.allowed {
            return text::of_values(flat, values, origin);
        }
        let Some(types) = &flat.types else {
            return match flat.first_said() {
                None => self.anything(flat),
                Some((of, origin)) => Err(origin.refuse(&format!(
                    "says something of {} alone, and any other type is taken: add \"type\"",
                    of.name()
                ))),
            };
        };
        let mut named: Vec<Type> = types.clone();
        named.retain(|of| *of != Type::Null);
        if named.contains(&Type::Number) {
            named.retain(|of| *of != Type::Integer);
        }
        let [of] = named.as_slice() else {
            let reason = "a value is of one type, or of one and null";
            return Err(SchemaError::new("type", &flat.at, reason));
        };
        let typed = self.of_type(*of, flat)?;
        if types.contains(&Type::Null) {
            typed.or_null()
        } else {
            Ok(typed)
        }
    }

    fn anything(&self, flat: &Flat<'a>) -> Result<Typed> {
        if let Some((_, origin)) = flat.format.as_ref().or(flat.kind.as_ref()) {
            return Err(origin.refuse("any type is taken: add \"type\""));
        }
        Ok(Typed::of(text_of("json")))
    }

    fn of_type(&mut self, of: Type, flat: &Flat<'a>) -> Result<Typed> {
        flat.speaks_of(of)?;
        let is_time = match &flat.kind {
            None => false,
            Some((kind, _)) if kind == "time" && of == Type::Integer => true,
            Some((_, origin)) => return Err(origin.refuse("only time is known, of integers")),
        };
        let may_have_format = number::is_number(of) || of == Type::Text;
        if let (false, Some((_, origin))) = (may_have_format, &flat.format) {
            return Err(origin.refuse(&format!("says nothing of {}", of.name())));
        }
        match of {
            Type::Bool => Ok(Typed::of(text_of("bool"))),
            Type::Integer => number::integer(flat, is_time),
            Type::Number => number::float(flat),
            Type::Text => text::text(flat),
            Type::List => self.list(flat),
            Type::Object => self.object_or_map(flat),
            Type::Null => {
                let reason = "a value that is always null says nothing";
                Err(SchemaError::new("type", &flat.at, reason))
            }
        }
    }
}

/// What stands under one of our own keywords, under its name in a contract file.
fn root_only(flat: &Flat<'_>, wanted: &str, name: &str) -> Option<(String, Json)> {
    let mut known = flat.root_only.iter();
    let (_, value) = known.find(|(keyword, _)| *keyword == wanted)?;
    Some((name.to_string(), value.clone()))
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

/// A bound on a count, where the limit of the contract does not say as much.
fn counts(
    rules: &mut Entries,
    names: (&str, &str),
    counts: &flat::Counts,
    limit: u64,
) -> Result<()> {
    let refuse = |origin: &Origin| Err(origin.refuse("no value is taken"));
    if let Some((min, origin)) = &counts.min {
        let is_beyond = counts.max.as_ref().is_some_and(|(max, _)| max < min);
        if *min > limit || is_beyond {
            return refuse(origin);
        }
        if *min > 0 {
            put(rules, names.0, count(*min));
        }
    }
    match &counts.max {
        Some((max, _)) if *max < limit => put(rules, names.1, count(*max)),
        _ => {}
    }
    Ok(())
}
