//! What a contract asks for at one place, in words only when somebody is to read them.

use alloc::format;
use alloc::string::{String, ToString};

use crate::json::{JSON_BYTES_MAX, JSON_DEPTH_MAX};
use crate::number::{Number, SAFE_INTEGER_MAX};
use crate::schema::{
    Body, Case, Kind, LIST_LENGTH_MAX, Object, Rules, Schema, TEXT_BYTES_MAX, Type, Union,
};
use crate::violation::Reason;

/// So many choices of an enum are told.
const CHOICES_TOLD_MAX: usize = 12;

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    what: What<'a>,
    /// The contract that links count in.
    scope: &'a Schema,
    nullable: bool,
}

/// A type, or the contract itself, which has no type of its own to point to.
#[derive(Clone, Copy)]
enum What<'a> {
    Type(&'a Type),
    Root,
}

/// The fields that an object is to have.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    pub(crate) object: &'a Object,
    pub(crate) scope: &'a Schema,
    /// The contract's name, if it has one.
    pub(crate) contract: Option<&'a str>,
    /// A field beside them that is known already: the tag of a union.
    pub(crate) tag: Option<&'a str>,
}

impl<'a> Form<'a> {
    pub(crate) fn of_root(schema: &'a Schema) -> Self {
        Self {
            object: &schema.object,
            scope: schema,
            contract: Some(&schema.name),
            tag: None,
        }
    }

    /// The fields of a union's case.
    pub(crate) fn of_case(case: &'a Case, union: &'a Union, scope: &'a Schema) -> Self {
        let tag = Some(&*union.tag);
        match &case.body {
            Body::Object(object) => Self {
                object,
                scope,
                contract: None,
                tag,
            },
            Body::Contract(link) => {
                let (schema, scope) = scope.follow(*link);
                Self {
                    scope,
                    tag,
                    ..Self::of_root(schema)
                }
            }
        }
    }

    /// What is said of a field that it does not have.
    pub(crate) fn words(&self) -> String {
        match self.contract {
            Some(name) => format!("only fields of the contract {name}"),
            None => "only fields that the contract knows".into(),
        }
    }
}

impl<'a> Wanted<'a> {
    /// A value of the contract itself.
    pub(crate) fn of_root(schema: &'a Schema) -> Self {
        Self {
            what: What::Root,
            scope: schema,
            nullable: false,
        }
    }

    /// A value of a type whose links count in `scope`.
    pub(crate) fn of_type(of: &'a Type, scope: &'a Schema) -> Self {
        let (mut of, mut nullable) = (of, false);
        while let Kind::Nullable(inner) = &of.kind {
            of = inner;
            nullable = true;
        }
        Self {
            what: What::Type(of),
            scope,
            nullable,
        }
    }

    /// A part of this value.
    pub(crate) fn part(&self, of: &'a Type) -> Self {
        Self::of_type(of, self.scope)
    }

    /// The contract that links count in.
    #[cfg(feature = "compat")]
    pub(crate) fn scope(&self) -> &'a Schema {
        self.scope
    }

    /// Whether null is a value here.
    pub(crate) fn nullable(&self) -> bool {
        self.nullable
    }

    /// The kind, unless the contract as a whole is wanted.
    pub(crate) fn kind(&self) -> Option<&'a Kind> {
        match self.what {
            What::Type(of) => Some(&of.kind),
            What::Root => None,
        }
    }

    pub(crate) fn rules(&self) -> &'a Rules {
        match self.what {
            What::Type(of) => &of.rules,
            What::Root => &Rules::NONE,
        }
    }

    /// The fields of an object, if one is wanted.
    pub(crate) fn form(&self) -> Option<Form<'a>> {
        match self.kind() {
            None => Some(Form::of_root(self.scope)),
            Some(Kind::Object(object)) => Some(Form {
                object,
                scope: self.scope,
                contract: None,
                tag: None,
            }),
            Some(Kind::Contract(link)) => {
                let (schema, scope) = self.scope.follow(*link);
                Some(Form {
                    scope,
                    ..Form::of_root(schema)
                })
            }
            Some(_) => None,
        }
    }

    /// A union, if one is wanted.
    pub(crate) fn union(&self) -> Option<&'a Union> {
        match self.kind() {
            Some(Kind::OneOf(union)) => Some(union),
            _ => None,
        }
    }

    pub(crate) fn case_form(&self, union: &'a Union, case: &'a Case) -> Form<'a> {
        Form::of_case(case, union, self.scope)
    }

    /// The words of a refusal for a reason.
    pub(crate) fn words(&self, reason: Reason) -> String {
        match reason {
            Reason::UnsafeInteger => {
                format!("an integer that JavaScript holds exactly (up to {SAFE_INTEGER_MAX})")
            }
            Reason::TooDeep => {
                format!("a value nested at most {} deep", crate::schema::DEPTH_MAX)
            }
            Reason::PatternSteps => "text that the pattern can be tried on in time".into(),
            Reason::PatternEngine => "a program that can judge patterns".into(),
            _ if self.nullable => self.plain_words() + ", or null",
            _ => self.plain_words(),
        }
    }

    fn plain_words(&self) -> String {
        if let Some(form) = self.form() {
            return match form.contract {
                _ if form.object.keeps_all() => json_words("object"),
                Some(name) => format!("an object of the contract {name}"),
                None => "an object".into(),
            };
        }
        let Some(kind) = self.kind() else {
            return String::new();
        };
        let rules = self.rules();
        match kind {
            Kind::Bool => "true or false".into(),
            Kind::Text => text_words(rules),
            Kind::Bytes => bytes_words(rules),
            Kind::Json => json_words("value"),
            Kind::Enum(choices) => choice_words(choices.iter().map(|choice| &**choice)),
            Kind::List(_) => {
                let counts = counts(rules.min_items, rules.max_items, LIST_LENGTH_MAX);
                let unique = if rules.unique_items {
                    " without a repetition"
                } else {
                    ""
                };
                format!("a list of {counts} elements{unique}")
            }
            Kind::Tuple(types) => format!("a list of {} elements", types.len()),
            Kind::Map(_) => {
                let counts = counts(rules.min_properties, rules.max_properties, LIST_LENGTH_MAX);
                format!("an object of {counts} names")
            }
            Kind::OneOf(union) => {
                let cases = choice_words(union.cases.iter().map(|case| &*case.name));
                format!("an object whose '{}' is {cases}", union.tag)
            }
            _ => number_words(kind, rules),
        }
    }
}

