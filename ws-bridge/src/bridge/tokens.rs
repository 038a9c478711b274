//! The token that a server asks for: got before a connection and ahead of its end, renewed in the open socket.
//!
//! Guarantees: one is asked for at a time, never twice without a pause after a failure; while the server takes none, nothing
//! that waits is lost or sent. Does not: read a token, or keep one from a run to the next.

use super::{Bridge, Link};
use crate::api::{Effect, Emit, Now, Status};
use crate::blame::Close;
use crate::error::BridgeError;
use aimdb_ws_protocol::{ClientFrame, is_token};
use alloc::borrow::{Cow, ToOwned};

/// However short a token lives, it is renewed no earlier.
const RENEW_MS_MIN: u64 = 1_000;

impl Bridge {
    /// Opens a connection, once there is a token where one is needed.
    pub(super) fn open(&mut self, now: Now, emit: Emit<'_>) {
        if self.options.asks_for_token && self.tokens.token.is_none() {
            self.link = Link::Asking;
            return self.ask_for_token(now, emit);
        }
        self.connect(now, emit);
    }

    pub(super) fn ask_for_token(&mut self, now: Now, emit: Emit<'_>) {
        if self.options.asks_for_token {
            self.tokens.ask_at = None;
            self.tokens.asked_until =
                Some(now.mono_ms.saturating_add(self.options.connect_timeout_ms));
            emit(Effect::NeedToken);
        }
    }

    /// The driver has one, or has none.
    pub(super) fn token(&mut self, token: Option<&str>, now: Now, emit: Emit<'_>) {
        self.tokens.asked_until = None;
        let Some(token) = token.filter(|token| is_token(token)) else {
            return self.no_token(now, emit);
        };
        self.tokens.token = Some(token.to_owned());
        match self.link {
            Link::Asking | Link::Waiting { .. } => self.connect(now, emit),
            Link::Open { .. } => {
                let token = Cow::Borrowed(token);
                let text = ClientFrame::Auth { token }.encode();
                self.pace.pay(text.len(), now.mono_ms);
                emit(Effect::Send(&text));
            }
            Link::Off | Link::Opening { .. } => {}
        }
    }

    fn no_token(&mut self, now: Now, emit: Emit<'_>) {
        match self.link {
            Link::Asking => self.lost(Close::TORN, now, emit),
            Link::Open { .. } => self.ask_later(now),
            Link::Off | Link::Opening { .. } | Link::Waiting { .. } => {}
        }
    }

    fn ask_later(&mut self, now: Now) {
        let wait = (self.options.retry_ms_min, self.options.retry_ms_max);
        self.tokens.ask_later(&mut self.random, wait, now);
    }

    /// The server took it.
    pub(super) fn token_taken(&mut self, life_ms: Option<u64>, now: Now, emit: Emit<'_>) {
        self.tokens.failures = 0;
        self.tokens.is_needed = false;
        self.tokens.ask_at = life_ms.map(|life_ms| {
            let renew_ms = (life_ms / 5).saturating_mul(4).max(RENEW_MS_MIN);
            now.mono_ms.saturating_add(renew_ms)
        });
        self.alive(emit);
        self.flush(now, emit);
    }

    /// It is worth nothing any more, though the connection is open for a while.
    pub(super) fn token_expired(&mut self, now: Now, emit: Emit<'_>) {
        self.token_refused();
        self.set_status(Status::NeedsAuth, emit);
        // After a failure its pause is under way.
        if self.tokens.asked_until.is_none() && self.tokens.failures == 0 {
            self.ask_for_token(now, emit);
        }
    }

    /// The server wants another one before it goes on.
    pub(super) fn token_refused(&mut self) {
        self.tokens.token = None;
        self.tokens.is_needed = true;
    }

    /// The server did not take the one that was to renew the last.
    pub(super) fn renewal_refused(&mut self, now: Now) {
        if self.options.asks_for_token {
            self.tokens.token = None;
            self.ask_later(now);
        }
    }

    pub(super) fn token_timer(&mut self, now: Now, emit: Emit<'_>) {
        let now_ms = now.mono_ms;
        if self.tokens.asked_until.is_some_and(|until| until <= now_ms) {
            self.tokens.asked_until = None;
            emit(Effect::Error(BridgeError::TokenFailed));
            self.no_token(now, emit);
        }
        if self.tokens.ask_at.is_some_and(|at| at <= now_ms) {
            self.tokens.ask_at = None;
            match self.link {
                Link::Open { .. } => self.ask_for_token(now, emit),
                // Its end is near: the next connection begins with another one.
                _ => self.tokens.token = None,
            }
        }
    }

    /// The server says something on this connection, which it does only where it wants no other token.
    pub(super) fn alive(&mut self, emit: Emit<'_>) {
        if !self.tokens.is_needed {
            self.set_status(Status::Connected, emit);
        }
    }

    /// Who looks at the session does not wait for the end of a pause.
    pub(super) fn ask_again(&mut self, now: Now, emit: Emit<'_>) {
        let is_asking = matches!(self.link, Link::Asking);
        if is_asking || (self.tokens.is_needed && self.is_open()) {
            self.ask_for_token(now, emit);
        }
    }
}
