//! How lists grow, are made and shrink: less code, and less memory, than by the library's own ways.

use alloc::vec::Vec;

/// Makes room for one more by an eighth instead of by doubling: tables of ten thousands of entries stay small.
pub(crate) fn grow<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 8).max(16));
    }
}

/// A list of what an iterator gives. The library's `collect` asks for sizes first, which is most of its code.
pub(crate) fn listed<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::new();
    for item in items {
        list.push(item);
    }
    list
}

/// Buffers larger than this many entries are given back after the batch that needed them.
const ENTRIES_KEPT: usize = 1024;

/// Gives back the memory of a buffer that one large batch made grow.
pub(crate) fn shrink<T>(list: &mut Vec<T>) {
    if list.capacity() > ENTRIES_KEPT {
        list.shrink_to(ENTRIES_KEPT);
    }
}
