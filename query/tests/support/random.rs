//! Random tables and queries.

use aimdb_query::Value;
use fastrand::Rng;

use super::Rows;

pub fn value(rng: &mut Rng, column: usize) -> Value {
    if rng.u8(..6) == 0 {
        return Value::Null;
    }
    let texts = [
        "", "a", "A", "ab", "abc", "12", "3.5", " 7 ", "1e2", "b%", "ä", "-1", "x_y",
    ];
    match column {
        0 => Value::Integer(match rng.u8(..24) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => 1 << 53,
            _ => rng.i64(-4..8),
        }),
        1 => Value::Real(match rng.u8(..24) {
            0 => 9_007_199_254_740_993.0,
            1 => -1e300,
            2 => 0.1,
            _ => rng.i64(-8..12) as f64 / 4.0,
        }),
        2 => Value::text(texts[rng.usize(..texts.len())]),
        _ => match rng.u8(..4) {
            0 => Value::Bytes(texts[rng.usize(..texts.len())].as_bytes().into()),
            kind => value(rng, usize::from(kind) - 1),
        },
    }
}

pub fn table(rng: &mut Rng, rows: usize) -> Rows {
    (0..rows)
        .map(|_| (0..4).map(|column| value(rng, column)).collect())
        .collect()
}

/// A query, and whether its rows are ordered and its values of one kind on both sides.
pub struct Asked {
    pub text: String,
    pub ordered: bool,
    pub strict: bool,
}

/// Makes queries. What is decided differently here than in SQLite is left out: see docs/query.md.
pub struct Maker<'r> {
    pub rng: &'r mut Rng,
    /// Whether aggregates may stand where an expression is made.
    pub aggregates: bool,
    /// Columns that are seen, such as `x.a`.
    pub columns: Vec<String>,
    pub strict: bool,
}

