// Written from aimdb-wasm-adapter/src/numbers.rs by `make types`: do not edit.

/** Grows when a call between package and engine changes: those that do not fit are told apart before they meet. */
export const ENGINE_API = 4;
/** Most fields of a contract that crosses as numbers; a larger one takes the general path. */
export const SLOTS_MAX = 16;
/** Where the version of the value stands that was just read. */
export const VERSION = 16;
/** Where the number of missed values stands that was just read. */
export const MISSED = 17;
/** How long the scratch area is. */
export const SCRATCH_LENGTH = 18;
/** How many changed records one look at the list of changes can bring across. */
export const CHANGES_MAX = 256;
/** How many numbers of a record's past cross at once: 128 KiB, which are given back after it was read. */
export const PAST_NUMBERS_MAX = 16384;
/** In place of a count: one of the values does not fit numbers. */
export const PAST_UNFIT = -1;
/** A read found nothing. */
export const NEXT_EMPTY = 0;
/** A read put a value into the scratch area. */
export const NEXT_SLOTS = 1;
/** A read found a value that does not fit numbers; `takeValue` gives it. */
export const NEXT_VALUE = 2;
/** A read found that values were missed; their number is in the scratch area. */
export const NEXT_LAGGED = 3;
/** The result of a read has the place of the value's origin, in `OriginNames`, from this bit on. */
export const ORIGIN_SHIFT = 8;
/** In place of a write's number: the value was refused. 0 stands for a write that nobody is told of. */
export const WRITE_REFUSED = -1;
/** A buffer that keeps the newest value; any other number but `BUFFER_MAILBOX` is a ring's capacity. */
export const BUFFER_LATEST = 0;
/** A buffer whose value is taken once. */
export const BUFFER_MAILBOX = -1;
/** A ring's writes queue, of others the latest waits. From 0 on a number is for how many milliseconds a write is good. */
export const OFFLINE_BY_BUFFER = -1;
/** Writes without a connection queue. */
export const OFFLINE_QUEUE = -2;
/** Of the writes without a connection the latest waits. */
export const OFFLINE_LATEST = -3;
/** A write without a connection is refused. */
export const OFFLINE_REJECT = -4;
/** Whether a record follows a server is told by the topics of its bridge. */
export const TRUTH_BY_TOPIC = 0;
/** A record never leaves the tab. */
export const TRUTH_LOCAL = 1;
/** A record follows a server. */
export const TRUTH_MIRROR = 2;
/** JavaScript writes a record. */
export const CLAIM_SOURCE = 0;
/** JavaScript derives a record from others. */
export const CLAIM_DERIVATION = 1;
/** JavaScript looks at a record. */
export const CLAIM_TAP = 2;

/** The origins of values by their places in the result of a read. */
export type OriginNames = readonly ['local', 'remote', 'rule', 'restored'];
