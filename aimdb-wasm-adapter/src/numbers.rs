//! The numbers that the engine and the npm package use between them. `xtask types` writes `client/src/numbers.ts` from
//! the list.

/// Makes constants, and a list of them with their words for the other side.
///
/// `numbers! { /** The first. */ FIRST: u32 = 1; }` is `pub const FIRST: u32 = 1` and
/// `ALL = &[("FIRST", 1.0, " The first.")]`.
macro_rules! numbers {
    ($(#[doc = $doc:literal] $name:ident: $type:ty = $number:expr;)*) => {
        $(#[doc = $doc] pub const $name: $type = $number;)*
        /// Each by name, with what it is.
        pub const ALL: &[(&str, f64, &str)] = &[$((stringify!($name), $name as f64, $doc)),*];
    };
}

numbers! {
    /// Grows when a call between package and engine changes: those that do not fit are told apart before they meet.
    ENGINE_API: u32 = 4;

    /// Most fields of a contract that crosses as numbers; a larger one takes the general path.
    SLOTS_MAX: usize = 16;
    /// Where the version of the value stands that was just read.
    VERSION: usize = SLOTS_MAX;
    /// Where the number of missed values stands that was just read.
    MISSED: usize = SLOTS_MAX + 1;
    /// How long the scratch area is.
    SCRATCH_LENGTH: usize = SLOTS_MAX + 2;
    /// How many changed records one look at the list of changes can bring across.
    CHANGES_MAX: usize = 256;

    /// How many numbers of a record's past cross at once: 128 KiB, which are given back after it was read.
    PAST_NUMBERS_MAX: usize = 16 * 1024;
    /// In place of a count: one of the values does not fit numbers.
    PAST_UNFIT: i32 = -1;

    /// A read found nothing.
    NEXT_EMPTY: u32 = 0;
    /// A read put a value into the scratch area.
    NEXT_SLOTS: u32 = 1;
    /// A read found a value that does not fit numbers; `takeValue` gives it.
    NEXT_VALUE: u32 = 2;
    /// A read found that values were missed; their number is in the scratch area.
    NEXT_LAGGED: u32 = 3;
    /// The result of a read has the place of the value's origin, in `OriginNames`, from this bit on.
    ORIGIN_SHIFT: u32 = 8;

    /// In place of a write's number: the value was refused. 0 stands for a write that nobody is told of.
    WRITE_REFUSED: f64 = -1.0;

    /// A buffer that keeps the newest value; any other number but `BUFFER_MAILBOX` is a ring's capacity.
    BUFFER_LATEST: f64 = 0.0;
    /// A buffer whose value is taken once.
    BUFFER_MAILBOX: f64 = -1.0;

    /// A ring's writes queue, of others the latest waits. From 0 on a number is for how many milliseconds a write is good.
    OFFLINE_BY_BUFFER: f64 = -1.0;
    /// Writes without a connection queue.
    OFFLINE_QUEUE: f64 = -2.0;
    /// Of the writes without a connection the latest waits.
    OFFLINE_LATEST: f64 = -3.0;
    /// A write without a connection is refused.
    OFFLINE_REJECT: f64 = -4.0;

    /// Whether a record follows a server is told by the topics of its bridge.
    TRUTH_BY_TOPIC: u32 = 0;
    /// A record never leaves the tab.
    TRUTH_LOCAL: u32 = 1;
    /// A record follows a server.
    TRUTH_MIRROR: u32 = 2;

    /// JavaScript writes a record.
    CLAIM_SOURCE: u32 = 0;
    /// JavaScript derives a record from others.
    CLAIM_DERIVATION: u32 = 1;
    /// JavaScript looks at a record.
    CLAIM_TAP: u32 = 2;
}

/// The origins of values by their places in the result of a read.
pub const ORIGIN_NAMES: [&str; 4] = ["local", "remote", "rule", "restored"];
