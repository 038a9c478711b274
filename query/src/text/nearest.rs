//! The name that was nearly written.

/// The candidate that is the fewest edits away, if these are few enough to be a slip of the hand.
pub(crate) fn nearest<'a>(
    wanted: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let bound = (wanted.chars().count() / 3).max(1) + 1;
    candidates
        .take(1024)
        .map(|name| {
            (
                distance(&wanted.to_ascii_lowercase(), &name.to_ascii_lowercase()),
                name,
            )
        })
        .filter(|(edits, _)| *edits <= bound)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Insertions, deletions and replacements between two names, of which the first 64 characters count.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (at, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_a_slip_away_or_none() {
        let names = ["celsius", "room", "_time"];
        let check = |wanted, expected| assert_eq!(nearest(wanted, names.into_iter()), expected);
        check("celsus", Some("celsius"));
        check("ROOM", Some("room"));
        check("time", Some("_time"));
        check("humidity", None);
    }
}
