//! Where in a value we are: a list of steps that lives on the stack and becomes text on refusal only.

use alloc::format;
use alloc::string::{String, ToString};

/// A step from a value to one of its parts.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    /// A field, or a name of a map.
    Name(&'a str),
    /// An element.
    Index(usize),
}

/// A place, from the part up to the whole.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) parent: Option<&'a Place<'a>>,
    pub(crate) step: Step<'a>,
}

impl Place<'_> {
    /// The place as a path: `lines[3].count`.
    pub(crate) fn path(place: Option<&Place<'_>>) -> String {
        let mut path = String::new();
        if let Some(place) = place {
            place.write(&mut path);
        }
        path
    }

    /// The place as a JSON pointer (RFC 6901): `/lines/3/count`.
    pub(crate) fn pointer(place: Option<&Place<'_>>) -> String {
        let Some(Place { parent, step }) = place else {
            return String::new();
        };
        let step = match step {
            Step::Name(name) => name.replace('~', "~0").replace('/', "~1"),
            Step::Index(index) => index.to_string(),
        };
        Self::pointer(*parent) + "/" + &step
    }

    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        match self.step {
            Step::Name(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
}