impl Maker<'_> {
    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.rng.usize(..all.len())]
    }

    fn column(&mut self) -> String {
        match self.columns.is_empty() {
            true => self.literal(),
            false => self.columns[self.rng.usize(..self.columns.len())].clone(),
        }
    }

    fn literal(&mut self) -> String {
        let all = [
            "NULL",
            "0",
            "1",
            "2",
            "-3",
            "1.0",
            "0.5",
            "2.25",
            "'a'",
            "'12'",
            "'3.5'",
            "''",
            "'abc'",
            "9007199254740993",
            "x'61'",
        ];
        self.pick(&all).to_owned()
    }

    pub fn expression(&mut self, depth: usize) -> String {
        if depth == 0 || self.rng.u8(..5) == 0 {
            return match self.rng.u8(..4) {
                0 => self.literal(),
                _ => self.column(),
            };
        }
        let kind = self.rng.u8(..18);
        let mut below = || self.expression(depth - 1);
        let (one, two, three) = (below(), below(), below());
        match kind {
            0..=2 => {
                let sign = self.pick(&["+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>"]);
                format!("({one} {sign} {two})")
            }
            3..=5 => self.condition(depth),
            6 => format!("CASE WHEN {one} THEN {two} ELSE {three} END"),
            7 => format!("CASE {one} WHEN {two} THEN {three} WHEN 1 THEN 'one' END"),
            8 => {
                let kind = self.pick(&["INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC"]);
                format!("CAST({one} AS {kind})")
            }
            9 => format!("coalesce({one}, {two}, {three})"),
            10 => format!("nullif({one}, {two})"),
            11 => {
                let name = self.pick(&[
                    "abs", "length", "lower", "upper", "trim", "typeof", "sign", "ltrim", "rtrim",
                ]);
                match name {
                    // Of the least integer SQLite says an error, here it is real.
                    "abs" => {
                        format!("abs(coalesce(nullif({one}, -9223372036854775808), 0) % 1000)")
                    }
                    _ => format!("{name}({one})"),
                }
            }
            12 => {
                let start = self.rng.i8(-4..5);
                let length = self.rng.i8(-3..5);
                format!("substr(CAST({one} AS TEXT), {start}, {length})")
            }
            13 => format!("{}({one}, {two})", self.pick(&["min", "max"])),
            14 => format!("{}{one}", self.pick(&["-", "+", "~", "NOT "])).replace("--", "- -"),
            15 => format!("iif({one}, {two}, {three})"),
            16 => format!("instr(CAST({one} AS TEXT), CAST({two} AS TEXT))"),
            _ => format!("replace(CAST({one} AS TEXT), 'a', CAST({two} AS TEXT))"),
        }
    }

    pub fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            let column = self.column();
            return format!("({column} IS NOT NULL)");
        }
        let one = self.expression(depth - 1);
        let two = self.expression(depth - 1);
        let not = self.pick(&["", "NOT "]);
        match self.rng.u8(..10) {
            0..=3 => {
                let sign = self.pick(&["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]);
                format!("({one} {sign} {two})")
            }
            4 => format!(
                "({one} {not}BETWEEN {two} AND {})",
                self.expression(depth - 1)
            ),
            5 => format!("({one} {not}IN ({two}, {}, 1))", self.literal()),
            6 => format!("({one} IS {not}NULL)"),
            7 => format!(
                "({one} {not}LIKE {})",
                self.pick(&["'a%'", "'%b'", "'%a%'", "'_'", "'a_c'", "'%'", "''"])
            ),
            8 => format!(
                "({one} {not}GLOB {})",
                self.pick(&["'a*'", "'[a-b]*'", "'?'", "'*'", "'[^a]*'"])
            ),
            _ => {
                let sign = self.pick(&["AND", "OR"]);
                format!(
                    "({} {sign} {not}{})",
                    self.condition(depth - 1),
                    self.condition(depth - 1)
                )
            }
        }
    }

    fn aggregate(&mut self) -> String {
        let distinct = self.pick(&["", "", "DISTINCT "]);
        let column = self.column();
        let filter = match self.rng.u8(..4) {
            0 => format!(" FILTER (WHERE {})", self.condition(2)),
            _ => String::new(),
        };
        match self.rng.u8(..8) {
            0 => format!("count(*){filter}"),
            1 | 2 => format!("count({distinct}{column}){filter}"),
            // Integers of 64 bits would leave their range.
            3 => format!("sum({distinct}{column} % 1000){filter}"),
            4 => format!("total({distinct}{column} % 1000){filter}"),
            5 => format!("avg({distinct}{column} % 1000){filter}"),
            6 => format!("min({column}){filter}"),
            _ => format!("max({column}){filter}"),
        }
    }

    fn tables(&mut self) -> String {
        let count = 1 + self.rng.usize(..5) / 2;
        let mut text = String::new();
        self.columns.clear();
        for number in 0..count {
            let alias = ["x", "y", "z"][number];
            let table = self.pick(&["t0", "t1", "t2"]);
            let own: Vec<String> = ["a", "b", "c", "d"]
                .iter()
                .map(|name| format!("{alias}.{name}"))
                .collect();
            let source = match self.rng.u8(..5) {
                0 => format!("(SELECT a, b, c, d FROM {table} WHERE a IS NOT NULL)"),
                _ => table.to_owned(),
            };
            if number == 0 {
                text = format!("{source} AS {alias}");
                self.columns = own;
                continue;
            }
            let kind = self.pick(&["JOIN", "LEFT JOIN", "CROSS JOIN", "LEFT JOIN", ","]);
            text += &format!(" {kind} {source} AS {alias}");
            let left = self.column();
            self.columns.extend(own.clone());
            if kind != "," && kind != "CROSS JOIN" {
                let right = &own[self.rng.usize(..own.len())];
                text += &format!(" ON {left} = {right}");
                if self.rng.bool() {
                    text += &format!(" AND {}", self.condition(1));
                }
            }
        }
        text
    }

    fn subquery(&mut self) -> String {
        let table = self.pick(&["t0", "t1", "t2"]);
        let outer = self.column();
        let column = self.pick(&["q.a", "q.b", "q.c", "q.d"]);
        let other = self.pick(&["q.a", "q.b", "q.c", "q.d"]);
        let correlated = match self.rng.bool() {
            true => format!(" WHERE {other} = {outer}"),
            false => String::new(),
        };
        let not = self.pick(&["", "NOT "]);
        let value = self.column();
        match self.rng.u8(..4) {
            0 => format!("{not}EXISTS (SELECT 1 FROM {table} AS q{correlated})"),
            1 => format!("{value} {not}IN (SELECT {column} FROM {table} AS q{correlated})"),
            2 => format!("(SELECT count({column}) FROM {table} AS q{correlated}) > 2"),
            _ => format!("{value} <= (SELECT max({column}) FROM {table} AS q{correlated})"),
        }
    }

    fn select(&mut self, width: usize) -> String {
        let tables = self.tables();
        let mut filter = String::new();
        if self.rng.u8(..4) > 0 {
            filter = format!(" WHERE {}", self.condition(3));
            if self.rng.u8(..4) == 0 {
                filter += &format!(" AND {}", self.subquery());
            }
        }
        if self.rng.u8(..3) == 0 {
            return self.grouped(&tables, &filter, width);
        }
        let distinct = match self.rng.u8(..4) {
            0 => {
                self.strict = false;
                "DISTINCT "
            }
            _ => "",
        };
        let mut items: Vec<String> = (0..width).map(|_| self.expression(3)).collect();
        if distinct.is_empty() && self.rng.u8(..6) == 0 {
            items[0] = format!("({})", self.subquery());
        }
        format!(
            "SELECT {distinct}{} FROM {tables}{filter}",
            items.join(", ")
        )
    }

    fn grouped(&mut self, tables: &str, filter: &str, width: usize) -> String {
        self.strict = false;
        let keys: Vec<String> = (0..self.rng.usize(..3))
            .map(|_| match self.rng.bool() {
                true => self.column(),
                false => self.expression(1),
            })
            .collect();
        // A number or a text is not what a group is made by.
        let keys: Vec<String> = keys
            .into_iter()
            .filter(|key| key.contains('.') && key.contains(['x', 'y', 'z']))
            .collect();
        let item = |maker: &mut Self| match keys.is_empty() || maker.rng.bool() {
            true => maker.aggregate(),
            false => keys[maker.rng.usize(..keys.len())].clone(),
        };
        let items: Vec<String> = (0..width)
            .map(|number| match number {
                0 => self.aggregate(),
                _ => item(self),
            })
            .collect();
        let mut text = format!("SELECT {} FROM {tables}{filter}", items.join(", "));
        if !keys.is_empty() {
            text += &format!(" GROUP BY {}", keys.join(", "));
            if self.rng.bool() {
                text += &format!(" HAVING {} > 0", self.aggregate());
            }
        }
        text
    }

    pub fn query(mut self) -> Asked {
        let width = 1 + self.rng.usize(..3);
        let mut text = self.select(width);
        while self.rng.u8(..6) == 0 {
            self.strict = false;
            let operator = self.pick(&["UNION ALL", "UNION", "INTERSECT", "EXCEPT"]);
            text = format!("{text} {operator} {}", self.select(width));
        }
        let mut ordered = false;
        if self.rng.bool() {
            ordered = true;
            self.strict = false;
            let keys: Vec<String> = (1..=width)
                .map(|number| {
                    format!(
                        "{number} {} {}",
                        self.pick(&["ASC", "DESC"]),
                        self.pick(&["", "NULLS FIRST", "NULLS LAST"])
                    )
                })
                .collect();
            text += &format!(" ORDER BY {}", keys.join(", "));
            if self.rng.bool() {
                text += &format!(" LIMIT {}", self.rng.i8(-1..12));
                if self.rng.bool() {
                    text += &format!(" OFFSET {}", self.rng.i8(0..4));
                }
            }
        }
        Asked {
            text,
            ordered,
            strict: self.strict,
        }
    }
}
