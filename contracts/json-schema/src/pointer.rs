//! Places in a document, as JSON pointers (RFC 6901).

use alloc::string::String;

use aimdb_contracts::Json;

use crate::cut;

/// The pointer one step further.
pub(crate) fn step(pointer: &str, name: &str) -> String {
    let mut out = String::from(pointer);
    add(&mut out, name);
    out
}

/// The pointer to an element of a list.
pub(crate) fn index(pointer: &str, index: usize) -> String {
    let mut out = String::from(pointer);
    add_index(&mut out, index);
    out
}

/// Goes one step further.
pub(crate) fn add(pointer: &mut String, name: &str) {
    pointer.push('/');
    for letter in name.chars() {
        match letter {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            letter => pointer.push(letter),
        }
    }
}

/// Goes to an element of a list.
pub(crate) fn add_index(pointer: &mut String, index: usize) {
    pointer.push('/');
    add_number(pointer, index);
}

/// Adds the digits of a number; those of the standard library bring all its formatting along.
pub(crate) fn add_number(out: &mut String, number: usize) {
    if number >= 10 {
        add_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// What a pointer leads to.
pub(crate) fn follow<'a>(mut json: &'a Json, pointer: &str) -> Option<&'a Json> {
    let mut steps = cut::at_each(pointer, b'/').into_iter();
    if !steps.next()?.is_empty() {
        return None;
    }
    for step in steps {
        let name = unescaped(step);
        json = match json {
            Json::List(elements) => elements.get(name.parse::<usize>().ok()?)?,
            map => map.get(&name)?,
        };
    }
    Some(json)
}

/// The last name of a pointer, for people.
pub(crate) fn last(pointer: &str) -> String {
    unescaped(cut::at_last(pointer, b'/').map_or(pointer, |(_, last)| last))
}

fn unescaped(step: &str) -> String {
    let mut parts = cut::at_each(step, b'~').into_iter();
    let mut out = String::from(parts.next().unwrap_or_default());
    for part in parts {
        // Of `~1` and `~0` the digit stands in the part behind.
        let (letter, from) = match part.as_bytes() {
            [b'1', ..] => ("/", 1),
            [b'0', ..] => ("~", 1),
            _ => ("~", 0),
        };
        out.push_str(letter);
        out.push_str(part.get(from..).unwrap_or_default());
    }
    out
}
