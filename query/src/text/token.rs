//! Cuts a text into tokens.

use crate::code::Code;
use crate::error::{QueryError, Result, Span};
use crate::limits::TEXT_BYTES_MAX;

/// What a token is. Its text is found by its span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A bare word: a keyword or a name.
    Word,
    /// A name in quotes, without them.
    Quoted(String),
    /// A text in single quotes, without them.
    Text(String),
    /// Bytes: `x'00ff'`.
    Blob(Vec<u8>),
    Integer,
    Real,
    /// `?`, `?1`, `:name`, `@name`, `$name`.
    Parameter,
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// Longer signs before those they begin with.
const SIGNS: &[&str] = &[
    "->>", "->", "||", "<=", "<>", "<<", "<", ">=", ">>", ">", "==", "=", "!=", "(", ")", ",", ";",
    ".", "+", "-", "*", "/", "%", "&", "|", "~",
];

/// All tokens, and an end.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>> {
    if text.len() > TEXT_BYTES_MAX {
        let message = format!(
            "the text has {} bytes of at most {TEXT_BYTES_MAX}",
            text.len()
        );
        return Err(QueryError::new(Code::QueryTooLarge, message));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut all = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let kind = lexer.kind()?;
        let span = Span {
            start,
            end: lexer.at,
        };
        let is_end = kind == Kind::End;
        all.push(Token { kind, span });
        if is_end {
            return Ok(all);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let length = if rest.starts_with("--") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |at| at + 2)
            } else {
                rest.len() - rest.trim_ascii_start().len()
            };
            if length == 0 {
                return;
            }
            self.at += length;
        }
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> usize {
        let length: usize = self
            .rest()
            .chars()
            .take_while(|c| is_part(*c))
            .map(char::len_utf8)
            .sum();
        self.at += length;
        length
    }

    fn kind(&mut self) -> Result<Kind> {
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(Kind::End);
        };
        let second = self.rest().chars().nth(1);
        match first {
            'x' | 'X' if second == Some('\'') => {
                self.at += 1;
                let digits = self.quoted('\'')?;
                self.blob(start, &digits)
            }
            '\'' => Ok(Kind::Text(self.quoted('\'')?)),
            '"' | '`' => Ok(Kind::Quoted(self.quoted(first)?)),
            '[' => self.bracketed(),
            '?' => {
                self.at += 1;
                self.take_while(|c| c.is_ascii_digit());
                Ok(Kind::Parameter)
            }
            ':' | '@' | '$' => {
                self.at += 1;
                match self.take_while(is_word) {
                    0 => Err(self.error(start, "a parameter needs a name, such as :room")),
                    _ => Ok(Kind::Parameter),
                }
            }
            '0'..='9' => self.number(),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => self.number(),
            _ if is_word(first) => {
                self.take_while(is_word);
                Ok(Kind::Word)
            }
            _ => self.sign(first),
        }
    }

    fn sign(&mut self, first: char) -> Result<Kind> {
        let start = self.at;
        let sign = SIGNS.iter().find(|sign| self.rest().starts_with(**sign));
        self.at += sign.map_or(first.len_utf8(), |sign| sign.len());
        match sign {
            Some(sign) => Ok(Kind::Sign(sign)),
            None => Err(self.error(start, "no part of a query begins with this character")),
        }
    }

    fn error(&self, start: usize, message: &str) -> QueryError {
        let span = Span {
            start,
            end: self.at,
        };
        QueryError::at(Code::QuerySyntax, span, message)
    }

    /// A text between quotes, where two of them are one.
    fn quoted(&mut self, quote: char) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut inside = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find(quote) else {
                self.at = self.text.len();
                return Err(self.error(start, "the quote that begins here does not end"));
            };
            inside.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with(quote) {
                return Ok(inside);
            }
            inside.push(quote);
            self.at += 1;
        }
    }

    fn bracketed(&mut self) -> Result<Kind> {
        let start = self.at;
        let Some(length) = self.rest().find(']') else {
            self.at = self.text.len();
            return Err(self.error(start, "the bracket that begins here does not end"));
        };
        let inside = self.rest()[1..length].to_owned();
        self.at += length + 1;
        Ok(Kind::Quoted(inside))
    }

    fn blob(&self, start: usize, digits: &str) -> Result<Kind> {
        let nibbles: Option<Vec<u32>> = digits.chars().map(|c| c.to_digit(16)).collect();
        match nibbles {
            Some(nibbles) if nibbles.len() % 2 == 0 => {
                let pairs = nibbles.chunks(2);
                Ok(Kind::Blob(
                    pairs.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect(),
                ))
            }
            _ => Err(self.error(start, "bytes are written as pairs of hexadecimal digits")),
        }
    }

    fn number(&mut self) -> Result<Kind> {
        let start = self.at;
        let is_hex = self.rest().starts_with("0x") || self.rest().starts_with("0X");
        if is_hex {
            self.at += 2;
            self.take_while(|c| c.is_ascii_hexdigit());
        }
        let mut kind = Kind::Integer;
        if !is_hex {
            self.take_while(|c| c.is_ascii_digit());
            if self.rest().starts_with('.') {
                self.at += 1;
                self.take_while(|c| c.is_ascii_digit());
                kind = Kind::Real;
            }
            if self.take_exponent() {
                kind = Kind::Real;
            }
        }
        match self.take_while(is_word) {
            0 => Ok(kind),
            _ => Err(self.error(start, "this is no number")),
        }
    }

    fn take_exponent(&mut self) -> bool {
        let rest = self.rest();
        let Some(after) = rest.strip_prefix(['e', 'E']) else {
            return false;
        };
        let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        self.at += rest.len() - digits.len();
        self.take_while(|c| c.is_ascii_digit());
        true
    }
}

/// As in SQLite, every character beyond ASCII may stand in a word.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}
