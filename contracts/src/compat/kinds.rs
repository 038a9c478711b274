//! What two types at one place are to each other: nullable or not, and kind by kind.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use fastrand::Rng;

use super::counts::Counts;
use super::verdict::Verdict;
use super::walk::Walk;
use super::{numbers, texts};
use crate::encode::to_json;
use crate::json::Json;
use crate::schema::{Kind, Type};
use crate::testing;
use crate::violation::Reason;
use crate::wanted::Wanted;

/// So many made up values of a part are tried.
const VALUES_TRIED: usize = 60;

impl Walk {
    pub(super) fn types<'a>(
        &mut self,
        from: Wanted<'a>,
        to: Wanted<'a>,
        is_optional: bool,
        place: &str,
    ) {
        let is_json = matches!(to.kind(), Some(Kind::Json));
        if from.nullable() != to.nullable() && !matches!(from.kind(), Some(Kind::Json)) && !is_json
        {
            let words = |wanted: Wanted<'_>| match wanted.nullable() {
                true => "nullable".to_string(),
                false => "never null".to_string(),
            };
            let takes = !from.nullable() || to.nullable() || is_optional;
            let verdict = if takes {
                Verdict::Holds
            } else {
                Verdict::Breaks
            };
            let what = self.became(words(from), words(to));
            let mend = (!takes).then(|| self.step(place, self.map_step(place, "null")));
            self.tell(place, what, verdict, mend);
        }
        if let (Some(from), Some(to)) = (from.form(), to.form()) {
            return self.objects(from, to, place);
        }
        match (from.kind(), to.kind()) {
            (Some(Kind::List(item)), Some(Kind::List(wanted))) => {
                self.lists((from, item), (to, wanted), place)
            }
            (Some(Kind::Map(item)), Some(Kind::Map(wanted))) => {
                let counts = [from, to].map(|wanted| Counts::properties(wanted.rules()));
                self.counts(counts, false, (from, to), place);
                if counts[0].max > 0 {
                    self.types(
                        from.part(item),
                        to.part(wanted),
                        false,
                        &format!("{place}[…]"),
                    );
                }
            }
            (Some(Kind::Tuple(items)), Some(Kind::Tuple(wanted)))
                if items.len() == wanted.len() =>
            {
                for (at, (item, wanted)) in items.iter().zip(wanted.iter()).enumerate() {
                    self.types(
                        from.part(item),
                        to.part(wanted),
                        false,
                        &format!("{place}[{at}]"),
                    );
                }
            }
            (Some(Kind::OneOf(_)), Some(Kind::OneOf(_))) => self.unions(from, to, place),
            _ => self.scalars(from, to, place),
        }
    }

    fn map_step(&self, place: &str, value: &str) -> String {
        let way = if self.is_backward { "up" } else { "down" };
        format!("{way}: {{ \"map\": {{ \"field\": \"{place}\", \"values\": [[{value}, …]] }} }}")
    }

    fn counts(
        &mut self,
        [from, to]: [Counts; 2],
        is_doubtful: bool,
        (writer, reader): (Wanted<'_>, Wanted<'_>),
        place: &str,
    ) {
        if from != to {
            let verdict = match from.is_within(to) {
                true => Verdict::Holds,
                false if is_doubtful => Verdict::MayBreak,
                false => Verdict::Breaks,
            };
            let what = self.became(writer.words(Reason::TooLong), reader.words(Reason::TooLong));
            self.tell(place, what, verdict, None);
        }
    }

    fn lists<'a>(
        &mut self,
        (from, item): (Wanted<'a>, &'a Type),
        (to, wanted): (Wanted<'a>, &'a Type),
        place: &str,
    ) {
        let counts = [from, to].map(|wanted| Counts::items(wanted.rules()));
        let (was, is) = (from.rules().unique_items, to.rules().unique_items);
        // Of few distinct elements there may be no list as long as that.
        self.counts(counts, was, (from, to), place);
        if was != is {
            let verdict = match is && counts[0].max > 1 {
                true => Verdict::Breaks,
                false => Verdict::Holds,
            };
            let words = |unique: bool| match unique {
                true => "without repetitions".to_string(),
                false => "with any elements".to_string(),
            };
            let what = self.became(words(was), words(is));
            self.tell(place, what, verdict, None);
        }
        let before = self.found.len();
        if counts[0].max > 0 {
            self.types(
                from.part(item),
                to.part(wanted),
                false,
                &format!("{place}[]"),
            );
        }
        let is_plain = |of: &Type| {
            of.kind.is_scalar() || matches!(of.kind, Kind::Text | Kind::Enum(_) | Kind::Bytes)
        };
        if was && is && counts[0].max > 1 {
            match is_plain(item) {
                // A difference anywhere may be one of a part of theirs: contracts may nest in themselves.
                false => self.distinct.push(place.into()),
                true if self.found.len() > before => self.doubt_distinct(place),
                true => {}
            }
        }
    }

    fn unions<'a>(&mut self, from: Wanted<'a>, to: Wanted<'a>, place: &str) {
        let (Some(writer), Some(reader)) = (from.union(), to.union()) else {
            return;
        };
        if writer.tag != reader.tag {
            let what = self.became(
                format!("told apart by '{}'", writer.tag),
                format!("told apart by '{}'", reader.tag),
            );
            // The new tag may be a field of the old cases.
            let has_field = |case| {
                let form = from.case_form(writer, case);
                form.object.index_of(&reader.tag).is_some()
            };
            let verdict = match writer.cases.iter().any(has_field) {
                true => Verdict::MayBreak,
                false => Verdict::Breaks,
            };
            return self.tell(place, what, verdict, None);
        }
        for case in writer.cases.iter() {
            let place = format!("{place}({})", case.name);
            match reader.cases.iter().find(|known| known.name == case.name) {
                Some(known) => self.objects(
                    from.case_form(writer, case),
                    to.case_form(reader, known),
                    &place,
                ),
                None => {
                    let what = if self.is_backward {
                        "the case was removed"
                    } else {
                        "the case was added"
                    };
                    self.tell(&place, what.into(), Verdict::Breaks, None);
                }
            }
        }
        for case in reader.cases.iter() {
            if !writer.cases.iter().any(|known| known.name == case.name) {
                let what = if self.is_backward {
                    "the case was added"
                } else {
                    "the case was removed"
                };
                self.tell(
                    &format!("{place}({})", case.name),
                    what.into(),
                    Verdict::Holds,
                    None,
                );
            }
        }
    }

    /// Kinds that nothing nests in, and kinds that are not alike.
    fn scalars(&mut self, from: Wanted<'_>, to: Wanted<'_>, place: &str) {
        let (Some(was), Some(is)) = (from.kind(), to.kind()) else {
            return self.others(from, to, place);
        };
        if is_same(was, is) && from.rules() == to.rules() {
            return;
        }
        let verdict = if was.is_number() && is.is_number() {
            numbers::judge(from, to)
        } else if let Some(verdict) = texts::judge(from, to) {
            verdict
        } else if matches!(is, Kind::Json)
            && (was.is_scalar() || matches!(was, Kind::Text | Kind::Enum(_) | Kind::Json))
        {
            Verdict::Holds
        } else {
            return self.others(from, to, place);
        };
        let (writer, reader) = (from.words(Reason::Kind), to.words(Reason::Kind));
        let what = match (was, is) {
            (Kind::Enum(was), Kind::Enum(is)) => self.choices(was, is),
            _ => self.became(writer, reader),
        };
        let is_choice = matches!((was, is), (Kind::Enum(_), Kind::Enum(_)));
        let mend = (verdict == Verdict::Breaks && is_choice)
            .then(|| self.step(place, self.map_step(place, "\"…\"")));
        self.tell(place, what, verdict, mend);
    }

    /// Which choices came and went.
    fn choices(&self, was: &[Cow<'static, str>], is: &[Cow<'static, str>]) -> String {
        let (old, new) = match self.is_backward {
            true => (was, is),
            false => (is, was),
        };
        let without = |these: &[Cow<'static, str>], those: &[Cow<'static, str>]| {
            let left = these.iter().filter(|choice| !those.contains(choice));
            left.map(|choice| format!("\"{choice}\""))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (removed, added) = (without(old, new), without(new, old));
        let said = |what: &str, list: String| (!list.is_empty()).then(|| format!("{what} {list}"));
        let parts = [said("without", removed), said("with", added)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("the choice is now {}", parts.join(" and "))
    }

    /// Whatever else: a value that is refused shows that it breaks, and without one nothing is sure.
    fn others(&mut self, from: Wanted<'_>, to: Wanted<'_>, place: &str) {
        let mut random = Rng::with_seed(1);
        let is_refused = (0..VALUES_TRIED).any(|_| {
            let value = testing::part_value(&mut random, from);
            let Some(value) = from.written(&value) else {
                return false;
            };
            to.written(&value).is_none()
        });
        let verdict = match is_refused {
            true => Verdict::Breaks,
            false => Verdict::MayBreak,
        };
        let what = self.became(from.words(Reason::Kind), to.words(Reason::Kind));
        self.tell(place, what, verdict, None);
    }
}

impl Wanted<'_> {
    /// A value as it is written again once it was read; nothing if it is refused.
    fn written(&self, value: &Json) -> Option<Json> {
        let root;
        let of = match self.kind() {
            Some(kind) => Type {
                kind: kind.clone(),
                rules: self.rules().clone(),
            },
            None => {
                root = self.form()?.object.clone();
                Type::of(Kind::Object(crate::schema::Ref::Shared(root.into())))
            }
        };
        let value = self.scope().decode_type(value, &of).ok()?;
        Some(to_json(&value.lend(), self.part(&of)))
    }
}

fn is_same(was: &Kind, is: &Kind) -> bool {
    match (was, is) {
        (Kind::Enum(was), Kind::Enum(is)) => {
            was.len() == is.len() && was.iter().all(|choice| is.contains(choice))
        }
        // Of other lengths, or they would have been looked into.
        (Kind::Tuple(_), Kind::Tuple(_)) => false,
        _ => was.name() == is.name(),
    }
}
