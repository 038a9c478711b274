//! The codes of frames and topics that are none, each once: what failed, in a word that never changes.
//!
//! Guarantees: no other crate raises the same words for something else (`check codes`).
//! Does not: go over the wire. What does is the `reason()` of these errors, in `snake_case`, and [`ErrorCode`](crate::ErrorCode).

/// Makes the enum, the list of all, and the words of each.
///
/// `codes! { /** A topic is empty. */ TopicEmpty = "TOPIC_EMPTY", }` is `enum Code { TopicEmpty }`,
/// `ALL = &[Code::TopicEmpty]`, `as_str` with `"TOPIC_EMPTY"` and `about` with `" A topic is empty. "`.
macro_rules! codes {
    ($(#[doc = $about:literal] $name:ident = $text:literal,)*) => {
        /// What failed, as a stable word for programs. Errors tell it by their `code()`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $about] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word.
            #[inline]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What failed and what to do, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$name => $about,)*
                }
            }
        }
    };
}

codes! {
    /// A frame is not one JSON object: the other end is no AimDB, or another program wrote into the connection.
    NotJson = "NOT_JSON",
    /// A frame lacks a field: the other end follows another protocol.
    MissingField = "MISSING_FIELD",
    /// A field of a frame has a type or a value that the protocol does not have.
    WrongFieldType = "WRONG_FIELD_TYPE",
    /// A frame is of a type that this side does not know: the other end is newer.
    UnknownType = "UNKNOWN_TYPE",
    /// A frame is beyond its size limit: send less at once.
    FrameTooLarge = "FRAME_TOO_LARGE",
    /// A topic or a pattern is empty: name at least one level.
    TopicEmpty = "TOPIC_EMPTY",
    /// A topic or a pattern has too many bytes: shorten it to 512.
    TopicTooLong = "TOPIC_TOO_LONG",
    /// A topic or a pattern has too many levels: take at most 32.
    TopicTooDeep = "TOPIC_TOO_DEEP",
    /// A topic or a pattern has a control character: leave it out.
    TopicControlCharacter = "TOPIC_CONTROL_CHARACTER",
    /// A topic has a wildcard: only a pattern may.
    TopicWildcard = "TOPIC_WILDCARD",
    /// Something follows the `#` of a pattern: make it the last level.
    PatternTailNotLast = "PATTERN_TAIL_NOT_LAST",
}
