/** What the storage of a device holds at most. Bytes are those of `bytesOf`, near what a browser counts. */

/** Bytes of one entry of the outbox, and of one dead letter: four times the largest frame that a client may send. */
export const ENTRY_BYTES_MAX = 256 * 1024;
/** Entries of one user's outbox: a day of more than one write a second. */
export const OUTBOX_ENTRIES_MAX = 100_000;
/** Bytes of one user's outbox. */
export const OUTBOX_BYTES_MAX = 64 * 1024 * 1024;
/** Operations that wait for the transaction under way; beyond it, new entries are refused. */
export const WAITING_OPERATIONS_MAX = 100_000;
/** Bytes of one entry of the cache, such as the history of a ring. */
export const CACHE_ENTRY_BYTES_MAX = 4 * 1024 * 1024;
/** Entries of one user's cache; the oldest go. */
export const CACHE_ENTRIES_MAX = 10_000;
/** Bytes of one user's cache, if the application says nothing; the oldest go. */
export const CACHE_BYTES_DEFAULT = 32 * 1024 * 1024;
/** The smallest and the largest cache that an application may ask for. */
export const CACHE_BYTES_MIN = 1024;
export const CACHE_BYTES_MAX = 1024 * 1024 * 1024;
/** Dead letters of one user, and their bytes; the oldest go. */
export const LETTERS_MAX = 1000;
export const LETTERS_BYTES_MAX = 4 * 1024 * 1024;
/** Bytes of a client's name: visible ASCII, as on the wire. */
export const CLIENT_BYTES_MAX = 64;
/** Characters of a key of the cache: a topic, and some more to tell histories from values. */
export const KEY_LENGTH_MAX = 1024;
/** Characters of the name of a storage and of the id of a user. */
export const NAME_LENGTH_MAX = 256;
/** Rows of ballast, each of so many bytes: a full device needs them to empty its outbox. */
export const BALLAST_ROWS = 4;
export const BALLAST_ROW_BYTES = 1024 * 1024;
/** Pauses of a mark, a removal or a take-over on a full device without ballast, and the longest: 5 seconds in all. */
export const PAUSES_MAX = 30;
export const PAUSE_MS_MAX = 200;
/** Times that one operation is tried, each but the first over a new connection. */
export const ATTEMPTS_MAX = 4;
/** Entries that are read at a time. */
export const PAGE_ENTRIES = 512;
/** Tabs whose last transaction is remembered, so that it is not repeated after it was lost sight of. */
export const TABS_REMEMBERED_MAX = 64;
/** Times that an opening begins anew because another tab changed the layout meanwhile. */
export const OPENINGS_MAX = 6;
