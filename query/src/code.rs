//! The codes of refusals, each once: what failed, in a word that never changes.
//!
//! Guarantees: a query that is refused in a tab is refused with the same word on a server; no other crate raises them for
//! something else (`check codes`).

/// Makes the enum, the list of all, and the words of each.
///
/// `codes! { /** A query is none. */ QuerySyntax = "QUERY_SYNTAX", }` is `enum Code { QuerySyntax }`,
/// `ALL = &[Code::QuerySyntax]`, `as_str` with `"QUERY_SYNTAX"` and `about` with `" A query is none. "`.
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
    /// The text is no query: the message says what stands there and what may.
    QuerySyntax = "QUERY_SYNTAX",
    /// SQL that is not run here: the message names it and its place; write the query without it.
    QueryUnsupported = "QUERY_UNSUPPORTED",
    /// A query beyond a stated limit, such as the length of its text: make it smaller.
    QueryTooLarge = "QUERY_TOO_LARGE",
    /// No source has that name: the message names the nearest one.
    UnknownTable = "UNKNOWN_TABLE",
    /// No table of the query has that column: the message names the nearest one.
    UnknownColumn = "UNKNOWN_COLUMN",
    /// Two tables of the query have that column: write the table before it.
    AmbiguousColumn = "AMBIGUOUS_COLUMN",
    /// No function has that name, or not with so many arguments.
    UnknownFunction = "UNKNOWN_FUNCTION",
    /// A column that is neither grouped by nor within an aggregate: do one of them.
    NotGrouped = "NOT_GROUPED",
    /// An aggregate where none may stand, such as in WHERE: use HAVING.
    MisplacedAggregate = "MISPLACED_AGGREGATE",
    /// Two sides have not the same number of columns.
    ColumnCount = "COLUMN_COUNT",
    /// A parameter of the query was given no value.
    MissingParameter = "MISSING_PARAMETER",
    /// A value for a parameter that the query does not have.
    UnknownParameter = "UNKNOWN_PARAMETER",
    /// A sum of integers left the range of 64 bits: use total().
    IntegerOverflow = "INTEGER_OVERFLOW",
    /// What the query holds at a time came over its bound: filter more, or raise the bound.
    MemoryExceeded = "MEMORY_EXCEEDED",
    /// The query was cancelled.
    QueryCancelled = "QUERY_CANCELLED",
    /// A graph of operators that cannot run: unknown vertex, circle, wrong columns.
    BadGraph = "BAD_GRAPH",
    /// A source gave something else than its schema says, or could not be read.
    SourceFailed = "SOURCE_FAILED",
}
