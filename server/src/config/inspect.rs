//! Everything that is wrong with a configuration, not only the first of it.
//!
//! Guarantees: what is said of each part is what reading the file would say of it; what can be used is given as a
//! configuration of its own, so that the rest can be looked at further. Does not: look at files or the system.

use super::{
    Config, ConfigProblem, ContractConfig, RecordConfig, contract_problem, record_problem,
};
use crate::hub::Limits;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue, Deserializer, ValueDeserializer};
use toml::{Spanned, de};

/// What can be used of a configuration, and what is wrong with the rest.
#[derive(Debug)]
pub struct Inspected {
    /// The parts that can be used, with defaults for the others.
    pub config: Config,
    /// What cannot be read in the order of the text, then the values that cannot be used.
    pub problems: Vec<ConfigProblem>,
}

/// Looks at all of a TOML text.
#[must_use]
pub fn inspect(text: &str) -> Inspected {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What stands behind may be part of what is broken, so it is not judged.
        return Inspected {
            config: Config::default(),
            problems: errors.into_iter().map(ConfigProblem::Syntax).collect(),
        };
    }
    let span = table.span();
    let mut inspector = Inspector {
        text,
        problems: Vec::new(),
    };
    let mut good = DeTable::default();
    for (key, value) in table.into_inner() {
        let value = match &**key.get_ref() {
            "records" => inspector.each(value, |index, record: &RecordConfig| {
                record_problem(index, record)
            }),
            "contracts" => inspector.each(value, |index, contract: &ContractConfig| {
                contract_problem(index, contract)
            }),
            "limits" => inspector.limits(value),
            _ => value,
        };
        let mut alone = DeTable::default();
        alone.insert(key.clone(), value.clone());
        if inspector.read::<Config>(alone, span.clone()).is_some() {
            good.insert(key, value);
        }
    }
    let config = inspector.read::<Config>(good, span).unwrap_or_default();
    let mut problems = inspector.problems;
    problems.extend(config.problems());
    problems.sort_by_key(|problem| match problem {
        ConfigProblem::Syntax(error) => error.span().map_or(usize::MAX, |span| span.start),
        _ => usize::MAX,
    });
    Inspected { config, problems }
}

struct Inspector<'t> {
    text: &'t str,
    problems: Vec<ConfigProblem>,
}

impl<'t> Inspector<'t> {
    fn read<T: DeserializeOwned>(&mut self, table: DeTable<'t>, span: Range<usize>) -> Option<T> {
        let table = Spanned::new(span, table);
        self.note(T::deserialize(Deserializer::from(table)))
    }

    fn note<T>(&mut self, read: Result<T, de::Error>) -> Option<T> {
        read.map_err(|mut error| {
            error.set_input(Some(self.text));
            self.problems.push(ConfigProblem::Syntax(error));
        })
        .ok()
    }

