//! Refusals as text in the file.

use crate::hub::{Breach, Refusal};
use aimdb_ws_protocol::ErrorCode;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    reason: Cow<'a, str>,
    message: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    violation: Option<Parts<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    path: Cow<'a, str>,
    expected: Cow<'a, str>,
    got: Cow<'a, str>,
}

pub(super) fn to_text(refusal: &Refusal) -> String {
    let parts = |breach: &Breach| Parts {
        code: Cow::Owned(breach.code.clone().into_owned()),
        path: Cow::Owned(breach.path.clone()),
        expected: Cow::Owned(breach.expected.clone()),
        got: Cow::Owned(breach.got.clone()),
    };
    let text = Text {
        code: Cow::Borrowed(refusal.code.as_str()),
        reason: Cow::Borrowed(&refusal.reason),
        message: Cow::Borrowed(&refusal.message),
        violation: refusal.violation.as_deref().map(parts),
    };
    // Texts alone: there is nothing that cannot be written.
    serde_json::to_string(&text).unwrap_or_default()
}

/// What cannot be read was a refusal all the same.
pub(super) fn from_text(text: &str) -> Refusal {
    let read = serde_json::from_str::<Text<'_>>(text).ok();
    let refusal = read.and_then(|text| {
        let code = ErrorCode::from_wire(&text.code)?;
        let mut refusal = Refusal::new(code, text.reason, text.message);
        refusal.violation = text.violation.map(|parts| {
            Box::new(Breach {
                code: Cow::Owned(parts.code.into_owned()),
                path: parts.path.into_owned(),
                expected: parts.expected.into_owned(),
                got: parts.got.into_owned(),
            })
        });
        Some(refusal)
    });
    refusal.unwrap_or_else(|| {
        let message = "it was refused; what was wrong with it cannot be read any more";
        Refusal::new(ErrorCode::WriteError, "refused_before", message)
    })
}
