//! Which of two writes stays, where neither writer knew of the other.
//!
//! Guarantees: a write with a condition is taken over nothing that its writer had not seen, or over nothing that is newer, as
//! far as the newest value is known to whoever asks; who asks where writes are committed, one after the other, lets no two of
//! them be taken over the same value. Does not: know records, or find out what is newest.

use super::api::{Refusal, Winner};
use aimdb_ws_protocol::{Condition, ErrorCode};

/// A time may be this much beyond the server's own: more is a clock that runs ahead, and would win for as long as it does.
pub const AHEAD_MS_MAX: u64 = 60_000;

/// A topic's newest value, as a write finds it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Present<'a> {
    /// Its number as clients were told it, 0 where there is no value; nothing where nobody was told of it yet, so that nobody
    /// can have seen it.
    pub seq: Option<u64>,
    /// The client and the number of the write that it came from.
    pub by: Option<(&'a str, u64)>,
    /// Its time, where that is asked for and it has one.
    pub time: Option<f64>,
}

/// A write, as far as it is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contender<'a> {
    /// The name of its client.
    pub client: Option<&'a str>,
    /// Its time, where that is asked for and it has one.
    pub time: Option<f64>,
}

/// Says whether a write is taken. `server` of a base stands only where it is of another instance than this server.
///
/// # Errors
/// Why not: `superseded`, which whoever asks completes with the value that is there; `no_time`; or `clock_ahead`.
pub fn judge(
    condition: &Condition<'_>,
    write: Contender<'_>,
    present: Present<'_>,
    now_ms: u64,
) -> Result<(), Refusal> {
    let is_taken = match condition {
        Condition::Base { seq, server } => server.is_none() && present.seq == Some(*seq),
        Condition::Onto { id } => {
            let by = write.client.map(|client| (client, *id));
            by.is_some() && present.by == by
        }
        Condition::Newer { field } => {
            let Some(time) = write.time else {
                let message = format!("`{field}` is no number of its value, so it has no time");
                return Err(refusal("no_time", message));
            };
            let ahead_ms = time - now_ms as f64;
            if ahead_ms > AHEAD_MS_MAX as f64 {
                let message = format!(
                    "`{field}` is {ahead_ms} ms beyond the clock of the server: set the clock of the device"
                );
                return Err(refusal("clock_ahead", message));
            }
            present.time.is_none_or(|present| time > present)
        }
    };
    match is_taken {
        true => Ok(()),
        false => Err(superseded(None)),
    }
}

/// What a write hears that lost.
#[must_use]
pub fn superseded(winner: Option<Winner>) -> Refusal {
    let message = match winner {
        Some(_) => "another value is there by now, which its writer had not seen or which is newer",
        None => "what it was written over is not there any more",
    };
    Refusal {
        winner,
        ..refusal(SUPERSEDED, message.into())
    }
}

/// The reason of a write that lost.
pub(super) const SUPERSEDED: &str = "superseded";

fn refusal(reason: &str, message: String) -> Refusal {
    Refusal::new(ErrorCode::WriteError, reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_000_000;

    fn check(condition: Condition<'_>, time: Option<f64>, present: Present<'_>, expected: &str) {
        let write = Contender {
            client: Some("me"),
            time,
        };
        let judged = judge(&condition, write, present, NOW_MS);
        let reason = judged.map_or_else(|refusal| refusal.reason, |()| "taken".into());
        assert_eq!(reason, expected, "{condition:?} over {present:?}");
    }

    fn base(seq: u64) -> Condition<'static> {
        Condition::Base { seq, server: None }
    }

    #[test]
    fn a_write_over_a_value_is_taken_if_that_is_the_newest() {
        let numbered = |seq| Present {
            seq,
            ..Present::default()
        };
        check(base(7), None, numbered(Some(7)), "taken");
        check(base(7), None, numbered(Some(8)), "superseded");
        check(base(7), None, numbered(None), "superseded");
        check(base(0), None, numbered(Some(0)), "taken");
        check(base(0), None, numbered(None), "superseded");
        let elsewhere = Condition::Base {
            seq: 7,
            server: Some("other".into()),
        };
        check(elsewhere, None, numbered(Some(7)), "superseded");
    }

    #[test]
    fn a_write_over_another_one_of_its_client_is_taken_if_that_is_there() {
        let written = |by| Present {
            seq: Some(7),
            by,
            ..Present::default()
        };
        let onto = || Condition::Onto { id: 3 };
        check(onto(), None, written(Some(("me", 3))), "taken");
        check(onto(), None, written(Some(("me", 4))), "superseded");
        check(onto(), None, written(Some(("you", 3))), "superseded");
        check(onto(), None, written(None), "superseded");
    }

    #[test]
    fn of_times_the_later_one_stays_unless_it_is_beyond_the_clock() {
        let timed = |time| Present {
            seq: Some(7),
            time,
            ..Present::default()
        };
        let newer = || Condition::Newer { field: "t".into() };
        check(newer(), Some(5.0), timed(Some(4.0)), "taken");
        check(newer(), Some(5.0), timed(None), "taken");
        check(newer(), Some(5.0), timed(Some(5.0)), "superseded");
        check(newer(), Some(5.0), timed(Some(6.0)), "superseded");
        check(newer(), None, timed(Some(4.0)), "no_time");
        let last = (NOW_MS + AHEAD_MS_MAX) as f64;
        check(newer(), Some(last), timed(Some(4.0)), "taken");
        check(newer(), Some(last + 1.0), timed(Some(4.0)), "clock_ahead");
    }
}
