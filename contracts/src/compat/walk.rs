//! The walk through two contracts side by side: what the writer writes at a place, and what the reader takes there.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::sources::{Of, Source, Sources};
use super::verdict::{Finding, Verdict};
use crate::encode::to_json;
use crate::json::Json;
use crate::migrate::VERSION_FIELD;
use crate::number::Number;
use crate::schema::{Field, Kind, Object, Schema, UnknownFields};
use crate::testing;
use crate::wanted::{Form, Wanted};

pub(super) struct Walk {
    pub(super) found: Vec<Finding>,
    /// Whether the writer is the older one.
    pub(super) is_backward: bool,
    /// Pairs of objects that were met: contracts may nest in themselves.
    seen: Vec<(*const Object, *const Object)>,
    /// How many contracts are around: a value may be as deep as is allowed there.
    nested: usize,
    /// Whether contracts nest in the reader, and so perhaps in themselves: as deep as is allowed.
    is_deep: bool,
    /// Lists without repetitions on both sides, of elements that consist of others.
    pub(super) distinct: Vec<String>,
}

impl Walk {
    pub(super) fn new(is_backward: bool) -> Self {
        Self {
            found: Vec::new(),
            is_backward,
            seen: Vec::new(),
            nested: 0,
            is_deep: false,
            distinct: Vec::new(),
        }
    }

