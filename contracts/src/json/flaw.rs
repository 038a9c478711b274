//! Parts of a value that no JSON can say: a function, half a character, a number that is none.

use alloc::boxed::Box;
use alloc::string::String;

use super::Json;
use crate::place::{Place, Step};
use crate::violation::{Reason, Violation, shorten};

/// Text, or a name, with half a character in it: a UTF-16 surrogate without the other one.
pub const LONE_SURROGATE: &str = "text with a lone surrogate";

/// What cannot be in a value, and where.
pub(crate) struct Flaw {
    pub(crate) path: String,
    pub(crate) reason: Reason,
    /// What came.
    pub(crate) got: String,
}

impl Flaw {
    /// Of a scalar; nothing if it is a good one.
    pub(crate) fn of(json: &Json, place: Option<&Place<'_>>, safe_integers: bool) -> Option<Self> {
        let (reason, got) = match json {
            Json::Number(number) if !number.to_f64().is_finite() => {
                (Reason::NotFinite, number.text())
            }
            Json::Number(number) if safe_integers && !number.is_safe() => {
                (Reason::UnsafeInteger, number.text())
            }
            Json::Stray(words) => (reason(words), words.clone()),
            _ => return None,
        };
        let path = Place::path(place);
        Some(Self { path, reason, got })
    }

    /// Changes a refusal to one of this.
    pub(crate) fn tell(self, refusal: &mut Violation) {
        refusal.path = self.path;
        refusal.reason = self.reason;
        refusal.got = shorten(&self.got);
    }
}

/// The reason of a stray, by what its words begin with.
fn reason(words: &str) -> Reason {
    match words {
        LONE_SURROGATE => Reason::LoneSurrogate,
        _ if words.starts_with("an object of ") => Reason::NotData,
        _ if words.starts_with("a value deeper ") => Reason::TooDeep,
        _ if words.starts_with("more than ") => Reason::TooLarge,
        _ => Reason::Kind,
    }
}

impl Json {
    /// The first scalar of which `find` makes something.
    pub(crate) fn find_scalar(
        &self,
        place: Option<&Place<'_>>,
        find: &dyn Fn(&Self, Option<&Place<'_>>) -> Option<Flaw>,
    ) -> Option<Flaw> {
        let inside = |step, json: &Self| {
            let parent = place;
            json.find_scalar(Some(&Place { parent, step }), find)
        };
        match self {
            Self::List(elements) => {
                let mut elements = elements.iter().enumerate();
                elements.find_map(|(index, element)| inside(Step::Index(index), element))
            }
            Self::Map(entries) => {
                let mut entries = entries.iter();
                entries.find_map(|(name, value)| inside(Step::Name(name), value))
            }
            scalar => find(scalar, place),
        }
    }

    /// The first part that no JSON can say, or, if that is asked, that JavaScript would round.
    pub(crate) fn flaw(&self, place: Option<&Place<'_>>, safe_integers: bool) -> Option<Flaw> {
        self.find_scalar(place, &|json, place| Flaw::of(json, place, safe_integers))
    }

    /// A refusal of this value in the words of the stray that is at its path, if one is.
    pub(crate) fn told(&self, mut refusal: Box<Violation>) -> Box<Violation> {
        let is_stray = |json: &Self| matches!(json, Self::Stray(_));
        let at_its_path = |json: &Self, place: Option<&Place<'_>>| {
            let flaw = Flaw::of(json, place, false).filter(|_| is_stray(json))?;
            (flaw.path == refusal.path).then_some(flaw)
        };
        if refusal.reason == Reason::UnknownField {
            return refusal;
        }
        if let Some(flaw) = self.find_scalar(None, &at_its_path) {
            flaw.tell(&mut refusal);
        }
        refusal
    }
}
