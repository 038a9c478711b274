//! What schemas say of one value, keyword by keyword.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::{Json, Number};

use crate::error::{Refusal, Result};

pub(super) static TRUE: Json = Json::Bool(true);

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
    pub(super) fn from_name(name: &str) -> Option<Self> {
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
            // What is read from text or bytes has no strays.
            Json::Null | Json::Stray(_) => Self::Null,
            Json::Bool(_) => Self::Bool,
            Json::Number(number) if whole(*number).is_some() => Self::Integer,
            Json::Number(_) => Self::Number,
            Json::Text(_) => Self::Text,
            Json::List(_) => Self::List,
            Json::Map(_) => Self::Object,
        }
    }

    /// The type of which keywords speak: what is said of numbers is said of integers.
    pub(super) fn family(self) -> Self {
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
    pub(super) schemas: Vec<&'a Json>,
    /// The `anyOf` or `oneOf` of one of the schemas that is decided already.
    pub(super) decided: Option<Origin<'a>>,
    /// Whether the others stand within the first.
    pub(super) is_enclosed: bool,
}

impl<'a> Conjunction<'a> {
    pub(super) fn of(schema: &'a Json) -> Self {
        Self::all(&[schema])
    }

    pub(super) fn all(schemas: &[&'a Json]) -> Self {
        Self {
            schemas: schemas.to_vec(),
            decided: None,
            is_enclosed: schemas.len() == 1,
        }
    }

    /// Where the first stands.
    pub(super) fn at(&self) -> &'a Json {
        self.schemas.first().copied().unwrap_or(&TRUE)
    }
}

/// A keyword, and the schema in which it stands.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) keyword: &'a str,
    pub(super) at: &'a Json,
}

impl<'a> Origin<'a> {
    pub(super) fn refuse(&self, reason: &'static str) -> Refusal<'a> {
        Refusal::new(self.keyword, self.at, reason)
    }

    pub(super) fn refuse_of(&self, reason: &[&str]) -> Refusal<'a> {
        Refusal::of(self.keyword, self.at, reason)
    }
}

/// What is said of the names that no `properties` lists.
pub(super) struct Rest<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) schema: &'a Json,
    /// The names that the same schema lists.
    pub(super) own: Vec<&'a str>,
    /// Whether it sees the names of every schema.
    pub(super) sees_all: bool,
}

/// A choice between schemas.
pub(super) struct Choice<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) branches: &'a [Json],
}

/// What is for people, and a default.
#[derive(Clone, Copy, Default)]
pub(super) struct Words<'a> {
    pub(super) title: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) unit: Option<&'a str>,
    pub(super) icon: Option<&'a str>,
    /// And the schema in which it stands.
    pub(super) default: Option<(&'a Json, &'a Json)>,
}

impl Words<'_> {
    /// One sentence or two.
    pub(super) fn doc(&self) -> Option<String> {
        match (self.title, self.description) {
            (Some(title), Some(words)) if title != words => Some([title, ": ", words].concat()),
            (title, words) => words.or(title).map(Into::into),
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
}

/// Keywords together.
#[derive(Default)]
pub(super) struct Flat<'a> {
    pub(super) types: Option<Vec<Type>>,
    pub(super) allowed: Option<(Vec<&'a Json>, Origin<'a>)>,
    pub(super) range: Range<'a>,
    pub(super) lengths: Counts<'a>,
    pub(super) items_count: Counts<'a>,
    pub(super) names_count: Counts<'a>,
    pub(super) pattern: Option<(&'a str, Origin<'a>)>,
    pub(super) format: Option<(&'a str, Origin<'a>)>,
    pub(super) encoding: Option<Origin<'a>>,
    pub(super) unique: Option<Origin<'a>>,
    pub(super) items: Vec<&'a Json>,
    pub(super) prefix: Option<(&'a [Json], Origin<'a>)>,
    /// Whether there may be no element behind the prefix.
    pub(super) ends: Option<Origin<'a>>,
    pub(super) properties: Vec<(&'a str, Vec<&'a Json>)>,
    pub(super) lists_properties: bool,
    pub(super) required: Vec<(&'a str, Origin<'a>)>,
    pub(super) rest: Vec<Rest<'a>>,
    pub(super) choices: Vec<Choice<'a>>,
    pub(super) discriminator: Option<(&'a str, Origin<'a>)>,
    pub(super) words: Words<'a>,
    /// `x-aimdb-kind`, for what JSON Schema has no word.
    pub(super) kind: Option<(&'a str, Origin<'a>)>,
    /// `x-aimdb-signal`, `x-aimdb-version`, `x-aimdb-migrations`: of a contract.
    pub(super) of_contract: Vec<(Origin<'a>, &'a Json)>,
    /// What was said, and of which type.
    pub(super) said: Vec<(Type, Origin<'a>)>,
}

/// A least and a greatest count.
#[derive(Default)]
pub(super) struct Counts<'a> {
    pub(super) min: Option<(u64, Origin<'a>)>,
    pub(super) max: Option<(u64, Origin<'a>)>,
}

impl<'a> Flat<'a> {
    /// Refuses keywords that say nothing of this type: they would have been meant otherwise.
    pub(super) fn speaks_of(&self, wanted: Type) -> Result<'a, ()> {
        let mut said = self.said.iter();
        match said.find(|(of, _)| of.family() != wanted.family()) {
            None => Ok(()),
            Some((of, origin)) => Err(origin.refuse_of(&[
                "says something of ",
                of.name(),
                " alone, and the type is ",
                wanted.name(),
            ])),
        }
    }

    /// The first keyword that is said of some type.
    pub(super) fn first_said(&self) -> Option<&(Type, Origin<'a>)> {
        self.said.first()
    }

    /// Whether a value of this type may be taken.
    pub(super) fn takes(&self, of: Type) -> bool {
        let Some(types) = &self.types else {
            return true;
        };
        types.contains(&of) || (of == Type::Integer && types.contains(&Type::Number))
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
            || self.rest.iter().any(|rest| is_boolean(rest.schema, false))
    }

    pub(super) fn limit_types(&mut self, types: Vec<Type>) {
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

pub(super) type Bound<'a> = Option<(Number, Origin<'a>)>;

/// What a schema says of numbers.
#[derive(Default)]
pub(super) struct Range<'a> {
    pub(super) min: Bound<'a>,
    pub(super) max: Bound<'a>,
    pub(super) exclusive_min: Bound<'a>,
    pub(super) exclusive_max: Bound<'a>,
    pub(super) multiple_of: Bound<'a>,
}

/// A number as an integer, if it is one that some kind holds.
pub(super) fn whole(number: Number) -> Option<i128> {
    match number {
        Number::Unsigned(value) => Some(i128::from(value)),
        Number::Signed(value) => Some(i128::from(value)),
        Number::Float(value) => (value % 1.0 == 0.0).then_some(value as i128),
    }
}

/// Whether it is this boolean.
pub(super) fn is_boolean(json: &Json, wanted: bool) -> bool {
    matches!(json, Json::Bool(value) if *value == wanted)
}
