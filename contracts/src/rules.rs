//! Whether a number, a text or a count keeps the rules: the only place where they are applied.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::decode::Policy;
use crate::encode::identity;
use crate::json::positions;
use crate::number::{Number, SAFE_INTEGER_MAX, is_multiple, shortest_f64};
use crate::pattern::{self, PatternError};
use crate::schema::{
    Kind, LIST_LENGTH_MAX, MAP_NAME_BYTES_MAX, Rules, TEXT_BYTES_MAX, TIME_MS_MAX,
};
use crate::value::{Lent, Parts, Value};
use crate::violation::Reason;
use crate::wanted::Wanted;

impl Kind {
    /// Whether a number is one of this kind, whatever its rules are.
    pub(crate) fn holds(&self, number: Number) -> bool {
        self.number(number, Policy::default()).is_ok()
    }

    /// Turns a number into a value of this kind, or says why not.
    fn number(&self, number: Number, policy: Policy) -> Result<Value, Reason> {
        match *self {
            Self::Float { bits: 32 } => {
                let narrow = number.to_f64() as f32;
                let is_finite = narrow.is_finite();
                is_finite
                    .then_some(Value::F32(narrow))
                    .ok_or(Reason::NotFinite)
            }
            Self::Float { .. } => {
                let wide = number.to_f64();
                let is_finite = wide.is_finite();
                is_finite
                    .then_some(Value::F64(wide))
                    .ok_or(Reason::NotFinite)
            }
            Self::Unsigned { bits } => {
                let integer = number.to_u64()?;
                if bits < 64 && integer >> bits != 0 {
                    return Err(Reason::Range);
                }
                refuse_unsafe(integer, policy)?;
                Ok(Value::Unsigned(integer))
            }
            Self::Signed { bits } => {
                let integer = number.to_i64()?;
                let limit = 1_i64.checked_shl(u32::from(bits) - 1).unwrap_or(i64::MIN);
                if bits < 64 && (integer < -limit || integer >= limit) {
                    return Err(Reason::Range);
                }
                refuse_unsafe(integer.unsigned_abs(), policy)?;
                Ok(Value::Signed(integer))
            }
            Self::Time => {
                let moment = number.to_i64()?;
                if !(-TIME_MS_MAX..=TIME_MS_MAX).contains(&moment) {
                    return Err(Reason::Range);
                }
                Ok(Value::Signed(moment))
            }
            _ => Err(Reason::Kind),
        }
    }
}

impl Wanted<'_> {
    /// Turns a number into a checked value of this kind, or says why not.
    pub(crate) fn number(&self, number: Number, policy: Policy) -> Result<Value, Reason> {
        let value = self.kind().ok_or(Reason::Kind)?.number(number, policy)?;
        // The rules are about what is kept: 1e19 is another integer than its shortest digits say.
        match value {
            Value::F32(narrow) => self.rules().narrow(narrow)?,
            _ => self
                .rules()
                .range(value.lend().number().unwrap_or(number))?,
        }
        Ok(value)
    }

    /// Whether a text is one of this kind.
    pub(crate) fn text(&self, text: &str) -> Result<(), Reason> {
        if let Some(Kind::Enum(choices)) = self.kind() {
            let is_choice = choices.iter().any(|choice| choice == text);
            return is_choice.then_some(()).ok_or(Reason::Choice);
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(Reason::TooLong);
        }
        self.rules().text(text)
    }

    /// Whether so many elements may be in a list of this kind.
    pub(crate) fn items(&self, count: usize) -> Result<(), Reason> {
        if let Some(Kind::Tuple(types)) = self.kind() {
            return within(count, types.len(), types.len());
        }
        let rules = self.rules();
        within(
            count,
            at_least(rules.min_items),
            at_most(rules.max_items, LIST_LENGTH_MAX),
        )
    }

    /// Whether so many names may be in a map of this kind.
    pub(crate) fn properties(&self, count: usize) -> Result<(), Reason> {
        let rules = self.rules();
        let max = at_most(rules.max_properties, LIST_LENGTH_MAX);
        within(count, at_least(rules.min_properties), max)
    }

    /// Whether so many bytes may be in a value of this kind.
    pub(crate) fn bytes(&self, count: usize) -> Result<(), Reason> {
        let rules = self.rules();
        let max = at_most(rules.max_length, TEXT_BYTES_MAX).min(TEXT_BYTES_MAX);
        within(count, at_least(rules.min_length), max)
    }

    /// The first element that stands in its list before, where that is refused.
    pub(crate) fn repetition(&self, parts: Parts<'_>) -> Option<usize> {
        if !self.rules().unique_items {
            return None;
        }
        let texts: Vec<_> = (0..parts.count())
            .map(|index| identity(&parts.part(index)))
            .collect();
        // Equal ones stand beside each other, the later one behind.
        let order = positions(texts.len(), &|this, that| texts[this].cmp(&texts[that]));
        let is_repeated = |pair: &[u32]| texts[pair[0] as usize] == texts[pair[1] as usize];
        let repeated = order.windows(2).filter(|pair| is_repeated(pair));
        repeated.map(|pair| pair[1] as usize).min()
    }

    /// Whether a text may be a name in a map.
    pub(crate) fn name(&self, name: &str) -> Result<(), Reason> {
        within(name.len(), 0, MAP_NAME_BYTES_MAX)
    }
}

