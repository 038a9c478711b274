//! What a record that a server decides over does with local writes.
//!
//! A local write shows at once. Until the server has answered the newest one, values of others are
//! set aside: they are older than ours in the server's order, and become the record's value again
//! if ours is refused. A ring appends, so nothing is set aside there; its own echoes are dropped,
//! since the value is in it already.

use aimdb_core::Fields;

/// The local writes of one record that are under way.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    pending: Vec<u64>,
    /// Writes whose echo has not come.
    unechoed: usize,
    /// What the server last said; empty where it never had a value.
    confirmed: Option<Fields>,
}

/// What to do with a value from the server.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// Write it.
    Apply,
    /// Write it unless the record has it already.
    ApplyIfNew,
    /// Nothing to write.
    Keep,
}

/// What to do when a write has ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Settled {
    /// The record stays as it is.
    Keep,
    /// The record goes back to this, or to no value.
    Restore(Option<Fields>),
}

impl Mirror {
    /// Whether the echo of a local write has not come yet.
    pub(crate) fn waits_for_echo(&self) -> bool {
        self.unechoed > 0
    }

    /// Before a local write: remembers what to go back to, unless an earlier write already did.
    pub(crate) fn before_write(&mut self, current: impl FnOnce() -> Option<Fields>) {
        if self.pending.is_empty() {
            self.confirmed = current();
        }
    }

    /// Whether no write is under way and no echo is waited for.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.unechoed == 0
    }

    /// The local write is under way under this number.
    pub(crate) fn written(&mut self, write: u64) {
        self.pending.push(write);
        self.unechoed += 1;
    }

    /// A value came from the server.
    pub(crate) fn incoming(&mut self, fields: &Fields, own_echo: bool, appends: bool) -> Incoming {
        let mine = own_echo && self.unechoed > 0;
        if mine {
            self.unechoed -= 1;
        }
        if appends {
            return if mine {
                Incoming::Keep
            } else {
                Incoming::Apply
            };
        }
        if !self.pending.is_empty() {
            self.confirmed = Some(fields.clone());
        }
        if mine && self.unechoed > 0 {
            // A newer local write is on the screen.
            Incoming::Keep
        } else if own_echo {
            Incoming::ApplyIfNew
        } else if !self.pending.is_empty() && self.unechoed > 0 {
            Incoming::Keep
        } else {
            Incoming::Apply
        }
    }

    /// A local write has ended; `taken` if the server has it or a newer write took its place.
    pub(crate) fn settled(&mut self, write: u64, taken: bool, appends: bool) -> Settled {
        let newest = self.pending.last() == Some(&write);
        self.pending.retain(|pending| *pending != write);
        if !taken {
            // No echo will come of it.
            self.unechoed = self.unechoed.saturating_sub(1);
        }
        let confirmed = if self.pending.is_empty() {
            self.confirmed.take()
        } else {
            self.confirmed.clone()
        };
        if taken || appends || !newest {
            Settled::Keep
        } else {
            Settled::Restore(confirmed)
        }
    }

    /// A newer local write took the place of one that was never sent: no echo will come of it.
    pub(crate) fn superseded(&mut self, write: u64) {
        self.pending.retain(|pending| *pending != write);
        self.unechoed = self.unechoed.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_contracts::Value;

    fn value(number: u64) -> Fields {
        vec![Value::Unsigned(number)]
    }

    #[test]
    fn a_refused_write_goes_back_to_what_the_server_last_said() {
        let mut mirror = Mirror::default();
        mirror.before_write(|| Some(value(1)));
        mirror.written(10);
        assert_eq!(mirror.incoming(&value(2), false, false), Incoming::Keep);
        assert_eq!(
            mirror.settled(10, false, false),
            Settled::Restore(Some(value(2)))
        );
        assert_eq!(mirror.incoming(&value(3), false, false), Incoming::Apply);
    }

    #[test]
    fn a_first_write_that_is_refused_leaves_no_value() {
        let mut mirror = Mirror::default();
        mirror.before_write(|| None);
        mirror.written(1);
        assert_eq!(mirror.settled(1, false, false), Settled::Restore(None));
    }

    #[test]
    fn an_echo_is_no_second_update_whichever_comes_first() {
        for ack_first in [true, false] {
            let mut mirror = Mirror::default();
            mirror.before_write(|| Some(value(1)));
            mirror.written(1);
            if ack_first {
                assert_eq!(mirror.settled(1, true, false), Settled::Keep);
            }
            assert_eq!(
                mirror.incoming(&value(5), true, false),
                Incoming::ApplyIfNew
            );
            if !ack_first {
                assert_eq!(mirror.settled(1, true, false), Settled::Keep);
            }
            assert_eq!(mirror.incoming(&value(6), false, false), Incoming::Apply);
        }
    }

    #[test]
    fn a_refusal_of_an_older_write_does_not_touch_the_newer_one() {
        let mut mirror = Mirror::default();
        mirror.before_write(|| Some(value(0)));
        mirror.written(1);
        mirror.before_write(|| panic!("the first write already remembered"));
        mirror.written(2);
        assert_eq!(mirror.settled(1, false, false), Settled::Keep);
        assert_eq!(
            mirror.settled(2, false, false),
            Settled::Restore(Some(value(0)))
        );
    }

    #[test]
    fn a_ring_keeps_what_it_appended_and_drops_only_its_own_echoes() {
        let mut mirror = Mirror::default();
        mirror.before_write(|| None);
        mirror.written(1);
        assert_eq!(mirror.incoming(&value(9), false, true), Incoming::Apply);
        assert_eq!(mirror.incoming(&value(1), true, true), Incoming::Keep);
        assert_eq!(mirror.settled(1, true, true), Settled::Keep);
        assert_eq!(mirror.incoming(&value(1), true, true), Incoming::Apply);
    }

    #[test]
    fn of_superseded_writes_only_the_newest_waits() {
        let mut mirror = Mirror::default();
        mirror.before_write(|| Some(value(0)));
        mirror.written(1);
        mirror.written(2);
        mirror.superseded(1);
        assert_eq!(
            mirror.incoming(&value(2), true, false),
            Incoming::ApplyIfNew
        );
        assert_eq!(mirror.settled(2, true, false), Settled::Keep);
    }
}
