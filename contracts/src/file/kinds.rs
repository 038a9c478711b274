//! Kinds, as a file writes them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::read::{Reader, field_name};
use super::{FileError, Node, rules};
use crate::schema::{Body, Case, Kind, Link, Object, Ref, Rules, Schema, Type, Union};

const SCALARS: &[Kind] = &[
    Kind::Bool,
    Kind::Unsigned { bits: 8 },
    Kind::Unsigned { bits: 16 },
    Kind::Unsigned { bits: 32 },
    Kind::Unsigned { bits: 64 },
    Kind::Signed { bits: 8 },
    Kind::Signed { bits: 16 },
    Kind::Signed { bits: 32 },
    Kind::Signed { bits: 64 },
    Kind::Float { bits: 32 },
    Kind::Float { bits: 64 },
    Kind::Text,
    Kind::Bytes,
    Kind::Time,
    Kind::Json,
];

const KIND_WORDS: &str = "a kind: bool, u8 to u64, i8 to i64, f32, f64, text, bytes, time, json, or an \
                          object with one of enum, list, tuple, map, object, contract, oneOf, nullable";

/// Reads kinds for one file.
pub(super) struct Kinds<'a> {
    pub(super) reader: &'a Reader<'a>,
}

impl Kinds<'_> {
    /// A type whose kind and rules stand in an object beside these names.
    pub(super) fn beside(&self, node: Node<'_>, names: &[&str]) -> Result<Type, FileError> {
        let kind = node.need("kind", KIND_WORDS, |node| self.kind(node))?;
        let rules = rules::read(node, &kind, names)?;
        Ok(Type { kind, rules })
    }

    /// A type within another: a kind, or an object of a kind and its rules.
    fn inner(&self, node: Node<'_>) -> Result<Type, FileError> {
        if node.json.get("kind").is_some() {
            return self.beside(node, &["kind"]);
        }
        Ok(Type {
            kind: self.kind(node)?,
            rules: Rules::NONE,
        })
    }

    fn kind(&self, node: Node<'_>) -> Result<Kind, FileError> {
        if let Some(name) = node.json.as_text() {
            let scalar = SCALARS.iter().find(|kind| kind.name() == name);
            return scalar.cloned().ok_or_else(|| node.refuse(KIND_WORDS));
        }
        let [(name, _)] = node.map(KIND_WORDS)? else {
            return Err(node.refuse(KIND_WORDS));
        };
        let read = |node: Node<'_>| match name.as_str() {
            "enum" => choices(node),
            "list" => Ok(Kind::List(self.shared(node)?)),
            "map" => Ok(Kind::Map(self.shared(node)?)),
            "nullable" => self.nullable(node),
            "tuple" => {
                let types = node.each("a list of kinds", |node| self.inner(node))?;
                Ok(Kind::Tuple(Ref::Shared(types.into())))
            }
            "object" => {
                node.object("an inline object", &["fields", "unknownFields"])?;
                let object = self.reader.object(node)?;
                Ok(Kind::Object(Ref::Shared(object.into())))
            }
            "contract" => Ok(Kind::Contract(self.link(node)?)),
            "oneOf" => self.union(node),
            _ => Err(node.refuse_got(KIND_WORDS, name)),
        };
        node.need(name, KIND_WORDS, read)
    }

    fn shared(&self, node: Node<'_>) -> Result<Ref<Type>, FileError> {
        Ok(Ref::Shared(self.inner(node)?.into()))
    }

    fn nullable(&self, node: Node<'_>) -> Result<Kind, FileError> {
        let inner = self.shared(node)?;
        match inner.kind {
            Kind::Nullable(_) | Kind::Json => Err(node.refuse_got(
                "a kind that does not take null by itself",
                inner.kind.name(),
            )),
            _ => Ok(Kind::Nullable(inner)),
        }
    }

    fn link(&self, node: Node<'_>) -> Result<Link, FileError> {
        let name = node.text("the name of a contract of this file")?;
        let number = self.reader.number_of(name);
        number.map(Link::At).ok_or_else(|| {
            let known = self.reader.names();
            node.refuse(format!(
                "a contract of this file ({known}): add it to 'contracts'"
            ))
        })
    }

    fn union(&self, node: Node<'_>) -> Result<Kind, FileError> {
        node.object("oneOf", &["tag", "cases"])?;
        let tag = node.need(
            "tag",
            "the name of the field that tells the cases apart",
            field_name,
        )?;
        let cases = node.need("cases", "an object of cases by name", |node| {
            let entries = node.map("an object of cases by name")?;
            if entries.is_empty() {
                return Err(node.refuse_got("at least one case", "none"));
            }
            let mut cases = Vec::with_capacity(entries.len());
            for (name, _) in entries {
                let body = node.need(name, "a case", |node| self.case(node, &tag))?;
                let name = Cow::Owned(name.clone());
                cases.push(Case { name, body });
            }
            Ok(cases)
        })?;
        let cases = Ref::Shared(cases.into());
        Ok(Kind::OneOf(Ref::Shared(Union { tag, cases }.into())))
    }

    fn case(&self, node: Node<'_>, tag: &str) -> Result<Body, FileError> {
        if node.json.get("contract").is_some() {
            node.object("a case of a contract", &["contract"])?;
            let link = node.need("contract", "a contract", |node| self.link(node))?;
            return Ok(Body::Contract(link));
        }
        node.object("a case", &["fields", "unknownFields"])?;
        let object = self.reader.object(node)?;
        match object.index_of(tag) {
            None => Ok(Body::Object(object)),
            Some(_) => Err(node.refuse_got(
                format!("fields without '{tag}', which tells the cases apart"),
                tag,
            )),
        }
    }
}

