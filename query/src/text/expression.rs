//! The grammar of expressions, by how tightly operators bind.

use super::parser::Parser;
use super::token::Kind as TokenKind;
use super::tree::{Binary, Expression, Kind, Unary};
use crate::code::Code;
use crate::error::{Result, Span};
use crate::value::{Compare, Math, Value};

/// How tightly operators bind, from the loosest.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const EQUAL: u8 = 4;
const ORDER: u8 = 5;
const BITS: u8 = 6;
const SUM: u8 = 7;
const PRODUCT: u8 = 8;
const CONCAT: u8 = 9;
const UNARY: u8 = 10;

/// Signs between two expressions.
const BETWEEN_TWO: &[(&str, u8, Binary)] = &[
    ("=", EQUAL, Binary::Compare(Compare::Equal)),
    ("==", EQUAL, Binary::Compare(Compare::Equal)),
    ("<>", EQUAL, Binary::Compare(Compare::NotEqual)),
    ("!=", EQUAL, Binary::Compare(Compare::NotEqual)),
    ("<", ORDER, Binary::Compare(Compare::Less)),
    ("<=", ORDER, Binary::Compare(Compare::LessOrEqual)),
    (">", ORDER, Binary::Compare(Compare::Greater)),
    (">=", ORDER, Binary::Compare(Compare::GreaterOrEqual)),
    ("&", BITS, Binary::Math(Math::And)),
    ("|", BITS, Binary::Math(Math::Or)),
    ("<<", BITS, Binary::Math(Math::ShiftLeft)),
    (">>", BITS, Binary::Math(Math::ShiftRight)),
    ("+", SUM, Binary::Math(Math::Add)),
    ("-", SUM, Binary::Math(Math::Subtract)),
    ("*", PRODUCT, Binary::Math(Math::Multiply)),
    ("/", PRODUCT, Binary::Math(Math::Divide)),
    ("%", PRODUCT, Binary::Math(Math::Remainder)),
    ("||", CONCAT, Binary::Concat),
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.binding(OR)
    }

    /// Expressions between commas.
    pub(super) fn expressions(&mut self) -> Result<Vec<Expression>> {
        let mut all = vec![self.expression()?];
        while self.take_sign(",") {
            all.push(self.expression()?);
        }
        Ok(all)
    }

    /// An expression of operators that bind at least so tightly.
    fn binding(&mut self, tightness: u8) -> Result<Expression> {
        self.deeper(|parser| {
            let mut left = parser.prefix()?;
            loop {
                let (next, is_done) = parser.infix(left, tightness)?;
                left = next;
                if is_done {
                    return Ok(left);
                }
            }
        })
    }

    /// The left side with one operator more, or as it was and true.
    fn infix(&mut self, left: Expression, tightness: u8) -> Result<(Expression, bool)> {
        let operator = match &self.peek().kind {
            TokenKind::Sign(sign) if matches!(*sign, "->" | "->>") => {
                return Err(self.unsupported("a path into JSON", "select a column of the contract"));
            }
            TokenKind::Sign(sign) => BETWEEN_TWO.iter().find(|entry| entry.0 == *sign),
            _ => return self.infix_word(left, tightness),
        };
        match operator {
            Some((_, tight, operator)) if *tight >= tightness => {
                self.advance();
                let right = self.binding(tight + 1)?;
                Ok((self.pair(*operator, left, right)?, false))
            }
            _ => Ok((left, true)),
        }
    }

    fn pair(
        &mut self,
        operator: Binary,
        left: Expression,
        right: Expression,
    ) -> Result<Expression> {
        let span = left.span.to(right.span);
        let below = left.height.max(right.height);
        self.node(
            Kind::Binary(operator, Box::new(left), Box::new(right)),
            span,
            below,
        )
    }

    fn infix_word(&mut self, left: Expression, tightness: u8) -> Result<(Expression, bool)> {
        for (word, tight, operator) in [("or", OR, Binary::Or), ("and", AND, Binary::And)] {
            if self.is_word(word) && tight >= tightness {
                self.advance();
                let right = self.binding(tight + 1)?;
                return Ok((self.pair(operator, left, right)?, false));
            }
        }
        if self.is_word("collate") {
            return Err(self.unsupported("COLLATE", "texts are compared by their bytes"));
        }
        if tightness > EQUAL {
            return Ok((left, true));
        }
        if self.take_word("is") {
            return Ok((self.is(left)?, false));
        }
        for (word, compare) in [("isnull", Compare::Is), ("notnull", Compare::IsNot)] {
            if self.take_word(word) {
                let null = self.null(left.span)?;
                return Ok((self.pair(Binary::Compare(compare), left, null)?, false));
            }
        }
        let is_negated = self.is_word("not");
        let operator = if is_negated {
            self.peek_second().clone()
        } else {
            self.peek().clone()
        };
        let is = |word| self.is_word_token(&operator, word);
        let known = ["between", "in", "like", "glob", "null", "regexp", "match"];
        if !known.into_iter().any(is) || (is("null") && !is_negated) {
            return Ok((left, true));
        }
        if is_negated {
            self.advance();
        }
        let start = left.span;
        let mut made = self.predicate(left, is_negated)?;
        if is_negated && !matches!(made.kind, Kind::Binary(Binary::Compare(Compare::IsNot), ..)) {
            let (span, below) = (start.to(made.span), made.height);
            made = self.node(Kind::Unary(Unary::Not, Box::new(made)), span, below)?;
        }
        Ok((made, false))
    }

    fn null(&mut self, span: Span) -> Result<Expression> {
        self.node(Kind::Literal(Value::Null), span, 0)
    }

    /// What follows IS.
    fn is(&mut self, left: Expression) -> Result<Expression> {
        let mut is_negated = self.take_word("not");
        if self.take_word("distinct") {
            self.need_word("from")?;
            is_negated = !is_negated;
        }
        let compare = if is_negated {
            Compare::IsNot
        } else {
            Compare::Is
        };
        let right = self.binding(ORDER)?;
        self.pair(Binary::Compare(compare), left, right)
    }

    /// What follows a value, and perhaps NOT: BETWEEN, IN, LIKE, GLOB, or NULL.
    fn predicate(&mut self, left: Expression, is_negated: bool) -> Result<Expression> {
        if self.take_word("between") {
            let low = self.binding(ORDER)?;
            self.need_word("and")?;
            let high = self.binding(ORDER)?;
            let span = left.span.to(high.span);
            let below = left.height.max(low.height).max(high.height) + 1;
            let kind = Kind::Between {
                value: Box::new(left),
                low: Box::new(low),
                high: Box::new(high),
            };
            return self.node(kind, span, below);
        }
        if self.take_word("in") {
            return self.within(left);
        }
        if is_negated && self.take_word("null") {
            let null = self.null(left.span)?;
            return self.pair(Binary::Compare(Compare::IsNot), left, null);
        }
        for word in ["regexp", "match"] {
            if self.is_word(word) {
                return Err(self.unsupported(&word.to_uppercase(), "use LIKE or GLOB"));
            }
        }
        let is_glob = self.take_word("glob");
        if !is_glob {
            self.need_word("like")?;
        }
        let pattern = self.binding(ORDER)?;
        let escape = match !is_glob && self.take_word("escape") {
            true => Some(Box::new(self.binding(ORDER)?)),
            false => None,
        };
        let below = left
            .height
            .max(pattern.height)
            .max(escape.as_ref().map_or(0, |e| e.height));
        let span = left.span.to(pattern.span);
        let kind = Kind::Like {
            value: Box::new(left),
            pattern: Box::new(pattern),
            escape,
            is_glob,
        };
        self.node(kind, span, below)
    }

    fn within(&mut self, left: Expression) -> Result<Expression> {
        if !self.is_sign("(") {
            return Err(self.unexpected("`(` and a list or a query"));
        }
        self.advance();
        if self.is_query() {
            let (query, height) = self.nested()?;
            let span = left.span.to(query.span);
            let below = left.height.max(height);
            return self.node(Kind::InQuery(Box::new(left), Box::new(query)), span, below);
        }
        let list = match self.is_sign(")") {
            true => Vec::new(),
            false => self.expressions()?,
        };
        let span = left.span.to(self.peek().span);
        self.need_sign(")")?;
        let below = list
            .iter()
            .map(|item| item.height)
            .fold(left.height, usize::max);
        self.node(Kind::In(Box::new(left), list), span, below)
    }

    fn prefix(&mut self) -> Result<Expression> {
        let start = self.peek().span;
        if self.is_word("not") {
            self.advance();
            if self.is_word("exists") {
                let inner = self.binding(UNARY)?;
                return self.unary(Unary::Not, start, inner);
            }
            let inner = self.binding(NOT)?;
            return self.unary(Unary::Not, start, inner);
        }
        for (sign, operator) in [
            ("-", Unary::Minus),
            ("+", Unary::Plus),
            ("~", Unary::Invert),
        ] {
            if self.is_sign(sign) {
                self.advance();
                if operator == Unary::Minus && self.is_least_integer() {
                    let span = start.to(self.advance().span);
                    return self.node(Kind::Literal(Value::Integer(i64::MIN)), span, 0);
                }
                let inner = self.binding(UNARY)?;
                return self.unary(operator, start, inner);
            }
        }
        self.primary()
    }

    fn unary(&mut self, operator: Unary, start: Span, inner: Expression) -> Result<Expression> {
        let (span, below) = (start.to(inner.span), inner.height);
        self.node(Kind::Unary(operator, Box::new(inner)), span, below)
    }

    /// Whether the number 2^63 stands here, which only fits behind a minus.
    fn is_least_integer(&self) -> bool {
        self.peek().kind == TokenKind::Integer
            && self.text_of(self.peek().span) == "9223372036854775808"
    }

    fn primary(&mut self) -> Result<Expression> {
        let token = self.peek().clone();
        let text = self.text_of(token.span);
        let literal = match token.kind {
            TokenKind::Integer => integer(text),
            TokenKind::Real => Value::real(text.parse().unwrap_or(f64::INFINITY)),
            TokenKind::Text(text) => Value::text(&text),
            TokenKind::Blob(bytes) => Value::Bytes(bytes.into()),
            TokenKind::Parameter => return self.parameter(),
            TokenKind::Sign("(") => return self.bracket(),
            TokenKind::Quoted(_) => return self.column_or_call(),
            TokenKind::Word => return self.word(text),
            _ => return Err(self.unexpected("an expression")),
        };
        self.advance();
        self.node(Kind::Literal(literal), token.span, 0)
    }

    fn parameter(&mut self) -> Result<Expression> {
        let span = self.advance().span;
        let text = self.text_of(span);
        let number = match text.strip_prefix('?') {
            Some("") => {
                self.parameters.push(None);
                self.parameters.len() - 1
            }
            Some(_) => {
                let message = "numbered parameters are not run here: write ? or :name".to_owned();
                return Err(crate::error::QueryError::at(
                    Code::QueryUnsupported,
                    span,
                    message,
                ));
            }
            None => {
                let name = Some(text[1..].to_owned());
                let known = self.parameters.iter().position(|known| *known == name);
                known.unwrap_or_else(|| {
                    self.parameters.push(name);
                    self.parameters.len() - 1
                })
            }
        };
        self.node(Kind::Parameter(number), span, 0)
    }

    fn bracket(&mut self) -> Result<Expression> {
        let start = self.advance().span;
        if self.is_query() {
            let (query, height) = self.nested()?;
            let span = start.to(query.span);
            return self.node(Kind::Scalar(Box::new(query)), span, height);
        }
        let mut inner = self.expression()?;
        if self.is_sign(",") {
            return Err(self.unsupported("a row of values", "compare them one by one"));
        }
        inner.span = start.to(self.peek().span);
        self.need_sign(")")?;
        Ok(inner)
    }

    fn word(&mut self, text: &str) -> Result<Expression> {
        let span = self.peek().span;
        let is_call = matches!(self.peek_second().kind, TokenKind::Sign("("));
        let literal = match text.to_ascii_lowercase().as_str() {
            "null" => Value::Null,
            "true" if !is_call => Value::Integer(1),
            "false" if !is_call => Value::Integer(0),
            "case" => return self.case(),
            "cast" => return self.cast(),
            "exists" => {
                self.advance();
                self.need_sign("(")?;
                let (query, height) = self.nested()?;
                let span = span.to(query.span);
                return self.node(Kind::Exists(Box::new(query)), span, height);
            }
            "current_timestamp" | "current_time" | "current_date" => {
                return Err(self.unsupported("the clock", "give the time as a parameter"));
            }
            _ => return self.column_or_call(),
        };
        self.advance();
        self.node(Kind::Literal(literal), span, 0)
    }

    fn case(&mut self) -> Result<Expression> {
        let start = self.advance().span;
        let of = match self.is_word("when") {
            true => None,
            false => Some(Box::new(self.expression()?)),
        };
        let mut below = of.as_ref().map_or(0, |of| of.height);
        let mut arms = Vec::new();
        while self.take_word("when") {
            let when = self.expression()?;
            self.need_word("then")?;
            let then = self.expression()?;
            below = below.max(when.height).max(then.height);
            arms.push((when, then));
        }
        if arms.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let other = match self.take_word("else") {
            true => Some(Box::new(self.expression()?)),
            false => None,
        };
        below = below.max(other.as_ref().map_or(0, |other| other.height)) + 1;
        let span = start.to(self.peek().span);
        self.need_word("end")?;
        self.node(Kind::Case { of, arms, other }, span, below)
    }

    fn cast(&mut self) -> Result<Expression> {
        let start = self.advance().span;
        self.need_sign("(")?;
        let inner = self.expression()?;
        self.need_word("as")?;
        let name = self.need_name("a type")?;
        let span = start.to(self.peek().span);
        self.need_sign(")")?;
        let below = inner.height;
        self.node(Kind::Cast(Box::new(inner), name), span, below)
    }

    fn column_or_call(&mut self) -> Result<Expression> {
        let is_call = matches!(self.peek_second().kind, TokenKind::Sign("("));
        let first = match is_call && self.peek().kind == TokenKind::Word {
            true => {
                let span = self.advance().span;
                super::tree::Name {
                    text: self.text_of(span).to_owned(),
                    span,
                }
            }
            false => self.need_name("an expression")?,
        };
        if is_call {
            return self.call(first);
        }
        if self.take_sign(".") {
            let column = self.need_name("a column")?;
            let span = first.span.to(column.span);
            return self.node(Kind::Column(Some(first), column), span, 0);
        }
        let span = first.span;
        self.node(Kind::Column(None, first), span, 0)
    }

    fn call(&mut self, name: super::tree::Name) -> Result<Expression> {
        self.need_sign("(")?;
        let is_star = self.take_sign("*");
        let distinct = !is_star && self.take_word("distinct");
        let arguments = match is_star || self.is_sign(")") {
            true => Vec::new(),
            false => self.expressions()?,
        };
        if self.is_word("order") {
            return Err(self.unsupported("ORDER BY within a call", "order in a subquery"));
        }
        let mut span = name.span.to(self.peek().span);
        self.need_sign(")")?;
        let mut below = arguments.iter().map(|item| item.height).max().unwrap_or(0);
        let mut filter = None;
        if self.take_word("filter") {
            self.need_sign("(")?;
            self.need_word("where")?;
            let condition = self.expression()?;
            span = span.to(self.peek().span);
            self.need_sign(")")?;
            below = below.max(condition.height);
            filter = Some(Box::new(condition));
        }
        if self.is_word("over") {
            return Err(self.unsupported("a window function", "group in a subquery and join"));
        }
        let kind = Kind::Call {
            name,
            arguments,
            is_star,
            distinct,
            filter,
        };
        self.node(kind, span, below)
    }
}

/// The value of digits; beyond 64 bits it is real, and hexadecimal digits wrap into them.
fn integer(text: &str) -> Value {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => {
            Value::Integer(u64::from_str_radix(digits, 16).map_or(0, |bits| bits as i64))
        }
        None => match text.parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::real(text.parse().unwrap_or(f64::INFINITY)),
        },
    }
}
