//! The check of a value that was built and not decoded: typed or not, it is looked at where it is, and
//! nothing is allocated unless it is refused.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use crate::decode::Policy;
use crate::place::{Place, Step};
use crate::rules::shown;
use crate::schema::{DEPTH_MAX, Kind, Schema, Type};
use crate::value::{Entries, Lent, Parts, Value};
use crate::violation::{Reason, Violation, shorten};
use crate::wanted::{Form, Wanted};

type Checked = Result<(), Box<Violation>>;

impl Schema {
    /// Refuses a value that was not decoded but built, e.g. by a producer in Rust.
    pub fn check(&self, fields: Parts<'_>) -> Checked {
        Checker {
            root: self,
            // The value itself is the first level, as it is where it is read.
            depth: 1,
        }
        .fields(fields, Form::of_root(self), None)?;
        let said = self
            .version_index()
            .and_then(|index| fields.part(index).number());
        said.map_or(Ok(()), |said| self.check_version(said))
    }

    /// The same for fields without a type.
    pub fn check_fields(&self, fields: &[Value]) -> Checked {
        self.check(Parts::Values(fields))
    }

    /// A refusal of the value at `place`.
    pub(crate) fn refuse(
        &self,
        place: Option<&Place<'_>>,
        reason: Reason,
        expected: String,
        got: &str,
    ) -> Box<Violation> {
        Box::new(Violation {
            record: None,
            schema: self.name.clone(),
            path: Place::path(place),
            expected,
            got: shorten(got),
            reason,
        })
    }

    /// A refusal of input that could not be read at all.
    pub fn malformed(&self, got: &str) -> Box<Violation> {
        let expected = format!("a value of the contract {}", self.name);
        self.refuse(None, Reason::Malformed, expected, got)
    }
}

/// The root for the words, and how deep we are.
#[derive(Clone, Copy)]
struct Checker<'a> {
    root: &'a Schema,
    depth: usize,
}

