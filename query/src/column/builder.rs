//! Makes a column of values, one by one: typed as long as all are of one kind.

use super::{Bits, Data, Texts, Vector};
use crate::value::Value;

/// Makes a [`Vector`].
#[derive(Default)]
pub struct Builder {
    /// None until there is a value.
    data: Option<Data>,
    valid: Option<Bits>,
    length: usize,
}

impl Builder {
    /// Adds a row.
    pub fn push(&mut self, value: &Value) {
        let is_null = value.is_null();
        if is_null && self.valid.is_none() {
            self.valid = Some(Bits::all(true, self.length));
            self.trim();
        }
        if let Some(valid) = &mut self.valid {
            valid.push(!is_null);
        }
        match (&mut self.data, value) {
            (None, Value::Null) => {}
            (None, _) => {
                self.data = Some(self.begin(value));
                self.push_typed(value);
            }
            _ => self.push_typed(value),
        }
        self.length += 1;
    }

    /// Bits beyond the length would be kept by `push`, which only sets.
    fn trim(&mut self) {
        let mut bits = Bits::default();
        (0..self.length).for_each(|_| bits.push(true));
        self.valid = Some(bits);
    }

    /// The column of a kind, with as many empty rows as there were.
    fn begin(&self, value: &Value) -> Data {
        match value {
            Value::Integer(_) => Data::Integer(vec![0; self.length]),
            Value::Real(_) => Data::Real(vec![0.0; self.length]),
            Value::Text(_) => {
                let mut texts = Texts::default();
                (0..self.length).for_each(|_| texts.push(""));
                Data::Text(texts)
            }
            _ => Data::Any(vec![Value::Null; self.length]),
        }
    }

    fn push_typed(&mut self, value: &Value) {
        match (&mut self.data, value) {
            (Some(Data::Integer(to)), Value::Integer(integer)) => to.push(*integer),
            (Some(Data::Integer(to)), Value::Null) => to.push(0),
            (Some(Data::Real(to)), Value::Real(real)) => to.push(*real),
            (Some(Data::Real(to)), Value::Null) => to.push(0.0),
            (Some(Data::Text(to)), Value::Text(text)) => to.push(text),
            (Some(Data::Text(to)), Value::Null) => to.push(""),
            (Some(Data::Any(to)), _) => to.push(value.clone()),
            _ => {
                let before = Vector {
                    data: self.data.take().unwrap_or(Data::Any(Vec::new())),
                    valid: self.valid.take(),
                };
                let mut values: Vec<Value> = (0..self.length).map(|row| before.get(row)).collect();
                self.valid = before.valid;
                values.push(value.clone());
                self.data = Some(Data::Any(values));
            }
        }
    }

    /// The column.
    #[must_use]
    pub fn finish(self) -> Vector {
        let data = self
            .data
            .unwrap_or_else(|| Data::Integer(vec![0; self.length]));
        Vector {
            data,
            valid: self.valid,
        }
    }
}

impl Vector {
    /// Values of any kind.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = Value>) -> Self {
        let mut builder = Builder::default();
        values.into_iter().for_each(|value| builder.push(&value));
        builder.finish()
    }

    /// The same value in each row.
    pub(crate) fn repeat(value: &Value, rows: usize) -> Self {
        match value {
            Value::Integer(integer) => Self::integers(vec![*integer; rows]),
            _ => Self::of(std::iter::repeat_n(value.clone(), rows)),
        }
    }
}
