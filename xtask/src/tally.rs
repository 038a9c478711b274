//! Reads how many tests passed and failed from what a test program prints.
//!
//! Understands nextest's summary, the result lines of `cargo test` and of the wasm test runner,
//! vitest's `Tests` line, node's test reporter and the plain line `N passed, N failed`. Other lines
//! count as nothing.

/// A number of tests, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed, timed out or could not run.
    pub(crate) failed: usize,
}

impl Tally {
    /// Adds what one line of output reports.
    pub(crate) fn read(&mut self, line: &str) {
        let plain = without_colors(line);
        if let Some(found) = report_in(plain.trim()) {
            self.add(found);
        }
    }

    /// Adds another tally.
    pub(crate) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Whether any test ran.
    pub(crate) fn ran_any(self) -> bool {
        self.passed + self.failed > 0
    }
}

fn report_in(line: &str) -> Option<Tally> {
    let counts = if let Some(rest) = line.strip_prefix("Summary [") {
        rest.split_once(" run:")?.1
    } else if let Some(rest) = line.strip_prefix("test result: ") {
        rest.split_once(". ")?.1
    } else if let Some(rest) = line.strip_prefix("Tests ") {
        rest
    } else if let Some(number) = ["# pass ", "ℹ pass "]
        .iter()
        .find_map(|start| line.strip_prefix(start))
    {
        return Some(Tally {
            passed: number.parse().ok()?,
            failed: 0,
        });
    } else if let Some(number) = ["# fail ", "ℹ fail "]
        .iter()
        .find_map(|start| line.strip_prefix(start))
    {
        return Some(Tally {
            passed: 0,
            failed: number.parse().ok()?,
        });
    } else if is_plain_sum(line) {
        line
    } else {
        return None;
    };
    let tally = Tally {
        passed: count_before(counts, "passed"),
        failed: ["failed", "timed out", "exec failed"]
            .iter()
            .map(|end| count_before(counts, end))
            .sum(),
    };
    Some(tally)
}

/// Whether the line is exactly `N passed, N failed`.
fn is_plain_sum(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    matches!(words[..], [passed, "passed,", failed, "failed"] if is_number(passed) && is_number(failed))
}

/// The number right before a word in a list such as `3 passed; 1 failed` or `1 failed | 3 passed (4)`.
fn count_before(list: &str, word: &str) -> usize {
    list.split([';', ',', '|', '('])
        .filter_map(|item| item.trim().trim_end_matches(')').strip_suffix(word))
        .filter_map(|number| number.trim().parse::<usize>().ok())
        .sum()
}

/// The line without the escape sequences that color it.
fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, passed: usize, failed: usize) {
        let mut tally = Tally::default();
        tally.read(line);
        assert_eq!(tally, Tally { passed, failed }, "{line:?}");
    }

    #[test]
    fn each_reporter_is_understood() {
        check(
            "     Summary [   0.005s] 12 tests run: 11 passed, 1 failed, 2 skipped",
            11,
            1,
        );
        check(
            "     Summary [   9.005s] 3/4 tests run: 1 passed (1 slow), 1 failed, 1 timed out, 0 skipped",
            1,
            2,
        );
        check(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            5,
            0,
        );
        check("test result: FAILED. 5 passed; 2 failed; 0 ignored", 5, 2);
        check(
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m7 passed\u{1b}[39m\u{1b}[22m\u{1b}[90m (7)\u{1b}[39m",
            7,
            0,
        );
        check("      Tests  1 failed | 2 passed | 4 skipped (7)", 2, 1);
        check("# pass 9", 9, 0);
        check("ℹ fail 2", 0, 2);
        check("8 passed, 1 failed", 8, 1);
    }

    #[test]
    fn other_lines_count_as_nothing() {
        check("all 8 passed, 1 failed to start", 0, 0);
        check("Test Files  2 passed (2)", 0, 0);
        check("# passing", 0, 0);
        check("", 0, 0);
    }
}
