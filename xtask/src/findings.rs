//! What a rule of the house has to say: what breaks it, and what it could not look at on this machine.

/// The outcome of one rule. A rule with nothing in either list holds.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// One sentence for each thing that breaks the rule.
    pub(crate) broken: Vec<String>,
    /// Why a part of the rule, or all of it, could not be judged here. It fails nothing, and is always told.
    pub(crate) not_run: Vec<String>,
}

impl Findings {
    /// A rule that needs something this machine has not got.
    pub(crate) fn not_run(why: impl Into<String>) -> Findings {
        Findings {
            broken: Vec::new(),
            not_run: vec![why.into()],
        }
    }

    /// The word that stands behind the rule's name.
    pub(crate) fn verdict(&self) -> &'static str {
        match (self.broken.is_empty(), self.not_run.is_empty()) {
            (false, _) => "BROKEN",
            (true, false) => "NOT RUN",
            (true, true) => "ok",
        }
    }
}

impl From<Vec<String>> for Findings {
    fn from(broken: Vec<String>) -> Findings {
        Findings {
            broken,
            not_run: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_could_not_run_is_never_ok() {
        assert_eq!(Findings::default().verdict(), "ok");
        assert_eq!(Findings::not_run("no tool").verdict(), "NOT RUN");
        let mut both = Findings::from(vec!["a is wrong".to_owned()]);
        both.not_run.push("no tool".to_owned());
        assert_eq!(both.verdict(), "BROKEN");
    }
}
