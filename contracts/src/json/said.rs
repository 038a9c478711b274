//! A value on its way out of here, where no stray may be in it.

use alloc::boxed::Box;

use crate::json::Json;
use crate::schema::Schema;
use crate::violation::Violation;

impl Schema {
    /// A value that JSON can say, so that it can be taken through steps outside of here.
    ///
    /// # Errors
    /// A part of it is none; a contract that looks at the whole value would say so too.
    pub fn said(&self, value: Json) -> Result<Json, Box<Violation>> {
        match value.flaw(None, false) {
            None => Ok(value),
            Some(flaw) => {
                let mut refusal = self.malformed("");
                flaw.tell(&mut refusal);
                Err(refusal)
            }
        }
    }
}
