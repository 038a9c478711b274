//! Text with `{{path}}` filled in.
//!
//! A placeholder is replaced when the value at its path is a text, a number or a boolean, and left as it stands
//! otherwise. Nothing is trimmed and `{{}}` is no placeholder. The paths are what the text depends on.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::Error;
use crate::logic::Held;
use crate::number_text;
use crate::paths::PathId;
use crate::state::State;
use crate::text;
use crate::value::Value;

#[derive(Debug)]
enum Piece {
    Plain(Box<[u8]>),
    Placeholder(PathId, Box<[u8]>),
}

/// A template that can be filled in.
#[derive(Debug)]
pub struct Template {
    pieces: Vec<Piece>,
    held: Held,
}

/// A stretch of a template's source.
enum Stretch<'a> {
    Plain(&'a str),
    Placeholder(&'a str),
}

impl Template {
    /// Compiles a template; after an error nothing is held.
    pub fn new(state: &mut State, source: &str) -> Result<Self, Error> {
        let mut template = Self {
            pieces: Vec::new(),
            held: Held::default(),
        };
        for stretch in split(source) {
            let piece = match stretch {
                Stretch::Plain(text) => Piece::Plain(text.as_bytes().into()),
                Stretch::Placeholder(path) => match template.held.path(state, path) {
                    Ok(id) => {
                        Piece::Placeholder(id, alloc::format!("{{{{{path}}}}}").into_bytes().into())
                    }
                    Err(error) => {
                        template.held.release(state);
                        return Err(error);
                    }
                },
            };
            template.pieces.push(piece);
        }
        Ok(template)
    }

    /// The text in this state, in the bytes of [`crate::text`].
    pub fn fill(&self, state: &State) -> Vec<u8> {
        let mut filled = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(plain) => text::append(&mut filled, plain),
                Piece::Placeholder(path, raw) => {
                    if !text_of(state, *path, &mut filled) {
                        text::append(&mut filled, raw);
                    }
                }
            }
        }
        filled
    }

    /// The paths of its placeholders in the order of the text, each once.
    pub fn placeholders(&self) -> Vec<PathId> {
        let mut placeholders: Vec<PathId> = Vec::new();
        for path in self.held.paths() {
            if !placeholders.contains(path) {
                placeholders.push(*path);
            }
        }
        placeholders
    }

    /// The paths whose changes can change the text.
    pub fn watched(&self, state: &State) -> Vec<PathId> {
        self.held.watched(state)
    }

    /// Lets go of its paths.
    pub fn release(mut self, state: &mut State) {
        self.held.release(state);
    }
}

/// The text of a string, number or boolean; false for anything else.
fn text_of(state: &State, path: PathId, filled: &mut Vec<u8>) -> bool {
    match state.read(path) {
        Value::Text(id) => text::append(filled, state.strings.text(id)),
        Value::Number(number) => number_text::append(filled, number),
        Value::Bool(value) => filled.extend_from_slice(if value { b"true" } else { b"false" }),
        _ => return false,
    }
    true
}

fn split(source: &str) -> Vec<Stretch<'_>> {
    let mut stretches = Vec::new();
    let mut rest = source;
    while let Some((plain, after)) = rest.split_once("{{") {
        let Some((path, tail)) = after.split_once("}}") else {
            break;
        };
        stretches.push(Stretch::Plain(plain));
        stretches.push(match path {
            "" => Stretch::Plain("{{}}"),
            path => Stretch::Placeholder(path),
        });
        rest = tail;
    }
    stretches.push(Stretch::Plain(rest));
    stretches
}
