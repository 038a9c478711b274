//! What a writer's fields are when they come to a reader: as they are, or after the steps of the newer contract.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::Json;
use crate::migrate::{Change, VERSION_FIELD};
use crate::number::Number;
use crate::schema::{Field, Schema};

/// One field as it comes.
pub(super) struct Source<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) of: Of<'a>,
}

pub(super) enum Of<'a> {
    /// As the writer has it.
    Field(&'a Field),
    /// Always this value.
    Constant(Json),
    /// Something that cannot be told, if it is there at all.
    Unsure,
}

pub(super) struct Sources<'a> {
    pub(super) fields: Vec<Source<'a>>,
    /// Why nothing comes at all.
    pub(super) refused: Option<String>,
    /// Whether any step is code, or may fail.
    pub(super) is_unsure: bool,
}

impl<'a> Sources<'a> {
    pub(super) fn of(writer: &'a Schema, reader: &'a Schema) -> Self {
        let plain = |field: &'a Field| Source {
            name: Cow::Borrowed(&*field.name),
            of: Of::Field(field),
        };
        let mut sources = Self {
            fields: writer.fields().iter().map(plain).collect(),
            refused: None,
            is_unsure: false,
        };
        if writer.version_index().is_some() {
            sources.say_version(writer.version);
        }
        if writer.version == reader.version {
            return sources;
        }
        let is_up = writer.version < reader.version;
        let newer = if is_up { reader } else { writer };
        let older = writer.version.min(reader.version);
        if !newer.knows_version(older) {
            let (version, newest) = (older, newer.version);
            sources.refused = Some(format!(
                "no migrations lead from version {version} to {newest}"
            ));
            return sources;
        }
        let list = newer.migrations.list();
        let passed = list.iter().filter(|migration| migration.from >= older);
        if is_up {
            passed.for_each(|migration| sources.take_all(&migration.up));
        } else {
            passed
                .rev()
                .for_each(|migration| sources.take_all(&migration.down));
        }
        if newer.version_index().is_some() {
            sources.say_version(reader.version);
        }
        sources
    }

    fn say_version(&mut self, version: u32) {
        let version = Json::Number(Number::Unsigned(version.into()));
        self.set(VERSION_FIELD, Of::Constant(version));
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|source| source.name == name)
    }

    fn set(&mut self, name: &str, of: Of<'a>) {
        match self.position(name) {
            Some(at) => self.fields[at].of = of,
            None => self.fields.push(Source {
                name: Cow::Owned(name.into()),
                of,
            }),
        }
    }

    fn take_all(&mut self, steps: &[Change]) {
        for step in steps {
            self.take(step);
        }
    }

    fn take(&mut self, step: &Change) {
        match step {
            Change::Rename { from, to } => match (self.position(from), self.position(to)) {
                (Some(at), None) => self.fields[at].name = Cow::Owned(to.clone()),
                // Both may be there, and then it fails.
                (Some(_), Some(_)) => self.lose(&[from, to]),
                (None, _) => {}
            },
            Change::Add { field, value } => match self.position(field) {
                None => self.set(field, Of::Constant(value.clone())),
                Some(_) => self.doubt(step),
            },
            Change::Drop { field } => self.fields.retain(|source| source.name != *field),
            Change::Scale { field, .. } => self.lose(&[field]),
            Change::Map { field, .. } => {
                if self.position(field).is_some() {
                    self.set(field, Of::Unsure);
                }
            }
            Change::When { steps, .. } => {
                for step in steps {
                    self.doubt(step);
                }
            }
            Change::Code(_) => {
                self.fields.clear();
                self.is_unsure = true;
            }
        }
    }

    /// A step that may or may not be taken.
    fn doubt(&mut self, step: &Change) {
        match step {
            Change::Rename { from, to } => {
                if self.position(from).is_some() {
                    self.lose(&[from, to]);
                }
            }
            Change::Add { field, .. } => {
                // Where it is always there, it stays what it is.
                let is_there = self
                    .position(field)
                    .is_some_and(|at| match &self.fields[at].of {
                        Of::Field(field) => !field.may_be_absent(),
                        Of::Constant(_) => true,
                        Of::Unsure => false,
                    });
                if !is_there {
                    self.set(field, Of::Unsure);
                }
            }
            Change::Drop { field } | Change::Map { field, .. } => {
                if self.position(field).is_some() {
                    self.set(field, Of::Unsure);
                }
            }
            Change::Scale { field, .. } => self.lose(&[field]),
            Change::When { steps, .. } => steps.iter().for_each(|step| self.doubt(step)),
            Change::Code(_) => self.is_unsure = true,
        }
    }

    /// Fields that nothing can be told of, by a step that may fail.
    fn lose(&mut self, names: &[&String]) {
        if names.iter().any(|name| self.position(name).is_some()) {
            self.is_unsure = true;
            for name in names {
                self.set(name, Of::Unsure);
            }
        }
    }
}