impl<'a> Checker<'a> {
    fn inside(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    fn fields(self, fields: Parts<'_>, form: Form<'a>, parent: Option<&Place<'_>>) -> Checked {
        if fields.count() != form.object.fields.len() {
            return Err(self.root.malformed("another number of fields"));
        }
        let is_object = |part| matches!(&part, Lent::Json(all) if all.as_map().is_some());
        if form.object.keeps_all() && !is_object(fields.part(0)) {
            return Err(self.root.malformed("no object"));
        }
        for (index, field) in form.object.fields.iter().enumerate() {
            let place = Place {
                parent,
                step: Step::Name(&field.name),
            };
            let wanted = Wanted::of_type(&field.of, form.scope);
            match fields.part(index) {
                Lent::Absent if field.may_be_absent() => {}
                Lent::Absent => {
                    let words = wanted.words(Reason::Missing);
                    let refusal = self
                        .root
                        .refuse(Some(&place), Reason::Missing, words, "nothing");
                    return Err(refusal);
                }
                value => self.value(&value, wanted, &place)?,
            }
        }
        Ok(())
    }

    fn value(self, value: &Lent<'_>, wanted: Wanted<'a>, place: &Place<'_>) -> Checked {
        let refuse = |reason: Reason, got: &str| {
            Err(self
                .root
                .refuse(Some(place), reason, wanted.words(reason), got))
        };
        let Some(kind) = wanted.kind() else {
            return Ok(());
        };
        let reason = match (value, kind) {
            (Lent::Null, _) if wanted.nullable() => return Ok(()),
            (Lent::Bool(_), Kind::Bool) => return Ok(()),
            (Lent::Text(text), Kind::Text | Kind::Enum(_)) => match wanted.text(text) {
                Ok(()) => return Ok(()),
                Err(reason) => return refuse(reason, text),
            },
            (Lent::Bytes(bytes), Kind::Bytes) => match wanted.bytes(bytes.len()) {
                Ok(()) => return Ok(()),
                Err(reason) => reason,
            },
            (Lent::Json(json), Kind::Json) if !json.is_within() => Reason::TooLong,
            (Lent::Json(json), Kind::Json) => match json.flaw(Some(place), false) {
                None => return Ok(()),
                Some(flaw) => {
                    return refuse(flaw.reason, "").map_err(|mut refusal: Box<Violation>| {
                        flaw.tell(&mut refusal);
                        refusal
                    });
                }
            },
            (Lent::List(_) | Lent::Map(_) | Lent::Object(_) | Lent::Case(..), _)
                if self.depth == DEPTH_MAX =>
            {
                Reason::TooDeep
            }
            (Lent::List(parts), Kind::List(of)) => {
                return self.inside().list(*parts, of, wanted, place);
            }
            (Lent::List(parts), Kind::Tuple(types)) => {
                return self.inside().tuple(*parts, types, wanted, place);
            }
            (Lent::Map(entries), Kind::Map(of)) => {
                return self.inside().map(*entries, of, wanted, place);
            }
            (Lent::Object(fields), Kind::Object(_) | Kind::Contract(_)) => {
                // Both kinds have a form.
                return wanted.form().map_or(Ok(()), |form| {
                    self.inside().fields(*fields, form, Some(place))
                });
            }
            (Lent::Case(case, fields), Kind::OneOf(union)) => match union.cases.get(*case) {
                Some(case) => {
                    let form = wanted.case_form(union, case);
                    return self.inside().fields(*fields, form, Some(place));
                }
                None => Reason::Choice,
            },
            _ => match value
                .number()
                .map(|number| (number, wanted.number(number, Policy::default())))
            {
                Some((_, Ok(_))) => return Ok(()),
                Some((number, Err(reason))) => return refuse(reason, &number.text()),
                None => Reason::Kind,
            },
        };
        refuse(reason, &shown(value))
    }

    fn counted(
        self,
        counted: Result<(), Reason>,
        (count, noun): (usize, &str),
        wanted: Wanted<'_>,
        place: &Place<'_>,
    ) -> Checked {
        counted.map_err(|reason| {
            let got = format!("{count} {noun}");
            self.root
                .refuse(Some(place), reason, wanted.words(reason), &got)
        })
    }

    fn list(
        self,
        parts: Parts<'_>,
        of: &'a Type,
        wanted: Wanted<'a>,
        place: &Place<'_>,
    ) -> Checked {
        let count = parts.count();
        self.counted(wanted.items(count), (count, "elements"), wanted, place)?;
        for index in 0..count {
            self.element(parts, index, wanted.part(of), place)?;
        }
        match wanted.repetition(parts) {
            Some(index) => Err(self.repeated(index, wanted, place)),
            None => Ok(()),
        }
    }

    fn repeated(self, index: usize, wanted: Wanted<'_>, place: &Place<'_>) -> Box<Violation> {
        let place = Place {
            parent: Some(place),
            step: Step::Index(index),
        };
        let words = wanted.words(Reason::NotUnique);
        let got = "an element that stands there before";
        self.root
            .refuse(Some(&place), Reason::NotUnique, words, got)
    }

    fn tuple(
        self,
        parts: Parts<'_>,
        types: &'a [Type],
        wanted: Wanted<'a>,
        place: &Place<'_>,
    ) -> Checked {
        let count = parts.count();
        self.counted(wanted.items(count), (count, "elements"), wanted, place)?;
        types
            .iter()
            .enumerate()
            .try_for_each(|(index, of)| self.element(parts, index, wanted.part(of), place))
    }

    fn element(
        self,
        parts: Parts<'_>,
        index: usize,
        wanted: Wanted<'a>,
        parent: &Place<'_>,
    ) -> Checked {
        let place = Place {
            parent: Some(parent),
            step: Step::Index(index),
        };
        self.value(&parts.part(index).or_null(), wanted, &place)
    }

    fn map(
        self,
        entries: Entries<'_>,
        of: &'a Type,
        wanted: Wanted<'a>,
        parent: &Place<'_>,
    ) -> Checked {
        let count = entries.count();
        self.counted(wanted.properties(count), (count, "names"), wanted, parent)?;
        let mut checked = Ok(());
        entries.each(&mut |name, value| {
            let place = Place {
                parent: Some(parent),
                step: Step::Name(name),
            };
            checked = self
                .counted(wanted.name(name), (name.len(), "bytes"), wanted, &place)
                .and_then(|()| self.value(&value.or_null(), wanted.part(of), &place));
            checked.is_ok()
        });
        checked
    }
}
