//! The codes of refusals, each once: what failed, in a word that never changes.
//!
//! Guarantees: the twin, and the store over either, refuse with the same words; no other crate raises them for something
//! else (`check codes`).

/// Makes the enum, the list of all, and the words of each.
///
/// `codes! { /** A rule is none. */ MalformedRule = "MALFORMED_RULE", }` is `enum Code { MalformedRule }`,
/// `ALL = &[Code::MalformedRule]`, `as_str` with `"MALFORMED_RULE"` and `about` with `" A rule is none. "`.
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
    /// A write below a value that is no object: write the object first.
    ThroughPrimitive = "THROUGH_PRIMITIVE",
    /// A write past the end of an array: the next index is its length.
    PastArrayEnd = "PAST_ARRAY_END",
    /// A write below an array to something that is no index.
    NotAnIndex = "NOT_AN_INDEX",
    /// A write to a path that a computation owns: write what it is computed from.
    ComputedTarget = "COMPUTED_TARGET",
    /// Rules, or subscribers that write, still changed something after the last round: let them come to an end.
    NotSettled = "NOT_SETTLED",
    /// One batch wrote more values than any may: write less at once.
    TooManyWrites = "TOO_MANY_WRITES",
    /// Listeners answered listeners too many times: let them come to an end.
    ListenerTooDeep = "LISTENER_TOO_DEEP",
    /// A path would be the target and a source of aggregations: make it one of them.
    AggregationCycle = "AGGREGATION_CYCLE",
    /// A path would have to equal, or to invert, something above or below it.
    NestedMembers = "NESTED_MEMBERS",
    /// A computation depends on its own target: compute from something else.
    ComputationCycle = "COMPUTATION_CYCLE",
    /// Two rules of different kinds would own one target: leave one.
    TargetTaken = "TARGET_TAKEN",
    /// The target of a clear rule has more `[*]` than one of its triggers.
    UnboundWildcard = "UNBOUND_WILDCARD",
    /// A rule nests too deep: say it flatter.
    LogicTooDeep = "LOGIC_TOO_DEEP",
    /// A path has too many segments: take at most 64.
    PathTooDeep = "PATH_TOO_DEEP",
    /// A text is too long.
    TextTooLong = "TEXT_TOO_LONG",
    /// There are as many paths as may be.
    TooManyPaths = "TOO_MANY_PATHS",
    /// There are as many texts as may be.
    TooManyTexts = "TOO_MANY_TEXTS",
    /// A batch cannot be read: its parts do not fit together.
    MalformedInput = "MALFORMED_INPUT",
    /// A rule cannot be read: the message says what was expected.
    MalformedRule = "MALFORMED_RULE",
}
