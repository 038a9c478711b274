//! Values of older versions become values of this one, and back: as data that travels with a contract.
//!
//! A step changes the fields of one object, which is still plain JSON: its names are those of the version
//! that it comes from. What the last step gives is read like any other value, so a migration can let
//! nothing through that the contract does not take.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::decode::Policy;
use crate::json::{self, Json};
use crate::number::Number;
use crate::schema::{Kind, Schema};
use crate::value::Value;
use crate::violation::{Reason, Violation};

pub use crate::migratable::typed;
pub use crate::steps::{Change, Code, Migration, Migrations, STEPS_DEPTH_MAX, VERSION_FIELD};

impl Schema {
    /// Reads a value of any version of this contract that can become one of this version.
    ///
    /// Its version is what its field [`VERSION_FIELD`] says, if the contract has that field, else what the
    /// sender has `announced`, else this one.
    ///
    /// # Errors
    /// The version is not known here, a step cannot be taken, or the contract refuses what it gives.
    pub fn decode_any_version(
        &self,
        value: Json,
        announced: Option<u32>,
        policy: Policy,
    ) -> Result<Vec<Value>, Box<Violation>> {
        let version = self.version_of(&value, announced)?;
        if version == self.version {
            return self
                .decode(&value, policy)
                .map_err(|refusal| value.told(refusal));
        }
        let value = self.migrate_up(value, version)?;
        self.decode(&value, policy).map_err(|violation| {
            let violation = value.told(violation);
            let got = format!("{violation}, after the steps from version {version}");
            self.unmigrated(&violation.path, got)
        })
    }

    /// Reads JSON text of this version at once, of an older one by its migrations; see
    /// [`decode_any_version`](Self::decode_any_version).
    ///
    /// # Errors
    /// Says where the value breaks the contract, or which version has no way here.
    pub fn decode_text_of_any_version(
        &self,
        text: &str,
        announced: Option<u32>,
        policy: Policy,
    ) -> Result<Vec<Value>, Box<Violation>> {
        if announced.is_none() {
            let decoded = self.decode_json(text.as_bytes(), policy);
            let is_older = |violation: &Violation| violation.reason == Reason::VersionTooOld;
            if !decoded.as_ref().is_err_and(|violation| is_older(violation)) {
                return decoded;
            }
        }
        let value = Json::parse_for_contract(text).map_err(|error| self.malformed(&error))?;
        self.decode_any_version(value, announced, policy)
    }

    /// The version of a value, by what it says or by what was announced.
    ///
    /// # Errors
    /// It is no version, or newer than this contract.
    pub fn version_of(&self, value: &Json, announced: Option<u32>) -> Result<u32, Box<Violation>> {
        let said = self.version_index().and_then(|_| value.get(VERSION_FIELD));
        let version = match said {
            Some(said) => {
                let number = said.as_number().and_then(|number| number.to_u64().ok());
                let version = number.and_then(|number| u32::try_from(number).ok());
                match version {
                    Some(version) if version > 0 => version,
                    _ => {
                        let expected = "a version: an integer from 1 to 4294967295";
                        return Err(self.wrong_version(
                            Reason::VersionInvalid,
                            expected,
                            match said {
                                Json::Stray(words) => words.clone(),
                                said => said.to_text(),
                            },
                        ));
                    }
                }
            }
            None => announced.unwrap_or(self.version),
        };
        if version > self.version {
            let expected = format!("version {} or older", self.version);
            let got = format!("version {version}");
            return Err(self.wrong_version(Reason::VersionTooNew, &expected, got));
        }
        Ok(version)
    }

    /// The position of the field in which a value says its version, if the contract has one: an integer.
    pub(crate) fn version_index(&self) -> Option<usize> {
        let index = self.index_of(VERSION_FIELD)?;
        let kind = &self.fields()[index].of.kind;
        matches!(kind, Kind::Unsigned { .. } | Kind::Signed { .. }).then_some(index)
    }

    /// Refuses a value that says another version than this one. It is not taken for one of this version, and
    /// who has the whole of it may come back with [`decode_any_version`](Self::decode_any_version).
    pub(crate) fn check_version(&self, said: Number) -> Result<(), Box<Violation>> {
        let version = said.to_u64().unwrap_or(0);
        let reason = match version {
            version if version == u64::from(self.version) => return Ok(()),
            version if version == 0 || version > u64::from(u32::MAX) => Reason::VersionInvalid,
            version if version > u64::from(self.version) => Reason::VersionTooNew,
            _ => Reason::VersionTooOld,
        };
        let expected = format!("version {}", self.version);
        Err(self.wrong_version(reason, &expected, format!("version {}", said.text())))
    }

    /// A value of version `from`, older than this one, as one of this version; not checked yet.
    ///
    /// # Errors
    /// There is no chain of migrations from there, or a step cannot be taken.
    pub fn migrate_up(&self, value: Json, from: u32) -> Result<Json, Box<Violation>> {
        self.migrate(value, from, self.version)
    }

    /// A value of this version as one of version `to`, for a peer that knows no newer one.
    ///
    /// # Errors
    /// There is no chain of migrations to there, or a step cannot be taken.
    pub fn migrate_down(&self, value: Json, to: u32) -> Result<Json, Box<Violation>> {
        self.migrate(value, self.version, to)
    }