fn json_words(noun: &str) -> String {
    format!("a JSON {noun} of at most {JSON_BYTES_MAX} bytes, nested at most {JSON_DEPTH_MAX} deep")
}

fn text_words(rules: &Rules) -> String {
    let mut words = match (rules.min_length, rules.max_length) {
        (None, None) => format!("text of at most {TEXT_BYTES_MAX} bytes"),
        (min, max) => format!("text of {} characters", counts(min, max, TEXT_BYTES_MAX)),
    };
    if let Some(pattern) = &rules.pattern {
        words += &format!(" that matches {pattern}");
    }
    if let Some(format) = rules.format {
        words += &format!(" that is a valid {}", format.name());
    }
    words
}

fn bytes_words(rules: &Rules) -> String {
    let counts = counts(rules.min_length, rules.max_length, TEXT_BYTES_MAX);
    format!("{counts} bytes, as base64")
}

/// `1 to 5`, `at least 1` or `at most 5`, where `limit` holds in any case.
fn counts(min: Option<u32>, max: Option<u32>, limit: usize) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("exactly {min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => format!("at most {limit}"),
    }
}

/// Words with commas between them. `join` of the standard library is a kilobyte in a tab.
pub fn listed(words: &[&str]) -> String {
    let mut list = String::new();
    for word in words {
        if !list.is_empty() {
            list += ", ";
        }
        list += word;
    }
    list
}

fn choice_words<'a>(choices: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = choices.clone().count();
    let mut words = String::new();
    for (index, choice) in choices.take(CHOICES_TOLD_MAX).enumerate() {
        if index > 0 {
            words += if index + 1 == count { " or " } else { ", " };
        }
        words += &format!("\"{choice}\"");
    }
    if count > CHOICES_TOLD_MAX {
        words += &format!(" or one of {} more", count - CHOICES_TOLD_MAX);
    }
    words
}

fn number_words(kind: &Kind, rules: &Rules) -> String {
    let (article, noun) = match kind {
        Kind::Float { .. } => ("a", "number"),
        Kind::Time => ("a", "time in Unix milliseconds"),
        _ => ("an", "integer"),
    };
    let range = range_words(rules);
    let steps = match rules.multiple_of {
        Some(step) => format!(" in steps of {}", step.text()),
        None => String::new(),
    };
    match kind {
        _ if !range.is_empty() => format!("{article} {noun}{range}{steps}"),
        Kind::Float { .. } => format!("a finite number ({}){steps}", kind.name()),
        Kind::Time => format!("a {noun}{steps}"),
        _ => format!("an integer ({}){steps}", kind.name()),
    }
}

fn range_words(rules: &Rules) -> String {
    let (min, max) = (rules.min.map(Number::text), rules.max.map(Number::text));
    let (above, below) = (
        rules.exclusive_min.map(Number::text),
        rules.exclusive_max.map(Number::text),
    );
    let mut words = String::new();
    let has_floor = min.is_some() || above.is_some();
    for (word, bound) in [("from", min), ("above", above)] {
        if let Some(bound) = bound {
            words = words + " " + word + " " + &bound;
        }
    }
    let to = if has_floor { "to" } else { "up to" };
    for (word, bound) in [(to, max), ("below", below)] {
        if let Some(bound) = bound {
            words = words + " " + word + " " + &bound;
        }
    }
    words.to_string()
}
