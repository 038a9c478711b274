//! All that several schemas say together of one value, keyword by keyword.
//!
//! `$ref`, `allOf` and an `anyOf` of one are followed here, so that what comes after sees keywords alone.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;

use aimdb_contracts::{Json, Number};

use super::number::{Range, whole};
use super::{Converter, Result};
use crate::document::Sub;
use crate::error::SchemaError;

/// What a value may be, in the words of `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Integer,
    Number,
    Text,
    List,
    Object,
}

impl Type {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Bool,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::Text,
            "array" => Self::List,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// What a value is that stands in a schema.
    pub(super) fn of(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(_) => Self::Bool,
            Json::Number(number) if whole(*number).is_some() => Self::Integer,
            Json::Number(_) => Self::Number,
            Json::Text(_) => Self::Text,
            Json::List(_) => Self::List,
            Json::Map(_) => Self::Object,
        }
    }

    /// The type of which keywords speak: what is said of numbers is said of integers.
    fn family(self) -> Self {
        match self {
            Self::Integer => Self::Number,
            other => other,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "string",
            Self::List => "array",
            Self::Object => "object",
        }
    }
}

/// A conjunction of schemas.
#[derive(Clone)]
pub(super) struct Conjunction<'a> {
    pub(super) subs: Vec<Sub<'a>>,
    /// The place and keyword of an `anyOf` or `oneOf` that one of the schemas already decided.
    pub(super) decided: Option<(String, &'static str)>,
    /// Whether the others stand within the first.
    pub(super) is_enclosed: bool,
}

impl<'a> Conjunction<'a> {
    pub(super) fn of(sub: Sub<'a>) -> Self {
        Self::all(alloc::vec![sub])
    }

    pub(super) fn all(subs: Vec<Sub<'a>>) -> Self {
        let is_enclosed = subs.len() == 1;
        Self {
            subs,
            decided: None,
            is_enclosed,
        }
    }

    /// Where the first stands.
    pub(super) fn at(&self) -> &str {
        self.subs.first().map_or("", |sub| &sub.at)
    }
}

/// A keyword that was found, for refusals.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) keyword: &'static str,
    pub(super) at: String,
}

impl Origin {
    #[cold]
    #[inline(never)]
    pub(super) fn refuse(&self, reason: &str) -> SchemaError {
        SchemaError::new(self.keyword, &self.at, reason)
    }
}

/// What is said of the names that no `properties` lists.
pub(super) struct Rest<'a> {
    pub(super) origin: Origin,
    pub(super) sub: Sub<'a>,
    /// The names that the same schema lists.
    pub(super) own: Vec<&'a str>,
    /// Whether it sees the names of every schema.
    pub(super) sees_all: bool,
}

/// A choice between schemas.
pub(super) struct Choice<'a> {
    pub(super) origin: Origin,
    pub(super) branches: Vec<Sub<'a>>,
}

/// What is for people, and a default.
#[derive(Clone, Default)]
pub(super) struct Words {
    title: Option<String>,
    description: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) icon: Option<String>,
    pub(super) default: Option<(Json, String)>,
}

impl Words {
    /// One sentence or two.
    pub(super) fn doc(&self) -> Option<String> {
        match (&self.title, &self.description) {
            (Some(title), Some(words)) if title != words => Some(format!("{title}: {words}")),
            (title, words) => words.as_ref().or(title.as_ref()).cloned(),
        }
    }

    /// What is said further out counts more.
    pub(super) fn or(self, inner: Self) -> Self {
        Self {
            title: self.title.or(inner.title),
            description: self.description.or(inner.description),
            unit: self.unit.or(inner.unit),
            icon: self.icon.or(inner.icon),
            default: self.default.or(inner.default),
        }
    }

    pub(super) fn describe(&mut self, words: String) {
        self.description = Some(words);
    }

    pub(super) fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    pub(super) fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }
}

