//! Text with `{{path}}` filled in.
//!
//! A placeholder is replaced when the value at its path is a text, a number or a boolean, and left as it stands
//! otherwise. Nothing is trimmed and `{{}}` is no placeholder. The paths are what the text depends on.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::Refusal;
use crate::logic::Held;
use crate::state::State;
use crate::state::paths::PathId;
use crate::state::value::Value;
use crate::tables::number_text;
use crate::tables::text::{self, Text};

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

impl Template {
    /// Compiles a template; after an error nothing is held.
    pub fn new(state: &mut State, source: &Text) -> Result<Self, Refusal> {
        let pieces = |state: &mut State, held: &mut Held| pieces(state, source.as_bytes(), held);
        let compiled = Held::collect(state, pieces);
        compiled.map(|(pieces, held)| Self { pieces, held })
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
    pub fn release(self, state: &mut State) {
        self.held.release(state);
    }
}

fn pieces(state: &mut State, source: &[u8], held: &mut Held) -> Result<Vec<Piece>, Refusal> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some((plain, path, tail)) = split_at_placeholder(rest) {
        let raw = &rest[plain.len()..rest.len() - tail.len()];
        pieces.push(Piece::Plain(plain.into()));
        pieces.push(if path.is_empty() {
            Piece::Plain(raw.into())
        } else {
            Piece::Placeholder(held.path_of_bytes(state, path)?, raw.into())
        });
        rest = tail;
    }
    pieces.push(Piece::Plain(rest.into()));
    Ok(pieces)
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

/// What stands before the next placeholder, between its braces, and after it.
fn split_at_placeholder(source: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let find = |text: &[u8], braces: &[u8]| text.windows(2).position(|pair| pair == braces);
    let start = find(source, b"{{")?;
    let inner = &source[start + 2..];
    let end = find(inner, b"}}")?;
    Some((&source[..start], &inner[..end], &inner[end + 2..]))
}