    /// The elements of a list that can be used.
    fn each<T: DeserializeOwned>(
        &mut self,
        mut value: Spanned<DeValue<'t>>,
        problem: impl Fn(usize, &T) -> Option<ConfigProblem>,
    ) -> Spanned<DeValue<'t>> {
        if let DeValue::Array(elements) = value.get_mut() {
            for (index, element) in std::mem::replace(elements, DeArray::new())
                .into_iter()
                .enumerate()
            {
                let read = T::deserialize(ValueDeserializer::from(element.clone()));
                let Some(read) = self.note(read) else {
                    continue;
                };
                match problem(index, &read) {
                    Some(problem) => self.problems.push(problem),
                    None => elements.push(element),
                }
            }
        }
        value
    }

    /// The limits that can be used.
    fn limits(&mut self, mut value: Spanned<DeValue<'t>>) -> Spanned<DeValue<'t>> {
        let span = value.span();
        let DeValue::Table(limits) = value.get_mut() else {
            return value;
        };
        let mut good = DeTable::default();
        for (key, limit) in std::mem::take(limits) {
            let mut alone = DeTable::default();
            alone.insert(key.clone(), limit.clone());
            if self.read::<Limits>(alone, span.clone()).is_some() {
                good.insert(key, limit);
            }
        }
        // One after the other is taken out that is out of its range, as long as it was said at all.
        while let Some(limits) = self.read::<Limits>(good.clone(), span.clone()) {
            let Err(error) = limits.check() else { break };
            let field = error.field;
            if good.remove(field).is_none() {
                break;
            }
            self.problems.push(ConfigProblem::Limit(error));
        }
        *limits = good;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) -> Config {
        let Inspected { config, problems } = inspect(text);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), expected.len(), "{text}\n{problems:#?}");
        for (problem, parts) in problems.iter().zip(expected) {
            for part in *parts {
                assert!(problem.contains(part), "{problem}\nlacks {part}");
            }
        }
        let first = Config::parse(text).map_err(|problem| problem.to_string());
        assert_eq!(first.is_ok(), expected.is_empty(), "{first:?}");
        if expected.len() == 1 {
            assert_eq!(first, Err(problems[0].clone()));
        }
        config
    }

    #[test]
    fn what_is_right_is_read_as_ever() {
        for text in ["", super::super::EXAMPLE] {
            assert_eq!(check(text, &[]), Config::parse(text).unwrap());
        }
    }

    #[test]
    fn one_problem_is_told_as_reading_tells_it() {
        check("lisen = 1", &[&["line 1", "`lisen`"]]);
        check("a = [", &[&["line 1"]]);
        check("\nlisten = 'x'", &[&["line 2", "localhost:8080"]]);
        check("records = 7", &[&["line 1", "records"]]);
        check("limits = 7", &[&["line 1", "limits"]]);
        check("[limits]\nclients_max = 'x'", &[&["line 2"]]);
        check("[limits]\nclients_max = 0", &[&["limits.clients_max"]]);
        check(
            "[limits]\nping_after_ms = 70000",
            &[&["limits.silent_ms_max"]],
        );
        check("names = ['10.0.0.1']", &[&["names[0]"]]);
        check("[[records]]\nkey = 'a'", &[&["line 1", "`schema`"]]);
        check("[[contracts]]", &[&["contracts[0]"]]);
    }

    #[test]
    fn all_problems_are_told_and_the_rest_can_be_used() {
        let config = check(
            r#"
            listen = ":9000"
            names = ["10.0.0.1", "box.lan", "*.lan"]
            origins = ["a.example"]
            conections = 1
            connections_per_address_max = 0
            trusted_proxies = ["10.0.0.1/8"]
            log = "xml"
            [limits]
            clients_max = 0
            topics_max = "many"
            topic_max = 1
            replies_max = 0
            sessions_max = 9
            [[records]]
            key = "a"
            schema = "humidity"
            [[records]]
            key = "b"
            [[records]]
            key = "c"
            schema = "humidity"
            idle_s = 1
            [[records]]
            key = "d"
            schema = "humidity"
            buffer = "Ring"
            [[contracts]]
            name = "x"
            [[contracts]]
            file = "x"
            version = 2
            "#,
            &[
                &["line 5", "`conections`"],
                &["line 8", "xml"],
                &["line 11", "topics_max"],
                &["line 12", "topic_max"],
                &["line 18", "schema"],
                &["line 27", "SpmcRing"],
                &["contracts[0]"],
                &["contracts[1]"],
                &["limits.clients_max"],
                &["limits.replies_max"],
                &["records[2].key"],
                &["connections_per_address_max"],
                &["origins[0]"],
                &["names[0]"],
                &["names[2]"],
                &["trusted_proxies[0]"],
            ],
        );
        assert_eq!(config.listen, ":9000".parse().unwrap());
        assert_eq!(config.limits.sessions_max, 9);
        let keys: Vec<&str> = config.records.iter().map(|record| &*record.key).collect();
        assert_eq!((keys, config.contracts.len()), (vec!["a"], 0));
    }

    #[test]
    fn broken_text_is_told_as_far_as_it_can_be_read() {
        check("a = \nb = \nlisten = 'x'", &[&["line 1"], &["line 2"]]);
        assert!(!inspect("[[[").problems.is_empty());
    }
}
