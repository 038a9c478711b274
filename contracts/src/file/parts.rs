//! What stands in several places of a file: names and switches.

use alloc::borrow::Cow;
use alloc::format;

use super::{FIELD_NAME_BYTES_MAX, Node, Read};

/// A name of a field, a tag or a case.
pub(super) fn field_name(node: &Node<'_>) -> Read<Cow<'static, str>> {
    let name = node.text("a name, a text")?;
    check_name(node, name)?;
    Ok(Cow::Owned(name.into()))
}

pub(super) fn check_name(node: &Node<'_>, name: &str) -> Read<()> {
    let fits = (1..=FIELD_NAME_BYTES_MAX).contains(&name.len());
    if !fits || name.chars().any(char::is_control) {
        let expected =
            format!("a name of 1 to {FIELD_NAME_BYTES_MAX} bytes without control characters");
        return Err(node.refuse_got(&expected, name));
    }
    // In JavaScript an assignment to it changes what the object is, and makes no field.
    if name == "__proto__" {
        return Err(node.refuse_got("another name than __proto__", name));
    }
    Ok(())
}

/// A switch; off if it is not there.
pub(super) fn boolean(node: &Node<'_>, name: &str) -> Read<bool> {
    match node.get(name) {
        Some(node) => node
            .json
            .as_bool()
            .ok_or_else(|| node.refuse("true or false")),
        None => Ok(false),
    }
}
