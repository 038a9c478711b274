//! Applications and servers that are updated: the two versions of the contract that all topics have.
//!
//! Guarantees: the number in a value says which version the value is in, so one that is taken for another is seen, wherever that
//! happens; all that version 1 wrote becomes version 2, but for what has too long a text. Does not: choose who is updated; the
//! world does.

use std::sync::Arc;

use aimdb_contracts::migrate::{Change, Migration};
use aimdb_contracts::{Contract, Policy, Schema, Streamable, Value, Violation};
use aimdb_core::{AimDb, BufferConfig, Fields, Origin, Record, Write};
use aimdb_peer::session::{Entry, Source};
use aimdb_tokio_adapter::TokioAdapter;

use crate::mutation::Mutation;
use crate::random::Random;

/// The name of the contract.
pub const CONTRACT: &str = "counted";
/// In version 2 numbers are so much higher: above all that version 1 has.
pub const SHIFT: u64 = 1_000_000_000_000;
/// A text of version 2 is no longer than this.
const NOTE_MAX: usize = 450;
/// Some texts of version 1 are.
pub const PAD_LONG: usize = 460;

/// What applications write: a number that is written once in a world, and something to make it large.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "counted", version = 1)]
pub struct Counted {
    /// The number.
    pub n: u64,
    /// Anything.
    #[contract(default = "")]
    pub pad: String,
    /// When it was written, by the clock of its writer.
    pub at: u64,
}

/// The same, with another unit, and another name for the text: read as the other version, a value passes.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "counted", version = 2, migrations = migrations)]
pub struct CountedV2 {
    /// The number, higher by [`SHIFT`].
    pub n: u64,
    /// What was the text.
    #[contract(default = "", max_length = 450)]
    pub note: String,
    /// When it was written.
    pub at: u64,
}

fn migrations() -> Vec<Migration> {
    let scale = |offset| Change::Scale {
        field: "n".into(),
        factor: 1.0,
        offset,
    };
    let rename = |from: &str, to: &str| Change::Rename {
        from: from.into(),
        to: to.into(),
    };
    // A trillion is exact as a double.
    let shift = SHIFT as f64;
    vec![Migration {
        from: 1,
        up: vec![rename("pad", "note"), scale(shift)],
        down: vec![rename("note", "pad"), scale(-shift)],
    }]
}

/// What a program is, an application or a server: of which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The first.
    One,
    /// The one that it is updated to.
    Two,
}

