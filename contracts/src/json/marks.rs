//! Half a character in the text of JSON: told apart before it is read, since no Rust text holds one.

use alloc::string::String;

use super::Json;
use super::flaw::LONE_SURROGATE;

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
