//! How the end of a task by a panic is told.

use core::fmt;

/// A task that ended by a panic; see [`RuntimeAdapter::task_failed`](crate::RuntimeAdapter::task_failed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskFailure<'a> {
    /// The key of the record that the task belongs to: that it writes, or that it taps.
    pub record: &'a str,
    /// What the task is there: `source`, `tap`, `transform` or `join`.
    pub task: &'static str,
}

impl fmt::Display for TaskFailure<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, task } = self;
        write!(
            out,
            "record '{record}': its {task} panicked and has ended; the rest goes on"
        )
    }
}
