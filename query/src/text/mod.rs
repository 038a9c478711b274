//! From a text to a tree: tokens, grammar, and the names that were nearly meant.

mod expression;
mod nearest;
mod parser;
mod select;
mod token;
pub(crate) mod tree;

pub(crate) use nearest::nearest;
pub(crate) use parser::parse;
