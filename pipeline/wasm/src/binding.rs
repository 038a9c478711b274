//! One engine and the memory through which it is driven.

use alloc::vec;
use alloc::vec::Vec;

use aimdb_pipeline::{Engine, Error, Origin, Passes, PathId, Registered, Report, StringId};
use wasm_bindgen::prelude::*;

use crate::arrays::Arrays;
use crate::failure::Failure;
use crate::header::Header;
use crate::rules;
use crate::shared::{NONE, outcome, word};

/// The pipeline.
#[wasm_bindgen]
pub struct Pipeline {
    engine: Engine,
    header: Header,
    input: Arrays,
    /// Texts and rules on their way in.
    text: Vec<u8>,
    /// The ids of the last registration.
    ids: Vec<u32>,
    failure: Failure,
}

#[wasm_bindgen]
impl Pipeline {
    /// An engine whose derived stages repeat up to `passes` times; 1 is the single pass of older engines.
    #[wasm_bindgen(constructor)]
    pub fn new(passes: u32) -> Self {
        let passes = match passes {
            1 => Passes::Single,
            rounds => Passes::Settle(rounds),
        };
        Self {
            engine: Engine::new(passes),
            header: Header::new(),
            input: Arrays::default(),
            text: Vec::new(),
            ids: Vec::new(),
            failure: Failure::default(),
        }
    }

    /// Where the header starts; it never moves.
    pub fn header(&self) -> usize {
        self.header.address()
    }

    /// Makes the arrays of the input this long.
    pub fn reserve(&mut self, entries: usize) {
        self.input.reserve(entries, &self.header);
    }

    /// Makes the area for texts this long.
    #[wasm_bindgen(js_name = reserveText)]
    pub fn reserve_text(&mut self, bytes: usize) {
        self.text = vec![0; bytes];
        self.header.point(word::TEXT_AREA, &self.text);
    }

    /// Puts the first `count` entries of the input through the pipeline.
    pub fn process(&mut self, count: usize, flags: u32, listener_depth: u32) -> u32 {
        let input = self.input.input(count, flags);
        match self.engine.process(input, Origin { listener_depth }) {
            Ok(report) if is_empty(report) => outcome::UNCHANGED,
            Ok(report) => {
                describe(report, &self.header);
                outcome::REPORTED
            }
            Err(error) => self.refuse(error),
        }
    }

    /// Puts in the rules whose bytes are the first of the text area.
    pub fn register(&mut self, bytes: usize) -> u32 {
        let Some(rules) = rules::read(self.written(bytes)) else {
            self.failure.note_malformed_rule(&self.header);
            return outcome::REFUSED;
        };
        match self.engine.register(rules) {
            Ok(registered) => {
                self.ids = flattened(registered);
                self.header.list(word::IDS, &self.ids);
                describe(self.engine.report(), &self.header);
                outcome::REPORTED
            }
            Err(error) => self.refuse(error),
        }
    }

    /// Takes the rules of a registration out; false when there is none of that id.
    pub fn unregister(&mut self, id: u32) -> bool {
        let is_known = self.engine.unregister(id);
        describe(self.engine.report(), &self.header);
        is_known
    }

    /// The id of the path whose text is the first of the text area; [`NONE`] when it is refused.
    #[wasm_bindgen(js_name = internPath)]
    pub fn intern_path(&mut self, bytes: usize) -> u32 {
        let text = self.text.get(..bytes).unwrap_or_default();
        let path = self.engine.intern_path(text).map(|path| path.0);
        self.id_or_refusal(path)
    }

    /// The id of the path one key below another; the key may contain dots.
    #[wasm_bindgen(js_name = internChild)]
    pub fn intern_child(&mut self, parent: u32, bytes: usize) -> u32 {
        let key = self.text.get(..bytes).unwrap_or_default();
        let path = self.engine.intern_child(PathId(parent), key);
        self.id_or_refusal(path.map(|path| path.0))
    }

    /// The id of a text.
    #[wasm_bindgen(js_name = internText)]
    pub fn intern_text(&mut self, bytes: usize) -> u32 {
        let text = self.text.get(..bytes).unwrap_or_default();
        let text = self.engine.intern_text(text).map(|text| text.0);
        self.id_or_refusal(text)
    }