/// Keywords together.
#[derive(Default)]
pub(super) struct Flat<'a> {
    pub(super) at: String,
    pub(super) types: Option<Vec<Type>>,
    pub(super) allowed: Option<(Vec<Json>, Origin)>,
    pub(super) range: Range,
    pub(super) lengths: Counts,
    pub(super) items_count: Counts,
    pub(super) names_count: Counts,
    pub(super) pattern: Option<(String, Origin)>,
    pub(super) format: Option<(String, Origin)>,
    pub(super) encoding: Option<Origin>,
    pub(super) unique: Option<Origin>,
    pub(super) items: Vec<Sub<'a>>,
    pub(super) prefix: Option<(Vec<Sub<'a>>, Origin)>,
    /// Whether there may be no element behind the prefix.
    pub(super) ends: Option<Origin>,
    pub(super) properties: Vec<(String, Vec<Sub<'a>>)>,
    pub(super) lists_properties: bool,
    pub(super) required: Vec<(String, Origin)>,
    pub(super) rest: Vec<Rest<'a>>,
    pub(super) choices: Vec<Choice<'a>>,
    pub(super) discriminator: Option<(String, Origin)>,
    pub(super) words: Words,
    /// `x-aimdb-kind`, for what JSON Schema has no word.
    pub(super) kind: Option<(String, Origin)>,
    /// `x-aimdb-signal`, `x-aimdb-version`, `x-aimdb-migrations`, of the root alone.
    pub(super) root_only: Vec<(&'static str, Json)>,
    /// What was said, and of which type.
    said: Vec<(Type, Origin)>,
}

/// A least and a greatest count.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) min: Option<(u64, Origin)>,
    pub(super) max: Option<(u64, Origin)>,
}

impl Flat<'_> {
    /// Refuses keywords that say nothing of this type: they would have been meant otherwise.
    pub(super) fn speaks_of(&self, wanted: Type) -> Result<()> {
        match self
            .said
            .iter()
            .find(|(of, _)| of.family() != wanted.family())
        {
            None => Ok(()),
            Some((of, origin)) => Err(origin.refuse(&format!(
                "says something of {} alone, and the type is {}",
                of.name(),
                wanted.name()
            ))),
        }
    }

    /// The first keyword that is said of some type.
    pub(super) fn first_said(&self) -> Option<&(Type, Origin)> {
        self.said.first()
    }

    /// Whether it is an object whose names are listed.
    pub(super) fn is_object(&self) -> bool {
        self.types.as_deref() == Some(&[Type::Object])
            && self.choices.is_empty()
            && self.allowed.is_none()
            && self.has_fields()
    }

    /// Whether names are listed, or none may be there.
    pub(super) fn has_fields(&self) -> bool {
        self.lists_properties
            || !self.required.is_empty()
            || self
                .rest
                .iter()
                .any(|rest| *rest.sub.json == Json::Bool(false))
    }

    fn limit_types(&mut self, types: Vec<Type>) {
        self.types = Some(match self.types.take() {
            None => types,
            Some(known) => {
                let both = |of: Type, among: &[Type]| {
                    among.contains(&of) || (of == Type::Integer && among.contains(&Type::Number))
                };
                let mut kept: Vec<Type> = known
                    .iter()
                    .copied()
                    .filter(|of| both(*of, &types))
                    .collect();
                for of in types {
                    if both(of, &known) && !kept.contains(&of) {
                        kept.push(of);
                    }
                }
                kept
            }
        });
    }
}

/// Most schemas of one value that lead to each other.
const TRAIL_MAX: usize = 64;

/// The schemas that are being followed, and those that were.
struct Trail {
    open: Vec<String>,
    done: Vec<String>,
}