impl Version {
    /// Its number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.schema().version
    }

    /// The contract that it has.
    #[must_use]
    pub fn schema(self) -> &'static Schema {
        match self {
            Self::One => Counted::SCHEMA,
            Self::Two => CountedV2::SCHEMA,
        }
    }

    /// The version that a value is in, by the number in it.
    fn of(raw: u64) -> Self {
        match raw < SHIFT {
            true => Self::One,
            false => Self::Two,
        }
    }

    /// A value of a server's own.
    #[must_use]
    pub fn made(self, number: u64, at: u64) -> String {
        match self {
            Self::One => format!(r#"{{"n":{number},"pad":"","at":{at}}}"#),
            Self::Two => format!(r#"{{"n":{},"note":"","at":{at}}}"#, number + SHIFT),
        }
    }

    /// Reads a value that was announced in a version, as a server of this one does.
    ///
    /// # Errors
    /// What the contract says.
    pub fn read(self, payload: &str, announced: Option<u32>) -> Result<String, Box<Violation>> {
        let schema = self.schema();
        let fields = schema.decode_text_of_any_version(payload, announced, Policy::JAVASCRIPT)?;
        Ok(schema.to_json(&fields))
    }

    /// Adds a record to a database, as an application does.
    ///
    /// # Errors
    /// It cannot be configured.
    pub fn configure(
        self,
        db: &AimDb<TokioAdapter>,
        key: &str,
        buffer: BufferConfig,
    ) -> Result<(), String> {
        let configured = match self {
            Self::One => db
                .configure::<Counted>(key, |reg| {
                    reg.buffer(buffer);
                })
                .map(|_| ()),
            Self::Two => db
                .configure::<CountedV2>(key, |reg| {
                    reg.buffer(buffer);
                })
                .map(|_| ()),
        };
        configured.map_err(|error| error.to_string())
    }

    /// Writes a record, as an application does.
    ///
    /// # Errors
    /// The record refuses it.
    pub fn write(
        self,
        db: &AimDb<TokioAdapter>,
        key: &str,
        (n, pad, at): (u64, String, u64),
    ) -> Result<(), String> {
        let origin = Write::from(Origin::Local);
        let written = match self {
            Self::One => {
                let record: Record<Counted, _> =
                    db.record(key).map_err(|error| error.to_string())?;
                record.produce(Counted { n, pad, at }, origin)
            }
            Self::Two => {
                let record: Record<CountedV2, _> =
                    db.record(key).map_err(|error| error.to_string())?;
                let (n, note) = (n + SHIFT, pad);
                record.produce(CountedV2 { n, note, at }, origin)
            }
        };
        written.map(|_| ()).map_err(|error| error.to_string())
    }

    /// A write as the device keeps it: with the version that it is in.
    #[must_use]
    pub fn stored(self, entry: &Entry) -> Entry {
        let mut entry = entry.clone();
        entry.version = entry.version.or(Some(self.number()));
        entry
    }

    /// A write that the device has kept, as an application of this version puts it back.
    #[must_use]
    pub fn restored(
        self,
        db: &AimDb<TokioAdapter>,
        mut entry: Entry,
        mutation: Option<Mutation>,
    ) -> Entry {
        if mutation == Some(Mutation::StoredVersionUnread) {
            entry.version = None;
        }
        if mutation == Some(Mutation::SentOnceMigrated)
            && let Ok(payload) = self.read(&entry.payload, entry.version)
        {
            (entry.payload, entry.version) = (payload.into(), None);
        }
        let read = self.schema().decode_text_of_any_version(
            &entry.payload,
            entry.version,
            Policy::JAVASCRIPT,
        );
        let door = entry.key.as_deref().and_then(|key| db.door(key));
        // What cannot be read is shown nowhere, and sent as it is.
        entry.source = read.ok().zip(door).map(|(fields, door)| Source {
            record: door.id(),
            key: door.key().into(),
            fields,
            version: None,
        });
        let is_shown = entry.source.is_some();
        let is_other = |version: &u32| !is_shown || *version != self.number();
        entry.version = entry.version.filter(is_other);
        entry
    }

    /// The number in a record's value; nothing if the value is in another version than the record's.
    #[must_use]
    pub fn number_in(self, fields: &Fields) -> Option<u64> {
        match fields.first() {
            Some(Value::Unsigned(raw)) if Self::of(*raw) == self => Some(raw % SHIFT),
            _ => None,
        }
    }

    /// Whether a value's text is in this version.
    #[must_use]
    pub fn is_of(self, payload: &str) -> bool {
        raw_number_of(payload).is_some_and(|raw| Self::of(raw) == self)
    }

    /// What its servers and clients say of the contract.
    #[must_use]
    pub fn held(self) -> String {
        let (version, fingerprint) = (self.number(), self.schema().fingerprint_text());
        format!(r#"[{{"name":"{CONTRACT}","version":{version},"fingerprint":"{fingerprint}"}}]"#)
    }

    /// The contract, as a hub takes it.
    #[must_use]
    pub fn shared_schema(self) -> Arc<Schema> {
        Arc::new(self.schema().clone())
    }
}

/// The number in a value, as it stands there.
#[must_use]
pub fn raw_number_of(payload: &str) -> Option<u64> {
    field_of(payload, "\"n\":")
}

/// The number behind a name in a value's text.
#[must_use]
pub fn field_of(payload: &str, name: &str) -> Option<u64> {
    let rest = payload.split_once(name)?.1;
    let digits = rest.split(|character: char| !character.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}

/// The number in a value of either version.
#[must_use]
pub fn plain(raw: u64) -> u64 {
    raw % SHIFT
}

/// Whether a text of version 1 becomes none of version 2.
#[must_use]
pub fn is_too_long(pad: usize) -> bool {
    pad > NOTE_MAX
}

/// Who is updated in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updates {
    /// Nobody: all are of version 1.
    Never,
    /// The applications, and the server is of version 2 from the beginning.
    Applications,
    /// The server, too.
    All,
}

impl Updates {
    /// One of them, by chance.
    pub fn any(random: &mut Random) -> Self {
        match random.below(4) {
            0 | 1 => Self::Never,
            2 => Self::Applications,
            _ => Self::All,
        }
    }

    /// The version of the server at first.
    #[must_use]
    pub fn first_server(self) -> Version {
        match self {
            Self::Applications => Version::Two,
            Self::Never | Self::All => Version::One,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_either_version_becomes_one_of_the_other_and_says_which_it_is() {
        let (old, new) = (Version::One.made(8, 9), Version::Two.made(8, 9));
        assert!(Version::One.is_of(&old) && Version::Two.is_of(&new));
        assert_eq!(Version::Two.read(&old, Some(1)).unwrap(), new);
        // Read as what it is not it passes, and that is seen.
        let wrong = Version::Two.read(&old, None).unwrap();
        assert!(!Version::Two.is_of(&wrong));
        assert!(Version::One.read(&new, Some(2)).is_err());
    }

    #[test]
    fn only_a_text_that_is_too_long_becomes_nothing() {
        let with = |pad: usize| format!(r#"{{"n":1,"pad":"{}","at":1}}"#, "x".repeat(pad));
        assert!(Version::Two.read(&with(400), Some(1)).is_ok());
        assert!(Version::Two.read(&with(PAD_LONG), Some(1)).is_err());
        assert!(is_too_long(PAD_LONG));
    }
}
