//! Between Rust and plain JavaScript values: the general path, for what is rare.

use aimdb_contracts::{Code, FileError, Schema};
use aimdb_core::{BuildError, Problem, WriteError};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

/// A plain object that is put together field by field.
pub(crate) struct Plain(Object);

impl Plain {
    pub(crate) fn new() -> Self {
        Self(Object::new())
    }

    pub(crate) fn with(self, name: &str, value: impl Into<JsValue>) -> Self {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), &value.into());
        self
    }

    /// A field that is left out when there is nothing to say.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<JsValue>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn done(self) -> JsValue {
        self.0.into()
    }
}

/// Why a value was not written, as the client package makes an `Error` of it.
pub(crate) fn refusal(error: &WriteError) -> JsValue {
    let told = Plain::new()
        .with("code", error.code())
        .with("message", error.to_string());
    match error {
        WriteError::Closed { record } | WriteError::Removed { record } => {
            told.with("record", &**record).done()
        }
        WriteError::Refused(violation) => told
            .with_some("record", violation.record.as_deref())
            .with("schema", &*violation.schema)
            .with("path", &*violation.path)
            .with("expected", &*violation.expected)
            .with("got", &*violation.got)
            .with("reason", violation.reason.as_str())
            .done(),
    }
}

/// What is wrong with a configuration, under the code of its first problem, with the record's key.
pub(crate) fn build_error(error: &BuildError, record: Option<&str>) -> JsValue {
    let code = error
        .problems
        .first()
        .map_or(Code::BuildFailed.as_str(), Problem::code);
    let told = Plain::new()
        .with("code", code)
        .with("message", error.to_string());
    told.with_some("record", record).done()
}

/// A contract file that cannot be one, with the place in it.
pub(crate) fn file_error(error: &FileError) -> JsValue {
    Plain::new()
        .with("code", error.code())
        .with("message", error.to_string())
        .with("path", &*error.place)
        .done()
}

/// Anything else that went wrong.
pub(crate) fn failure(code: &str, message: &str) -> JsValue {
    Plain::new()
        .with("code", code)
        .with("message", message)
        .done()
}

/// The description of a contract, as JSON text.
pub(crate) fn schema(schema: &Schema) -> String {
    // A description holds nothing that JSON cannot.
    serde_json::to_string(schema).unwrap_or_default()
}

/// A list of texts.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Array {
    let list = Array::new();
    for text in texts {
        list.push(&JsValue::from_str(text));
    }
    list
}