impl<'a> Converter<'a> {
    /// All keywords of a conjunction.
    pub(super) fn flatten(&mut self, all: &Conjunction<'a>) -> Result<Flat<'a>> {
        let mut flat = Flat {
            at: all.at().into(),
            ..Flat::default()
        };
        let mut trail = Trail {
            open: Vec::new(),
            done: Vec::new(),
        };
        for (place, sub) in all.subs.iter().enumerate() {
            let is_outermost = place == 0 && all.is_enclosed;
            self.gather(&mut flat, sub, all, &mut trail, is_outermost)?;
        }
        Ok(flat)
    }

    fn gather(
        &mut self,
        flat: &mut Flat<'a>,
        sub: &Sub<'a>,
        all: &Conjunction<'a>,
        trail: &mut Trail,
        is_outermost: bool,
    ) -> Result<()> {
        self.spend(&sub.at)?;
        if trail.open.contains(&sub.at) {
            return Err(SchemaError::new("$ref", &sub.at, "leads back to itself"));
        }
        if trail.open.len() == TRAIL_MAX {
            let reason = "more than 64 schemas of one value lead to each other";
            return Err(SchemaError::new("$ref", &sub.at, reason));
        }
        // Said twice is said once.
        if trail.done.contains(&sub.at) {
            return Ok(());
        }
        let entries = match sub.json {
            Json::Bool(true) => return Ok(()),
            Json::Bool(false) => {
                return Err(SchemaError::new("false", &sub.at, "no value is taken"));
            }
            Json::Map(entries) => entries,
            _ => return Err(SchemaError::new("schema", &sub.at, "is no schema")),
        };
        trail.open.push(sub.at.clone());
        let mut read = Reading {
            flat,
            sub,
            is_outermost,
            follow: Vec::new(),
        };
        for (keyword, value) in entries {
            let is_decided = all
                .decided
                .as_ref()
                .is_some_and(|(at, decided)| *at == sub.at && decided == keyword);
            if keyword == "$ref" {
                let reference = value
                    .as_text()
                    .ok_or_else(|| SchemaError::new("$ref", &sub.at, "has to be text"))?;
                read.follow.push(self.document.resolve(sub, reference)?);
            } else if !is_decided {
                read.keyword(keyword, value)?;
            }
        }
        for inner in read.follow {
            self.gather(flat, &inner, all, trail, false)?;
        }
        trail.open.pop();
        trail.done.push(sub.at.clone());
        Ok(())
    }
}

/// What a schema says to people, and its default.
pub(super) fn words_of<'a>(sub: &Sub<'a>) -> Result<Words> {
    let mut flat = Flat::default();
    let mut read = Reading {
        flat: &mut flat,
        sub,
        is_outermost: true,
        follow: Vec::new(),
    };
    for (keyword, value) in sub.json.as_map().unwrap_or_default() {
        read.words(keyword, value)?;
    }
    Ok(flat.words)
}

/// One schema on its way into the keywords of all.
struct Reading<'f, 'a> {
    flat: &'f mut Flat<'a>,
    sub: &'f Sub<'a>,
    is_outermost: bool,
    /// Schemas that say more of the same value.
    follow: Vec<Sub<'a>>,
}

/// Keywords that a contract has no word for.
const REFUSED: &[(&str, &str)] = &[
    ("$dynamicRef", "a contract has no dynamic scope: use $ref"),
    ("$recursiveRef", "is of an older draft: use $ref"),
    ("$vocabulary", "other vocabularies are not known"),
    ("additionalItems", "is of an older draft: use items"),
    ("contains", "a list has elements of one kind"),
    ("contentMediaType", "text within text is not looked into"),
    ("contentSchema", "text within text is not looked into"),
    ("dependencies", "a field does not depend on another"),
    ("dependentRequired", "a field does not depend on another"),
    ("dependentSchemas", "a field does not depend on another"),
    (
        "else",
        "use oneOf with a property that tells the cases apart",
    ),
    ("if", "use oneOf with a property that tells the cases apart"),
    ("maxContains", "a list has elements of one kind"),
    ("minContains", "a list has elements of one kind"),
    ("not", "a contract says what a value is, not what it is not"),
    (
        "patternProperties",
        "names of fields are listed, or all have one kind",
    ),
    (
        "then",
        "use oneOf with a property that tells the cases apart",
    ),
];

