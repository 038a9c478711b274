//! The order of a module's functions in which gzip finds most of what it has seen.
//!
//! Deflate looks back 32 kB, and a module is ten times that: functions of one make save nothing while they stand far
//! apart. Each place is given to the function of which the largest part was seen lately, part for part: every run of
//! a few bytes counts, less if it is in many functions. No chance is involved: the same bodies get the same order.

use std::collections::{HashMap, VecDeque};

/// What one search goes by.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// The bytes of a run.
    pub(super) run: usize,
    /// How many bytes back something counts as seen.
    pub(super) window: usize,
}

/// What a rare run is worth more than one of many functions: to the power of this.
const RARITY: f64 = -0.25;

/// What a function's worth of runs is raised by, so that the smallest are not taken first.
const HEAD: f64 = 4.0;

/// The indices of `bodies` in their new order.
pub(super) fn order(bodies: &[Vec<u8>], search: Search) -> Vec<usize> {
    let mut chain = Chain::new(bodies, search);
    let mut order = Vec::with_capacity(bodies.len());
    while let Some(next) = chain.nearest() {
        chain.take(next);
        order.push(next);
    }
    order
}

struct Chain<'b> {
    bodies: &'b [Vec<u8>],
    window: usize,
    /// The runs of each function, each once.
    runs: Vec<Vec<usize>>,
    /// The functions that each run is in.
    holders: Vec<Vec<usize>>,
    /// What each run is worth.
    worth: Vec<f64>,
    /// How often each run is in the window.
    seen: Vec<usize>,
    /// What the runs of each function are worth together.
    whole: Vec<f64>,
    /// The part of that which is in the window.
    near: Vec<f64>,
    /// The functions that have no place yet.
    left: Vec<usize>,
    /// The functions in the window, and their bytes.
    recent: VecDeque<usize>,
    recent_bytes: usize,
}

impl<'b> Chain<'b> {
    fn new(bodies: &'b [Vec<u8>], search: Search) -> Chain<'b> {
        let mut numbers: HashMap<&[u8], usize> = HashMap::new();
        let mut runs = Vec::with_capacity(bodies.len());
        for body in bodies {
            let mut own: Vec<usize> = body
                .windows(search.run)
                .map(|run| {
                    let next = numbers.len();
                    *numbers.entry(run).or_insert(next)
                })
                .collect();
            own.sort_unstable();
            own.dedup();
            runs.push(own);
        }
        let mut holders = vec![Vec::new(); numbers.len()];
        for (function, own) in runs.iter().enumerate() {
            for &run in own {
                holders[run].push(function);
            }
        }
        let worth: Vec<f64> = holders
            .iter()
            .map(|all| (all.len() as f64).powf(RARITY))
            .collect();
        // What only one function has will never be found.
        let shared = |own: &Vec<usize>| -> f64 {
            let shared = own.iter().filter(|&&run| holders[run].len() > 1);
            shared.map(|&run| worth[run]).sum()
        };
        Chain {
            bodies,
            window: search.window,
            whole: runs.iter().map(shared).collect(),
            seen: vec![0; holders.len()],
            near: vec![0.0; bodies.len()],
            left: (0..bodies.len()).collect(),
            recent: VecDeque::new(),
            recent_bytes: 0,
            runs,
            holders,
            worth,
        }
    }

    /// The function of which most is in the window; if nothing of any is, the longest.
    fn nearest(&self) -> Option<usize> {
        let part = |&function: &usize| self.near[function] / (self.whole[function] + HEAD);
        let by_part = |a: &usize, b: &usize| part(a).total_cmp(&part(b)).then(b.cmp(a));
        let nearest = self.left.iter().copied().max_by(by_part)?;
        if part(&nearest) > 0.0 {
            return Some(nearest);
        }
        let longest = |&function: &usize| (self.bodies[function].len(), usize::MAX - function);
        self.left.iter().copied().max_by_key(longest)
    }

    fn take(&mut self, function: usize) {
        self.left.retain(|&other| other != function);
        for &run in &self.runs[function] {
            self.seen[run] += 1;
            if self.seen[run] == 1 {
                for &holder in &self.holders[run] {
                    self.near[holder] += self.worth[run];
                }
            }
        }
        self.recent.push_back(function);
        self.recent_bytes += self.bodies[function].len();
        while self.recent_bytes > self.window && self.recent.len() > 1 {
            if let Some(oldest) = self.recent.pop_front() {
                self.forget(oldest);
            }
        }
    }

    fn forget(&mut self, function: usize) {
        self.recent_bytes -= self.bodies[function].len();
        for &run in &self.runs[function] {
            self.seen[run] -= 1;
            if self.seen[run] == 0 {
                for &holder in &self.holders[run] {
                    self.near[holder] -= self.worth[run];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Search, order};

    const SEARCH: Search = Search {
        run: 3,
        window: 100,
    };

    fn check(bodies: &[&str], expected: &[usize]) {
        let bodies: Vec<Vec<u8>> = bodies.iter().map(|body| body.as_bytes().to_vec()).collect();
        assert_eq!(order(&bodies, SEARCH), expected, "{bodies:?}");
    }

    #[test]
    fn what_is_alike_stands_together_and_the_longest_begins() {
        check(&[], &[]);
        check(&["ab", "abcd"], &[1, 0]);
        check(
            &["one two", "xyzxyw 1", "one too", "xyzxyw 22"],
            &[3, 1, 0, 2],
        );
        check(&["abcdef", "abcdef", "abcdef"], &[0, 1, 2]);
    }

    #[test]
    fn what_left_the_window_is_not_near() {
        let long: String = (100..150).map(|number| format!("{number},")).collect();
        let longer = format!("abc {long}");
        check(&["abcd", "nothing", &long, &longer], &[3, 2, 1, 0]);
        check(&["abcd", "nothing", &longer], &[2, 0, 1]);
    }
}
