//! What is bounded, what is refused and with which words, and what stops.
#![allow(missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_query::{Code, MemoryCatalog, MemoryTable, Progress, Query, RunOptions, Value};
use fastrand::Rng;
use proptest::prelude::*;
use support::columns;
use support::random::{Maker, table};

fn catalog(rows: usize) -> MemoryCatalog {
    let mut rng = Rng::with_seed(11);
    let mut catalog = MemoryCatalog::default();
    for name in ["t0", "t1", "t2"] {
        catalog.insert(
            name,
            MemoryTable::new(columns(), &table(&mut rng, rows)).unwrap(),
        );
    }
    catalog
}

#[test]
fn what_is_refused_is_named_with_its_place() {
    let catalog = catalog(3);
    let check = |text: &str, code: Code, place: (usize, usize, &str), says: &str| {
        let error = Query::new(text, &catalog)
            .err()
            .unwrap_or_else(|| panic!("{text} is taken"));
        let found = error.place().unwrap_or_else(|| panic!("{text}: {error}"));
        assert_eq!(error.code(), code, "{text}: {error}");
        assert_eq!(
            (found.line, found.column, found.piece.as_str()),
            place,
            "{text}: {error}"
        );
        assert!(error.message().contains(says), "{text}: {error}");
    };
    check("SELECT", Code::QuerySyntax, (1, 7, ""), "an expression");
    check(
        "SELECT a\nFROM t0 WHERE\n  a >",
        Code::QuerySyntax,
        (3, 6, ""),
        "an expression",
    );
    check("SELECT 'a", Code::QuerySyntax, (1, 8, "'a"), "does not end");
    check(
        "SELECT a FROM t0 extra stuff",
        Code::QuerySyntax,
        (1, 24, "stuff"),
        "the end",
    );
    check(
        "SELECT a FROM sensors.x.y",
        Code::QuerySyntax,
        (1, 22, "."),
        "double quotes",
    );
    check(
        "SELECT a FROM t9",
        Code::UnknownTable,
        (1, 15, "t9"),
        "nearest table is t",
    );
    check(
        "SELECT aa FROM t0",
        Code::UnknownColumn,
        (1, 8, "aa"),
        "nearest column is a",
    );
    check("SELECT u.a FROM t0", Code::UnknownTable, (1, 8, "u"), "t0");
    check(
        "SELECT a FROM t0, t1",
        Code::AmbiguousColumn,
        (1, 8, "a"),
        "t0 and t1",
    );
    check(
        "SELECT lenght(c) FROM t0",
        Code::UnknownFunction,
        (1, 8, "lenght"),
        "length",
    );
    check(
        "SELECT substr(c) FROM t0",
        Code::UnknownFunction,
        (1, 8, "substr"),
        "2 to 3",
    );
    check(
        "SELECT a, count(*) FROM t0",
        Code::NotGrouped,
        (1, 8, "a"),
        "group by it",
    );
    check(
        "SELECT *, count(*) FROM t0",
        Code::NotGrouped,
        (1, 8, "*"),
        "name the columns",
    );
    check(
        "SELECT a FROM t0 WHERE sum(b) > 1",
        Code::MisplacedAggregate,
        (1, 24, "sum(b)"),
        "HAVING",
    );
    check(
        "SELECT sum(max(b)) FROM t0",
        Code::MisplacedAggregate,
        (1, 12, "max(b)"),
        "within another",
    );
    check(
        "SELECT a FROM t0 UNION SELECT a, b FROM t1",
        Code::ColumnCount,
        (1, 18, "UNION"),
        "1 and 2",
    );
    check(
        "SELECT a IN (SELECT a, b FROM t1) FROM t0",
        Code::ColumnCount,
        (1, 8, "a IN (SELECT a, b FROM t1)"),
        "1 and 2",
    );
    check(
        "SELECT a FROM t0 ORDER BY 2",
        Code::UnknownColumn,
        (1, 27, "2"),
        "of 1",
    );
    check(
        "DELETE FROM t0",
        Code::QueryUnsupported,
        (1, 1, "DELETE"),
        "nothing writes",
    );
    check(
        "SELECT row_number() OVER () FROM t0",
        Code::QueryUnsupported,
        (1, 21, "OVER"),
        "window",
    );
    check(
        "SELECT a FROM t0 RIGHT JOIN t1",
        Code::QueryUnsupported,
        (1, 18, "RIGHT"),
        "LEFT JOIN",
    );
    check(
        "WITH RECURSIVE x AS (SELECT 1) SELECT 1",
        Code::QueryUnsupported,
        (1, 6, "RECURSIVE"),
        "levels",
    );
    check(
        "SELECT c COLLATE NOCASE FROM t0",
        Code::QueryUnsupported,
        (1, 10, "COLLATE"),
        "bytes",
    );
    check("SELECT ?1", Code::QueryUnsupported, (1, 8, "?1"), ":name");
    check(
        "SELECT sum((SELECT 1)) FROM t0",
        Code::QueryUnsupported,
        (1, 12, "(SELECT 1)"),
        "subquery",
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let catalog = catalog(3);
    let named = |text: String, name: &str| {
        let error = Query::new(&text, &catalog).err().unwrap();
        assert_eq!(error.code(), Code::QueryTooLarge, "{error}");
        assert!(error.message().contains(name), "{error}");
    };
    let check = |text: String| {
        let error = Query::new(&text, &catalog)
            .err()
            .unwrap_or_else(|| panic!("taken: {:.60}", text));
        assert_eq!(error.code(), Code::QueryTooLarge, "{error}");
    };
    let times = |piece: &str, count| piece.repeat(count);
    check(format!("SELECT 1 -- {}", times("x", 70_000)));
    check(format!("SELECT {}1{}", times("(", 200), times(")", 200)));
    check(format!("SELECT {}1", times("1+", 500)));
    check(format!("SELECT {}1", times("NOT ", 500)));
    check(format!("SELECT 1 {}", times("UNION ALL SELECT 1 ", 500)));
    check(format!(
        "SELECT {}1{}",
        times("(SELECT ", 200),
        times(")", 200)
    ));
    check(format!("SELECT 1{}", times(", 1", 600)));
    check(format!("SELECT 1 FROM t0{}", times(", t0", 40)));
    named(
        format!("SELECT a{} FROM t0", times(" BETWEEN 1 AND 2", 20)),
        "repeat",
    );
    let case =
        |inner: String| format!("CASE ({inner}) WHEN 1 THEN 2 WHEN 3 THEN 4 WHEN 5 THEN 6 END");
    named(
        format!(
            "SELECT {} FROM t0",
            (0..10).fold("a".to_owned(), |inner, _| case(inner))
        ),
        "repeat",
    );
    let commons: Vec<String> = (1..30)
        .map(|at| format!("w{at} AS (SELECT x.a FROM w{0} AS x, w{0} AS y)", at - 1))
        .collect();
    check(format!(
        "WITH w0 AS (SELECT a FROM t0), {} SELECT * FROM w29",
        commons.join(", ")
    ));
    // Conditions are not copied into what doubles them.
    let doubled: Vec<String> = (1..20)
        .map(|at| format!("w{at} AS (SELECT a + a AS a FROM w{})", at - 1))
        .collect();
    let text = format!(
        "WITH w0 AS (SELECT a FROM t0), {} SELECT * FROM w19 WHERE a > 0",
        doubled.join(", ")
    );
    let plan = Query::new(&text, &catalog).unwrap().explain().text();
    assert!(plan.len() < 10_000, "{}", plan.len());
}

#[test]
fn parameters_are_given_all_or_refused() {
    let catalog = catalog(3);
    let query = Query::new("SELECT :x + ? + :x", &catalog).unwrap();
    assert_eq!(query.parameters(), [Some("x".to_owned()), None]);
    let with = |count: i64| {
        query.rows(RunOptions {
            parameters: (1..=count).map(Value::Integer).collect(),
            ..RunOptions::default()
        })
    };
    assert_eq!(with(1).unwrap_err().code(), Code::MissingParameter);
    assert_eq!(with(3).unwrap_err().code(), Code::UnknownParameter);
    assert_eq!(with(2).unwrap(), [[Value::Integer(4)]]);
}

const HEAVY: &[&str] = &[
    "SELECT a, b, c, d FROM t0 ORDER BY c, b",
    "SELECT a, b, c, d, count(*) FROM t0 GROUP BY a, b, c, d",
    "SELECT DISTINCT a, b, c, d FROM t0",
    "SELECT * FROM t0 AS x JOIN t1 AS y ON x.a = y.a",
    "SELECT a, b, c, d FROM t0 EXCEPT SELECT a, b, c, d FROM t1",
    "SELECT group_concat(c) FROM t0",
    "SELECT a FROM t0 WHERE c IN (SELECT c || a || b || d FROM t1)",
];

#[test]
fn a_query_that_would_hold_too_much_says_so() {
    let catalog = catalog(6_000);
    for text in HEAVY {
        let query = Query::new(text, &catalog).unwrap();
        let run = |memory_bytes_max| {
            query.rows(RunOptions {
                memory_bytes_max,
                ..RunOptions::default()
            })
        };
        assert_eq!(
            run(8_000).err().map(|error| error.code()),
            Some(Code::MemoryExceeded),
            "{text}"
        );
    }
    let catalog = self::catalog(20_000);
    let query = Query::new("SELECT a FROM t0 ORDER BY b LIMIT 3", &catalog).unwrap();
    let rows = query.rows(RunOptions {
        memory_bytes_max: 200_000,
        ..RunOptions::default()
    });
    assert_eq!(rows.unwrap().len(), 3, "only the first rows are held");
}

#[test]
fn a_query_runs_in_steps_and_is_cancelled_at_each() {
    let catalog = catalog(3_000);
    for text in HEAVY {
        let query = Query::new(text, &catalog).unwrap();
        let steps = |stop: usize| {
            let mut run = query.run(RunOptions::default()).unwrap();
            for step in 0..200 {
                if step == stop {
                    run.cancel();
                    assert_eq!(run.memory_bytes(), 0);
                    assert_eq!(run.step(1).unwrap_err().code(), Code::QueryCancelled);
                    assert!(matches!(run.step(1), Ok(Progress::Done)));
                    return step;
                }
                if matches!(run.step(1).unwrap(), Progress::Done) {
                    run.cancel();
                    assert!(
                        matches!(run.step(1), Ok(Progress::Done)),
                        "what is done is not cancelled"
                    );
                    return step;
                }
            }
            200
        };
        let all = steps(usize::MAX);
        assert!(all >= 3, "{text}: {all}");
        (0..all.min(30)).for_each(|stop| assert_eq!(steps(stop), stop));
    }
}

#[test]
fn steps_of_any_size_give_the_same_rows() {
    let catalog = catalog(2_500);
    for text in HEAVY {
        let query = Query::new(text, &catalog).unwrap();
        let all = query.rows(RunOptions::default()).unwrap();
        for budget in [1, 1_500] {
            let mut run = query.run(RunOptions::default()).unwrap();
            let mut rows = Vec::new();
            loop {
                match run.step(budget).unwrap() {
                    Progress::Batch(batch) => {
                        rows.extend((0..batch.rows()).map(|row| batch.row(row)))
                    }
                    Progress::Working => {}
                    Progress::Done => break,
                }
            }
            assert_eq!(rows, all, "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_a_query_or_refused(text in "\\PC{0,80}") {
        let _ = Query::new(&text, &catalog(1));
    }

    #[test]
    fn a_broken_query_is_run_or_refused(seed in any::<u64>(), cut in any::<u16>(), piece in "[a-z0-9'\"(),.*?:=<>|%-]{0,3}") {
        let mut rng = Rng::with_seed(seed);
        let mut text = Maker { rng: &mut rng, aggregates: false, columns: Vec::new(), strict: true }.query().text;
        let at = usize::from(cut) % text.len();
        if text.is_char_boundary(at) {
            text.insert_str(at, &piece);
        }
        if let Ok(query) = Query::new(&text, &catalog(2)) {
            let _ = query.rows(RunOptions { memory_bytes_max: 1 << 20, ..RunOptions::default() });
        }
    }
}

#[test]
fn what_is_just_within_the_limits_runs_on_a_small_stack() {
    let run = || {
        let catalog = catalog(3);
        let times = |piece: &str, count| piece.repeat(count);
        let texts = [
            format!("SELECT {}1{}", times("(", 60), times(")", 60)),
            format!(
                "SELECT {}a FROM t0 WHERE {}b",
                times("- ", 60),
                times("NOT ", 60)
            ),
            format!("SELECT a{} FROM t0", times(" + a", 60)),
            format!("SELECT {}1{}", times("(SELECT ", 20), times(")", 20)),
            format!(
                "SELECT * FROM {}t0{}",
                times("(SELECT * FROM ", 15),
                times(")", 15)
            ),
            format!("SELECT 1{}", times(" UNION SELECT 1", 60)),
        ];
        for text in texts {
            let query =
                Query::new(&text, &catalog).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(
                !query.rows(RunOptions::default()).unwrap().is_empty() || text.contains("WHERE")
            );
        }
    };
    // A tab's stack is 1 MiB; the frames of a test are not optimised, and several times as large.
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(run)
        .unwrap();
    thread.join().unwrap();
}
