//! The cursor over the tokens, with what all of the grammar needs: looking, taking, refusing, counting.

use super::token::{Kind, Token, tokens};
use super::tree::{Expression, Kind as Node, Name, Statement};
use crate::code::Code;
use crate::error::{QueryError, Result, Span};
use crate::limits::{DEPTH_MAX, NODES_MAX};

/// Words that are no names unless they stand in quotes.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "as",
    "between",
    "by",
    "case",
    "cast",
    "collate",
    "cross",
    "distinct",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "from",
    "full",
    "glob",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "limit",
    "match",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "regexp",
    "right",
    "select",
    "then",
    "union",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "asc",
    "desc",
    "nulls",
    "filter",
];

/// Statements that SQLite has and a query is not.
const OTHERS: &[&str] = &[
    "insert",
    "update",
    "delete",
    "replace",
    "create",
    "drop",
    "alter",
    "attach",
    "detach",
    "pragma",
    "begin",
    "commit",
    "rollback",
    "vacuum",
    "analyze",
    "reindex",
    "savepoint",
];

/// Reads a whole text. Errors have their places.
pub(crate) fn parse(text: &str) -> Result<Statement> {
    let read = || {
        let mut parser = Parser {
            text,
            tokens: tokens(text)?,
            at: 0,
            depth: 0,
            nodes: 0,
            tables: 0,
            highest: 0,
            parameters: Vec::new(),
        };
        parser.statement()
    };
    read().map_err(|error: QueryError| error.in_text(text))
}

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    nodes: usize,
    pub(super) tables: usize,
    /// The height of the highest expression of the query that is being read.
    pub(super) highest: usize,
    pub(super) parameters: Vec<Option<String>>,
}

impl<'a> Parser<'a> {
    fn statement(&mut self) -> Result<Statement> {
        let explain = self.take_word("explain");
        if explain && self.take_word("query") {
            self.need_word("plan")?;
        }
        if let Some(word) = OTHERS.iter().find(|word| self.is_word(word)) {
            let message = format!(
                "{} is not run here: nothing writes; begin with SELECT",
                word.to_uppercase()
            );
            return Err(self.error(Code::QueryUnsupported, message));
        }
        let query = self.query()?;
        while self.take_sign(";") {}
        match self.peek().kind {
            Kind::End => Ok(Statement {
                explain,
                query,
                parameters: std::mem::take(&mut self.parameters),
            }),
            _ => Err(self.unexpected("the end of the query")),
        }
    }

    pub(super) fn peek(&self) -> &Token {
        // The last token is the end, and `advance` stays on it.
        &self.tokens[self.at]
    }

    pub(super) fn peek_second(&self) -> &Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    /// Whether a star stands behind the next two tokens.
    pub(super) fn is_star_third(&self) -> bool {
        let third = self.tokens.get(self.at + 2);
        third.is_some_and(|token| token.kind == Kind::Sign("*"))
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    pub(super) fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    pub(super) fn is_word_token(&self, token: &Token, word: &str) -> bool {
        token.kind == Kind::Word && self.text_of(token.span).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_token(self.peek(), word)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_here = self.is_word(word);
        if is_here {
            self.advance();
        }
        is_here
    }

    pub(super) fn need_word(&mut self, word: &str) -> Result<()> {
        match self.take_word(word) {
            true => Ok(()),
            false => Err(self.unexpected(&word.to_uppercase())),
        }
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek().kind, Kind::Sign(here) if here == sign)
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let is_here = self.is_sign(sign);
        if is_here {
            self.advance();
        }
        is_here
    }

    pub(super) fn need_sign(&mut self, sign: &str) -> Result<()> {
        match self.take_sign(sign) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{sign}`"))),
        }
    }

    /// A name, bare or in quotes, if one stands here.
    pub(super) fn take_name(&mut self) -> Option<Name> {
        let token = self.peek();
        let text = match &token.kind {
            Kind::Quoted(text) => text.clone(),
            Kind::Word if !is_reserved(self.text_of(token.span)) => {
                self.text_of(token.span).to_owned()
            }
            _ => return None,
        };
        let span = self.advance().span;
        Some(Name { text, span })
    }

    pub(super) fn need_name(&mut self, what: &str) -> Result<Name> {
        self.take_name().ok_or_else(|| self.unexpected(what))
    }

    pub(super) fn unexpected(&self, wanted: &str) -> QueryError {
        let what = match self.peek().kind {
            Kind::End => "the query ends",
            _ => "this stands",
        };
        self.error(
            Code::QuerySyntax,
            format!("{what} where {wanted} is expected"),
        )
    }

    pub(super) fn error(&self, code: Code, message: String) -> QueryError {
        QueryError::at(code, self.peek().span, message)
    }

    pub(super) fn unsupported(&self, what: &str, instead: &str) -> QueryError {
        self.error(
            Code::QueryUnsupported,
            format!("{what} is not run here: {instead}"),
        )
    }

    /// Reads something that may nest, one level deeper.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.check_height(self.depth + 1)?;
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn check_height(&self, height: usize) -> Result<()> {
        if height <= DEPTH_MAX {
            return Ok(());
        }
        let message = format!("expressions and queries nest deeper than {DEPTH_MAX} levels");
        Err(self.error(Code::QueryTooLarge, message))
    }

    /// A node above others, the highest of which has a height.
    pub(super) fn node(&mut self, kind: Node, span: Span, below: usize) -> Result<Expression> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let message = format!("the query has more than {NODES_MAX} parts");
            return Err(self.error(Code::QueryTooLarge, message));
        }
        let height = below + 1;
        self.check_height(height)?;
        self.highest = self.highest.max(height);
        Ok(Expression { kind, span, height })
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(word))
}
