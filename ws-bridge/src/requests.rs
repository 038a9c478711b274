//! The list and query requests that wait for an answer.
//!
//! Guarantees: each ends with one answer or one failure, at the latest at its deadline; a request
//! that a lost connection swallowed is asked again. Does not: read answers.

use crate::api::{Effect, Emit, RequestFailure, RequestId};
use crate::blame::Close;
use crate::{REQUEST_TRIES_MAX, REQUESTS_MAX};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

struct Request {
    id: RequestId,
    text: String,
    fails_at: u64,
    /// Whether it went over the present connection.
    sent: bool,
    /// How many connections were closed in anger while it was on them.
    tries: u32,
    /// The server wants it later: when to ask again.
    again_at: Option<u64>,
}

/// Requests in the order they were made.
#[derive(Default)]
pub(crate) struct Requests {
    waiting: Vec<Request>,
}

/// The request's name on the wire.
pub(crate) fn name(id: RequestId) -> String {
    format!("r{}", id.0)
}

fn id_of(name: &str) -> Option<RequestId> {
    name.strip_prefix('r')?.parse().ok().map(RequestId)
}

impl Requests {
    pub(crate) fn check(&self, id: RequestId) -> Result<(), RequestFailure<'static>> {
        if self.waiting.iter().any(|request| request.id == id) {
            Err(RequestFailure::Repeated)
        } else if self.waiting.len() >= REQUESTS_MAX {
            Err(RequestFailure::TooMany)
        } else {
            Ok(())
        }
    }

    pub(crate) fn push(&mut self, id: RequestId, text: String, fails_at: u64) {
        self.waiting.push(Request {
            id,
            text,
            fails_at,
            sent: false,
            tries: 0,
            again_at: None,
        });
    }

    /// Asks everything that waits to be asked; gives the bytes of each frame to `pay`.
    pub(crate) fn send(&mut self, now_ms: u64, pay: &mut dyn FnMut(usize), emit: Emit<'_>) {
        for request in &mut self.waiting {
            let is_due = request.again_at.is_none_or(|at| at <= now_ms);
            if !request.sent && is_due {
                request.sent = true;
                pay(request.text.len());
                emit(Effect::Send(&request.text));
            }
        }
    }

    /// The server wants a request later. False when it is none that waits.
    pub(crate) fn put_off(&mut self, name: &str, again_at: u64) -> bool {
        let Some(id) = id_of(name) else { return false };
        let request = self.waiting.iter_mut().find(|request| request.id == id);
        request
            .map(|request| (request.sent, request.again_at) = (false, Some(again_at)))
            .is_some()
    }

    /// The connection is gone. Gives whether anything was on it that may be to blame.
    pub(crate) fn connection_lost(&mut self, close: Close<'_>, emit: Emit<'_>) -> bool {
        let mut is_suspect = false;
        self.waiting.retain_mut(|request| {
            let was_sent = core::mem::take(&mut request.sent);
            request.again_at = None;
            if !was_sent || !close.is_refusal() {
                return true;
            }
            is_suspect = true;
            request.tries += 1;
            let is_given_up = request.tries >= REQUEST_TRIES_MAX;
            if is_given_up {
                let Close { code, reason } = close;
                let (request, failure) = (request.id, RequestFailure::Closed { code, reason });
                emit(Effect::RequestFailed { request, failure });
            }
            !is_given_up
        });
        is_suspect
    }

    /// The one request that waits for its answer, if it is the only one.
    pub(crate) fn take_only(&mut self) -> Option<RequestId> {
        match &*self.waiting {
            [request] if request.sent => self.waiting.pop().map(|request| request.id),
            _ => None,
        }
    }

    /// Takes the request out that an answer names.
    pub(crate) fn take(&mut self, name: &str) -> Option<RequestId> {
        let id = id_of(name)?;
        let index = self.waiting.iter().position(|request| request.id == id)?;
        Some(self.waiting.remove(index).id)
    }

    pub(crate) fn expire(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.fail_if(emit, RequestFailure::Timeout, |request| {
            request.fails_at <= now_ms
        });
    }

    pub(crate) fn fail_all(&mut self, emit: Emit<'_>) {
        self.fail_if(emit, RequestFailure::Disconnected, |_| true);
    }

    fn fail_if(
        &mut self,
        emit: Emit<'_>,
        failure: RequestFailure<'static>,
        fails: impl Fn(&Request) -> bool,
    ) {
        self.waiting.retain(|request| {
            let failed = fails(request);
            if failed {
                emit(Effect::RequestFailed {
                    request: request.id,
                    failure: failure.clone(),
                });
            }
            !failed
        });
    }

    pub(crate) fn fails_at(&self) -> Option<u64> {
        self.waiting.iter().map(|request| request.fails_at).min()
    }

    /// When one that was put off is to be asked again.
    pub(crate) fn again_at(&self) -> Option<u64> {
        let put_off = self.waiting.iter().filter(|request| !request.sent);
        put_off.filter_map(|request| request.again_at).min()
    }
}