static TRUE: Json = Json::Bool(true);
static FALSE: Json = Json::Bool(false);

/// Whether `propertyNames` lists the names, so that `additionalProperties` speaks of those.
fn lists_names(json: &Json) -> bool {
    let names = json.get("propertyNames");
    names.is_some_and(|names| names.get("enum").is_some() || names.get("const").is_some())
}

/// The one pattern that all names match, and what is said of them: TypeBox writes records so. (A name with the end of a
/// line in it does not match all of these; who writes them means every name.)
fn all_names(json: &Json) -> Option<(&str, &Json)> {
    let [(pattern, of)] = json.get("patternProperties")?.as_map()? else {
        return None;
    };
    let is_any = matches!(pattern.as_str(), "" | ".*" | "^.*$" | "^(.*)$");
    let is_alone = json.get("properties").is_none() && json.get("additionalProperties").is_none();
    (is_any && is_alone).then_some((pattern, of))
}

/// What 2020-12 calls itself.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

impl<'a> Reading<'_, 'a> {
    fn origin(&self, keyword: &'static str) -> Origin {
        Origin {
            keyword,
            at: self.sub.at.clone(),
        }
    }

    fn said(&mut self, of: Type, keyword: &'static str) -> Origin {
        let origin = self.origin(keyword);
        self.flat.said.push((of, origin.clone()));
        origin
    }

    fn keyword(&mut self, keyword: &str, value: &'a Json) -> Result<()> {
        match keyword {
            // Names of places, and words that a contract has no room for.
            "$id" | "$anchor" | "$dynamicAnchor" | "$defs" | "definitions" | "$comment"
            | "examples" | "deprecated" | "readOnly" | "writeOnly" => Ok(()),
            "$schema" => self.draft(value),
            "title" | "description" | "default" | "x-aimdb-unit" | "x-aimdb-icon" => {
                self.words(keyword, value)
            }
            "type" => self.types(value),
            "enum" | "const" => self.allowed(keyword, value),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                self.number(keyword, value)
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" => self.count(keyword, value),
            "pattern" | "format" | "contentEncoding" => self.text(keyword, value),
            "items" | "prefixItems" | "uniqueItems" | "unevaluatedItems" => {
                self.list(keyword, value)
            }
            "properties"
            | "required"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "propertyNames" => self.object(keyword, value),
            "allOf" | "anyOf" | "oneOf" => self.combine(keyword, value),
            "discriminator" | "x-aimdb-kind" | "x-aimdb-signal" | "x-aimdb-version"
            | "x-aimdb-migrations" => self.ours(keyword, value),
            "additionalItems" if matches!(self.sub.json.get("items"), Some(Json::List(_))) => {
                Ok(())
            }
            "patternProperties" if all_names(self.sub.json).is_some() => {
                let (pattern, of) = all_names(self.sub.json).unwrap_or(("", &TRUE));
                let origin = self.said(Type::Object, "patternProperties");
                self.flat.rest.push(Rest {
                    origin,
                    sub: self.sub.within("patternProperties", pattern, of),
                    own: Vec::new(),
                    sees_all: false,
                });
                Ok(())
            }
            "patternProperties" | "dependentSchemas" | "dependentRequired"
                if value.as_map().is_some_and(<[_]>::is_empty) =>
            {
                Ok(())
            }
            _ => Err(self.unknown(keyword)),
        }
    }

    fn unknown(&self, keyword: &str) -> SchemaError {
        let refused = REFUSED.iter().find(|(known, _)| *known == keyword);
        let reason = refused.map_or("is no keyword of JSON Schema 2020-12", |known| known.1);
        SchemaError::new(keyword, &self.sub.at, reason)
    }

    fn draft(&self, value: &Json) -> Result<()> {
        match value.as_text().map(|uri| uri.trim_end_matches('#')) {
            Some(DRAFT) => Ok(()),
            _ => {
                let origin = self.origin("$schema");
                Err(origin.refuse("only https://json-schema.org/draft/2020-12/schema is known"))
            }
        }
    }

    fn words(&mut self, keyword: &str, value: &Json) -> Result<()> {
        let text = |keyword: &'static str| {
            let text = value.as_text().map(ToString::to_string);
            text.ok_or_else(|| self.origin(keyword).refuse("has to be text"))
        };
        let mut said = Words::default();
        match keyword {
            "title" => said.title = Some(text("title")?),
            "description" => said.description = Some(text("description")?),
            "x-aimdb-unit" => said.unit = Some(text("x-aimdb-unit")?),
            "x-aimdb-icon" => said.icon = Some(text("x-aimdb-icon")?),
            "default" => said.default = Some((value.clone(), self.sub.at.clone())),
            _ => return Ok(()),
        }
        let known = core::mem::take(&mut self.flat.words);
        self.flat.words = known.or(said);
        Ok(())
    }

    fn types(&mut self, value: &Json) -> Result<()> {
        let wrong = self.origin("type");
        let wrong = || wrong.refuse("has to be the name of a type, or a list of them");
        let names = match value {
            Json::Text(_) => core::slice::from_ref(value),
            Json::List(names) if !names.is_empty() => names,
            _ => return Err(wrong()),
        };
        let mut types = Vec::new();
        for name in names {
            types.push(name.as_text().and_then(Type::from_name).ok_or_else(wrong)?);
        }
        self.flat.limit_types(types);
        if self.flat.types.as_ref().is_some_and(Vec::is_empty) {
            return Err(self.origin("type").refuse("no value is of all these types"));
        }
        Ok(())
    }

    fn allowed(&mut self, keyword: &str, value: &Json) -> Result<()> {
        let (origin, values) = match (keyword, value) {
            ("const", value) => (self.origin("const"), alloc::vec![value.clone()]),
            (_, Json::List(values)) => (self.origin("enum"), values.clone()),
            _ => return Err(self.origin("enum").refuse("has to be a list")),
        };
        let values = match self.flat.allowed.take() {
            None => values,
            Some((known, _)) => known
                .into_iter()
                .filter(|value| values.contains(value))
                .collect(),
        };
        if values.is_empty() {
            return Err(origin.refuse("no value is taken"));
        }
        self.flat.allowed = Some((values, origin));
        Ok(())
    }

    fn number(&mut self, keyword: &str, value: &Json) -> Result<()> {
        let keyword = match keyword {
            "minimum" => "minimum",
            "maximum" => "maximum",
            "exclusiveMinimum" => "exclusiveMinimum",
            "exclusiveMaximum" => "exclusiveMaximum",
            _ => "multipleOf",
        };
        let origin = self.said(Type::Number, keyword);
        let number = value
            .as_number()
            .ok_or_else(|| origin.refuse("has to be a number"))?;
        let range = &mut self.flat.range;
        let (bound, tighter) = match keyword {
            "minimum" => (&mut range.min, Ordering::Greater),
            "exclusiveMinimum" => (&mut range.exclusive_min, Ordering::Greater),
            "maximum" => (&mut range.max, Ordering::Less),
            "exclusiveMaximum" => (&mut range.exclusive_max, Ordering::Less),
            _ => return self.multiple(number, origin),
        };
        let is_tighter = bound
            .as_ref()
            .is_none_or(|(known, _)| number.order(*known) == Some(tighter));
        if is_tighter {
            *bound = Some((number, origin));
        }
        Ok(())
    }

    fn multiple(&mut self, number: Number, origin: Origin) -> Result<()> {
        if number.order(Number::Unsigned(0)) != Some(Ordering::Greater) {
            return Err(origin.refuse("has to be above 0"));
        }
        match &self.flat.range.multiple_of {
            Some((known, _)) if *known != number => {
                Err(origin.refuse("a number is a multiple of one number alone"))
            }
            _ => {
                self.flat.range.multiple_of = Some((number, origin));
                Ok(())
            }
        }
    }

    fn count(&mut self, keyword: &str, value: &Json) -> Result<()> {
        let (of, keyword) = match keyword {
            "minLength" => (Type::Text, "minLength"),
            "maxLength" => (Type::Text, "maxLength"),
            "minItems" => (Type::List, "minItems"),
            "maxItems" => (Type::List, "maxItems"),
            "minProperties" => (Type::Object, "minProperties"),
            _ => (Type::Object, "maxProperties"),
        };
        let origin = self.said(of, keyword);
        let count = value.as_number().and_then(whole);
        let count = count
            .filter(|count| *count >= 0)
            .ok_or_else(|| origin.refuse("has to be an integer from 0"))?;
        // No limit is anywhere near it.
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let counts = match of {
            Type::Text => &mut self.flat.lengths,
            Type::List => &mut self.flat.items_count,
            _ => &mut self.flat.names_count,
        };
        let is_min = keyword.starts_with("min");
        let bound = if is_min {
            &mut counts.min
        } else {
            &mut counts.max
        };
        let is_tighter = bound
            .as_ref()
            .is_none_or(|(known, _)| (count > *known) == is_min);
        if is_tighter {
            *bound = Some((count, origin));
        }
        Ok(())
    }

    fn text(&mut self, keyword: &str, value: &Json) -> Result<()> {
        let text = value.as_text().map(ToString::to_string);
        let wrong = |origin: &Origin| origin.refuse("has to be text");
        let same = |known: &Option<(String, Origin)>, text: &String, origin: &Origin| match known {
            Some((known, _)) if known != text => {
                Err(origin.refuse("a text has one of them, and there is another"))
            }
            _ => Ok(()),
        };
        match keyword {
            "pattern" => {
                let origin = self.said(Type::Text, "pattern");
                let text = text.ok_or_else(|| wrong(&origin))?;
                same(&self.flat.pattern, &text, &origin)?;
                self.flat.pattern = Some((text, origin));
            }
            "format" => {
                // It may be one of numbers: it is looked at where the type is known.
                let origin = self.origin("format");
                let text = text.ok_or_else(|| wrong(&origin))?;
                same(&self.flat.format, &text, &origin)?;
                self.flat.format = Some((text, origin));
            }
            _ => {
                let origin = self.said(Type::Text, "contentEncoding");
                if text.as_deref() != Some("base64") {
                    return Err(origin.refuse("only base64 is known"));
                }
                self.flat.encoding = Some(origin);
            }
        }
        Ok(())
    }

    fn list(&mut self, keyword: &str, value: &'a Json) -> Result<()> {
        match (keyword, value) {
            ("uniqueItems", Json::Bool(unique)) => {
                let origin = self.said(Type::List, "uniqueItems");
                if *unique {
                    self.flat.unique = Some(origin);
                }
                Ok(())
            }
            ("prefixItems", Json::List(elements)) => self.prefix("prefixItems", elements),
            ("items", Json::List(elements)) => {
                // Older drafts wrote tuples so, and closed them with additionalItems.
                if self.sub.json.get("additionalItems") == Some(&Json::Bool(false)) {
                    self.flat.ends = Some(self.origin("additionalItems"));
                }
                self.prefix("items", elements)
            }
            ("items", Json::Bool(false)) => {
                let origin = self.said(Type::List, "items");
                self.flat.ends = Some(origin);
                Ok(())
            }
            ("items", Json::Bool(true) | Json::Map(_)) => {
                let origin = self.said(Type::List, "items");
                if self.sub.json.get("prefixItems").is_some() {
                    return Err(origin.refuse("a tuple has no more elements than prefixItems"));
                }
                self.flat.items.push(self.sub.under("items", value));
                Ok(())
            }
            ("unevaluatedItems", Json::Bool(false)) => {
                let origin = self.said(Type::List, "unevaluatedItems");
                let is_items = self.sub.json.get("items").is_some();
                if is_items || self.sub.json.get("prefixItems").is_none() {
                    return Err(origin.refuse("only beside prefixItems: use items"));
                }
                self.flat.ends = Some(origin);
                Ok(())
            }
            ("unevaluatedItems", Json::Bool(true)) => Ok(()),
            ("unevaluatedItems", _) => {
                let origin = self.origin("unevaluatedItems");
                Err(origin.refuse("use items"))
            }
            ("uniqueItems", _) => Err(self.origin("uniqueItems").refuse("has to be a boolean")),
            ("prefixItems", _) => Err(self.origin("prefixItems").refuse("has to be a list")),
            _ => Err(self.origin("items").refuse("has to be a schema")),
        }
    }

    fn prefix(&mut self, keyword: &'static str, elements: &'a [Json]) -> Result<()> {
        let origin = self.said(Type::List, keyword);
        if self.flat.prefix.is_some() {
            return Err(origin.refuse("the elements are listed once already"));
        }
        let elements = elements.iter().enumerate();
        let subs = elements
            .map(|(index, json)| self.sub.within(keyword, &index.to_string(), json))
            .collect();
        self.flat.prefix = Some((subs, origin));
        Ok(())
    }

    fn object(&mut self, keyword: &str, value: &'a Json) -> Result<()> {
        match keyword {
            "properties" => {
                let origin = self.said(Type::Object, "properties");
                let entries = value
                    .as_map()
                    .ok_or_else(|| origin.refuse("has to be an object"))?;
                self.flat.lists_properties = true;
                for (name, json) in entries {
                    self.property(name, self.sub.within("properties", name, json));
                }
                Ok(())
            }
            "required" => {
                let origin = self.said(Type::Object, "required");
                let wrong = || origin.refuse("has to be a list of names");
                for name in value.as_list().ok_or_else(wrong)? {
                    let name = name.as_text().ok_or_else(wrong)?.to_string();
                    self.flat.required.push((name, origin.clone()));
                }
                Ok(())
            }
            "additionalProperties" => {
                if !lists_names(self.sub.json) {
                    self.rest("additionalProperties", value, false);
                }
                Ok(())
            }
            "unevaluatedProperties" => {
                if *value != Json::Bool(false) {
                    return self.open(value);
                }
                if !self.is_outermost {
                    let origin = self.origin("unevaluatedProperties");
                    return Err(origin.refuse("it cannot see all names from here"));
                }
                self.rest("unevaluatedProperties", value, true);
                Ok(())
            }
            _ => self.names(value),
        }
    }

    /// `propertyNames`: none of a kind of text, or a list of names, which are fields then.
    fn names(&mut self, value: &'a Json) -> Result<()> {
        let origin = self.origin("propertyNames");
        let refuse = || origin.refuse("names in a map have no rules: list them with enum");
        let entries = match value {
            Json::Bool(true) => return Ok(()),
            Json::Map(entries) => entries,
            _ => return Err(refuse()),
        };
        let mut listed = None;
        for (keyword, value) in entries {
            match (keyword.as_str(), value) {
                ("type", of) if of.as_text() == Some("string") => {}
                ("const", Json::Text(_)) => listed = Some(core::slice::from_ref(value)),
                ("enum", Json::List(names)) => listed = Some(names.as_slice()),
                _ => return Err(refuse()),
            }
        }
        let Some(names) = listed else {
            return Ok(());
        };
        if self.sub.json.get("properties").is_some() {
            return Err(origin.refuse("names are listed as properties too"));
        }
        let origin = self.said(Type::Object, "propertyNames");
        let rest = self.sub.json.get("additionalProperties").unwrap_or(&TRUE);
        let sub = self.sub.under("additionalProperties", rest);
        let mut own = Vec::new();
        for name in names {
            let name = name.as_text().ok_or_else(refuse)?;
            own.push(name);
            self.property(name, sub.clone());
        }
        self.flat.lists_properties = true;
        self.flat.rest.push(Rest {
            sub: Sub {
                json: &FALSE,
                at: origin.at.clone(),
            },
            origin,
            own,
            sees_all: false,
        });
        Ok(())
    }

    fn property(&mut self, name: &str, sub: Sub<'a>) {
        let properties = &mut self.flat.properties;
        match properties.iter_mut().find(|(known, _)| known == name) {
            Some((_, subs)) => subs.push(sub),
            None => properties.push((name.to_string(), alloc::vec![sub])),
        }
    }

    fn rest(&mut self, keyword: &'static str, value: &'a Json, sees_all: bool) {
        let origin = self.said(Type::Object, keyword);
        let own = self.sub.json.get("properties").and_then(Json::as_map);
        let own = own.unwrap_or_default().iter();
        self.flat.rest.push(Rest {
            origin,
            sub: self.sub.under(keyword, value),
            own: own.map(|(name, _)| name.as_str()).collect(),
            sees_all,
        });
    }

    /// What `unevaluatedProperties` says but `false`.
    fn open(&mut self, value: &'a Json) -> Result<()> {
        let says_nothing = match value {
            Json::Map(entries) => entries.is_empty(),
            value => *value == Json::Bool(true),
        };
        let origin = self.origin("unevaluatedProperties");
        if !says_nothing {
            return Err(origin.refuse("use additionalProperties"));
        }
        // It is noted, because what stands around it may not close what this opens.
        self.rest("unevaluatedProperties", value, true);
        Ok(())
    }

    fn combine(&mut self, keyword: &str, value: &'a Json) -> Result<()> {
        let keyword = match keyword {
            "allOf" => "allOf",
            "anyOf" => "anyOf",
            _ => "oneOf",
        };
        let origin = self.origin(keyword);
        let branches = match value {
            Json::List(branches) if !branches.is_empty() => branches,
            _ => return Err(origin.refuse("has to be a list of schemas")),
        };
        let branches: Vec<Sub<'a>> = branches
            .iter()
            .enumerate()
            .map(|(index, json)| self.sub.within(keyword, &index.to_string(), json))
            .collect();
        if keyword == "allOf" || branches.len() == 1 {
            self.follow.extend(branches);
        } else {
            self.flat.choices.push(Choice { origin, branches });
        }
        Ok(())
    }

    /// `discriminator` of OpenAPI, and what [`crate::to_json_schema`] writes.
    fn ours(&mut self, keyword: &str, value: &Json) -> Result<()> {
        let text = |value: Option<&Json>| value.and_then(Json::as_text).map(ToString::to_string);
        match keyword {
            "discriminator" => {
                let origin = self.origin("discriminator");
                let name = text(value.get("propertyName"));
                let name = name.ok_or_else(|| origin.refuse("propertyName is missing"))?;
                self.flat.discriminator = Some((name, origin));
            }
            "x-aimdb-kind" => {
                let origin = self.origin("x-aimdb-kind");
                let name = text(Some(value)).ok_or_else(|| origin.refuse("has to be text"))?;
                self.flat.kind = Some((name, origin));
            }
            _ => {
                let keyword = match keyword {
                    "x-aimdb-signal" => "x-aimdb-signal",
                    "x-aimdb-version" => "x-aimdb-version",
                    _ => "x-aimdb-migrations",
                };
                if !self.sub.at.is_empty() && keyword == "x-aimdb-migrations" {
                    return Err(self.origin(keyword).refuse("only of the whole"));
                }
                self.flat.root_only.push((keyword, value.clone()));
            }
        }
        Ok(())
    }
}
