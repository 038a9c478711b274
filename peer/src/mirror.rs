//! What a record that a server decides over does with local writes.
//!
//! A local write shows at once. While the newest one is neither answered nor echoed, values of others
//! are set aside; they are shown if our write is refused, or once it is acknowledged without its echo
//! having come, so that in the end every tab shows what the server said last. A ring appends: nothing
//! is set aside there, and the echoes of its own writes are dropped, since the values are in it.

use alloc::vec::Vec;

use aimdb_core::Fields;
use aimdb_ws_bridge::WriteId;

/// The local writes of one record that are under way, by their numbers; the session has the rest of them.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    /// Not yet answered, in order.
    pending: Vec<WriteId>,
    /// Not yet echoed, in order.
    unechoed: Vec<WriteId>,
    /// Echoed, or never to be, since the last look: nobody asks for them any more.
    done: Vec<WriteId>,
    /// What the server last said; nothing where it never had a value.
    confirmed: Option<Fields>,
    /// Whether what the server last said is not shown.
    aside: bool,
    /// A write is about to be under way.
    is_writing: bool,
}

/// A value that came from the server.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) fields: &'a Fields,
    /// The local write that caused it, where the server says so.
    pub(crate) by: Option<WriteId>,
    /// Where the server never says so: whether a write wrote the same value, which then counts as its echo.
    pub(crate) is_same: Option<&'a dyn Fn(WriteId) -> bool>,
    /// Where a write stands among those that the server gets: not where it was made, if others write to the same device.
    pub(crate) order: &'a dyn Fn(WriteId) -> u64,
}

/// What to do with a value from the server.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
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
    /// The record shows what the server said meanwhile.
    Show(Fields),
}

impl Mirror {
    /// The server has said what it has.
    pub(crate) fn set_confirmed(&mut self, fields: Fields) {
        if !self.pending.is_empty() {
            self.confirmed = Some(fields);
        }
    }

