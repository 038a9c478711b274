//! How large a query and what it holds may be.

/// Bytes of a query's text. Longer ones are made by programs, and each byte costs a token.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// How deep expressions and subqueries nest. Each level takes a few frames of the stack, of which a tab has one MiB.
pub const DEPTH_MAX: usize = 64;
/// Nodes of a text's tree, which bounds what is made of it.
pub const NODES_MAX: usize = 16 * 1024;
/// Columns of a table, and of a result.
pub const COLUMNS_MAX: usize = 512;
/// Tables of a query, those of its subqueries included.
pub const TABLES_MAX: usize = 32;
/// Vertices of a graph of operators.
pub const VERTICES_MAX: usize = 512;
/// Rows of a batch: its columns stay within a processor's first cache.
pub const BATCH_ROWS: usize = 1024;
/// Bytes that a query holds at a time, unless its options say otherwise.
pub const MEMORY_BYTES_DEFAULT: usize = 64 * 1024 * 1024;
/// Groups of an aggregate, keys of a join and rows of a set: their numbers have 32 bits, and a tab has no room for more.
pub const GROUPS_MAX: usize = 1 << 22;
