//! What a session knows of the token that its server asks for.
//!
//! Guarantees: after a failure there is a time for the next try. Does not: ask; the bridge does.

use crate::api::Now;
use crate::pace::Random;
use alloc::borrow::Cow;
use alloc::string::String;

/// Where a session is with its token.
#[derive(Default)]
pub(crate) struct Tokens {
    /// The one at hand: nothing where it was refused, or its end is near.
    pub(crate) token: Option<String>,
    /// It was asked for, and has until then to come.
    pub(crate) asked_until: Option<u64>,
    /// It is to be asked for then.
    pub(crate) ask_at: Option<u64>,
    /// How often in a row no good one came.
    pub(crate) failures: u32,
    /// The server wants another one before it goes on.
    pub(crate) is_needed: bool,
}

impl Tokens {
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.asked_until.or(self.ask_at)
    }

    pub(crate) fn for_hello(&self) -> Option<Cow<'_, str>> {
        self.token.as_deref().map(Cow::Borrowed)
    }

    pub(crate) fn ask_later(
        &mut self,
        random: &mut Random,
        (ms_min, ms_max): (u64, u64),
        now: Now,
    ) {
        self.failures = self.failures.saturating_add(1);
        let wait_ms = random.backoff_ms(self.failures, ms_min, ms_max);
        self.ask_at = Some(now.mono_ms.saturating_add(wait_ms));
    }
}
