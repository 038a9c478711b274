//! The arrays of a batch's input. JavaScript writes them between calls, through views of this memory.

use alloc::vec;
use alloc::vec::Vec;

use aimdb_pipeline::Input;

use crate::header::Header;
use crate::shared::{brings, word};

/// The arrays, all of one length.
#[derive(Default)]
pub(crate) struct Arrays {
    paths: Vec<u32>,
    kinds: Vec<u8>,
    numbers: Vec<f64>,
    senders: Vec<u32>,
}

impl Arrays {
    /// Makes the arrays exactly this long. What was in them is lost.
    pub(crate) fn reserve(&mut self, entries: usize, header: &Header) {
        *self = Self {
            paths: vec![0; entries],
            kinds: vec![0; entries],
            numbers: vec![0.0; entries],
            senders: vec![0; entries],
        };
        header.point(word::INPUT_PATHS, &self.paths);
        header.point(word::INPUT_KINDS, &self.kinds);
        header.point(word::INPUT_NUMBERS, &self.numbers);
        header.point(word::INPUT_SENDERS, &self.senders);
    }

    /// The first `count` entries; fewer when the arrays are shorter.
    pub(crate) fn input(&self, count: usize, flags: u32) -> Input<'_> {
        let count = count.min(self.paths.len());
        let has = |flag| if flags & flag == 0 { 0 } else { count };
        Input {
            paths: &self.paths[..count],
            kinds: &self.kinds[..has(brings::KINDS)],
            numbers: &self.numbers[..count],
            senders: &self.senders[..has(brings::SENDERS)],
        }
    }
}