impl Rules {
    /// Whether an `f32` is in range: its bounds are the `f32` nearest to what was written, since that
    /// is what a program compares with.
    fn narrow(&self, value: f32) -> Result<(), Reason> {
        let bound = |bound: Option<Number>| bound.map(|bound| bound.to_f64() as f32);
        let breaks = bound(self.min).is_some_and(|min| value < min)
            || bound(self.max).is_some_and(|max| value > max)
            || bound(self.exclusive_min).is_some_and(|min| value <= min)
            || bound(self.exclusive_max).is_some_and(|max| value >= max);
        if breaks {
            return Err(Reason::Range);
        }
        match self.multiple_of {
            Some(step) if !is_multiple(Number::Float(shortest_f64(value)), step) => {
                Err(Reason::Multiple)
            }
            _ => Ok(()),
        }
    }

    /// Whether any other number is in range.
    pub(crate) fn range(&self, value: Number) -> Result<(), Reason> {
        let compare = |bound: Option<Number>| bound.and_then(|bound| value.order(bound));
        let breaks = compare(self.min) == Some(Ordering::Less)
            || compare(self.max) == Some(Ordering::Greater)
            || matches!(
                compare(self.exclusive_min),
                Some(Ordering::Less | Ordering::Equal)
            )
            || matches!(
                compare(self.exclusive_max),
                Some(Ordering::Greater | Ordering::Equal)
            );
        if breaks {
            return Err(Reason::Range);
        }
        match self.multiple_of {
            Some(step) if !is_multiple(value, step) => Err(Reason::Multiple),
            _ => Ok(()),
        }
    }

    fn text(&self, text: &str) -> Result<(), Reason> {
        if self.min_length.is_some() || self.max_length.is_some() {
            let length = text.chars().count();
            let max = at_most(self.max_length, TEXT_BYTES_MAX);
            within(length, at_least(self.min_length), max)?;
        }
        if let Some(pattern) = &self.pattern {
            match pattern::is_match(pattern, text) {
                Ok(true) => {}
                Ok(false) => return Err(Reason::Pattern),
                Err(PatternError::TooManySteps) => return Err(Reason::PatternSteps),
                Err(_) => return Err(Reason::PatternEngine),
            }
        }
        match self.format {
            Some(format) if !format.matches(text) => Err(Reason::Format),
            _ => Ok(()),
        }
    }
}

fn at_least(min: Option<u32>) -> usize {
    min.unwrap_or(0) as usize
}

fn at_most(max: Option<u32>, limit: usize) -> usize {
    max.map_or(limit, |max| max as usize)
}

fn within(count: usize, min: usize, max: usize) -> Result<(), Reason> {
    if count < min {
        Err(Reason::TooShort)
    } else if count > max {
        Err(Reason::TooLong)
    } else {
        Ok(())
    }
}

fn refuse_unsafe(magnitude: u64, policy: Policy) -> Result<(), Reason> {
    if policy.safe_integers && magnitude > SAFE_INTEGER_MAX {
        return Err(Reason::UnsafeInteger);
    }
    Ok(())
}

/// What came, for a refusal.
pub(crate) fn shown(lent: &Lent<'_>) -> Cow<'static, str> {
    use alloc::format;
    match lent {
        Lent::Absent => Cow::Borrowed("nothing"),
        Lent::Null => Cow::Borrowed("null"),
        Lent::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        Lent::Text(text) => Cow::Owned(format!("text \"{text}\"")),
        Lent::Bytes(bytes) => Cow::Owned(format!("{} bytes", bytes.len())),
        Lent::Json(_) => Cow::Borrowed("a JSON value"),
        Lent::List(_) => Cow::Borrowed("a list"),
        Lent::Map(_) | Lent::Object(_) | Lent::Case(..) => Cow::Borrowed("an object"),
        other => Cow::Owned(other.number().map(Number::text).unwrap_or_default()),
    }
}