    /// Keeps a path id alive.
    pub fn retain(&mut self, path: u32) {
        self.engine.retain_path(PathId(path));
    }

    /// Ends what `retain` began.
    pub fn release(&mut self, path: u32) {
        self.engine.release_path(PathId(path));
    }

    /// The path above, or [`NONE`] above the root.
    pub fn parent(&self, path: u32) -> u32 {
        let paths = self.engine.state().paths();
        let parent = paths.parent(PathId(path));
        parent.map_or(NONE, |parent| parent.0)
    }

    /// The text id of a path's last segment.
    pub fn segment(&self, path: u32) -> u32 {
        self.engine.state().paths().segment(PathId(path)).0
    }

    /// Names the place of a text's bytes in the header.
    pub fn text(&self, text: u32) {
        let strings = self.engine.state().strings();
        let bytes = strings.get(StringId(text)).unwrap_or_default();
        self.header.list(word::TEXT, bytes);
    }

    /// The answer of a condition: 0 or 1, or [`NONE`].
    pub fn holds(&self, condition: u32) -> u32 {
        self.engine.holds(condition).map_or(NONE, u32::from)
    }

    /// The number of the literal a choice yields, or [`NONE`].
    pub fn leaf(&self, choice: u32) -> u32 {
        self.engine.leaf(choice).unwrap_or(NONE)
    }

    /// Bytes held by the engine.
    #[wasm_bindgen(js_name = capacityBytes)]
    pub fn capacity_bytes(&self) -> usize {
        self.engine.capacity_bytes()
    }
}

impl Pipeline {
    fn written(&self, bytes: usize) -> &[u8] {
        self.text.get(..bytes).unwrap_or_default()
    }

    fn refuse(&mut self, error: Error) -> u32 {
        self.failure.note(error, &self.header);
        describe(self.engine.report(), &self.header);
        outcome::REFUSED
    }

    fn id_or_refusal(&mut self, id: Result<u32, Error>) -> u32 {
        id.unwrap_or_else(|error| {
            self.failure.note(error, &self.header);
            NONE
        })
    }
}

/// Whether there is nothing to tell of a batch.
fn is_empty(report: &Report) -> bool {
    let freed = &report.reclaimed;
    report.kept_count == 0
        && freed.paths.is_empty()
        && freed.texts.is_empty()
        && freed.slots.is_empty()
}

/// Names the places of a report's arrays.
fn describe(report: &Report, header: &Header) {
    header.set(word::KEPT_COUNT, report.kept_count);
    header.list(word::CHANGE_PATHS, &report.paths);
    header.point(word::CHANGE_KINDS, &report.kinds);
    header.point(word::CHANGE_NUMBERS, &report.numbers);
    header.point(word::CHANGE_LINEAGES, &report.lineages);
    header.point(word::CHANGE_SENDERS, &report.senders);
    let concerns = &report.concerns;
    header.list(word::CONDITIONS, &concerns.conditions);
    header.point(word::HOLDS, &concerns.holds);
    header.list(word::CHOICES, &concerns.choices);
    header.point(word::LEAVES, &concerns.leaves);
    header.list(word::TEXTS, &concerns.texts);
    header.list(word::VALIDATORS, &report.validators);
    header.list(word::LISTENERS, &report.plan.listeners);
    header.point(word::PLAN_STARTS, &report.plan.starts);
    header.point(word::PLAN_CHANGES, &report.plan.changes);
    header.point(word::PLAN_STRIPS, &report.plan.strips);
    header.list(word::FREED_PATHS, &report.reclaimed.paths);
    header.list(word::FREED_TEXTS, &report.reclaimed.texts);
    header.list(word::FREED_SLOTS, &report.reclaimed.slots);
}

/// The registration's id, then each list of ids behind its length.
fn flattened(registered: Registered) -> Vec<u32> {
    let mut ids = vec![registered.id];
    let lists = [
        registered.listeners,
        registered.conditions,
        registered.choices,
        registered.texts,
        registered.validators,
    ];
    for list in lists {
        ids.push(list.len() as u32);
        ids.extend(list);
    }
    ids
}
