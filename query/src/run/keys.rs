//! Numbers for keys: rows with equal keys get the same one.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use super::Turn;
use crate::code::Code;
use crate::column::{Data, Vector};
use crate::error::{QueryError, Result};
use crate::limits::GROUPS_MAX;
use crate::value::Value;

/// The number of a key that is not there.
pub(crate) const NONE: u32 = u32::MAX;

/// What a key takes besides its bytes, about.
const ENTRY_BYTES: usize = 48;

/// Keys and their numbers, from 0.
pub(crate) struct Groups {
    integers: HashMap<i64, u32, Seed>,
    others: HashMap<Box<[u8]>, u32, Seed>,
    count: usize,
    buffer: Vec<u8>,
}

impl Groups {
    pub(crate) fn new() -> Self {
        let seed = Seed(RandomState::new().build_hasher().finish() | 1);
        Self {
            integers: HashMap::with_hasher(seed),
            others: HashMap::with_hasher(seed),
            count: 0,
            buffer: Vec::new(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The number of each row's key; new keys get new numbers.
    pub(crate) fn insert(
        &mut self,
        columns: &[Arc<Vector>],
        rows: usize,
        turn: &mut Turn,
    ) -> Result<Vec<u32>> {
        let mut numbers = Vec::with_capacity(rows);
        for row in 0..rows {
            let next = self.count as u32;
            let (number, bytes) = match self.integer(columns, row) {
                Some(integer) => (*self.integers.entry(integer).or_insert(next), 0),
                None => match self.others.get(self.buffer.as_slice()) {
                    Some(number) => (*number, 0),
                    None => {
                        self.others.insert(self.buffer.as_slice().into(), next);
                        (next, self.buffer.len())
                    }
                },
            };
            if number == next {
                turn.hold(ENTRY_BYTES + bytes)?;
                self.count += 1;
                if self.count > GROUPS_MAX {
                    let message = format!("more than {GROUPS_MAX} different keys: filter more");
                    return Err(QueryError::new(Code::MemoryExceeded, message));
                }
            }
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// The number of each row's key, or [`NONE`].
    pub(crate) fn find(&mut self, columns: &[Arc<Vector>], rows: usize) -> Vec<u32> {
        let find = |row| {
            let found = match self.integer(columns, row) {
                Some(integer) => self.integers.get(&integer),
                None => self.others.get(self.buffer.as_slice()),
            };
            found.copied().unwrap_or(NONE)
        };
        (0..rows).map(find).collect()
    }

    /// The key as an integer, if it is one; else its bytes are in the buffer.
    #[inline]
    fn integer(&mut self, columns: &[Arc<Vector>], row: usize) -> Option<i64> {
        self.buffer.clear();
        if let [column] = columns {
            match &column.data {
                Data::Integer(integers) if column.is_valid(row) => return Some(integers[row]),
                Data::Text(_) => {}
                _ => {
                    let mut key = std::mem::take(&mut self.buffer);
                    column.write_key(row, &mut key);
                    self.buffer = key;
                    // The form of an integer, which a real may have too.
                    return match self.buffer.split_first() {
                        Some((1, digits)) => digits.try_into().ok().map(i64::from_le_bytes),
                        _ => None,
                    };
                }
            }
        }
        for column in columns {
            column.write_key(row, &mut self.buffer);
        }
        None
    }

    pub(crate) fn contains(&self, value: &Value) -> bool {
        let mut key = Vec::new();
        value.write_key(&mut key);
        match key.split_first() {
            Some((1, digits)) => {
                let integer = digits.try_into().map_or(0, i64::from_le_bytes);
                self.integers.contains_key(&integer)
            }
            _ => self.others.contains_key(key.as_slice()),
        }
    }
}

/// Folds products of 128 bits. The seed is new for each table, so that nobody can choose keys that collide.
#[derive(Clone, Copy)]
struct Seed(u64);

struct Fold {
    seed: u64,
    state: u64,
}

impl BuildHasher for Seed {
    type Hasher = Fold;

    fn build_hasher(&self) -> Fold {
        Fold {
            seed: self.0,
            state: self.0.rotate_left(32),
        }
    }
}

impl Fold {
    #[inline]
    fn mix(&mut self, word: u64) {
        let product = u128::from(word ^ self.state) * u128::from(self.seed ^ 0x9e37_79b9_7f4a_7c15);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(word.try_into().map_or(0, u64::from_le_bytes));
        }
        let mut last = [0; 8];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    #[inline]
    fn write_i64(&mut self, integer: i64) {
        self.mix(integer as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        let product = u128::from(self.state) * u128::from(self.seed);
        (product as u64) ^ ((product >> 64) as u64)
    }
}
