//! A store as a binding would build it: the engine, the slots JavaScript owns, and the user-visible state, which is
//! made only from what the engine reports.

use aimdb_pipeline::{
    Engine, Error, Input, Kind, NO_SLOT, Origin, PART, Passes, PathId, Registered, Report, Rules,
    State, StringId, Value, text,
};

use super::js::Js;

#[derive(Default)]
pub struct Arrays {
    pub paths: Vec<u32>,
    pub kinds: Vec<u8>,
    pub numbers: Vec<f64>,
    pub senders: Vec<u32>,
}

impl Arrays {
    pub fn input(&self) -> Input<'_> {
        Input {
            paths: &self.paths,
            kinds: &self.kinds,
            numbers: &self.numbers,
            senders: &self.senders,
        }
    }

    fn push(&mut self, path: PathId, kind: u8, number: f64) {
        self.paths.push(path.0);
        self.kinds.push(kind);
        self.numbers.push(number);
    }
}

pub struct Store {
    pub engine: Engine,
    pub root: Js,
    slots: Vec<Option<Js>>,
}

pub type Changes = Vec<(String, Js)>;

impl Store {
    pub fn new(initial: &Js, passes: Passes) -> Self {
        let mut store = Self {
            engine: Engine::new(passes),
            root: Js::object(),
            slots: Vec::new(),
        };
        store
            .set(&[(String::new(), initial.clone())])
            .expect("an initial state fits");
        store
    }

    pub fn set(&mut self, changes: &[(String, Js)]) -> Result<&Report, Error> {
        self.set_as(changes, Origin::default())
    }

    pub fn set_as(&mut self, changes: &[(String, Js)], origin: Origin) -> Result<&Report, Error> {
        let arrays = self.encode(changes)?;
        let result = self.engine.process(arrays.input(), origin).map(|_| ());
        self.follow(result)
    }

    pub fn register(&mut self, rules: &Rules) -> Result<Registered, Error> {
        let result = self.engine.register(rules);
        let ids = result.clone();
        self.follow(result.map(|_| ()))?;
        ids
    }

    fn follow(&mut self, result: Result<(), Error>) -> Result<&Report, Error> {
        if result.is_ok() {
            apply(
                self.engine.state(),
                self.engine.report(),
                &self.slots,
                &mut self.root,
            );
        }
        for slot in &self.engine.report().reclaimed.slots {
            self.slots[*slot as usize] = None;
        }
        result.map(|()| self.engine.report())
    }

    /// The changes as typed arrays.
    pub fn encode(&mut self, changes: &[(String, Js)]) -> Result<Arrays, Error> {
        let mut arrays = Arrays::default();
        for (path, value) in changes {
            let id = self.engine.intern_path(path.as_bytes())?;
            self.encode_value(id, value, 0, &mut arrays)?;
        }
        Ok(arrays)
    }

    fn encode_value(
        &mut self,
        id: PathId,
        value: &Js,
        flag: u8,
        arrays: &mut Arrays,
    ) -> Result<(), Error> {
        let (kind, number) = match value {
            Js::Undefined => (Kind::Undefined, 0.0),
            Js::Null => (Kind::Null, 0.0),
            Js::Bool(value) => (Kind::Bool, f64::from(u8::from(*value))),
            Js::Number(number) => (Kind::Number, *number),
            Js::Text(text) => (
                Kind::Text,
                f64::from(self.engine.intern_text(text.as_bytes())?.0),
            ),
            Js::Array(_) => (Kind::Array, self.slot(value, flag)),
            Js::Object(_) => (Kind::Object, self.slot(value, flag)),
        };
        arrays.push(id, kind as u8 | flag, number);
        let entries: Vec<(String, &Js)> = match value {
            Js::Array(items) => items
                .iter()
                .enumerate()
                .map(|(n, item)| (n.to_string(), item))
                .collect(),
            Js::Object(entries) => entries
                .iter()
                .map(|(key, item)| (key.clone(), item))
                .collect(),
            _ => Vec::new(),
        };
        for (key, item) in entries {
            let child = self.engine.intern_child(id, key.as_bytes())?;
            self.encode_value(child, item, PART, arrays)?;
        }
        Ok(())
    }

    /// Only the outermost object gets a slot.
    fn slot(&mut self, value: &Js, flag: u8) -> f64 {
        if flag == PART {
            return f64::from(NO_SLOT);
        }
        let free = self
            .slots
            .iter()
            .position(Option::is_none)
            .unwrap_or(self.slots.len());
        if free == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[free] = Some(value.clone());
        free as f64
    }

    /// How many objects the engine still refers to.
    pub fn slot_count(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// The engine's own copy of the state, which must always be the user-visible one.
    pub fn shadow(&self) -> Js {
        read(self.engine.state(), PathId::ROOT)
    }
}

pub fn segments(state: &State, path: PathId) -> Vec<String> {
    let mut ids: Vec<StringId> = Vec::new();
    state.paths().segments_between(PathId::ROOT, path, &mut ids);
    ids.into_iter()
        .map(|id| text::display(state.strings().text(id)))
        .collect()
}

pub fn path_text(state: &State, path: PathId) -> String {
    segments(state, path).join(".")
}

/// The value at a path with all below.
pub fn read(state: &State, path: PathId) -> Js {
    let children = || state.children(path).into_iter();
    match state.read(path) {
        Value::Object(_) => {
            let key = |child| text::display(state.strings().text(state.paths().segment(child)));
            Js::Object(
                children()
                    .map(|child| (key(child), read(state, child)))
                    .collect(),
            )
        }
        Value::Array(..) => Js::Array(children().map(|child| read(state, child)).collect()),
        value => primitive(state, value),
    }
}

fn primitive(state: &State, value: Value) -> Js {
    match value {
        Value::Absent | Value::Undefined => Js::Undefined,
        Value::Null => Js::Null,
        Value::Bool(value) => Js::Bool(value),
        Value::Number(number) => Js::Number(number),
        Value::Text(id) => Js::Text(text::display(state.strings().text(id))),
        other => panic!("{other:?} is no primitive"),
    }
}

/// Writes a report's changes to a state, as JavaScript would.
fn apply(state: &State, report: &Report, slots: &[Option<Js>], root: &mut Js) {
    for (index, path) in report.paths.iter().enumerate() {
        let code = report.kinds[index];
        let number = report.numbers[index];
        let value = match Kind::from_code(code & !PART).expect("a known kind") {
            Kind::Undefined => Js::Undefined,
            Kind::Null => Js::Null,
            Kind::Bool => Js::Bool(number == 1.0),
            Kind::Number => Js::Number(number),
            Kind::Text => Js::Text(text::display(
                state
                    .strings()
                    .get(StringId(number as u32))
                    .expect("a text of a report is alive"),
            )),
            Kind::Object if number == f64::from(NO_SLOT) => Js::object(),
            Kind::Array if number == f64::from(NO_SLOT) => Js::Array(Vec::new()),
            _ => slots[number as usize]
                .clone()
                .expect("a slot of a report is alive"),
        };
        root.set(&segments(state, PathId(*path)), value);
    }
}