    /// Whether no write waits for its answer.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether no write is under way and no echo is waited for.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.unechoed.is_empty()
    }

    /// Whether a write is under way.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Before a local write: remembers what to go back to, unless an earlier write already did.
    pub(crate) fn before_write(&mut self, current: Option<Fields>) {
        if self.pending.is_empty() {
            self.confirmed = current;
            self.aside = false;
        }
        self.is_writing = true;
    }

    /// After a local write, whether it is under way now or not.
    pub(crate) fn after_write(&mut self) {
        self.is_writing = false;
    }

    /// A local write is under way. Echoes of at most so many are waited for; of more, the oldest are forgotten.
    pub(crate) fn written(&mut self, write: WriteId, echoes_max: usize) {
        self.pending.push(write);
        if self.unechoed.len() >= echoes_max {
            self.done.push(self.unechoed.remove(0));
        }
        self.unechoed.push(write);
    }

    /// The writes that nobody asks for any more, since the last look.
    pub(crate) fn take_done(&mut self) -> impl Iterator<Item = WriteId> {
        self.done.drain(..)
    }

    /// A value came from the server.
    pub(crate) fn incoming(&mut self, value: Incoming<'_>, appends: bool) -> Verdict {
        let echo = self.take_echo(value, appends);
        if appends {
            return if echo { Verdict::Keep } else { Verdict::Apply };
        }
        let is_waiting = !self.pending.is_empty();
        if is_waiting {
            self.confirmed = Some(value.fields.clone());
        }
        let is_newer_shown = !self.unechoed.is_empty();
        if echo || value.by.is_some() {
            self.aside = false;
            return if is_newer_shown {
                Verdict::Keep
            } else {
                Verdict::ApplyIfNew
            };
        }
        if is_waiting && is_newer_shown {
            self.aside = true;
            return Verdict::Keep;
        }
        // Answered and overtaken: should an echo still come, its number says whose it is.
        self.done.append(&mut self.unechoed);
        Verdict::Apply
    }

    /// Whether a value is the echo of a local write; if so, neither it nor an older one is waited
    /// for any more. A burst of state may be overtaken on the server, and then only its last comes.
    fn take_echo(&mut self, value: Incoming<'_>, appends: bool) -> bool {
        let order = value.order;
        let echoed = match value.by {
            Some(by) => by,
            // Equal values cannot be told apart: the oldest came back.
            None => {
                let is_same =
                    |write: &&WriteId| value.is_same.is_some_and(|is_same| is_same(**write));
                match self.unechoed.iter().find(is_same) {
                    Some(write) => *write,
                    None => return false,
                }
            }
        };
        let last = order(echoed);
        // What has no number yet comes behind all that have one, and says nothing of others that have none.
        let is_over =
            |write: &WriteId| *write == echoed || (order(*write) <= last && last < u64::MAX);
        let is_echo = match appends {
            true => self.unechoed.contains(&echoed),
            false => self.unechoed.iter().any(is_over),
        };
        if is_echo {
            let unechoed = core::mem::take(&mut self.unechoed);
            let (over, rest): (Vec<_>, Vec<_>) = unechoed.into_iter().partition(is_over);
            self.done.extend(over);
            self.unechoed = rest;
        }
        is_echo
    }

    /// A local write has ended; `taken` if the server has it.
    pub(crate) fn settled(&mut self, write: WriteId, taken: bool, appends: bool) -> Settled {
        let is_newest = self.pending.last() == Some(&write);
        self.forget(write, taken);
        let is_last = self.pending.is_empty();
        let confirmed = if is_last {
            self.confirmed.take()
        } else {
            self.confirmed.clone()
        };
        let aside = is_last && core::mem::take(&mut self.aside);
        match confirmed {
            _ if appends => Settled::Keep,
            confirmed if !taken && is_newest => Settled::Restore(confirmed),
            Some(confirmed) if aside => Settled::Show(confirmed),
            _ => Settled::Keep,
        }
    }

    /// A newer write took the place of one that was never sent: no echo will come of it. The newer one is shown already, or about to
    /// be; where it was made elsewhere and is not known here, the record goes back.
    pub(crate) fn superseded(&mut self, write: WriteId) -> Settled {
        let is_shown = self.pending == [write] && !self.is_writing;
        if is_shown {
            return self.settled(write, false, false);
        }
        self.forget(write, false);
        Settled::Keep
    }

    fn forget(&mut self, write: WriteId, echo_follows: bool) {
        self.pending.retain(|pending| *pending != write);
        if !echo_follows {
            self.unechoed.retain(|unechoed| *unechoed != write);
            self.done.push(write);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_contracts::Value;
    use alloc::vec;
    use core::cell::RefCell;

    fn value(number: u64) -> Fields {
        vec![Value::Unsigned(number)]
    }

    /// A record of state that a server decides over, with what it shows.
    struct Shown {
        mirror: Mirror,
        value: Option<u64>,
        updates: usize,
        published: bool,
        written: RefCell<Vec<(WriteId, u64)>>,
    }

    impl Shown {
        fn new(value: Option<u64>) -> Self {
            Self {
                mirror: Mirror::default(),
                value,
                updates: 0,
                published: false,
                written: RefCell::default(),
            }
        }

        fn write(&mut self, write: u64, number: u64) {
            let before = self.value.map(value);
            self.mirror.before_write(before);
            self.value = Some(number);
            self.mirror.written(WriteId(write), 1_024);
            self.written.borrow_mut().push((WriteId(write), number));
        }

        fn hear(&mut self, number: u64, by: Option<u64>) {
            let fields = value(number);
            let written = self.written.borrow().clone();
            let is_same = |write| written.contains(&(write, number));
            let incoming = Incoming {
                fields: &fields,
                by: by.map(WriteId),
                is_same: self.published.then_some(&is_same),
                order: &|write| write.0,
            };
            let is_new = self.value != Some(number);
            match self.mirror.incoming(incoming, false) {
                Verdict::Keep => {}
                Verdict::ApplyIfNew if !is_new => {}
                Verdict::Apply | Verdict::ApplyIfNew => {
                    self.value = Some(number);
                    self.updates += 1;
                }
            }
        }

        fn settle(&mut self, write: u64, taken: bool) {
            let number = |fields: Fields| match fields[..] {
                [Value::Unsigned(number)] => number,
                _ => panic!("another value"),
            };
            match self.mirror.settled(WriteId(write), taken, false) {
                Settled::Keep => {}
                Settled::Restore(fields) => self.value = fields.map(number),
                Settled::Show(fields) => self.value = Some(number(fields)),
            }
        }
    }

    #[test]
    fn a_refused_write_goes_back_to_what_the_server_last_said() {
        let mut shown = Shown::new(Some(1));
        shown.write(10, 5);
        shown.hear(2, None);
        assert_eq!(shown.value, Some(5));
        shown.settle(10, false);
        assert_eq!(shown.value, Some(2));
        shown.hear(3, None);
        assert_eq!(shown.value, Some(3));
    }

    #[test]
    fn a_first_write_that_is_refused_leaves_no_value() {
        let mut shown = Shown::new(None);
        shown.write(1, 5);
        shown.settle(1, false);
        assert_eq!(shown.value, None);
    }

    #[test]
    fn an_echo_is_no_second_update_whichever_comes_first() {
        for ack_first in [true, false] {
            let mut shown = Shown::new(Some(1));
            shown.write(1, 5);
            if ack_first {
                shown.settle(1, true);
            }
            shown.hear(5, Some(1));
            if !ack_first {
                shown.settle(1, true);
            }
            assert_eq!((shown.value, shown.updates), (Some(5), 0));
            assert!(shown.mirror.is_idle());
        }
    }

    #[test]
    fn a_refusal_of_an_older_write_does_not_touch_the_newer_one() {
        let mut shown = Shown::new(Some(0));
        shown.write(1, 5);
        shown.write(2, 6);
        shown.settle(1, false);
        assert_eq!(shown.value, Some(6));
        shown.settle(2, false);
        assert_eq!(shown.value, Some(0));
    }

    #[test]
    fn of_a_burst_one_echo_is_enough() {
        let mut shown = Shown::new(Some(0));
        for write in 1..=3 {
            shown.write(write, 10 + write);
        }
        for write in 1..=3 {
            shown.settle(write, true);
        }
        shown.hear(13, Some(3));
        assert!(shown.mirror.is_idle());
        assert_eq!((shown.value, shown.updates), (Some(13), 0));
    }

    #[test]
    fn an_older_value_that_comes_after_the_answer_is_corrected_by_the_echo() {
        let mut shown = Shown::new(Some(0));
        shown.write(1, 5);
        shown.settle(1, true);
        shown.hear(4, None);
        shown.hear(5, Some(1));
        assert_eq!(shown.value, Some(5));
    }

    #[test]
    fn a_value_that_overtook_ours_is_shown_though_it_came_before_the_answer() {
        let mut shown = Shown::new(Some(0));
        shown.write(1, 5);
        shown.hear(7, None);
        assert_eq!(shown.value, Some(5));
        shown.settle(1, true);
        assert_eq!(shown.value, Some(7));
    }

    #[test]
    fn echoes_of_a_server_that_names_no_writer_are_known_by_their_values() {
        let mut shown = Shown {
            published: true,
            ..Shown::new(Some(0))
        };
        for write in 1..=3 {
            shown.write(write, write);
            shown.settle(write, true);
        }
        for number in 1..=3 {
            shown.hear(number, None);
        }
        assert_eq!((shown.value, shown.updates), (Some(3), 0));
    }

    #[test]
    fn a_ring_drops_its_own_echoes_and_nothing_else() {
        let mut mirror = Mirror::default();
        let hear = |mirror: &mut Mirror, number: u64, by: Option<u64>| {
            let incoming = Incoming {
                fields: &value(number),
                by: by.map(WriteId),
                is_same: None,
                order: &|write| write.0,
            };
            mirror.incoming(incoming, true)
        };
        mirror.before_write(None);
        mirror.written(WriteId(1), 1_024);
        mirror.written(WriteId(2), 1_024);
        assert_eq!(hear(&mut mirror, 9, None), Verdict::Apply);
        assert_eq!(hear(&mut mirror, 1, Some(1)), Verdict::Keep);
        assert_eq!(mirror.settled(WriteId(1), true, true), Settled::Keep);
        assert_eq!(hear(&mut mirror, 1, None), Verdict::Apply);
        // Written through the bridge and not through the record: it is not in the ring yet.
        assert_eq!(hear(&mut mirror, 7, Some(3)), Verdict::Apply);
        assert_eq!(hear(&mut mirror, 2, Some(2)), Verdict::Keep);
    }

    #[test]
    fn as_many_echoes_are_waited_for_as_a_session_lets_wait_and_what_ended_is_told_once() {
        let mut mirror = Mirror::default();
        for write in 1..=5 {
            mirror.written(WriteId(write), 3);
        }
        let done =
            |mirror: &mut Mirror| mirror.take_done().map(|write| write.0).collect::<Vec<_>>();
        assert_eq!(done(&mut mirror), [1, 2]);
        let incoming = Incoming {
            fields: &value(4),
            by: Some(WriteId(4)),
            is_same: None,
            order: &|write| write.0,
        };
        mirror.incoming(incoming, false);
        assert_eq!(done(&mut mirror), [3, 4]);
        mirror.superseded(WriteId(5));
        assert_eq!(done(&mut mirror), [5]);
        assert_eq!(done(&mut mirror).len(), 0);
    }

    #[test]
    fn of_superseded_writes_only_the_newest_waits() {
        let mut shown = Shown::new(Some(0));
        shown.write(1, 5);
        shown.write(2, 6);
        shown.mirror.superseded(WriteId(1));
        shown.hear(6, Some(2));
        shown.settle(2, true);
        assert!(shown.mirror.is_idle());
        assert_eq!((shown.value, shown.updates), (Some(6), 0));
    }

    #[test]
    fn a_write_that_one_from_elsewhere_has_replaced_is_not_shown_any_more() {
        let mut shown = Shown::new(Some(0));
        shown.write(1, 5);
        shown.mirror.after_write();
        let back = shown.mirror.superseded(WriteId(1));
        assert_eq!(back, Settled::Restore(Some(value(0))));
        shown.value = Some(0);
        // One that this write replaces is not gone back to.
        shown.write(2, 6);
        shown.mirror.before_write(Some(value(6)));
        assert_eq!(shown.mirror.superseded(WriteId(2)), Settled::Keep);
        shown.mirror.written(WriteId(3), 1_024);
        shown.mirror.after_write();
        shown.settle(3, false);
        assert_eq!(shown.value, Some(0));
    }

    #[test]
    fn two_tabs_agree_with_the_server_whatever_it_overtakes() {
        let mut random = Seeded(20_261_120);
        for _ in 0..2_000 {
            agree_once(&mut random);
        }
    }

    /// An answer to a write, or a value and the write that it came from.
    type Frame = (Option<u64>, Option<(u64, Option<u64>)>);

    /// A server that takes writes in an order of its own, acknowledges each, and publishes the newest
    /// value after any number of them, with the writer named unless it was overtaken.
    fn agree_once(random: &mut Seeded) {
        let mut tabs = [Shown::new(Some(0)), Shown::new(Some(0))];
        let mut frames: [Vec<Frame>; 2] = [vec![], vec![]];
        let mut server = (0, 0, 0);
        for step in 1..=12_u64 {
            let tab = random.below(2);
            match random.below(3) {
                0 => {
                    tabs[tab].write(step, 100 + step);
                    server = (100 + step, tab, step);
                    frames[tab].push((Some(step), None));
                }
                1 => publish(&mut frames, server),
                _ if frames[tab].is_empty() => {}
                _ => hear_next(&mut tabs[tab], &mut frames[tab]),
            }
        }
        publish(&mut frames, server);
        for tab in 0..2 {
            while !frames[tab].is_empty() {
                hear_next(&mut tabs[tab], &mut frames[tab]);
            }
            assert_eq!(tabs[tab].value, Some(server.0), "{:?}", random.0);
        }
    }

    fn publish(frames: &mut [Vec<Frame>; 2], (number, writer, write): (u64, usize, u64)) {
        for (tab, frames) in frames.iter_mut().enumerate() {
            let by = (write > 0 && tab == writer).then_some(write);
            frames.push((None, Some((number, by))));
        }
    }

    fn hear_next(tab: &mut Shown, frames: &mut Vec<Frame>) {
        match frames.remove(0) {
            (Some(write), _) => tab.settle(write, true),
            (None, Some((number, by))) => tab.hear(number, by),
            (None, None) => {}
        }
    }

    /// A linear congruential generator: enough for a shuffle, and the same on every run.
    struct Seeded(u64);

    impl Seeded {
        fn below(&mut self, bound: u64) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % bound) as usize
        }
    }
}
