//! Kinds, as a file writes them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use super::parts::{check_name, field_name};
use super::read::Reader;
use super::{Node, Read, rules};
use crate::schema::{Body, Case, Kind, Link, Ref, Type, Union};

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

impl Reader<'_> {
    /// A type whose kind and rules stand in an object beside these names.
    pub(super) fn beside(&self, node: &Node<'_>, names: &[&str]) -> Read<Type> {
        let kind = self.kind(&node.need("kind", KIND_WORDS)?)?;
        let rules = rules::read(node, &kind, names)?;
        Ok(Type { kind, rules })
    }

    /// A type within another: a kind, or an object of a kind and its rules.
    fn inner(&self, node: &Node<'_>) -> Read<Type> {
        if node.json.get("kind").is_some() {
            return self.beside(node, &["kind"]);
        }
        Ok(Type::of(self.kind(node)?))
    }

    fn kind(&self, node: &Node<'_>) -> Read<Kind> {
        if let Some(name) = node.json.as_text() {
            let scalar = SCALARS.iter().find(|kind| kind.name() == name);
            return scalar.cloned().ok_or_else(|| node.refuse(KIND_WORDS));
        }
        let [(name, _)] = node.map(KIND_WORDS)? else {
            return Err(node.refuse(KIND_WORDS));
        };
        let within = node.need(name, KIND_WORDS)?;
        match name.as_str() {
            "enum" => choices(&within),
            "list" => Ok(Kind::List(self.shared(&within)?)),
            "map" => Ok(Kind::Map(self.shared(&within)?)),
            "nullable" => self.nullable(&within),
            "tuple" => self.tuple(&within),
            "object" => {
                within.only("an inline object", &["fields", "unknownFields"])?;
                let object = self.object(&within)?;
                Ok(Kind::Object(Ref::Shared(object.into())))
            }
            "contract" => Ok(Kind::Contract(self.link(&within)?)),
            "oneOf" => self.union(&within),
            _ => Err(node.refuse_got(KIND_WORDS, name)),
        }
    }

    fn shared(&self, node: &Node<'_>) -> Read<Ref<Type>> {
        Ok(Ref::Shared(self.inner(node)?.into()))
    }

    fn nullable(&self, node: &Node<'_>) -> Read<Kind> {
        let inner = self.shared(node)?;
        match inner.kind {
            Kind::Nullable(_) | Kind::Json => {
                let expected = "a kind that does not take null by itself";
                Err(node.refuse_got(expected, inner.kind.name()))
            }
            _ => Ok(Kind::Nullable(inner)),
        }
    }

    fn tuple(&self, node: &Node<'_>) -> Read<Kind> {
        let count = node.list("a list of kinds")?;
        let mut types = Vec::with_capacity(count);
        for index in 0..count {
            types.push(self.inner(&node.at(index))?);
        }
        Ok(Kind::Tuple(Ref::Shared(types.into())))
    }

    fn link(&self, node: &Node<'_>) -> Read<Link> {
        let name = node.text("the name of a contract of this file")?;
        match self.number_of(name) {
            Some(number) => Ok(Link::At(number)),
            None => {
                let known = self.names();
                let words = format!("a contract of this file ({known}): add it to 'contracts'");
                Err(node.refuse(&words))
            }
        }
    }

    fn union(&self, node: &Node<'_>) -> Read<Kind> {
        node.only("oneOf", &["tag", "cases"])?;
        let tag =
            field_name(&node.need("tag", "the name of the field that tells the cases apart")?)?;
        let words = "an object of cases by name, at least one";
        let within = node.need("cases", words)?;
        let entries = within.map(words)?;
        if entries.is_empty() {
            return Err(within.refuse_got(words, "none"));
        }
        let mut cases = Vec::with_capacity(entries.len());
        for (name, _) in entries {
            check_name(&within, name)?;
            let body = self.case(&within.need(name, words)?, &tag)?;
            let name = Cow::Owned(name.clone());
            cases.push(Case { name, body });
        }
        let cases = Ref::Shared(cases.into());
        Ok(Kind::OneOf(Ref::Shared(Union { tag, cases }.into())))
    }

    fn case(&self, node: &Node<'_>, tag: &str) -> Read<Body> {
        let (body, has_tag) = if let Some(link) = node.get("contract") {
            node.only("a case of a contract", &["contract"])?;
            let link = self.link(&link)?;
            (Body::Contract(link), self.has_field(link, tag))
        } else {
            node.only("a case", &["fields", "unknownFields"])?;
            let object = self.object(node)?;
            let has_tag = object.index_of(tag).is_some();
            (Body::Object(object), has_tag)
        };
        if has_tag {
            let words = format!("fields without '{tag}', which tells the cases apart");
            return Err(node.refuse_got(&words, tag));
        }
        Ok(body)
    }
}

fn choices(node: &Node<'_>) -> Read<Kind> {
    let words = "a list of texts, at least one and no two alike";
    let count = node.list(words)?;
    let mut choices: Vec<Cow<'static, str>> = Vec::with_capacity(count);
    for index in 0..count {
        let node = node.at(index);
        let choice = node.text(words)?;
        if choices.iter().any(|known| known == choice) {
            return Err(node.refuse("a text that does not stand there before"));
        }
        choices.push(Cow::Owned(choice.into()));
    }
    if choices.is_empty() {
        return Err(node.refuse_got(words, "none"));
    }
    Ok(Kind::Enum(Ref::Shared(choices.into())))
}
