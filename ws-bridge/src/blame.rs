//! Which write, if any, makes the other end close the connection.
//!
//! A proxy that takes no large frames (1009), or a server that does not like a text (1007, 1008, 4400), closes
//! each time it sees one. Sent again for ever, it would hold up all that come after it. When several were on the wire
//! nobody knows which it was; from then on they go one at a time, and one that is alone on the wire for
//! [`WRITE_TRIES_MAX`] such closes is the one.

use crate::entry::Entry;
use crate::{BACK_MS_MAX, WRITE_LOSSES_MAX, WRITE_TRIES_MAX};

/// How a connection ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Close<'a> {
    pub(crate) code: u16,
    pub(crate) reason: &'a str,
}

impl Close<'_> {
    /// Torn off, without a word.
    pub(crate) const TORN: Close<'static> = Close {
        code: 1006,
        reason: "",
    };

    /// Within how long the other end wants to be seen again, each client at a moment of its own, where it says so.
    pub(crate) fn back_ms(self) -> Option<u64> {
        // By hand: the standard library's reader of numbers is most of a kilobyte of a tab's download.
        let text = self.reason.as_bytes();
        let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let (head, digits) = text.split_at(text.len() - digits.count());
        let is_told = self.code == 1012 && head.ends_with(b"back_ms=") && !digits.is_empty();
        let add = |ms: u64, digit: &u8| (ms * 10 + u64::from(digit - b'0')).min(BACK_MS_MAX);
        is_told.then(|| digits.iter().fold(0, add))
    }

    /// Whether the code says that the other end did not like what it was sent. It does not where it went away, restarts,
    /// has no room or does not know who is there, nor where this side gave up.
    pub(crate) fn is_refusal(self) -> bool {
        let is_other = matches!(self.code, 1000 | 1001 | 1004..=1006 | 1012..=1015 | 4000 | 4001);
        !is_other && !matches!(self.code, 4401 | 4403)
    }
}

/// So many connections in a row may be lost with writes on the wire and not one of them answered, before writes go
/// one at a time.
const FRUITLESS_MAX: u32 = 3;

/// What is known of it.
#[derive(Debug, Default)]
pub(crate) struct Blame {
    /// Connections lost with writes on the wire since the last answer.
    fruitless: u32,
    /// While a write up to this one is unanswered, writes go one at a time.
    alone_until: Option<u64>,
}

impl Blame {
    /// How many writes may be on the wire.
    pub(crate) fn window(&self) -> usize {
        self.alone_until.map_or(usize::MAX, |_| 1)
    }

    /// A write has got its answer.
    pub(crate) fn clear(&mut self, id: u64) {
        self.fruitless = 0;
        self.alone_until = self.alone_until.filter(|last| id < *last);
    }

    /// The connection was lost with so many writes on the wire, from `head` to the one numbered `last`. Gives
    /// whether the head is to blame.
    pub(crate) fn lost(
        &mut self,
        in_flight: usize,
        last: Option<u64>,
        head: Option<&mut Entry>,
        close: Close<'_>,
    ) -> bool {
        let (Some(last), Some(head)) = (last, head) else {
            return false;
        };
        self.fruitless = self.fruitless.saturating_add(1);
        if in_flight > 1 {
            if close.is_refusal() || self.fruitless >= FRUITLESS_MAX {
                self.alone_until = Some(last.max(self.alone_until.unwrap_or(0)));
            }
            return false;
        }
        head.tries = head.tries.saturating_add(1);
        let most = match close.is_refusal() {
            true => WRITE_TRIES_MAX,
            false => WRITE_LOSSES_MAX,
        };
        let is_it = head.tries >= most;
        if is_it {
            self.clear(head.number);
        }
        is_it
    }
}
