//! Rules from bytes, in the order of the fields of [`Rules`].
//!
//! Numbers are little-endian. A list is its length (u32) and its items; a text is its length in bytes and its bytes
//! (WTF-8); an optional item is a byte, 0 or 1, and the item; a choice between forms is a byte and the form's parts.
//! The writer is `client/src/store/wasm/rules.ts`, which has checked what the application wrote; what does not follow
//! the format is `None`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use aimdb_pipeline::{
    AggregationRule, BoolLogic, ClearRule, ComputationRule, LOGIC_DEPTH_MAX, ListenerRule, Literal,
    Operation, Rules, Text, ValueLogic,
};

use crate::shared::{choice, form, kind, operation};

/// Reads the rules of one registration.
pub(crate) fn read(bytes: &[u8]) -> Option<Rules> {
    let mut reader = Reader { bytes };
    let mut rules = Rules::default();
    reader.fill(&mut rules)?;
    reader.bytes.is_empty().then_some(rules)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    /// Field by field into what is there: one value to drop when a later field cannot be read.
    fn fill(&mut self, rules: &mut Rules) -> Option<()> {
        rules.sync = self.list(Self::pair)?;
        rules.one_way = self.list(Self::pair)?;
        rules.flip = self.list(Self::pair)?;
        rules.aggregations = self.list(Self::aggregation)?;
        rules.computations = self.list(Self::computation)?;
        rules.clears = self.list(Self::clear)?;
        rules.listeners = self.list(Self::listener)?;
        rules.conditions = self.list(Self::condition)?;
        rules.choices = self.list(Self::choice)?;
        rules.texts = self.texts()?;
        rules.validators = self.list(Self::texts)?;
        rules.anchor = self.optional(Self::text)?;
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn count(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize)
    }

    fn number(&mut self) -> Option<f64> {
        let bytes = self.take(8)?.try_into().ok()?;
        Some(f64::from_le_bytes(bytes))
    }

    fn text(&mut self) -> Option<Text> {
        let length = self.count()?;
        Some(Text::from(self.take(length)?.to_vec()))
    }

    fn texts(&mut self) -> Option<Vec<Text>> {
        self.list(Self::text)
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Some(items)
    }

    fn optional<T>(&mut self, item: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            _ => item(self).map(Some),
        }
    }

    fn pair(&mut self) -> Option<(Text, Text)> {
        Some((self.text()?, self.text()?))
    }

    fn aggregation(&mut self) -> Option<AggregationRule> {
        Some(AggregationRule {
            target: self.text()?,
            source: self.text()?,
            exclude_when: self.optional(Self::condition)?,
        })
    }

    fn computation(&mut self) -> Option<ComputationRule> {
        Some(ComputationRule {
            operation: match self.byte()? {
                operation::SUM => Operation::Sum,
                operation::AVG => Operation::Average,
                _ => return None,
            },
            target: self.text()?,
            source: self.text()?,
            exclude_when: self.optional(Self::condition)?,
        })
    }

    fn clear(&mut self) -> Option<ClearRule> {
        Some(ClearRule {
            triggers: self.texts()?,
            targets: self.texts()?,
            expand_match: self.byte()? != 0,
        })
    }

    fn listener(&mut self) -> Option<ListenerRule> {
        Some(ListenerRule {
            paths: self.texts()?,
            scope: self.text()?,
        })
    }

    fn condition(&mut self) -> Option<BoolLogic> {
        self.condition_at(0)
    }

    /// A condition at most one deeper than the engine takes, so that the engine is the one that refuses it.
    fn condition_at(&mut self, depth: usize) -> Option<BoolLogic> {
        if depth > LOGIC_DEPTH_MAX + 1 {
            return None;
        }
        let form = self.byte()?;
        let conditions = |reader: &mut Self| reader.list(|reader| reader.condition_at(depth + 1));
        Some(match form {
            form::IS_EQUAL => BoolLogic::IsEqual(self.text()?, self.literal(0)?),
            form::EXISTS => BoolLogic::Exists(self.text()?),
            form::IS_EMPTY => BoolLogic::IsEmpty(self.text()?),
            form::AND => BoolLogic::And(conditions(self)?),
            form::OR => BoolLogic::Or(conditions(self)?),
            form::NOT => BoolLogic::Not(Box::new(self.condition_at(depth + 1)?)),
            form::GT => BoolLogic::Gt(self.text()?, self.number()?),
            form::LT => BoolLogic::Lt(self.text()?, self.number()?),
            form::GTE => BoolLogic::Gte(self.text()?, self.number()?),
            form::LTE => BoolLogic::Lte(self.text()?, self.number()?),
            form::IN => BoolLogic::In(self.text()?, self.literals(0)?),
            form::CONTAINS_ANY => BoolLogic::ContainsAny(self.text()?, self.literals(0)?),
            form::CONTAINS_ALL => BoolLogic::ContainsAll(self.text()?, self.literals(0)?),
            _ => return None,
        })
    }

    fn literals(&mut self, depth: usize) -> Option<Vec<Literal>> {
        self.list(|reader| reader.literal(depth))
    }

    fn literal(&mut self, depth: usize) -> Option<Literal> {
        if depth > LOGIC_DEPTH_MAX + 1 {
            return None;
        }
        Some(match self.byte()? {
            kind::UNDEFINED => Literal::Undefined,
            kind::NULL => Literal::Null,
            kind::BOOL => Literal::Bool(self.byte()? != 0),
            kind::NUMBER => Literal::Number(self.number()?),
            kind::TEXT => Literal::Text(self.text()?),
            kind::OBJECT => Literal::Object(
                self.list(|reader| Some((reader.text()?, reader.literal(depth + 1)?)))?,
            ),
            kind::ARRAY => Literal::Array(self.literals(depth + 1)?),
            _ => return None,
        })
    }

    fn choice(&mut self) -> Option<ValueLogic> {
        self.choice_at(0)
    }

    fn choice_at(&mut self, depth: usize) -> Option<ValueLogic> {
        if depth > LOGIC_DEPTH_MAX + 1 {
            return None;
        }
        let branch = |reader: &mut Self| reader.choice_at(depth + 1);
        let otherwise = |reader: &mut Self| {
            let branch = reader.optional(branch)?;
            Some(branch.map(Box::new))
        };
        Some(match self.byte()? {
            choice::LEAF => ValueLogic::Leaf(self.count()? as u32),
            choice::IF => {
                ValueLogic::If(self.condition()?, Box::new(branch(self)?), otherwise(self)?)
            }
            choice::MATCH => ValueLogic::Match(
                self.text()?,
                self.list(|reader| Some((reader.text()?, branch(reader)?)))?,
                otherwise(self)?,
            ),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use alloc::vec;
    use proptest::prelude::*;

    /// The bytes of a registration without rules: eleven empty lists and no anchor.
    const NOTHING: [u8; 45] = [0; 45];

    #[test]
    fn nothing_is_read_from_nothing_and_what_is_left_over_is_refused() {
        assert_eq!(read(&NOTHING), Some(aimdb_pipeline::Rules::default()));
        assert_eq!(read(&NOTHING[1..]), None);
        assert_eq!(read(&[0; 46]), None);
    }

    #[test]
    fn a_count_beyond_the_bytes_takes_no_memory() {
        assert_eq!(read(&[0xFF; 45]), None);
    }

    #[test]
    fn conditions_that_never_end_are_refused() {
        let mut bytes = vec![0; 7 * 4];
        bytes.extend(1u32.to_le_bytes());
        bytes.extend([5; 10_000]);
        assert_eq!(read(&bytes), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0u8..14, 0..200)) {
            let _ = read(&bytes);
        }
    }
}