fn choices(node: Node<'_>) -> Result<Kind, FileError> {
    let mut seen: Vec<String> = Vec::new();
    let choices = node.each("a list of texts", |node| {
        let choice = node.text("a text")?;
        if seen.iter().any(|known| known == choice) {
            return Err(node.refuse("a text that does not stand there before"));
        }
        seen.push(choice.to_string());
        Ok(Cow::Owned(choice.to_string()))
    })?;
    if choices.is_empty() {
        return Err(node.refuse_got("at least one text", "none"));
    }
    Ok(Kind::Enum(Ref::Shared(choices.into())))
}

/// The name of a contract of which there can be no value, since it needs one of itself.
///
/// A contract has an end once everything that must be in it has one: the loop marks those until no more
/// come, `a -> [b], b -> a?` in two rounds.
pub(super) fn is_endless(schema: &Schema) -> Option<&str> {
    let contracts: Vec<&Schema> = core::iter::once(schema)
        .chain(schema.contracts.iter())
        .collect();
    let mut ends = vec![false; contracts.len()];
    loop {
        let before = ends.clone();
        for (index, contract) in contracts.iter().enumerate() {
            ends[index] = ends[index] || object_ends(&contract.object, &before);
        }
        if ends == before {
            break;
        }
    }
    let endless = ends.iter().position(|ends| !ends)?;
    Some(&contracts[endless].name)
}

fn object_ends(object: &Object, ends: &[bool]) -> bool {
    let mut fields = object.fields.iter();
    fields.all(|field| field.optional || field.default.is_some() || type_ends(&field.of, ends))
}

fn type_ends(of: &Type, ends: &[bool]) -> bool {
    match &of.kind {
        Kind::List(inner) => of.rules.min_items.unwrap_or(0) == 0 || type_ends(inner, ends),
        Kind::Map(inner) => of.rules.min_properties.unwrap_or(0) == 0 || type_ends(inner, ends),
        Kind::Tuple(types) => types.iter().all(|of| type_ends(of, ends)),
        Kind::Object(object) => object_ends(object, ends),
        Kind::Contract(link) => link_ends(*link, ends),
        Kind::OneOf(union) => union.cases.iter().any(|case| match &case.body {
            Body::Object(object) => object_ends(object, ends),
            Body::Contract(link) => link_ends(*link, ends),
        }),
        _ => true,
    }
}

fn link_ends(link: Link, ends: &[bool]) -> bool {
    match link {
        Link::At(index) => ends.get(usize::from(index)).copied().unwrap_or(false),
        // A Rust type: the compiler has seen to it.
        Link::To(_) => true,
    }
}
