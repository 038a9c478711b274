//! The hybrid logical clock: stamps that grow, and follow both the wall clock and every stamp that was seen.
//!
//! Our own and not the crate `uhlc`, whose stamps are a 64-bit fraction of a second and a node number of 128 bits: they
//! can hold neither a counter of their own nor a node that is a text.

pub(crate) mod epoch;
pub(crate) mod node;
pub(crate) mod offset;
pub(crate) mod stamp;

use core::fmt;

use node::NodeId;
use stamp::{MILLIS_MAX, Stamp, StampError};

/// How far a remote stamp may be ahead of the wall clock unless [`Clock::with_drift`] says otherwise: a minute is more than
/// clocks that are kept differ, and little enough that nobody writes into tomorrow.
pub const DRIFT_MS_MAX: u64 = 60_000;

/// The clock of one node. It starts at 0:0, and never goes back.
#[derive(Clone, Debug)]
pub struct Clock {
    node: NodeId,
    millis: u64,
    counter: u32,
    drift_ms_max: u64,
}

impl Clock {
    /// A clock that refuses stamps more than [`DRIFT_MS_MAX`] ahead.
    pub fn new(node: NodeId) -> Self {
        Self::with_drift(node, DRIFT_MS_MAX)
    }

    /// A clock that refuses stamps more than so many milliseconds ahead.
    pub fn with_drift(node: NodeId, drift_ms_max: u64) -> Self {
        Self {
            node,
            millis: 0,
            counter: 0,
            drift_ms_max,
        }
    }

    /// Whose clock it is.
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// The last stamp it gave or saw, under its own name. What is stored, so that [`Clock::restore`] goes on from there.
    pub fn last(&self) -> Stamp<'_> {
        Stamp {
            millis: self.millis,
            counter: self.counter,
            node: self.node.as_str(),
        }
    }

    /// Goes on from where an earlier run of the same node was, if that is later.
    pub fn restore(&mut self, last: Stamp<'_>) -> Result<(), ClockError> {
        last.check().map_err(ClockError::Stamp)?;
        if (last.millis, last.counter) > (self.millis, self.counter) {
            (self.millis, self.counter) = (last.millis, last.counter);
        }
        Ok(())
    }

    /// A new stamp, greater than all that were given or seen.
    pub fn now(&mut self, wall_ms: u64) -> Result<Stamp<'_>, ClockError> {
        check_wall(wall_ms)?;
        let next = match wall_ms > self.millis {
            true => (wall_ms, 0),
            false => after(self.millis, self.counter)?,
        };
        (self.millis, self.counter) = next;
        Ok(self.last())
    }

    /// Sees a remote stamp, so that what is stamped from now on is greater. An error leaves the clock as it was.
    pub fn update(&mut self, remote: Stamp<'_>, wall_ms: u64) -> Result<(), ClockError> {
        remote.check().map_err(ClockError::Stamp)?;
        self.observe(remote.millis, remote.counter, wall_ms)
    }

    /// The same for a stamp whose parts are known to be within their limits.
    pub(crate) fn observe(
        &mut self,
        millis: u64,
        counter: u32,
        wall_ms: u64,
    ) -> Result<(), ClockError> {
        check_wall(wall_ms)?;
        if millis > wall_ms.saturating_add(self.drift_ms_max) {
            return Err(ClockError::Drift {
                ahead_ms: millis - wall_ms,
                drift_ms_max: self.drift_ms_max,
            });
        }
        let newest = self.millis.max(wall_ms).max(millis);
        let next = match (newest == self.millis, newest == millis) {
            (true, true) => after(newest, self.counter.max(counter))?,
            (true, false) => after(newest, self.counter)?,
            (false, true) => after(newest, counter)?,
            (false, false) => (newest, 0),
        };
        (self.millis, self.counter) = next;
        Ok(())
    }
}

/// The next count, in the next millisecond if there is none left in this one.
fn after(millis: u64, counter: u32) -> Result<(u64, u32), ClockError> {
    match counter.checked_add(1) {
        Some(counter) => Ok((millis, counter)),
        None if millis < MILLIS_MAX => Ok((millis + 1, 0)),
        None => Err(ClockError::Exhausted),
    }
}

fn check_wall(wall_ms: u64) -> Result<(), ClockError> {
    match wall_ms <= MILLIS_MAX {
        true => Ok(()),
        false => Err(ClockError::Wall { wall_ms }),
    }
}

/// Why the clock took no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockError {
    /// A remote stamp is too far ahead of the wall clock.
    Drift {
        /// By how much.
        ahead_ms: u64,
        /// How much is allowed.
        drift_ms_max: u64,
    },
    /// The wall clock is beyond [`MILLIS_MAX`].
    Wall {
        /// What it said.
        wall_ms: u64,
    },
    /// There is no stamp left after the last one that was seen.
    Exhausted,
    /// The remote stamp is none.
    Stamp(StampError),
}

impl ClockError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Drift { .. } => "clock_drift",
            Self::Wall { .. } => "clock_wall",
            Self::Exhausted => "clock_exhausted",
            Self::Stamp(error) => error.reason(),
        }
    }
}

impl fmt::Display for ClockError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift {
                ahead_ms,
                drift_ms_max,
            } => write!(
                out,
                "a remote stamp is {ahead_ms} ms ahead of the wall clock, and {drift_ms_max} ms are allowed: \
                 set this machine's clock or the other one's"
            ),
            Self::Wall { wall_ms } => write!(
                out,
                "the wall clock says {wall_ms} ms, and {MILLIS_MAX} is the last millisecond there is"
            ),
            Self::Exhausted => out.write_str("there is no stamp after the last one that was seen"),
            Self::Stamp(error) => error.fmt(out),
        }
    }
}

impl core::error::Error for ClockError {}

#[cfg(test)]
mod tests;
