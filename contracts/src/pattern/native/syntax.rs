//! A pattern as a tree: the grammar of ECMA-262, section 22.2.1, with the flag `u` and without annex B.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::class::Class;

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Node {
    /// One character by its number, which may be that of half a surrogate pair: no text has one.
    Char(u32),
    /// One of a set.
    Class(Arc<Class>),
    /// `.`
    Any,
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first that leads to a match.
    Choice(Vec<Node>),
    /// A group that remembers what it matched.
    Capture { group: usize, inside: Box<Node> },
    /// What a group matched.
    Reference(Reference),
    /// `^`
    Start,
    /// `$`
    End,
    /// `\b`, or `\B` if it is negated.
    WordEdge { is_negated: bool },
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`
    Look {
        is_behind: bool,
        is_negated: bool,
        inside: Box<Node>,
    },
    /// `*`, `+`, `?`, `{…}`
    Repeat {
        min: u32,
        max: Option<u32>,
        is_greedy: bool,
        inside: Box<Node>,
        /// The groups inside, from and up to: each iteration begins without what they matched before.
        groups: (usize, usize),
    },
}

/// How a pattern speaks of a group.
#[derive(Debug)]
pub(super) enum Reference {
    /// By its number, from 1.
    Number(usize),
    /// By its name.
    Name(String),
}

/// A whole pattern.
#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) root: Node,
    /// How many groups remember, group 0 (the whole) not counted.
    pub(super) groups: usize,
    /// Names of groups, and their numbers.
    pub(super) names: Vec<(String, usize)>,
    /// Whether anything refers to a group.
    pub(super) has_references: bool,
}

/// Reads a pattern.
pub(super) fn read(pattern: &str) -> Result<Syntax, String> {
    let mut reader = Reader {
        letters: pattern.chars().collect(),
        at: 0,
        groups: 0,
        names: Vec::new(),
        has_references: false,
    };
    let root = reader.choice()?;
    if reader.at < reader.letters.len() {
        return Err(reader.wrong("a group ends that did not begin"));
    }
    Ok(Syntax {
        root,
        groups: reader.groups,
        names: reader.names,
        has_references: reader.has_references,
    })
}

struct Reader {
    letters: Vec<char>,
    at: usize,
    groups: usize,
    names: Vec<(String, usize)>,
    has_references: bool,
}

impl Reader {
    fn wrong(&self, words: &str) -> String {
        format!("at character {}: {words}", self.at)
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn take_text(&mut self, wanted: &str) -> bool {
        let is_there = wanted
            .chars()
            .enumerate()
            .all(|(place, letter)| self.letters.get(self.at + place) == Some(&letter));
        if is_there {
            self.at += wanted.chars().count();
        }
        is_there
    }

    fn choice(&mut self) -> Result<Node, String> {
        let mut ways = Vec::new();
        loop {
            ways.push(self.sequence()?);
            if !self.take('|') {
                break;
            }
        }
        Ok(match ways.len() {
            1 => ways.swap_remove(0),
            _ => Node::Choice(ways),
        })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut parts = Vec::new();
        while let Some(letter) = self.peek() {
            if letter == '|' || letter == ')' {
                break;
            }
            parts.push(self.term(letter)?);
        }
        Ok(Node::Sequence(parts))
    }

    /// A part with its quantifier.
    fn term(&mut self, letter: char) -> Result<Node, String> {
        let before = self.groups;
        if let Some(assertion) = self.assertion(letter)? {
            // A quantifier after it is refused as a character that stands for nothing.
            return Ok(assertion);
        }
        let inside = self.atom(letter)?;
        let Some((min, max)) = self.quantifier()? else {
            return Ok(inside);
        };
        Ok(Node::Repeat {
            min,
            max,
            is_greedy: !self.take('?'),
            inside: Box::new(inside),
            groups: (before + 1, self.groups + 1),
        })
    }

    fn assertion(&mut self, letter: char) -> Result<Option<Node>, String> {
        let node = match letter {
            '^' => Node::Start,
            '$' => Node::End,
            '\\' => {
                if self.take_text("\\b") {
                    return Ok(Some(Node::WordEdge { is_negated: false }));
                }
                if self.take_text("\\B") {
                    return Ok(Some(Node::WordEdge { is_negated: true }));
                }
                return Ok(None);
            }
            '(' => {
                for (opening, is_behind, is_negated) in [
                    ("(?=", false, false),
                    ("(?!", false, true),
                    ("(?<=", true, false),
                    ("(?<!", true, true),
                ] {
                    if self.take_text(opening) {
                        let inside = Box::new(self.group()?);
                        return Ok(Some(Node::Look {
                            is_behind,
                            is_negated,
                            inside,
                        }));
                    }
                }
                return Ok(None);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(node))
    }

    fn atom(&mut self, letter: char) -> Result<Node, String> {
        self.at += 1;
        match letter {
            '.' => Ok(Node::Any),
            '[' => self.class().map(|class| Node::Class(Arc::new(class))),
            '\\' => self.escape(),
            '(' if self.take_text("?:") => self.group(),
            '(' => {
                self.groups += 1;
                let group = self.groups;
                if self.take('?') {
                    if !self.take('<') {
                        return Err(self.wrong("a group of no known kind"));
                    }
                    let name = self.name()?;
                    if self.names.iter().any(|(known, _)| *known == name) {
                        return Err(self.wrong("the name of another group"));
                    }
                    self.names.push((name, group));
                }
                let inside = Box::new(self.group()?);
                Ok(Node::Capture { group, inside })
            }
            '*' | '+' | '?' | '{' | '}' | ']' => {
                Err(self.wrong("a character that must be written with a backslash"))
            }
            _ => Ok(Node::Char(u32::from(letter))),
        }
    }

    /// The inside of a group whose beginning was read, and its end.
    fn group(&mut self) -> Result<Node, String> {
        let inside = self.choice()?;
        if self.take(')') {
            Ok(inside)
        } else {
            Err(self.wrong("a group that does not end"))
        }
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, String> {
        let bounds = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                return self.braces().map(Some);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(bounds))
    }

    fn braces(&mut self) -> Result<(u32, Option<u32>), String> {
        let min = self.decimal();
        let min = min.ok_or_else(|| self.wrong("a number is missing in { }"))?;
        let max = if self.take(',') {
            self.decimal()
        } else {
            Some(min)
        };
        if !self.take('}') {
            return Err(self.wrong("a } is missing"));
        }
        if max.is_some_and(|max| max < min) {
            return Err(self.wrong("numbers out of order in { }"));
        }
        Ok((min, max))
    }

    /// A number, at most the largest: no text is so long that it mattered.
    fn decimal(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            self.at += 1;
            number = Some(
                number
                    .unwrap_or(0_u32)
                    .saturating_mul(10)
                    .saturating_add(digit),
            );
        }
        number
    }

    /// What follows a backslash outside of a class.
    fn escape(&mut self) -> Result<Node, String> {
        let letter = self.peek();
        match letter {
            Some('1'..='9') => {
                let number = self.decimal().unwrap_or_default() as usize;
                self.has_references = true;
                Ok(Node::Reference(Reference::Number(number)))
            }
            Some('k') => {
                self.at += 1;
                if !self.take('<') {
                    return Err(self.wrong("a name is missing after \\k"));
                }
                let name = self.name()?;
                self.has_references = true;
                Ok(Node::Reference(Reference::Name(name)))
            }
            _ => {
                let mut class = Class::default();
                if self.class_escape(&mut class)? {
                    Ok(Node::Class(Arc::new(class.finish())))
                } else {
                    self.character_escape().map(Node::Char)
                }
            }
        }
    }

    /// `d`, `D`, `s`, `S`, `w`, `W`, `p{…}`, `P{…}`; false if it is another.
    fn class_escape(&mut self, class: &mut Class) -> Result<bool, String> {
        match self.peek() {
            Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                self.at += 1;
                class.add_escape(letter);
                Ok(true)
            }
            Some('p' | 'P') => {
                let rest = &self.letters[self.at..];
                let end = rest.iter().position(|letter| *letter == '}');
                let end = end.ok_or_else(|| self.wrong("a } is missing"))?;
                let mut escape = String::from("\\");
                escape.extend(&rest[..=end]);
                self.at += end + 1;
                class.add_property(&escape)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The character that an escape stands for.
    fn character_escape(&mut self) -> Result<u32, String> {
        let letter = self.peek();
        let letter = letter.ok_or_else(|| self.wrong("nothing after a backslash"))?;
        self.at += 1;
        Ok(match letter {
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'v' => 0x0b,
            '0' if !self.peek().is_some_and(|next| next.is_ascii_digit()) => 0,
            'c' => match self.peek() {
                Some(control) if control.is_ascii_alphabetic() => {
                    self.at += 1;
                    u32::from(control) % 32
                }
                _ => return Err(self.wrong("a letter is missing after \\c")),
            },
            'x' => self.hexadecimal(2)?,
            'u' => self.unicode()?,
            '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|'
            | '/' => u32::from(letter),
            _ => return Err(self.wrong("a backslash before a character that needs none")),
        })
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<u32, String> {
        let mut number = 0;
        for _ in 0..digits {
            let digit = self.peek().and_then(|letter| letter.to_digit(16));
            number =
                number * 16 + digit.ok_or_else(|| self.wrong("a hexadecimal digit is missing"))?;
            self.at += 1;
        }
        Ok(number)
    }

    /// What follows `\u`: four digits, two times four that make one character, or any number in braces.
    fn unicode(&mut self) -> Result<u32, String> {
        if self.take('{') {
            let mut number = None;
            while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(16)) {
                self.at += 1;
                number = Some(
                    number
                        .unwrap_or(0_u32)
                        .saturating_mul(16)
                        .saturating_add(digit),
                );
            }
            return match number {
                Some(number) if number <= 0x10_ffff && self.take('}') => Ok(number),
                _ => Err(self.wrong("no number of a character")),
            };
        }
        let high = self.hexadecimal(4)?;
        let after = self.at;
        if (0xd800..0xdc00).contains(&high) && self.take_text("\\u") {
            if let Ok(low @ 0xdc00..0xe000) = self.hexadecimal(4) {
                return Ok(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            }
            self.at = after;
        }
        Ok(high)
    }

    /// A name and the `>` after it. Which letters it may have is `regress`'s to say.
    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        loop {
            let letter = self.peek();
            let letter = letter.ok_or_else(|| self.wrong("a > is missing"))?;
            self.at += 1;
            match letter {
                '>' if name.is_empty() => return Err(self.wrong("a name is missing")),
                '>' => return Ok(name),
                '\\' => {
                    if !self.take('u') {
                        return Err(self.wrong("a letter that no name has"));
                    }
                    let code = self.unicode()?;
                    name.push(char::from_u32(code).ok_or_else(|| self.wrong("half a character"))?);
                }
                _ => name.push(letter),
            }
        }
    }

    /// A class whose `[` was read.
    fn class(&mut self) -> Result<Class, String> {
        let mut class = Class::default();
        let is_negated = self.take('^');
        while !self.take(']') {
            let Some(first) = self.class_atom(&mut class)? else {
                self.refuse_range()?;
                continue;
            };
            let is_range = self.peek() == Some('-')
                && !matches!(self.letters.get(self.at + 1), Some(']') | None);
            if !is_range {
                class.add(first, first);
                continue;
            }
            self.at += 1;
            match self.class_atom(&mut class)? {
                Some(last) if first <= last => class.add(first, last),
                Some(_) => return Err(self.wrong("a range whose end comes before its beginning")),
                None => return Err(self.wrong("a range that ends in a class")),
            }
        }
        if is_negated {
            class.negate();
        }
        Ok(class.finish())
    }

    /// After a class there may be a `-` that is the last character, but no range.
    fn refuse_range(&self) -> Result<(), String> {
        let next = (self.peek(), self.letters.get(self.at + 1));
        match next {
            (Some('-'), Some(last)) if *last != ']' => {
                Err(self.wrong("a range that begins with a class"))
            }
            _ => Ok(()),
        }
    }

    /// One character of a class; nothing if it was a class itself, which is added.
    fn class_atom(&mut self, class: &mut Class) -> Result<Option<u32>, String> {
        let letter = self.peek();
        let letter = letter.ok_or_else(|| self.wrong("a ] is missing"))?;
        self.at += 1;
        if letter != '\\' {
            return Ok(Some(u32::from(letter)));
        }
        if self.take('b') {
            return Ok(Some(0x08));
        }
        if self.take('-') {
            return Ok(Some(u32::from('-')));
        }
        if self.class_escape(class)? {
            return Ok(None);
        }
        self.character_escape().map(Some)
    }
}
