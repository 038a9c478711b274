//! Every case of the vectors.

mod support;

#[test]
fn every_case_comes_out_as_expected() {
    let file = serde_json::from_str(include_str!("vectors/pipeline.json")).unwrap();
    let outcome = support::vectors::run(&file);
    let failures: Vec<String> = outcome
        .failures
        .iter()
        .map(|failure| {
            format!(
                "{}: expected {}, got {}",
                failure.id, failure.expected, failure.got
            )
        })
        .collect();
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!(outcome.passed, 65);
}
