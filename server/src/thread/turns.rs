//! The thread of the hub: waits for sockets, events and deadlines, and lets the hub take them a turn at a time.
//!
//! Guarantees: a turn is short whatever clients ask for: a bounded number of events and of sockets, each read once,
//! and one slice of long work. Does not: decide what is done with them.

use crate::hub::Input;
use crate::thread::root::{Root, WAKE};
use std::time::{Duration, Instant};

/// Sockets that are looked at in a turn, and events that are taken.
const TURN_MAX: usize = 256;
/// How often those are looked after that may not take for ever.
const LOOK_AFTER: Duration = Duration::from_millis(250);
/// The thread looks around this often although nobody woke it.
const SLEEP_MAX: Duration = Duration::from_secs(1);
/// How long sockets get to close when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Runs until the server is told to stop and the sockets are closed.
pub(crate) fn run(mut root: Root) {
    let wake = root.hands.events.wake();
    let mut polled = mio::Events::with_capacity(TURN_MAX);
    let mut looked_after = Instant::now();
    let mut stop_by = None;
    root.publish_what_was_kept();
    while stop_by.is_none_or(|by| Instant::now() < by && root.sockets.len() > 0) {
        wake.fall_asleep();
        let timeout = timeout(&root);
        let waited = root.poll.poll(&mut polled, Some(timeout));
        wake.wake_up();
        root.status.begin_turn();
        root.sockets.begin_turn();
        if let Err(error) = waited
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            tracing::error!("cannot wait for sockets any more: {error}");
            break;
        }
        if stop_by.is_none() && wake.is_stopped() {
            stop_by = Some(Instant::now() + STOP_GRACE);
            root.take(Input::Shutdown);
        }
        turn(&mut root, &polled);
        if root.sockets.is_watching() && looked_after.elapsed() >= LOOK_AFTER {
            looked_after = Instant::now();
            root.look_after();
        }
        root.end_turn();
    }
    root.write_all_down();
    if root.sockets.len() > 0 {
        tracing::warn!("some clients did not close their sockets in time");
    }
    root.status.end();
}

/// How long nothing needs to be done if nothing happens.
fn timeout(root: &Root) -> Duration {
    // While so much waits to be kept that no more is taken, only the end of a batch makes a difference to values.
    let has_values = root.hands.publishers.has_news() || !root.hands.held.is_empty();
    let has_values = has_values && !root.is_held_up();
    let has_work = root.hub.is_working()
        || root.hub.has_news()
        || root.sockets.in_line() > 0
        || has_values
        || root.has_kept()
        || !root.inbox.is_empty();
    if has_work {
        return Duration::ZERO;
    }
    let mut timeout = root.hands.wait().unwrap_or(SLEEP_MAX).min(SLEEP_MAX);
    if root.sockets.is_watching() {
        timeout = timeout.min(LOOK_AFTER);
    }
    timeout
}

fn turn(root: &mut Root, polled: &mio::Events) {
    for event in polled.iter().filter(|event| event.token() != WAKE) {
        let Some(client) = root.sockets.at(event.token()) else {
            continue;
        };
        if event.is_writable() {
            root.sockets.flush(client);
        }
        let has_ended = event.is_read_closed() || event.is_error();
        if has_ended {
            root.sockets.note_end(client);
        }
        if event.is_readable() || has_ended {
            root.sockets.line_up(client);
        }
    }
    root.kept();
    for _ in 0..TURN_MAX {
        let Some(event) = root.inbox.next() else {
            break;
        };
        root.event(event);
    }
    // Those that line up again meanwhile have their turn next time.
    for _ in 0..root.sockets.in_line().min(TURN_MAX) {
        if let Some(client) = root.sockets.next_in_line() {
            root.read(client);
        }
    }
    if !root.is_held_up() {
        root.publish();
    }
    root.hub.work();
    root.resume();
    if root.hands.is_hub_due() {
        root.hands.wake_at_ms = None;
        root.take(Input::Timer);
    }
    root.hands.end_idle();
    root.forget_ended();
}
