//! The functions that a query may call.

/// Of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Coalesce,
    NullIf,
    Length,
    Lower,
    Upper,
    Substr,
    Trim,
    LeftTrim,
    RightTrim,
    Replace,
    Instr,
    Round,
    Floor,
    Ceil,
    Sqrt,
    Power,
    Sign,
    Least,
    Greatest,
    TypeOf,
    TimeBucket,
}

/// Their names, with the least and the largest number of arguments.
pub(crate) const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("abs", Function::Abs, 1, 1),
    ("coalesce", Function::Coalesce, 2, 127),
    ("ifnull", Function::Coalesce, 2, 2),
    ("nullif", Function::NullIf, 2, 2),
    ("length", Function::Length, 1, 1),
    ("lower", Function::Lower, 1, 1),
    ("upper", Function::Upper, 1, 1),
    ("substr", Function::Substr, 2, 3),
    ("substring", Function::Substr, 2, 3),
    ("trim", Function::Trim, 1, 2),
    ("ltrim", Function::LeftTrim, 1, 2),
    ("rtrim", Function::RightTrim, 1, 2),
    ("replace", Function::Replace, 3, 3),
    ("instr", Function::Instr, 2, 2),
    ("round", Function::Round, 1, 2),
    ("floor", Function::Floor, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("ceiling", Function::Ceil, 1, 1),
    ("sqrt", Function::Sqrt, 1, 1),
    ("power", Function::Power, 2, 2),
    ("pow", Function::Power, 2, 2),
    ("sign", Function::Sign, 1, 1),
    ("min", Function::Least, 2, 127),
    ("max", Function::Greatest, 2, 127),
    ("typeof", Function::TypeOf, 1, 1),
    ("time_bucket", Function::TimeBucket, 2, 2),
];

impl Function {
    pub(crate) fn name(self) -> &'static str {
        FUNCTIONS
            .iter()
            .find(|entry| entry.1 == self)
            .map_or("", |entry| entry.0)
    }
}

/// Of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    Sum,
    Total,
    Average,
    Min,
    Max,
    GroupConcat,
}

/// Their names.
pub(crate) const AGGREGATES: &[(&str, Aggregate)] = &[
    ("count", Aggregate::Count),
    ("sum", Aggregate::Sum),
    ("total", Aggregate::Total),
    ("avg", Aggregate::Average),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("group_concat", Aggregate::GroupConcat),
];

impl Aggregate {
    pub(crate) fn name(self) -> &'static str {
        AGGREGATES
            .iter()
            .find(|entry| entry.1 == self)
            .map_or("", |entry| entry.0)
    }

    /// The aggregate of a call, unless the name is that of another function or `min` and `max` have more arguments.
    pub(crate) fn of_call(name: &str, arguments: usize) -> Option<Self> {
        let found = AGGREGATES
            .iter()
            .find(|entry| entry.0.eq_ignore_ascii_case(name))?
            .1;
        let is_scalar = matches!(found, Self::Min | Self::Max) && arguments > 1;
        (!is_scalar).then_some(found)
    }
}
