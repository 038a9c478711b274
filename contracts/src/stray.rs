//! Parts of a value that no JSON can say: a function, half a character, a number that is none.

use alloc::boxed::Box;
use alloc::string::String;

use crate::json::Json;
use crate::place::Place;
use crate::schema::Schema;
use crate::violation::{Reason, Violation, shorten};

/// Text, or a name, with half a character in it: a UTF-16 surrogate without the other one.
pub const LONE_SURROGATE: &str = "text with a lone surrogate";

/// What cannot be in a value, and where.
pub(crate) struct Flaw {
    pub(crate) path: String,
    pub(crate) reason: Reason,
    /// What came.
    pub(crate) got: String,
}

impl Flaw {
    /// Of a scalar; nothing if it is a good one.
    pub(crate) fn of(json: &Json, place: Option<&Place<'_>>, safe_integers: bool) -> Option<Self> {
        let (reason, got) = match json {
            Json::Number(number) if !number.to_f64().is_finite() => {
                (Reason::NotFinite, number.text())
            }
            Json::Number(number) if safe_integers && !number.is_safe() => {
                (Reason::UnsafeInteger, number.text())
            }
            Json::Stray(words) => (reason(words), words.clone()),
            _ => return None,
        };
        let path = Place::path(place);
        Some(Self { path, reason, got })
    }

    /// Changes a refusal to one of this.
    pub(crate) fn tell(self, refusal: &mut Violation) {
        refusal.path = self.path;
        refusal.reason = self.reason;
        refusal.got = shorten(&self.got);
    }
}

/// The reason of a stray, by what its words begin with.
fn reason(words: &str) -> Reason {
    match words {
        LONE_SURROGATE => Reason::LoneSurrogate,
        _ if words.starts_with("an object of ") => Reason::NotData,
        _ if words.starts_with("a value deeper ") => Reason::TooDeep,
        _ if words.starts_with("more than ") => Reason::TooLarge,
        _ => Reason::Kind,
    }
}

impl Json {
    /// The first part that no JSON can say, or, if that is asked, that JavaScript would round.
    pub(crate) fn flaw(&self, place: Option<&Place<'_>>, safe_integers: bool) -> Option<Flaw> {
        self.find_scalar(place, &|json, place| Flaw::of(json, place, safe_integers))
    }

    /// A refusal of this value in the words of the stray that is at its path, if one is.
    pub(crate) fn told(&self, mut refusal: Box<Violation>) -> Box<Violation> {
        let is_stray = |json: &Self| matches!(json, Self::Stray(_));
        let at_its_path = |json: &Self, place: Option<&Place<'_>>| {
            let flaw = Flaw::of(json, place, false).filter(|_| is_stray(json))?;
            (flaw.path == refusal.path).then_some(flaw)
        };
        if refusal.reason == Reason::UnknownField {
            return refusal;
        }
        if let Some(flaw) = self.find_scalar(None, &at_its_path) {
            flaw.tell(&mut refusal);
        }
        refusal
    }
}

impl Schema {
    /// A value that JSON can say, so that it can be taken through steps outside of here.
    ///
    /// # Errors
    /// A part of it is none; a contract that looks at the whole value would say so too.
    pub fn said(&self, value: Json) -> Result<Json, Box<Violation>> {
        match value.flaw(None, false) {
            None => Ok(value),
            Some(flaw) => {
                let mut refusal = self.malformed("");
                flaw.tell(&mut refusal);
                Err(refusal)
            }
        }
    }
}

/// What stands for half a character while a text that has one is read: no character, and nobody's text.
const MARK: char = '\u{fffe}';

/// Whether serde_json says that there is half a character in a text: an escape such as `\ud800` without its other half.
pub(crate) fn is_of_half(error: &str) -> bool {
    ["lone leading surrogate", "unexpected end of hex escape"]
        .iter()
        .any(|words| error.starts_with(words))
}

/// JSON text with a [`MARK`] for each half of a character.
pub(crate) fn with_marks(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    // A backslash stands in texts only, before one more character at least.
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        marked.push_str(before);
        let length = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xd800..0xdc00), Some(0xdc00..)) => 12,
            (Some(_), _) => {
                marked.push(MARK);
                rest = &escape[6..];
                continue;
            }
            // Of an escape of more characters those behind it are no backslash.
            (None, _) => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        marked.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    marked + rest
}

/// The surrogate that an escape at the beginning of a text is.
fn surrogate(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let unit = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
    (0xd800..0xe000).contains(&unit).then_some(unit)
}

/// The value with a stray for each text that has a [`MARK`], and for each object with one in a name.
pub(crate) fn strays_of_marks(json: Json) -> Json {
    let half = || Json::Stray(LONE_SURROGATE.into());
    match json {
        Json::Text(text) if text.contains(MARK) => half(),
        Json::Map(entries) if entries.iter().any(|(name, _)| name.contains(MARK)) => half(),
        Json::List(list) => Json::List(list.into_iter().map(strays_of_marks).collect()),
        Json::Map(entries) => {
            let entries = entries.into_iter();
            Json::Map(
                entries
                    .map(|(name, json)| (name, strays_of_marks(json)))
                    .collect(),
            )
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_characters_of_a_text_are_marked_and_whole_ones_stay() {
        for (text, marked) in [
            (r#""\ud800""#, "\"\u{fffe}\""),
            (r#""\uDC00x""#, "\"\u{fffe}x\""),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud800\ud83d\ude00""#, "\"\u{fffe}\\ud83d\\ude00\""),
            (r#""\\ud800""#, r#""\\ud800""#),
            (r#""\\\ud800""#, "\"\\\\\u{fffe}\""),
            (r#""\u00e9\n\"""#, r#""\u00e9\n\"""#),
            (r#""\ud80"#, r#""\ud80"#),
            ("\"\\é\"", "\"\\é\""),
            ("\"\\", "\"\\"),
        ] {
            assert_eq!(with_marks(text), marked, "{text}");
        }
    }
}
