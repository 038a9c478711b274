//! Which version of a contract a side holds, as it stands in hellos and topic lists.

use crate::error::FrameError;
use crate::fields::{Field, FrameFields};
use crate::write::Object;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Most contracts that a hello may name: more than any tab mirrors, and small enough for one frame.
pub const CONTRACTS_HELD_MAX: usize = 256;

/// Most contracts that one request may ask for: with 64 KiB each the answer fits into a frame.
pub const CONTRACTS_ASKED_MAX: usize = 64;

/// A contract that a side holds (an extension).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldContract<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its version.
    pub version: u64,
    /// What contracts share that take and write the same values: 16 hexadecimal digits.
    pub fingerprint: Cow<'a, str>,
}

/// Reads the contracts of a hello; nothing if it names none.
pub(crate) fn read_held<'a>(
    hello: FrameFields<'a, '_>,
) -> Result<Option<Vec<HeldContract<'a>>>, FrameError> {
    if hello.raw_optional(Field::CONTRACTS).is_none() {
        return Ok(None);
    }
    let objects = hello.objects(Field::CONTRACTS)?;
    if objects.len() > CONTRACTS_HELD_MAX {
        return Err(hello.wrong(Field::CONTRACTS));
    }
    let held = objects.iter().map(|object| {
        let contract = object.of("contract");
        Ok(HeldContract {
            name: contract.text(Field::NAME)?,
            version: contract.number(Field::CONTRACT_VERSION)?,
            fingerprint: contract.text(Field::FINGERPRINT)?,
        })
    });
    held.collect::<Result<_, _>>().map(Some)
}

/// Writes the contracts of a hello.
pub(crate) fn write_held(hello: &mut Object<'_>, contracts: Option<&[HeldContract<'_>]>) {
    if let Some(contracts) = contracts {
        hello.list("contracts", contracts, write_one);
    }
}

fn write_one(out: &mut String, contract: &HeldContract<'_>) {
    let mut object = Object::open(out);
    object.text("name", &contract.name);
    object.number("version", contract.version);
    object.text("fingerprint", &contract.fingerprint);
    object.close();
}
