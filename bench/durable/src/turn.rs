//! What a turn of work comes to, and what is written in it.

use std::time::Duration;

pub(crate) type Problem = Box<dyn std::error::Error + Send + Sync>;

/// What is written.
pub(crate) fn value(number: u64) -> String {
    format!(r#"{{"percent":{},"timestamp":{number}}}"#, number % 100)
}

/// What a turn came to.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

impl Turn {
    /// `each` has the microseconds of each piece of work, each of which has so many writes.
    pub(crate) fn of(mut each: Vec<f64>, writes: usize, took: Duration) -> Self {
        each.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (each.len() as f64 * share) as usize;
            each.get(place.min(each.len().saturating_sub(1)))
                .copied()
                .unwrap_or(f64::NAN)
        };
        Self {
            per_second: (each.len() * writes) as f64 / took.as_secs_f64(),
            p50_us: at(0.5),
            p99_us: at(0.99),
        }
    }

    pub(crate) fn median(turns: &[Turn]) -> Turn {
        let middle = |of: fn(&Turn) -> f64| {
            let mut figures: Vec<f64> = turns.iter().map(of).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Turn {
            per_second: middle(|turn| turn.per_second),
            p50_us: middle(|turn| turn.p50_us),
            p99_us: middle(|turn| turn.p99_us),
        }
    }
}
