//! What clients ask for: the list of topics, contracts, history.
//!
//! Guarantees: each request is answered or refused under its name; an answer is priced by its size, and made only
//! where there is room for it. Does not: look up history; the root does.

use super::{About, Hub, PendingQuery, bad_topic, refusal};
use crate::hub::api::{ClientId, Effect, Emit, QueryToken, Refusal, TopicSpec};
use crate::hub::permit::Action;
use aimdb_ws_protocol::{CONTRACTS_ASKED_MAX, ErrorCode, Pattern, Raw, ServerFrame, TopicInfo};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Hub {
    /// The contract files of those names that are known here.
    pub(super) fn send_contracts(
        &mut self,
        id: ClientId,
        request: Cow<'_, str>,
        names: &[Cow<'_, str>],
        emit: Emit<'_>,
    ) {
        if !self.is_roomy(id, &request, emit) {
            return;
        }
        if names.len() > CONTRACTS_ASKED_MAX {
            let message =
                format!("at most {CONTRACTS_ASKED_MAX} contracts can be asked for at once");
            let refusal = refusal(ErrorCode::Forbidden, "too_many_contracts", message);
            return self.refuse_request(id, &request, &refusal, emit);
        }
        let known = self.known_contracts(id);
        let names = names.iter().filter(|name| {
            let may_know = |known: &BTreeSet<String>| known.contains(&***name);
            known.as_ref().is_none_or(may_know)
        });
        let files = names.filter_map(|name| self.contracts.get(&**name));
        let contracts = files.map(|known| Raw::known(&known.file)).collect();
        let text = ServerFrame::ContractList {
            id: request,
            contracts,
        }
        .encode();
        self.reply_text(id, &text, emit);
    }

    pub(super) fn list_topics(&mut self, id: ClientId, request: Cow<'_, str>, emit: Emit<'_>) {
        if !self.is_roomy(id, &request, emit) {
            return;
        }
        if self.gate.is_some()
            && let Some(client) = self.clients.get_mut(id)
        {
            // Each is compared with what is granted.
            client.bucket.charge_steps(self.names.len());
        }
        let info = |number: &u32| self.info(*number);
        let listed = |name: &str| self.may(id, Action::List(name)).is_ok();
        let listed = self.names.iter().filter(|(name, _)| listed(name));
        let topics = listed.map(|(_, number)| info(number)).collect();
        let text = ServerFrame::TopicList {
            id: request,
            topics,
        }
        .encode();
        self.reply_text(id, &text, emit);
    }

    fn info(&self, number: u32) -> TopicInfo<'_> {
        let TopicSpec {
            name,
            schema_type,
            entity,
            kind,
            ..
        } = &self.topics[number as usize].spec;
        let (schema_type, entity) = (schema_type.as_deref(), entity.as_deref());
        let contract = schema_type.and_then(|name| self.contracts.get(name));
        TopicInfo {
            name: Cow::Borrowed(name),
            schema_type: schema_type.map(Cow::Borrowed),
            entity: entity.map(Cow::Borrowed),
            version: contract.map(|known| known.version().into()),
            fingerprint: contract.map(|known| Cow::Borrowed(&*known.fingerprint)),
            buffer: contract.map(|_| Cow::Borrowed(kind.name())),
        }
    }

    pub(super) fn query(
        &mut self,
        id: ClientId,
        request: &str,
        pattern: &str,
        (from, to, limit): (Option<u64>, Option<u64>, Option<u64>),
        emit: Emit<'_>,
    ) {
        let pattern = match Pattern::parse(pattern) {
            Ok(pattern) => pattern,
            Err(error) => return self.refuse_request(id, request, &bad_topic(&error), emit),
        };
        if let Err(refusal) = self.may(id, Action::Query(&pattern)) {
            return self.refuse_request(id, request, &refusal, emit);
        }
        if !self.is_roomy(id, request, emit) {
            return;
        }
        if let Err(refusal) = self.check_pending_queries(id) {
            return self.refuse_request(id, request, &refusal, emit);
        }
        let (mut topics, all) = (Vec::<Arc<str>>::new(), &self.topics);
        let looked = self.topic_tree.select(&pattern, |number| {
            topics.push(all[*number as usize].name.clone());
        });
        if let Some(client) = self.clients.get_mut(id) {
            client.bucket.charge_steps(looked + topics.len());
            client.queries_pending += 1;
        }
        let token = self.take_token();
        self.queries.insert(
            token,
            PendingQuery {
                client: id,
                request: request.into(),
                pattern: pattern.clone(),
            },
        );
        let most = self.limits.query_records_max;
        let limit = limit.map_or(most, |limit| limit.min(most));
        emit(Effect::Query {
            token: QueryToken(token),
            request,
            topics: &topics,
            from,
            to,
            limit,
        });
    }

    /// Whether there is room for an answer; if not, the request is refused.
    fn is_roomy(&mut self, id: ClientId, request: &str, emit: Emit<'_>) -> bool {
        let Some(client) = self.clients.get(id) else {
            return false;
        };
        let Err(refusal) = self.check_room_for_answer(client) else {
            return true;
        };
        self.refuse_request(id, request, &refusal, emit);
        false
    }

    pub(super) fn refuse_request(
        &mut self,
        id: ClientId,
        request: &str,
        refusal: &Refusal,
        emit: Emit<'_>,
    ) {
        let about = About {
            request: Some(request),
            ..About::default()
        };
        self.refuse(id, refusal, about, emit);
    }

    fn check_pending_queries(&self, id: ClientId) -> Result<(), Refusal> {
        let own = self
            .clients
            .get(id)
            .map_or(0, |client| client.queries_pending);
        let message = if own >= self.limits.queries_pending_max {
            format!("{own} queries wait already")
        } else if self.queries.len() >= self.limits.total_queries_pending_max {
            "too many queries of other clients wait already: ask again later".to_string()
        } else {
            return Ok(());
        };
        Err(refusal(ErrorCode::ServerError, "too_many_pending", message))
    }

    pub(super) fn query_answered(
        &mut self,
        token: QueryToken,
        answer: Result<String, Refusal>,
        emit: Emit<'_>,
    ) {
        // The client may be gone, and its query with it.
        let Some(PendingQuery {
            client, request, ..
        }) = self.queries.remove(&token.0)
        else {
            return;
        };
        if let Some(state) = self.clients.get_mut(client) {
            state.queries_pending -= 1;
        }
        match answer {
            Ok(text) => self.reply_text(client, &text, emit),
            Err(refusal) => self.refuse_request(client, &request, &refusal, emit),
        }
    }
}
