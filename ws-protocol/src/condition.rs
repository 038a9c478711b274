//! On what condition a write is taken (an extension).
//!
//! Guarantees: a write has one condition at most; of a client that says more, none is believed.
//! Does not: judge; the server does, where the write is committed.

use crate::error::FrameError;
use crate::fields::{Field, FrameFields};
use crate::write::Object;
use alloc::borrow::Cow;

/// What must be true of a topic's newest value for a write to be taken; else the write is refused as `superseded`, with that
/// value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<'a> {
    /// It is the one of this number; 0: there was none yet.
    Base {
        /// The number.
        seq: u64,
        /// The instance of the server that the number is of, where that is another one than that of the connection: then it is
        /// never true, since numbers of two instances cannot be compared.
        server: Option<Cow<'a, str>>,
    },
    /// It is what the same client wrote under this number.
    Onto {
        /// The number.
        id: u64,
    },
    /// Its time is earlier than that of the written value.
    Newer {
        /// The field with the time, in Unix milliseconds.
        field: Cow<'a, str>,
    },
}

impl<'a> Condition<'a> {
    /// The same condition with texts that are lent, towards a server of this instance; towards any, if nothing.
    #[must_use]
    pub fn towards(&self, instance: Option<&str>) -> Condition<'_> {
        match self {
            Self::Base { seq, server } => {
                let server = server.as_deref();
                let server = server.filter(|server| instance != Some(*server));
                Condition::Base {
                    seq: *seq,
                    server: server.map(Cow::Borrowed),
                }
            }
            Self::Onto { id } => Condition::Onto { id: *id },
            Self::Newer { field } => Condition::Newer {
                field: Cow::Borrowed(field),
            },
        }
    }

    pub(crate) fn read(fields: FrameFields<'a, '_>) -> Result<Option<Self>, FrameError> {
        let base = fields.number_optional(Field::BASE)?;
        let onto = fields.number_optional(Field::ONTO)?;
        let newer = fields.text_optional(Field::NEWER)?;
        match (base, onto, newer) {
            (None, None, None) => Ok(None),
            (Some(seq), None, None) => {
                let server = fields.text_optional(Field::SERVER)?;
                Ok(Some(Self::Base { seq, server }))
            }
            (None, Some(id), None) => Ok(Some(Self::Onto { id })),
            (None, None, Some(field)) => Ok(Some(Self::Newer { field })),
            (_, Some(_), _) => Err(fields.wrong(Field::ONTO)),
            _ => Err(fields.wrong(Field::NEWER)),
        }
    }

    pub(crate) fn write(&self, frame: &mut Object<'_>) {
        match self {
            Self::Base { seq, server } => {
                frame.number("base", *seq);
                frame.text_optional("server", server.as_deref());
            }
            Self::Onto { id } => frame.number("onto", *id),
            Self::Newer { field } => frame.text("newer", field),
        }
    }
}
