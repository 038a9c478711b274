//! The grammar of queries: SELECT and what stands around it.

use super::parser::Parser;
use super::token::Kind as TokenKind;
use super::tree::{Body, Common, From, Item, JoinKind, Order, Query, Select, SetOperator};
use crate::code::Code;
use crate::error::Result;
use crate::limits::{COLUMNS_MAX, TABLES_MAX};

impl Parser<'_> {
    pub(super) fn is_query(&self) -> bool {
        self.is_word("select") || self.is_word("with") || self.is_word("values")
    }

    /// A query up to its closing bracket, and its height.
    pub(super) fn nested(&mut self) -> Result<(Query, usize)> {
        let outside = std::mem::take(&mut self.highest);
        let mut query = self.query()?;
        query.span = query.span.to(self.peek().span);
        self.need_sign(")")?;
        let height = self.highest + 1;
        self.check_height(height)?;
        self.highest = outside.max(height);
        Ok((query, height))
    }

    pub(super) fn query(&mut self) -> Result<Query> {
        self.deeper(|parser| {
            let start = parser.peek().span;
            let with = parser.with()?;
            let body = parser.body()?;
            let order = parser.order()?;
            let (mut limit, mut offset) = (None, None);
            if parser.take_word("limit") {
                limit = Some(parser.expression()?);
                if parser.take_word("offset") {
                    offset = Some(parser.expression()?);
                } else if parser.take_sign(",") {
                    offset = limit.replace(parser.expression()?);
                }
            }
            let span = start.to(body_span(&body));
            Ok(Query {
                with,
                body,
                order,
                limit,
                offset,
                span,
            })
        })
    }

    fn with(&mut self) -> Result<Vec<Common>> {
        let mut all = Vec::new();
        if !self.take_word("with") {
            return Ok(all);
        }
        if self.is_word("recursive") {
            return Err(self.unsupported("WITH RECURSIVE", "write the levels out"));
        }
        loop {
            let name = self.need_name("a name")?;
            let mut columns = Vec::new();
            if self.take_sign("(") {
                columns.push(self.need_name("a column")?);
                while self.take_sign(",") {
                    columns.push(self.need_name("a column")?);
                }
                self.need_sign(")")?;
            }
            self.need_word("as")?;
            if self.take_word("not") {
                self.need_word("materialized")?;
            } else {
                self.take_word("materialized");
            }
            self.need_sign("(")?;
            let (query, _) = self.nested()?;
            all.push(Common {
                name,
                columns,
                query,
            });
            if !self.take_sign(",") {
                return Ok(all);
            }
        }
    }

    fn body(&mut self) -> Result<Body> {
        let mut left = Body::Select(Box::new(self.select()?));
        let mut sets = 0;
        loop {
            let span = self.peek().span;
            let operator = if self.take_word("union") {
                match self.take_word("all") {
                    true => SetOperator::UnionAll,
                    false => SetOperator::Union,
                }
            } else if self.take_word("intersect") {
                SetOperator::Intersect
            } else if self.take_word("except") {
                SetOperator::Except
            } else {
                return Ok(left);
            };
            sets += 1;
            self.highest = self.highest.max(sets + 1);
            self.check_height(self.highest)?;
            let right = Body::Select(Box::new(self.select()?));
            left = Body::Set(operator, Box::new(left), Box::new(right), span);
        }
    }

    fn select(&mut self) -> Result<Select> {
        if self.is_word("values") {
            return Err(self.unsupported("VALUES", "write SELECT … UNION ALL SELECT …"));
        }
        let span = self.peek().span;
        self.need_word("select")?;
        let distinct = self.take_word("distinct");
        if !distinct {
            self.take_word("all");
        }
        let mut items = vec![self.item()?];
        while self.take_sign(",") {
            items.push(self.item()?);
        }
        if items.len() > COLUMNS_MAX {
            let message = format!("a result has at most {COLUMNS_MAX} columns");
            return Err(self.error(Code::QueryTooLarge, message));
        }
        let from = match self.take_word("from") {
            true => Some(self.from()?),
            false => None,
        };
        let filter = match self.take_word("where") {
            true => Some(self.expression()?),
            false => None,
        };
        let mut group = Vec::new();
        if self.take_word("group") {
            self.need_word("by")?;
            group = self.expressions()?;
        }
        let having = match self.take_word("having") {
            true => Some(self.expression()?),
            false => None,
        };
        if self.is_word("window") {
            return Err(self.unsupported("WINDOW", "group in a subquery and join"));
        }
        Ok(Select {
            distinct,
            items,
            from,
            filter,
            group,
            having,
            span,
        })
    }

    fn item(&mut self) -> Result<Item> {
        let start = self.peek().span;
        if self.take_sign("*") {
            return Ok(Item::All(None, start));
        }
        let expression = match self.table_star()? {
            Some(item) => return Ok(item),
            None => self.expression()?,
        };
        let name = match self.take_word("as") {
            true => Some(self.alias()?),
            false => self.take_name(),
        };
        Ok(Item::One(expression, name))
    }

    /// `table.*`, if it stands here.
    fn table_star(&mut self) -> Result<Option<Item>> {
        if !matches!(self.peek_second().kind, TokenKind::Sign(".")) || !self.is_star_third() {
            return Ok(None);
        }
        let Some(name) = self.take_name() else {
            return Ok(None);
        };
        let dot = self.advance().span;
        let span = name.span.to(dot).to(self.advance().span);
        Ok(Some(Item::All(Some(name), span)))
    }

    /// A name after AS, which may also be a text.
    fn alias(&mut self) -> Result<super::tree::Name> {
        if let TokenKind::Text(text) = self.peek().kind.clone() {
            let span = self.advance().span;
            return Ok(super::tree::Name { text, span });
        }
        self.need_name("a name")
    }

    fn from(&mut self) -> Result<From> {
        let mut left = self.table()?;
        loop {
            let Some(kind) = self.join_kind()? else {
                return Ok(left);
            };
            let right = self.table()?;
            let (mut on, mut using) = (None, Vec::new());
            if self.take_word("on") {
                on = Some(self.expression()?);
            } else if self.take_word("using") {
                self.need_sign("(")?;
                using.push(self.need_name("a column")?);
                while self.take_sign(",") {
                    using.push(self.need_name("a column")?);
                }
                self.need_sign(")")?;
            }
            left = From::Join {
                kind,
                left: Box::new(left),
                right: Box::new(right),
                on,
                using,
            };
        }
    }

    fn join_kind(&mut self) -> Result<Option<JoinKind>> {
        if self.take_sign(",") || self.take_word("join") {
            return Ok(Some(JoinKind::Inner));
        }
        for word in ["natural", "right", "full"] {
            if self.is_word(word) {
                return Err(self.unsupported(
                    &format!("a {} JOIN", word.to_uppercase()),
                    "use LEFT JOIN … ON",
                ));
            }
        }
        let kind = if self.take_word("left") {
            self.take_word("outer");
            JoinKind::Left
        } else if self.take_word("inner") || self.take_word("cross") {
            JoinKind::Inner
        } else {
            return Ok(None);
        };
        self.need_word("join")?;
        Ok(Some(kind))
    }

    fn table(&mut self) -> Result<From> {
        self.tables += 1;
        if self.tables > TABLES_MAX {
            let message = format!("a query has at most {TABLES_MAX} tables");
            return Err(self.error(Code::QueryTooLarge, message));
        }
        if self.take_sign("(") {
            if !self.is_query() {
                return Err(self.unsupported(
                    "a join in brackets",
                    "write it without them, or as a subquery",
                ));
            }
            let (query, _) = self.nested()?;
            let name = self.table_alias()?;
            return Ok(From::Query(Box::new(query), name));
        }
        let name = self.need_name("a table")?;
        if self.is_sign("(") {
            return Err(self.unsupported("a table function", "name a table"));
        }
        if self.is_sign(".") {
            let message = "a table whose name has dots stands in double quotes, such as \"sensors.*.temperature\"";
            return Err(self.error(Code::QuerySyntax, message.to_owned()));
        }
        let alias = self.table_alias()?;
        Ok(From::Table(name, alias))
    }

    fn table_alias(&mut self) -> Result<Option<super::tree::Name>> {
        match self.take_word("as") {
            true => Ok(Some(self.need_name("a name")?)),
            false => Ok(self.take_name()),
        }
    }

    fn order(&mut self) -> Result<Vec<Order>> {
        let mut all = Vec::new();
        if !self.take_word("order") {
            return Ok(all);
        }
        self.need_word("by")?;
        loop {
            let by = self.expression()?;
            let descending = self.take_word("desc");
            if !descending {
                self.take_word("asc");
            }
            let mut nulls_first = !descending;
            if self.take_word("nulls") {
                nulls_first = self.take_word("first");
                if !nulls_first {
                    self.need_word("last")?;
                }
            }
            all.push(Order {
                by,
                descending,
                nulls_first,
            });
            if !self.take_sign(",") {
                return Ok(all);
            }
        }
    }
}

fn body_span(body: &Body) -> crate::error::Span {
    match body {
        Body::Select(select) => select.span,
        Body::Set(_, left, ..) => body_span(left),
    }
}
