//! The numbers that both sides of the boundary use. Here is where they stand: `xtask types` writes
//! `client/src/store/wasm/numbers.ts` from the lists in it.

/// Makes a module of constants, and in it the list of them.
///
/// `numbers! { mod sign: u8 { PLUS = 0, MINUS = 1 } }` is a `mod sign` with `PLUS: u8 = 0`, `MINUS: u8 = 1` and
/// `ALL = &[("PLUS", 0), ("MINUS", 1)]`.
macro_rules! numbers {
    ($(#[$about:meta])* mod $module:ident: $type:ty {
        $($(#[$doc:meta])* $name:ident = $number:expr,)*
    }) => {
        $(#[$about])*
        pub mod $module {
            $(#[doc = stringify!($name)] $(#[$doc])* pub const $name: $type = $number;)*
            /// All of them, by name.
            pub const ALL: &[(&str, $type)] = &[$((stringify!($name), $name)),*];
        }
    };
}

numbers! {
    /// Words of the header: addresses, lengths, small numbers. The length of a list is in the word behind its address.
    mod word: usize {
        INPUT_PATHS = 0,
        INPUT_KINDS = 1,
        INPUT_NUMBERS = 2,
        INPUT_SENDERS = 3,
        TEXT_AREA = 4,
        KEPT_COUNT = 5,
        CHANGE_PATHS = 6,
        CHANGE_KINDS = 8,
        CHANGE_NUMBERS = 9,
        CHANGE_LINEAGES = 10,
        CHANGE_SENDERS = 11,
        CONDITIONS = 12,
        HOLDS = 14,
        CHOICES = 15,
        LEAVES = 17,
        TEXTS = 18,
        VALIDATORS = 20,
        LISTENERS = 22,
        PLAN_STARTS = 24,
        PLAN_CHANGES = 25,
        PLAN_STRIPS = 26,
        FREED_PATHS = 27,
        FREED_TEXTS = 29,
        FREED_SLOTS = 31,
        IDS = 33,
        TEXT = 35,
        FAILURE_CODE = 37,
        FAILURE_NUMBER = 38,
        FAILURE_PATH = 39,
        FAILURE_OTHER = 41,
    }
}

/// How many words the header has: the last is the length of its last list.
pub(crate) const WORDS: usize = word::FAILURE_OTHER + 2;

numbers! {
    /// What a batch brings beside paths and numbers.
    mod brings: u32 {
        /// Without them every entry is a number.
        KINDS = 1,
        SENDERS = 2,
    }
}

numbers! {
    /// What became of a batch or a registration.
    mod outcome: u32 {
        /// It changed nothing and freed nothing: the header is as it was.
        UNCHANGED = 0,
        /// The header describes the report.
        REPORTED = 1,
        /// The header says why, and what is free again.
        REFUSED = 2,
    }
}

numbers! {
    /// Kinds of values that cross.
    mod kind: u8 {
        UNDEFINED = aimdb_pipeline::Kind::Undefined as u8,
        NULL = aimdb_pipeline::Kind::Null as u8,
        BOOL = aimdb_pipeline::Kind::Bool as u8,
        NUMBER = aimdb_pipeline::Kind::Number as u8,
        TEXT = aimdb_pipeline::Kind::Text as u8,
        SLOT = aimdb_pipeline::Kind::Slot as u8,
        OBJECT = aimdb_pipeline::Kind::Object as u8,
        ARRAY = aimdb_pipeline::Kind::Array as u8,
    }
}

numbers! {
    /// Bits of a change: the rules that it went through. The names are those of the store's users.
    mod lineage: u8 {
        IS_SYNC_PATH_CHANGE = aimdb_pipeline::Lineage::SYNC.0,
        IS_FLIP_PATH_CHANGE = aimdb_pipeline::Lineage::FLIP.0,
        IS_AGGREGATION_CHANGE = aimdb_pipeline::Lineage::AGGREGATION.0,
        IS_CLEAR_PATH_CHANGE = aimdb_pipeline::Lineage::CLEAR.0,
        IS_COMPUTATION_CHANGE = aimdb_pipeline::Lineage::COMPUTATION.0,
        IS_LISTENER_CHANGE = aimdb_pipeline::Lineage::LISTENER.0,
    }
}

numbers! {
    /// Forms of conditions, by the operator that people write.
    mod form: u8 {
        IS_EQUAL = 0,
        EXISTS = 1,
        IS_EMPTY = 2,
        AND = 3,
        OR = 4,
        NOT = 5,
        GT = 6,
        LT = 7,
        GTE = 8,
        LTE = 9,
        IN = 10,
        CONTAINS_ANY = 11,
        CONTAINS_ALL = 12,
    }
}

numbers! {
    /// Forms of choices.
    mod choice: u8 {
        LEAF = 0,
        IF = 1,
        MATCH = 2,
    }
}

numbers! {
    /// Operations of computations, as people write them.
    mod operation: u8 {
        SUM = 0,
        AVG = 1,
    }
}

numbers! {
    /// Codes of refusals, without gaps, in the order in which they were made.
    mod failure: usize {
        /// One that is newer than this list.
        UNKNOWN = 0,
        THROUGH_PRIMITIVE = 1,
        PAST_ARRAY_END = 2,
        NOT_AN_INDEX = 3,
        COMPUTED_TARGET = 4,
        NOT_SETTLED = 5,
        TOO_MANY_WRITES = 6,
        LISTENER_TOO_DEEP = 7,
        AGGREGATION_CYCLE = 8,
        NESTED_MEMBERS = 9,
        COMPUTATION_CYCLE = 10,
        TARGET_TAKEN = 11,
        UNBOUND_WILDCARD = 12,
        LOGIC_TOO_DEEP = 13,
        PATH_TOO_DEEP = 14,
        TEXT_TOO_LONG = 15,
        TOO_MANY_PATHS = 16,
        TOO_MANY_TEXTS = 17,
        MALFORMED_INPUT = 18,
        /// The bytes of a registration do not follow the format: the two sides are not of one build.
        MALFORMED_RULE = 19,
    }
}

/// A number that is no id and no slot.
pub const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_overlap_and_failures_have_no_gaps() {
        assert!(word::ALL.is_sorted_by(|left, right| left.1 < right.1));
        assert_eq!(word::ALL.last().map(|last| last.1 + 2), Some(WORDS));
        for (place, (name, number)) in failure::ALL.iter().enumerate() {
            assert_eq!(place, *number, "{name}");
        }
    }

    #[test]
    fn no_id_is_no_slot() {
        assert_eq!(NONE, aimdb_pipeline::NO_SLOT);
    }
}
