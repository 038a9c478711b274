//! Patterns of texts: LIKE and GLOB.

/// A pattern without wildcards in its middle is found faster than by walking it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pattern {
    /// `%inside%`, `begin%`, `%end`, `all` in lower case; the flags say on which sides anything may stand.
    Fixed {
        text: Vec<u8>,
        before: bool,
        after: bool,
    },
    /// Anything else.
    Walk(String, Option<char>),
}

impl Pattern {
    /// Of a LIKE.
    pub(crate) fn of_like(pattern: &str, escape: Option<char>) -> Self {
        let walk = || Self::Walk(pattern.to_owned(), escape);
        let inner = pattern.strip_prefix('%');
        let (before, inner) = (inner.is_some(), inner.unwrap_or(pattern));
        let cut = inner.strip_suffix('%');
        let (after, inner) = (cut.is_some(), cut.unwrap_or(inner));
        if escape.is_some() || inner.contains(['%', '_']) {
            return walk();
        }
        Self::Fixed {
            text: inner.to_ascii_lowercase().into_bytes(),
            before,
            after,
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let (wanted, before, after) = match self {
            Self::Walk(pattern, escape) => return like(pattern, text, *escape),
            Self::Fixed {
                text,
                before,
                after,
            } => (text, *before, *after),
        };
        let bytes = text.as_bytes();
        let Some(room) = bytes.len().checked_sub(wanted.len()) else {
            return false;
        };
        match (before, after) {
            (false, false) => room == 0 && bytes.eq_ignore_ascii_case(wanted),
            (false, true) => bytes[..wanted.len()].eq_ignore_ascii_case(wanted),
            (true, false) => bytes[room..].eq_ignore_ascii_case(wanted),
            (true, true) => contains(bytes, wanted),
        }
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else {
        return true;
    };
    let last = bytes.len() - wanted.len();
    (0..=last).any(|at| {
        bytes[at].to_ascii_lowercase() == *first
            && bytes[at + 1..=at + rest.len()].eq_ignore_ascii_case(rest)
    })
}

/// LIKE: `%` is anything, `_` one character, letters of ASCII in either case.
pub(crate) fn like(pattern: &str, text: &str, escape: Option<char>) -> bool {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        parts.push(match c {
            _ if Some(c) == escape => match characters.next() {
                Some(next) => Part::One(next),
                None => return false,
            },
            '%' => Part::Any,
            '_' => Part::Single,
            _ => Part::One(c),
        });
    }
    walk(&parts, text, |left, right| {
        left.eq_ignore_ascii_case(&right)
    })
}

/// GLOB: `*` is anything, `?` one character, `[a-z]` one of them, `[^a-z]` one of the others.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let characters: Vec<char> = pattern.chars().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(c) = characters.get(at) {
        at += 1;
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::Single,
            '[' => match class(&characters, &mut at) {
                Some(part) => part,
                None => return false,
            },
            _ => Part::One(*c),
        });
    }
    walk(&parts, text, |left, right| left == right)
}

enum Part {
    Any,
    Single,
    One(char),
    Class(bool, Vec<(char, char)>),
}

/// The characters between square brackets, or none if they do not end.
fn class(pattern: &[char], at: &mut usize) -> Option<Part> {
    let is_negated = pattern.get(*at) == Some(&'^');
    *at += usize::from(is_negated);
    let start = *at;
    let mut ranges = Vec::new();
    loop {
        let from = *pattern.get(*at)?;
        *at += 1;
        if from == ']' && *at > start + 1 {
            return Some(Part::Class(is_negated, ranges));
        }
        let to = match (pattern.get(*at), pattern.get(*at + 1)) {
            (Some('-'), Some(to)) if *to != ']' => {
                *at += 2;
                *to
            }
            _ => from,
        };
        ranges.push((from, to));
    }
}

/// Tries the last `Any` again, one character later, when something does not fit: quadratic at worst.
fn walk(parts: &[Part], text: &str, is_same: impl Fn(char, char) -> bool) -> bool {
    let fits = |part: &Part, c: char| match part {
        Part::Any => false,
        Part::Single => true,
        Part::One(wanted) => is_same(*wanted, c),
        Part::Class(is_negated, ranges) => {
            ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *is_negated
        }
    };
    let (mut at, mut rest) = (0, text.chars());
    let mut again = None;
    loop {
        if let Some(Part::Any) = parts.get(at) {
            at += 1;
            again = Some((at, rest.clone()));
            continue;
        }
        let before = rest.clone();
        match (parts.get(at), rest.next()) {
            (None, None) => return true,
            (Some(part), Some(c)) if fits(part, c) => at += 1,
            _ => {
                rest = before;
                let Some((after, tried)) = &mut again else {
                    return false;
                };
                if tried.next().is_none() {
                    return false;
                }
                at = *after;
                rest.clone_from(tried);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sqlite() {
        let check = |pattern, text, expected| {
            assert_eq!(like(pattern, text, None), expected, "{pattern} {text}");
            assert_eq!(
                Pattern::of_like(pattern, None).matches(text),
                expected,
                "{pattern} {text}"
            );
        };
        check("", "", true);
        check("%", "", true);
        check("a%c", "ABBC", true);
        check("a_c", "abbc", false);
        check("%b%", "abc", true);
        check("%bc", "abcbc", true);
        check("ab%", "ab", true);
        check("%%", "x", true);
        check("ä%", "Ä", false);
        assert!(like("10!%", "10%", Some('!')));
        assert!(glob("[a-c]*[^x]", "bxy") && !glob("[a-c]*[^x]", "bxx") && !glob("[a", "a"));
        assert!(glob("[]a]", "]"));
    }
}