    /// A value of version `from` as one of version `to`, both at most this one; not checked yet.
    ///
    /// # Errors
    /// There is no chain of migrations between them, or a step cannot be taken.
    pub fn migrate(&self, value: Json, from: u32, to: u32) -> Result<Json, Box<Violation>> {
        let mut chain = self.chain(from.min(to))?;
        chain.retain(|migration| migration.from < from.max(to));
        let is_down = to < from;
        if is_down {
            chain.reverse();
        }
        let value = chain.iter().try_fold(value, |value, migration| {
            let (steps, version) = match is_down {
                true => (&migration.down, migration.from + 1),
                false => (&migration.up, migration.from),
            };
            self.take_all(steps, value, version)
        })?;
        Ok(self.stamped(value, to))
    }

    /// Whether values of a version can become values of this one, and back.
    pub fn knows_version(&self, version: u32) -> bool {
        version == self.version || (version < self.version && self.chain(version).is_ok())
    }

    /// The migrations from a version to this one.
    fn chain(&self, from: u32) -> Result<Vec<Migration>, Box<Violation>> {
        let list = self.migrations.list();
        let chain: Vec<_> = list
            .iter()
            .filter(|migration| migration.from >= from)
            .cloned()
            .collect();
        if chain.len() as u32 == self.version.saturating_sub(from) {
            return Ok(chain);
        }
        let oldest = list.first().map_or(self.version, |first| first.from);
        let expected = format!("version {oldest} to {}", self.version);
        let got = format!("version {from}");
        Err(self.wrong_version(Reason::VersionTooOld, &expected, got))
    }

    /// A value that says its version says the one that it is now.
    pub(crate) fn stamped(&self, mut value: Json, version: u32) -> Json {
        let says = self.version_index().is_some();
        if let (true, Json::Map(entries)) = (says, &mut value) {
            let version = Json::Number(Number::Unsigned(version.into()));
            json::insert(entries, VERSION_FIELD.into(), version);
        }
        value
    }

    fn take_all(
        &self,
        steps: &[Change],
        value: Json,
        version: u32,
    ) -> Result<Json, Box<Violation>> {
        let Json::Map(mut entries) = value else {
            return Err(self.unmigrated("", format!("{} of version {version}", value.kind())));
        };
        for (index, step) in steps.iter().enumerate() {
            step.take(&mut entries).map_err(|(field, problem)| {
                let got = format!("{problem}, at step {index} from version {version}");
                self.unmigrated(field, got)
            })?;
        }
        Ok(Json::Map(entries))
    }

    fn wrong_version(&self, reason: Reason, expected: &str, got: String) -> Box<Violation> {
        Box::new(Violation {
            path: VERSION_FIELD.into(),
            ..*self.refuse(None, reason, expected.into(), &got)
        })
    }

    fn unmigrated(&self, path: &str, got: String) -> Box<Violation> {
        let expected = format!("a value that becomes one of version {}", self.version);
        Box::new(Violation {
            path: path.into(),
            // A refusal within: longer than what is shown of a value, and bounded itself.
            got,
            ..*self.refuse(None, Reason::MigrationFailed, expected, "")
        })
    }
}

impl Change {
    /// Changes the fields, or says which field cannot be changed and why.
    fn take(&self, entries: &mut Vec<(String, Json)>) -> Result<(), (&str, String)> {
        let position = |entries: &[(String, Json)], field: &str| {
            entries.iter().position(|(name, _)| name == field)
        };
        match self {
            Self::Rename { from, to } => {
                if let Some(index) = position(entries, from) {
                    if position(entries, to).is_some() {
                        return Err((from, format!("'{to}' is there already")));
                    }
                    entries[index].0.clone_from(to);
                }
            }
            Self::Add { field, value } => {
                if position(entries, field).is_none() {
                    entries.push((field.clone(), value.clone()));
                }
            }
            Self::Drop { field } => entries.retain(|(name, _)| name != field),
            Self::Scale {
                field,
                factor,
                offset,
            } => {
                if let Some(index) = position(entries, field) {
                    let value = &mut entries[index].1;
                    let Some(number) = value.as_number() else {
                        return Err((field, format!("{} and no number", value.kind())));
                    };
                    let scaled = number.to_f64() * factor + offset;
                    if !scaled.is_finite() {
                        return Err((field, "a number that becomes too large".into()));
                    }
                    *value = Json::Number(Number::of_f64(scaled));
                }
            }
            Self::Map { field, values } => {
                if let Some(index) = position(entries, field) {
                    let value = &mut entries[index].1;
                    if let Some((_, after)) = values.iter().find(|(before, _)| before == value) {
                        *value = after.clone();
                    }
                }
            }
            Self::When { field, is, steps } => {
                let holds = entries
                    .iter()
                    .any(|(name, value)| name == field && value == is);
                if holds {
                    for step in steps {
                        step.take(entries)?;
                    }
                }
            }
            Self::Code(Code(take)) => match take(Json::Map(core::mem::take(entries))) {
                Ok(Json::Map(given)) => *entries = given,
                Ok(other) => return Err(("", other.kind().into())),
                Err(problem) => return Err(("", problem)),
            },
        }
        Ok(())
    }
}