    pub(super) fn root<'a>(
        &mut self,
        sources: &Sources<'a>,
        writer: &'a Schema,
        reader: &'a Schema,
    ) {
        if writer.name != reader.name {
            let what = self.became(
                format!("the name {}", writer.name),
                format!("the name {}", reader.name),
            );
            self.tell("", what, Verdict::Holds, None);
        }
        if let Some(refused) = &sources.refused {
            let mend = "give the steps between these versions, or keep the version".into();
            self.tell("", refused.clone(), Verdict::Breaks, Some(mend));
        }
        if sources.is_unsure {
            let what = "steps of a migration may fail, or are code".into();
            self.tell("", what, Verdict::MayBreak, None);
        }
        let (from, to) = (Form::of_root(writer), Form::of_root(reader));
        let mut fields = reader.fields().iter();
        self.is_deep = fields.any(|field| testing::nests_a_contract(&field.of));
        let says = writer.version_index().is_some() || reader.version_index().is_some();
        if writer.version == reader.version && !says {
            // Within itself a contract is what it is here; steps and the version change the whole alone.
            self.seen.push((from.object, to.object));
        }
        if from.object.keeps_all() || to.object.keeps_all() {
            return self.keeping(writer, reader);
        }
        self.fields(&sources.fields, from, to, "");
        if !self.found.is_empty() {
            for place in core::mem::take(&mut self.distinct) {
                self.doubt_distinct(&place);
            }
        }
    }

    /// Two elements that the writer tells apart may be read as equal ones.
    pub(super) fn doubt_distinct(&mut self, place: &str) {
        let what = "distinct elements may be read as equal".into();
        self.tell(place, what, Verdict::MayBreak, None);
    }

    /// One of them takes any object.
    fn keeping(&mut self, writer: &Schema, reader: &Schema) {
        let keep = |schema: &Schema| schema.object.keeps_all();
        if keep(writer) && keep(reader) {
            return;
        }
        let words = |schema: &Schema| match keep(schema) {
            true => "any JSON object".to_string(),
            false => "an object of fields".to_string(),
        };
        let what = self.became(words(writer), words(reader));
        let is_scalar = |field: &Field| field.of.kind.is_scalar();
        let verdict = match keep(reader) && writer.fields().iter().all(is_scalar) {
            true => Verdict::Holds,
            // A field of any kind but `json` refuses something, and so does one that must be there.
            false if keep(writer) => match reader
                .fields()
                .iter()
                .all(|field| field.may_be_absent() && matches!(field.of.kind, Kind::Json))
            {
                true => Verdict::MayBreak,
                false if reader.fields().is_empty() => Verdict::MayBreak,
                false => Verdict::Breaks,
            },
            false => Verdict::MayBreak,
        };
        self.tell("", what, verdict, None);
    }

    /// "was …, is …", whichever way values go.
    pub(super) fn became(&self, writer: String, reader: String) -> String {
        let (old, new) = match self.is_backward {
            true => (writer, reader),
            false => (reader, writer),
        };
        format!("was {old}, is {new}")
    }

    pub(super) fn tell(
        &mut self,
        place: &str,
        what: String,
        verdict: Verdict,
        mend: Option<String>,
    ) {
        let place = place.into();
        self.found.push(Finding {
            place,
            what,
            verdict,
            mend,
        });
    }

    pub(super) fn objects<'a>(&mut self, from: Form<'a>, to: Form<'a>, place: &str) {
        let pair: (*const Object, *const Object) = (from.object, to.object);
        if self.seen.contains(&pair) {
            return;
        }
        self.seen.push(pair);
        if from.object.keeps_all() || to.object.keeps_all() {
            if from.object.keeps_all() != to.object.keeps_all() {
                let what = "one of the two keeps every field".into();
                self.tell(place, what, Verdict::MayBreak, None);
            }
            return;
        }
        let plain = |field: &'a Field| Source {
            name: Cow::Borrowed(&*field.name),
            of: Of::Field(field),
        };
        let sources: Vec<Source<'a>> = from.object.fields.iter().map(plain).collect();
        self.nested += 1;
        self.fields(&sources, from, to, place);
        self.nested -= 1;
    }

    fn fields<'a>(&mut self, sources: &[Source<'a>], from: Form<'a>, to: Form<'a>, place: &str) {
        for source in sources {
            let place = inside(place, &source.name);
            match to
                .object
                .fields
                .iter()
                .find(|field| *field.name == *source.name)
            {
                Some(field) => self.field(source, field, from, to, &place),
                None => self.unknown(source, to, &place),
            }
        }
        for field in to.object.fields.iter() {
            if !sources.iter().any(|source| *source.name == *field.name) {
                self.missing(field, &inside(place, &field.name));
            }
        }
        if from.object.unknown != to.object.unknown {
            let words = |unknown| match unknown {
                UnknownFields::Refuse => "refused",
                _ => "left out",
            };
            let (writer, reader) = (words(from.object.unknown), words(to.object.unknown));
            let what = self.became(writer.into(), reader.into()) + " what fields it does not know";
            // What is unknown is never written; fields that one side lacks are told by themselves.
            self.tell(place, what, Verdict::Holds, None);
        }
    }

    /// The reader does not have a field.
    fn unknown(&mut self, source: &Source<'_>, to: Form<'_>, place: &str) {
        let refuses = to.object.unknown == UnknownFields::Refuse;
        let verdict = match (&source.of, refuses) {
            (_, false) => Verdict::Holds,
            (Of::Field(_) | Of::Constant(_), true) => Verdict::Breaks,
            (Of::Unsure, true) => Verdict::MayBreak,
        };
        let name = &source.name;
        let (what, step) = match self.is_backward {
            true => ("removed", format!("up: {{ \"drop\": \"{name}\" }}")),
            false => ("added", format!("down: {{ \"drop\": \"{name}\" }}")),
        };
        let mend = (verdict != Verdict::Holds).then(|| self.step(place, step));
        self.tell(place, what.into(), verdict, mend);
    }

    /// The writer does not have a field.
    fn missing(&mut self, field: &Field, place: &str) {
        let default_depth = field
            .default
            .as_ref()
            .map(|default| default.value().depth());
        let verdict = match default_depth {
            // Filled in deep down it could not be read again.
            Some(depth) if depth > 0 && self.is_deep => Verdict::MayBreak,
            Some(_) => Verdict::Holds,
            None if field.optional => Verdict::Holds,
            None => Verdict::Breaks,
        };
        let name = &field.name;
        let (what, way) = match self.is_backward {
            true => ("added", "up"),
            false => ("removed", "down"),
        };
        let step = format!(
            "{way}: {{ \"add\": {{ \"field\": \"{name}\", \"value\": … }} }}, or {{ \"rename\": [\"…\", \"{name}\"] }}"
        );
        let mend = (verdict == Verdict::Breaks)
            .then(|| self.step(place, step) + "; or make it optional, or give it a default");
        self.tell(place, what.into(), verdict, mend);
    }

    /// Steps change the fields of the contract itself, none deeper.
    pub(super) fn step(&self, place: &str, step: String) -> String {
        if self.nested == 0 && !place.contains('[') {
            step
        } else {
            "no step reaches into a field: keep both, under two names".into()
        }
    }

    fn field<'a>(
        &mut self,
        source: &Source<'a>,
        field: &'a Field,
        from: Form<'a>,
        to: Form<'a>,
        place: &str,
    ) {
        let written = match &source.of {
            Of::Field(written) => *written,
            Of::Constant(value) => return self.constant(value, field, to, place),
            Of::Unsure => {
                let what = "steps of a migration change it".into();
                return self.tell(place, what, Verdict::MayBreak, None);
            }
        };
        let is_optional = |field: &Field| field.may_be_absent();
        if is_optional(written) != is_optional(field) {
            let words = |field: &Field| match is_optional(field) {
                true => "optional".to_string(),
                false => "always there".to_string(),
            };
            let breaks = is_optional(written) && !field.optional && field.default.is_none();
            let verdict = if breaks {
                Verdict::Breaks
            } else {
                Verdict::Holds
            };
            let what = self.became(words(written), words(field));
            let way = if self.is_backward { "up" } else { "down" };
            let step = format!(
                "{way}: {{ \"add\": {{ \"field\": \"{}\", \"value\": … }} }}",
                field.name
            );
            let mend = breaks.then(|| self.step(place, step) + "; or give it a default");
            self.tell(place, what, verdict, mend);
        }
        self.default(written, field, from, to, place);
        let (from, to) = (
            Wanted::of_type(&written.of, from.scope),
            Wanted::of_type(&field.of, to.scope),
        );
        self.types(from, to, field.optional, place);
    }

    fn default(
        &mut self,
        written: &Field,
        field: &Field,
        from: Form<'_>,
        to: Form<'_>,
        place: &str,
    ) {
        let value = |field: &Field, form: Form<'_>| {
            let default = field.default.as_ref()?;
            let wanted = Wanted::of_type(&field.of, form.scope);
            Some(to_json(&default.value().lend(), wanted).to_text())
        };
        let (writer, reader) = (value(written, from), value(field, to));
        if writer != reader {
            let words = |value: Option<String>| match value {
                Some(value) => format!("{value} by default"),
                None => "without a default".into(),
            };
            let is_deep = written.may_be_absent()
                && self.is_deep
                && field
                    .default
                    .as_ref()
                    .is_some_and(|default| default.value().depth() > 0);
            let verdict = if is_deep {
                Verdict::MayBreak
            } else {
                Verdict::Holds
            };
            let what = self.became(words(writer), words(reader));
            self.tell(place, what, verdict, None);
        }
    }

    /// A value that is always the same.
    fn constant(&mut self, value: &Json, field: &Field, to: Form<'_>, place: &str) {
        let is_read = match value {
            Json::Null if field.optional => true,
            value => to.scope.decode_type(value, &field.of).is_ok(),
        };
        let says = |number: Number| number == Number::Unsigned(to.scope.version.into());
        let is_version = *field.name == *VERSION_FIELD && to.scope.version_index().is_some();
        let is_this = !is_version || value.as_number().is_some_and(says);
        let verdict = match is_read && is_this {
            true => return,
            false => Verdict::Breaks,
        };
        let what = format!("{} does not fit", value.to_text());
        self.tell(place, what, verdict, None);
    }
}

fn inside(place: &str, name: &str) -> String {
    match place {
        "" => name.into(),
        place => format!("{place}.{name}"),
    }
}
