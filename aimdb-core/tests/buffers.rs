//! Each buffer against a plain model, with lag, writes in between and readers that come and go.

use aimdb_core::Read;
use aimdb_core::buffer::{Buffer, BufferConfig, CAPACITY_MAX, Cursor};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Act {
    Push(u32),
    Subscribe,
    Read(usize),
    Drop(usize),
    Clear,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => any::<u32>().prop_map(Act::Push),
        2 => Just(Act::Subscribe),
        6 => (0_usize..6).prop_map(Act::Read),
        1 => (0_usize..6).prop_map(Act::Drop),
        1 => Just(Act::Clear),
    ];
    proptest::collection::vec(act, 0..200)
}

/// Every value ever written, and from where on they are kept: as plain as it gets.
#[derive(Default)]
struct Model {
    written: Vec<u32>,
    kept_from: usize,
    taken: bool,
    empty: bool,
}

impl Model {
    fn new() -> Self {
        Self {
            taken: true,
            empty: true,
            ..Self::default()
        }
    }

    fn push(&mut self, value: u32, config: BufferConfig) {
        self.written.push(value);
        self.taken = false;
        self.empty = false;
        if let BufferConfig::SpmcRing { capacity } = config {
            self.kept_from = self
                .kept_from
                .max(self.written.len().saturating_sub(capacity));
        }
    }

    fn clear(&mut self) {
        self.kept_from = self.written.len();
        self.taken = true;
        self.empty = true;
    }

    fn read(&mut self, seen: &mut usize, config: BufferConfig) -> Read<u32> {
        let newest = self.written.last().copied().unwrap_or_default();
        match config {
            BufferConfig::SpmcRing { .. } if *seen < self.kept_from => {
                let missed = (self.kept_from - *seen) as u64;
                *seen = self.kept_from;
                Read::Lagged { missed }
            }
            BufferConfig::SpmcRing { .. } => match self.written.get(*seen) {
                None => Read::Empty,
                Some(value) => {
                    *seen += 1;
                    Read::Value(*value)
                }
            },
            BufferConfig::SingleLatest if self.empty || *seen == self.written.len() => Read::Empty,
            BufferConfig::SingleLatest => {
                *seen = self.written.len();
                Read::Value(newest)
            }
            BufferConfig::Mailbox if self.taken => Read::Empty,
            BufferConfig::Mailbox => {
                self.taken = true;
                Read::Value(newest)
            }
        }
    }

    fn latest(&self) -> Option<u32> {
        self.written.last().copied().filter(|_| !self.empty)
    }
}

/// Every slice is what a plain list of what is kept, each with its version, says.
fn check_slices(buffer: &Buffer<u32>, kept: &[u32]) -> Result<(), TestCaseError> {
    let newest = buffer.version();
    let first = newest + 1 - kept.len() as u64;
    let plain: Vec<(u64, u32)> = (first..).zip(kept.iter().copied()).collect();
    for until in (0..=newest + 1).rev().take(11).chain([0, u64::MAX]) {
        let there: Vec<_> = plain
            .iter()
            .filter(|(at, _)| *at <= until)
            .copied()
            .collect();
        prop_assert_eq!(buffer.count_until(until), there.len());
        for length in [0, 1, 2, 5, usize::MAX] {
            let slice: Vec<_> = buffer
                .slice(until, length)
                .map(|(at, value)| (at, *value))
                .collect();
            let newest = &there[there.len().saturating_sub(length)..];
            prop_assert_eq!(slice, newest, "{} up to {}", length, until);
        }
    }
    Ok(())
}

fn check(config: BufferConfig, acts: Vec<Act>) -> Result<(), TestCaseError> {
    let mut buffer = Buffer::new(config).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut model = Model::new();
    let mut readers: Vec<(Cursor, usize)> = Vec::new();
    for act in acts {
        match act {
            Act::Push(value) => {
                model.push(value, config);
                prop_assert_eq!(buffer.push(value), model.written.len() as u64);
            }
            Act::Subscribe => {
                let ring = matches!(config, BufferConfig::SpmcRing { .. });
                readers.push((
                    buffer.subscribe(),
                    if ring { model.written.len() } else { 0 },
                ));
            }
            Act::Read(index) => {
                if let Some((cursor, seen)) = readers.get_mut(index) {
                    prop_assert_eq!(buffer.read(cursor), model.read(seen, config));
                }
            }
            Act::Drop(index) if index < readers.len() => drop(readers.swap_remove(index)),
            Act::Drop(_) => {}
            Act::Clear => {
                buffer.clear();
                model.clear();
            }
        }
        prop_assert_eq!(buffer.latest().copied(), model.latest());
        prop_assert_eq!(buffer.version(), model.written.len() as u64);
        let kept = match config {
            BufferConfig::SpmcRing { .. } => model.written[model.kept_from..].to_vec(),
            _ => model.latest().into_iter().collect(),
        };
        prop_assert_eq!(
            buffer.history(usize::MAX).copied().collect::<Vec<_>>(),
            kept
        );
    }
    let kept: Vec<u32> = buffer.history(usize::MAX).copied().collect();
    check_slices(&buffer, &kept)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_ring_behaves_like_its_model(capacity in 1_usize..9, acts in acts()) {
        check(BufferConfig::SpmcRing { capacity }, acts)?;
    }

    #[test]
    fn a_latest_value_behaves_like_its_model(acts in acts()) {
        check(BufferConfig::SingleLatest, acts)?;
    }

    #[test]
    fn a_mailbox_behaves_like_its_model(acts in acts()) {
        check(BufferConfig::Mailbox, acts)?;
    }
}

#[test]
fn a_capacity_out_of_range_is_an_error_that_says_the_range() {
    for capacity in [0, CAPACITY_MAX + 1, usize::MAX] {
        let error = Buffer::<u8>::new(BufferConfig::SpmcRing { capacity }).err();
        let expected = format!("a ring holds 1 to 1048576 values, not {capacity}");
        assert_eq!(error.map(|error| error.to_string()), Some(expected));
    }
    assert!(
        Buffer::<u8>::new(BufferConfig::SpmcRing {
            capacity: CAPACITY_MAX
        })
        .is_ok()
    );
}
