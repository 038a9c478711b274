//! Places in a document, as JSON pointers (RFC 6901).

use alloc::string::{String, ToString};

use aimdb_contracts::Json;

/// The pointer one step further.
pub(crate) fn step(pointer: &str, name: &str) -> String {
    let mut out = String::from(pointer);
    out.push('/');
    for letter in name.chars() {
        match letter {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            letter => out.push(letter),
        }
    }
    out
}

/// The pointer to an element of a list.
pub(crate) fn index(pointer: &str, index: usize) -> String {
    step(pointer, &index.to_string())
}

/// What a pointer leads to.
pub(crate) fn follow<'a>(mut json: &'a Json, pointer: &str) -> Option<&'a Json> {
    let mut steps = pointer.split('/');
    if !steps.next()?.is_empty() {
        return None;
    }
    for step in steps {
        let name = step.replace("~1", "/").replace("~0", "~");
        json = match json {
            Json::List(elements) => elements.get(name.parse::<usize>().ok()?)?,
            map => map.get(&name)?,
        };
    }
    Some(json)
}

/// The last name of a pointer, for people.
pub(crate) fn last(pointer: &str) -> String {
    let name = pointer.rsplit('/').next().unwrap_or("");
    name.replace("~1", "/").replace("~0", "~")
}
