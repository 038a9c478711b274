//! A bit for each row.

/// Bits in words of 64.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    pub(crate) fn all(is_set: bool, length: usize) -> Self {
        let word = if is_set { u64::MAX } else { 0 };
        Self {
            words: vec![word; length.div_ceil(64)],
            length,
        }
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> bool {
        self.words[at / 64] >> (at % 64) & 1 == 1
    }

    pub(crate) fn push(&mut self, is_set: bool) {
        if self.length.is_multiple_of(64) {
            self.words.push(0);
        }
        self.words[self.length / 64] |= u64::from(is_set) << (self.length % 64);
        self.length += 1;
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }

    /// Set where both are; nothing is set everywhere.
    pub(crate) fn both(left: Option<&Self>, right: Option<&Self>) -> Option<Self> {
        match (left, right) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
            (Some(left), Some(right)) => Some(Self {
                words: left
                    .words
                    .iter()
                    .zip(&right.words)
                    .map(|(l, r)| l & r)
                    .collect(),
                length: left.length,
            }),
        }
    }
}
