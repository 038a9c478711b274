//! Moments and durations.

use core::time::Duration;

use super::FieldType;
use crate::number::Number;
use crate::schema::{Kind, Rules};
use crate::value::{Lent, Value};

/// A moment in Unix milliseconds, as the kind `time`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl From<i64> for Timestamp {
    fn from(milliseconds: i64) -> Self {
        Self(milliseconds)
    }
}

impl From<Timestamp> for i64 {
    fn from(moment: Timestamp) -> Self {
        moment.0
    }
}

/// `impl FieldType for Timestamp { … }`: by way of milliseconds, there and back.
macro_rules! moment {
    ($rust:ty, $rules:expr, $from:expr, $to:expr) => {
        impl FieldType for $rust {
            const KIND: Kind = Kind::Time;
            const RULES: Rules = $rules;

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::Signed(milliseconds) => $from(milliseconds),
                    _ => None,
                }
            }

            fn lend(&self) -> Lent<'_> {
                Lent::Signed($to(self))
            }

            fn from_slot(slot: f64) -> Option<Self> {
                $from(slot as i64)
            }

            fn to_slot(&self) -> Option<f64> {
                Some($to(self) as f64)
            }
        }
    };
}

moment!(
    Timestamp,
    Rules::NONE,
    |milliseconds| Some(Timestamp(milliseconds)),
    |moment: &Timestamp| moment.0
);

/// Nanoseconds of a millisecond.
const NANOSECONDS: f64 = 1e6;

/// Longest duration in milliseconds, 139 years: up to here a double tells one microsecond from the next with
/// room for the error of a multiplication.
const DURATION_MS_MAX: u64 = 1 << 42;

/// Milliseconds with three decimals, up to 139 years. A duration with parts of a microsecond is refused where it
/// is checked, and never rounded in silence.
impl FieldType for Duration {
    const KIND: Kind = Kind::Float { bits: 64 };
    const RULES: Rules = Rules::NONE
        .with_min(Number::Unsigned(0))
        .with_max(Number::Unsigned(DURATION_MS_MAX))
        .with_multiple_of(Number::Float(0.001));
    const USUAL_UNIT: &'static str = "ms";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::F64(milliseconds) => Self::from_slot(milliseconds),
            _ => None,
        }
    }

    fn lend(&self) -> Lent<'_> {
        Lent::F64(milliseconds(*self))
    }

    fn from_slot(milliseconds: f64) -> Option<Self> {
        let is_in_range = (0.0..=DURATION_MS_MAX as f64).contains(&milliseconds);
        // The nearest whole microsecond: the product is less than half of one away from it.
        let microseconds = (milliseconds * 1e3 + 0.5) as u64;
        is_in_range.then(|| Self::from_micros(microseconds))
    }

    fn to_slot(&self) -> Option<f64> {
        Some(milliseconds(*self))
    }
}

fn milliseconds(duration: Duration) -> f64 {
    if duration.subsec_nanos().is_multiple_of(1_000) {
        // Exact before the division, which rounds to the double nearest to the decimal.
        return duration.as_micros() as f64 / 1e3;
    }
    duration.as_nanos() as f64 / NANOSECONDS
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use alloc::borrow::Cow;
    use alloc::string::ToString;

    use chrono::{DateTime, NaiveDate, Utc};

    use super::{FieldType, Kind, Lent, Number, Rules, Value};
    use crate::format::Format;

    // Within what a JavaScript `Date` holds, and what chrono holds. Parts of a millisecond are not written.
    moment!(
        DateTime<Utc>,
        Rules::NONE
            .with_min(Number::Signed(DateTime::<Utc>::MIN_UTC.timestamp_millis()))
            .with_max(Number::Signed(DateTime::<Utc>::MAX_UTC.timestamp_millis())),
        DateTime::from_timestamp_millis,
        |moment: &DateTime<Utc>| moment.timestamp_millis()
    );

    impl FieldType for NaiveDate {
        const KIND: Kind = Kind::Text;
        const RULES: Rules = Rules::NONE.with_format(Format::Date);

        fn from_value(value: Value) -> Option<Self> {
            match value {
                Value::Text(text) => text.parse().ok(),
                _ => None,
            }
        }

        fn lend(&self) -> Lent<'_> {
            // Years of other than four digits have a sign, which is no date of RFC 3339: the check refuses them.
            Lent::Text(Cow::Owned(self.to_string()))
        }
    }
}

#[cfg(feature = "jiff")]
mod of_jiff {
    use alloc::borrow::Cow;
    use alloc::string::ToString;

    use jiff::civil::Date;

    use super::{FieldType, Kind, Lent, Number, Rules, Value};
    use crate::format::Format;

    /// What a `jiff::Timestamp` is made of, from the year -9999 to 9999; it tells that to no constant.
    const MIN_MS: i64 = -377_705_023_201_000;
    const MAX_MS: i64 = 253_402_207_200_000;

    // Parts of a millisecond are not written.
    moment!(
        jiff::Timestamp,
        Rules::NONE
            .with_min(Number::Signed(MIN_MS))
            .with_max(Number::Signed(MAX_MS)),
        |milliseconds| jiff::Timestamp::from_millisecond(milliseconds).ok(),
        |moment: &jiff::Timestamp| moment.as_millisecond()
    );

    impl FieldType for Date {
        const KIND: Kind = Kind::Text;
        const RULES: Rules = Rules::NONE.with_format(Format::Date);

        fn from_value(value: Value) -> Option<Self> {
            match value {
                Value::Text(text) => text.parse().ok(),
                _ => None,
            }
        }

        fn lend(&self) -> Lent<'_> {
            Lent::Text(Cow::Owned(self.to_string()))
        }
    }

    #[test]
    fn the_range_is_that_of_the_crate() {
        for milliseconds in [MIN_MS, MAX_MS] {
            assert!(jiff::Timestamp::from_millisecond(milliseconds).is_ok());
        }
        for milliseconds in [MIN_MS - 1, MAX_MS + 1] {
            assert!(jiff::Timestamp::from_millisecond(milliseconds).is_err());
        }
    }
}
