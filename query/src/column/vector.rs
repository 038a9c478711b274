//! One column of a batch: numbers in typed vectors, texts in one arena.

use super::Bits;
use crate::value::Value;

/// One column of a batch.
#[derive(Clone, Debug)]
pub struct Vector {
    pub(crate) data: Data,
    /// Which rows have a value; all, if absent. `Data::Any` holds its own.
    pub(crate) valid: Option<Bits>,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Integer(Vec<i64>),
    Real(Vec<f64>),
    Text(Texts),
    Any(Vec<Value>),
}

/// Texts behind each other, and where each ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    arena: String,
    ends: Vec<usize>,
}

impl Texts {
    #[inline]
    pub(crate) fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.arena[start..self.ends[at]]
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.arena.push_str(text);
        self.ends.push(self.arena.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn bytes(&self) -> usize {
        self.arena.len() + self.ends.len() * size_of::<usize>()
    }
}

impl Vector {
    /// Integers, all of them there.
    #[must_use]
    pub fn integers(integers: Vec<i64>) -> Self {
        Self {
            data: Data::Integer(integers),
            valid: None,
        }
    }

    /// Numbers; NaN is no value.
    #[must_use]
    pub fn reals(reals: Vec<f64>) -> Self {
        let mut valid = None;
        if reals.iter().any(|real| real.is_nan()) {
            let mut bits = Bits::default();
            reals.iter().for_each(|real| bits.push(!real.is_nan()));
            valid = Some(bits);
        }
        Self {
            data: Data::Real(reals),
            valid,
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Integer(integers) => integers.len(),
            Data::Real(reals) => reals.len(),
            Data::Text(texts) => texts.len(),
            Data::Any(values) => values.len(),
        }
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        match (&self.valid, &self.data) {
            (Some(bits), _) => bits.get(row),
            (None, Data::Any(values)) => !values[row].is_null(),
            (None, _) => true,
        }
    }

    /// The value in a row, counted from 0; nothing behind the last one.
    #[must_use]
    pub fn get(&self, row: usize) -> Value {
        if row >= self.len() || !self.is_valid(row) {
            return Value::Null;
        }
        match &self.data {
            Data::Integer(integers) => Value::Integer(integers[row]),
            Data::Real(reals) => Value::Real(reals[row]),
            Data::Text(texts) => Value::text(texts.get(row)),
            Data::Any(values) => values[row].clone(),
        }
    }

    /// Appends what [`Value::write_key`] would.
    pub(crate) fn write_key(&self, row: usize, key: &mut Vec<u8>) {
        match &self.data {
            Data::Text(texts) if self.is_valid(row) => {
                let text = texts.get(row);
                key.push(3);
                key.extend_from_slice(&(text.len() as u64).to_le_bytes());
                key.extend_from_slice(text.as_bytes());
            }
            Data::Integer(integers) if self.is_valid(row) => {
                Value::Integer(integers[row]).write_key(key);
            }
            _ => self.get(row).write_key(key),
        }
    }

    /// The rows with some numbers, in their order.
    pub(crate) fn gather(&self, rows: &[u32]) -> Self {
        let valid = self.valid.as_ref().map(|bits| {
            let mut chosen = Bits::default();
            rows.iter()
                .for_each(|row| chosen.push(bits.get(*row as usize)));
            chosen
        });
        let data = match &self.data {
            Data::Integer(from) => {
                Data::Integer(rows.iter().map(|row| from[*row as usize]).collect())
            }
            Data::Real(from) => Data::Real(rows.iter().map(|row| from[*row as usize]).collect()),
            Data::Text(from) => {
                let mut texts = Texts::default();
                rows.iter()
                    .for_each(|row| texts.push(from.get(*row as usize)));
                Data::Text(texts)
            }
            Data::Any(from) => {
                Data::Any(rows.iter().map(|row| from[*row as usize].clone()).collect())
            }
        };
        Self { data, valid }
    }

    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let data = match &self.data {
            Data::Integer(integers) => integers.len() * 8,
            Data::Real(reals) => reals.len() * 8,
            Data::Text(texts) => texts.bytes(),
            Data::Any(values) => values.iter().map(Value::bytes).sum(),
        };
        data + self.valid.as_ref().map_or(0, Bits::bytes) + size_of::<Self>()
    }
}
