//! What each frame of a server is, by the one file that the tab's decoder is held to as well.
//!
//! An entry has a `frame`, and what it is: `is`, its normal form (`true` for the text itself), or `refused`, a code. `tab` says
//! what it is there, where `JSON.parse` and serde_json cannot be made one: a number beyond 2^53, or one that a double
//! rounds; half a character in a name that no frame has.
// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use aimdb_ws_protocol::ServerFrame;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn vectors() -> Vec<Value> {
    let text = fs::read_to_string(folder("../tests/vectors/frames.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all.as_array().unwrap().clone()
}

fn frame(vector: &Value) -> &str {
    vector["frame"].as_str().unwrap()
}

/// The normal form that an entry states, or the code.
fn stated(vector: &Value) -> Result<&str, &str> {
    match (&vector["is"], &vector["refused"]) {
        (Value::Bool(true), Value::Null) => Ok(frame(vector)),
        (Value::String(normal), Value::Null) => Ok(normal),
        (Value::Null, Value::String(code)) => Err(code),
        _ => panic!("{vector} says neither what it is nor why it is none"),
    }
}

#[test]
fn each_frame_is_what_the_file_says() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        let decoded = ServerFrame::decode(frame(&vector));
        let is = decoded
            .map(|frame| frame.encode())
            .map_err(|error| error.reason().to_owned());
        let said = stated(&vector).map(str::to_owned).map_err(str::to_owned);
        if is != said {
            wrong.push(format!(
                "{}\n  is   {is:?}\n  said {said:?}",
                frame(&vector)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_file_has_each_golden_frame_of_a_server_and_no_frame_twice() {
    let vectors = vectors();
    let frames: BTreeSet<&str> = vectors.iter().map(frame).collect();
    assert_eq!(frames.len(), vectors.len());
    for entry in fs::read_dir(folder("tests/golden")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("server-")
        {
            let text = fs::read_to_string(&path).unwrap();
            assert!(frames.contains(text.trim_end()), "{}", path.display());
        }
    }
}
