//! Texts, texts of a choice, and bytes.

use alloc::string::String;

use super::counts::Counts;
use super::verdict::Verdict;
use crate::schema::Kind;
use crate::violation::Reason;
use crate::wanted::Wanted;

/// Texts that few patterns and no format take.
const ODD: &[&str] = &[
    "",
    "a",
    "Z",
    "0",
    "9",
    " ",
    "-",
    "ä",
    "🎚",
    "a b",
    "\u{1}",
    "aaaaaaaaaaaa",
    "?!",
];

/// What a writer of texts or choices is to a reader of either; nothing for other kinds.
pub(super) fn judge(writer: Wanted<'_>, reader: Wanted<'_>) -> Option<Verdict> {
    match (writer.kind()?, reader.kind()?) {
        (Kind::Enum(choices), Kind::Enum(_) | Kind::Text) => {
            let refused = choices.iter().map(|choice| refuses(reader, choice));
            Some(refused.max().unwrap_or(Verdict::Holds))
        }
        (Kind::Text, Kind::Text) => Some(text(writer, reader)),
        (Kind::Text, Kind::Enum(_)) => Some(refuted(writer, reader)),
        (Kind::Bytes, Kind::Bytes) => {
            let within = Counts::length(writer.rules()).is_within(Counts::length(reader.rules()));
            Some(if within {
                Verdict::Holds
            } else {
                Verdict::Breaks
            })
        }
        _ => None,
    }
}

fn text(writer: Wanted<'_>, reader: Wanted<'_>) -> Verdict {
    let (from, to) = (writer.rules(), reader.rules());
    let keeps_length = Counts::length(from).is_within(Counts::length(to));
    let keeps_pattern = to.pattern.is_none() || to.pattern == from.pattern;
    let keeps_format = to.format.is_none() || to.format == from.format;
    if keeps_length && keeps_pattern && keeps_format {
        return Verdict::Holds;
    }
    refuted(writer, reader)
}

/// Looks for a text that is written and refused; without one nothing is sure.
fn refuted(writer: Wanted<'_>, reader: Wanted<'_>) -> Verdict {
    let lengths = Counts::length(writer.rules());
    let long = [lengths.min, lengths.max].map(|length| "a".repeat(length));
    let padded = ODD.iter().map(|text| {
        let missing = lengths.min.saturating_sub(text.chars().count());
        String::from(*text) + &"-".repeat(missing)
    });
    let is_refuted = long
        .into_iter()
        .chain(padded)
        .any(|text| writer.text(&text).is_ok() && refuses(reader, &text) == Verdict::Breaks);
    if is_refuted {
        Verdict::Breaks
    } else {
        Verdict::MayBreak
    }
}

fn refuses(reader: Wanted<'_>, text: &str) -> Verdict {
    match reader.text(text) {
        Ok(()) => Verdict::Holds,
        Err(Reason::PatternSteps | Reason::PatternEngine) => Verdict::MayBreak,
        Err(_) => Verdict::Breaks,
    }
}
