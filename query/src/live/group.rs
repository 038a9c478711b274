//! Follows groups: what leaves is taken out of what an aggregate has come to.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::change::{Row, bytes};
use super::rows::{Rows, holds, values};
use crate::error::Result;
use crate::plan::{Aggregate, AggregateCall, Expr};
use crate::run::{Accumulator, Env, Turn};
use crate::value::{Affinity, Value};

/// What a value takes among those of a group.
const ENTRY_BYTES: usize = 64;

pub(super) struct Group {
    keys: Vec<Expr>,
    calls: Vec<AggregateCall>,
    groups: HashMap<Vec<u8>, State>,
}

struct State {
    key: Row,
    rows: i64,
    calls: Vec<Call>,
}

/// The values of a call. Sums of reals are made anew of them: taking a real out of a sum again would leave its rounding.
#[derive(Clone, Default)]
struct Call {
    count: i64,
    integers: i128,
    reals: i64,
    values: BTreeMap<Ordered, i64>,
}

/// In the order of values, 1 before 1.0.
#[derive(Clone, PartialEq)]
struct Ordered(Value);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_real = |value: &Value| matches!(value, Value::Real(_));
        self.0
            .order(&other.0)
            .then(is_real(&self.0).cmp(&is_real(&other.0)))
    }
}

impl Group {
    pub(super) fn new(keys: &[Expr], calls: &[AggregateCall]) -> Self {
        Self {
            keys: keys.to_vec(),
            calls: calls.to_vec(),
            groups: HashMap::new(),
        }
    }

    /// The rows of the groups that changed: as they were, gone, and as they are.
    pub(super) fn take(
        &mut self,
        rows: Rows,
        env: &Env,
        turn: &mut Turn,
        is_first: bool,
    ) -> Result<Rows> {
        let mut touched: HashMap<Vec<u8>, Option<Row>> = HashMap::new();
        if is_first && self.keys.is_empty() {
            self.groups.insert(
                Vec::new(),
                State {
                    key: Vec::new(),
                    rows: 0,
                    calls: vec![Call::default(); self.calls.len()],
                },
            );
            touched.insert(Vec::new(), None);
        }
        for (row, count) in rows {
            let group = values(&self.keys, row.clone(), env);
            let mut key = Vec::new();
            group.iter().for_each(|value| value.write_key(&mut key));
            if !touched.contains_key(&key) {
                let before = self
                    .groups
                    .get(&key)
                    .map(|state| self.result(state))
                    .transpose()?;
                touched.insert(key.clone(), before);
            }
            let calls = self.calls.len();
            if !self.groups.contains_key(&key) {
                turn.hold(bytes(&group) + key.len() + calls * size_of::<Call>())?;
            }
            let state = self.groups.entry(key).or_insert_with(|| State {
                key: group,
                rows: 0,
                calls: vec![Call::default(); calls],
            });
            state.rows += count;
            for (call, kept) in self.calls.iter().zip(&mut state.calls) {
                kept.take(call, &row, count, env, turn)?;
            }
        }
        let mut changed = Vec::new();
        for (key, before) in touched {
            changed.extend(before.map(|row| (row, -1)));
            let Some(state) = self.groups.get(&key) else {
                continue;
            };
            if state.rows != 0 || self.keys.is_empty() {
                changed.push((self.result(state)?, 1));
                continue;
            }
            turn.give_back(bytes(&state.key) + key.len() + state.calls.len() * size_of::<Call>());
            self.groups.remove(&key);
        }
        Ok(changed)
    }

    fn result(&self, state: &State) -> Result<Row> {
        let mut row = state.key.clone();
        for (call, kept) in self.calls.iter().zip(&state.calls) {
            row.push(kept.value(call)?);
        }
        Ok(row)
    }
}

impl Call {
    fn take(
        &mut self,
        call: &AggregateCall,
        row: &Row,
        count: i64,
        env: &Env,
        turn: &mut Turn,
    ) -> Result<()> {
        if call
            .filter
            .as_ref()
            .is_some_and(|filter| !holds(filter, row, env))
        {
            return Ok(());
        }
        let Some(argument) = &call.argument else {
            self.count += count;
            return Ok(());
        };
        let value = values(std::slice::from_ref(argument), row.clone(), env)
            .pop()
            .unwrap_or(Value::Null);
        if value.is_null() {
            return Ok(());
        }
        self.count += count;
        if call.function == Aggregate::Count && !call.distinct {
            return Ok(());
        }
        if call.function != Aggregate::Min && call.function != Aggregate::Max {
            match Affinity::Numeric.apply(&value) {
                Value::Integer(integer) => self.integers += i128::from(integer) * i128::from(count),
                _ => self.reals += count,
            }
        }
        let size = value.bytes() + ENTRY_BYTES;
        let key = Ordered(value);
        let before = self.values.get(&key).copied().unwrap_or(0);
        match before + count {
            0 => {
                self.values.remove(&key);
                turn.give_back(size);
            }
            after => {
                if before == 0 {
                    turn.hold(size)?;
                }
                self.values.insert(key, after);
            }
        }
        Ok(())
    }

    fn value(&self, call: &AggregateCall) -> Result<Value> {
        let first = |entry: Option<(&Ordered, &i64)>| {
            entry.map_or(Value::Null, |(value, _)| value.0.clone())
        };
        match call.function {
            Aggregate::Count if call.distinct => {
                return Ok(Value::Integer(self.distinct().count() as i64));
            }
            Aggregate::Count => return Ok(Value::Integer(self.count)),
            Aggregate::Min => return Ok(first(self.values.first_key_value())),
            Aggregate::Max => return Ok(first(self.values.last_key_value())),
            _ => {}
        }
        let mut sum = Accumulator::new(call.function);
        if self.reals == 0 && !call.distinct && self.count > 0 {
            sum.add_integers(self.integers, self.count as u64);
            return sum.value();
        }
        if call.distinct {
            self.distinct().for_each(|value| {
                sum.add(value, None);
            });
        } else {
            for (value, count) in &self.values {
                (0..*count).for_each(|_| {
                    sum.add(&value.0, None);
                });
            }
        }
        sum.value()
    }

    /// Of 1 and 1.0 one.
    fn distinct(&self) -> impl Iterator<Item = &Value> {
        let mut last: Option<&Value> = None;
        self.values.keys().filter_map(move |key| {
            let is_new = last.is_none_or(|last| last.order(&key.0).is_ne());
            last = Some(&key.0);
            is_new.then_some(&key.0)
        })
    }
}
