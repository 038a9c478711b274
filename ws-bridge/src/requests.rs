//! The list and query requests that wait for an answer.
//!
//! Guarantees: each ends with one answer or one failure, at the latest at its deadline; a request
//! that a lost connection swallowed is asked again. Does not: read answers.

use crate::REQUESTS_MAX;
use crate::api::{Effect, Emit, RequestFailure, RequestId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

struct Request {
    id: RequestId,
    text: String,
    fails_at: u64,
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
        self.waiting.push(Request { id, text, fails_at });
    }

    /// Asks everything that waits, on a new connection.
    pub(crate) fn send_all(&self, emit: Emit<'_>) {
        for request in &self.waiting {
            emit(Effect::Send(&request.text));
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
}
