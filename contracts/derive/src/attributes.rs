//! `#[contract(…)]` as a list of names and what is said of them, each name once.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token};

/// Everything that stands in the `contract` attributes of one place.
#[derive(Default)]
pub(crate) struct Attributes {
    list: Vec<Said>,
}

/// One name, and what is said of it.
pub(crate) struct Said {
    pub(crate) name: Ident,
    what: What,
}

enum What {
    /// `signal`
    Nothing,
    /// `min = 5`
    Value(Expr),
    /// `item(min = 5)`
    List(Attributes),
}

impl Attributes {
    /// Reads the attributes of a place where only these names mean something; `place` says where that is.
    pub(crate) fn parse(
        attributes: &[Attribute],
        place: &str,
        known: &[&[&str]],
    ) -> Result<Self, Error> {
        let mut all = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("contract") {
                attribute.parse_nested_meta(|meta| all.add(&meta))?;
            }
        }
        all.hold_to(place, known)?;
        Ok(all)
    }

    fn add(&mut self, meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
        let name = match meta.path.segments.first() {
            Some(first) if meta.path.segments.len() == 1 => first.ident.clone(),
            _ => return Err(meta.error("an attribute has a plain name here")),
        };
        if self.list.iter().any(|said| said.name == name) {
            let words = format!("`{name}` is given twice");
            return Err(Error::new(name.span(), words));
        }
        let what = if meta.input.peek(Token![=]) {
            What::Value(meta.value()?.parse()?)
        } else if meta.input.peek(syn::token::Paren) {
            let mut inner = Self::default();
            meta.parse_nested_meta(|meta| inner.add(&meta))?;
            What::List(inner)
        } else {
            What::Nothing
        };
        self.list.push(Said { name, what });
        Ok(())
    }

    /// Refuses a name that means nothing here.
    pub(crate) fn hold_to(&self, place: &str, known: &[&[&str]]) -> Result<(), Error> {
        let is_known = |said: &Said| {
            known
                .iter()
                .any(|names| names.iter().any(|n| said.name == n))
        };
        let Some(unknown) = self.list.iter().find(|said| !is_known(said)) else {
            return Ok(());
        };
        let words = format!(
            "`{}` means nothing {place}: expected one of {}",
            unknown.name,
            known.concat().join(", ")
        );
        Err(Error::new(unknown.name.span(), words))
    }

    fn find(&self, name: &str) -> Option<&Said> {
        self.list.iter().find(|said| said.name == name)
    }

    /// Where a name stands.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.find(name).map(|said| said.name.span())
    }

    /// `name`, with nothing said of it.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.find(name) {
            None => Ok(false),
            Some(Said {
                what: What::Nothing,
                ..
            }) => Ok(true),
            Some(said) => Err(said.wrong(&format!("`{name}` stands alone"))),
        }
    }

    /// `name = …`
    pub(crate) fn value(&self, name: &str) -> Result<Option<&Expr>, Error> {
        match self.find(name) {
            None => Ok(None),
            Some(Said {
                what: What::Value(value),
                ..
            }) => Ok(Some(value)),
            Some(said) => Err(said.wrong(&format!("say `{name} = …`"))),
        }
    }

    /// `name = "…"`
    pub(crate) fn text(&self, name: &str) -> Result<Option<LitStr>, Error> {
        let Some(value) = self.value(name)? else {
            return Ok(None);
        };
        match value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(Some(text.clone())),
            other => {
                let words = format!("`{name}` is a text: say `{name} = \"…\"`");
                Err(Error::new_spanned(other, words))
            }
        }
    }

    /// The same, where what is not said is empty.
    pub(crate) fn text_or_empty(&self, name: &str) -> Result<String, Error> {
        let text = self.text(name)?;
        Ok(text.map(|text| text.value()).unwrap_or_default())
    }

    /// `name = "…"`, one of these.
    pub(crate) fn choice(&self, name: &str, choices: &[&str]) -> Result<Option<usize>, Error> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let given = text.value();
        match choices.iter().position(|choice| *choice == given) {
            Some(index) => Ok(Some(index)),
            None => {
                let words = format!("`{name}` is one of {}", choices.join(", "));
                Err(Error::new(text.span(), words))
            }
        }
    }

    /// `name(…)`
    pub(crate) fn list(&self, name: &str) -> Result<Option<&Self>, Error> {
        match self.find(name) {
            None => Ok(None),
            Some(Said {
                what: What::List(list),
                ..
            }) => Ok(Some(list)),
            Some(said) => Err(said.wrong(&format!("say `{name}(…)`"))),
        }
    }

    /// Refuses any of these names beside another.
    pub(crate) fn refuse_beside(&self, name: &str, others: &[&str]) -> Result<(), Error> {
        match others.iter().find_map(|other| self.find(other)) {
            Some(said) if self.find(name).is_some() => {
                let words = format!("`{}` means nothing beside `{name}`", said.name);
                Err(Error::new(said.name.span(), words))
            }
            _ => Ok(()),
        }
    }
}

impl Said {
    fn wrong(&self, words: &str) -> Error {
        Error::new(self.name.span(), words)
    }
}

/// The first paragraph of a doc comment, on one line.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(line),
                    ..
                }) => Some(line.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        });
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The name without the `r#` that a keyword needs.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}
