//! The TypeScript of contracts: what is read, and what may be written.
//!
//! A contract becomes an interface named in PascalCase, and so does each that nests in it. Where writing
//! allows what reading never gives (a field with a default left out, a `Date`, bytes), an interface
//! `…Input` says so.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::schema::{Body, Field, Kind, Link, Object, Schema, Type};

/// The interfaces of one contract and of those that nest in it, each once.
pub fn typescript(schema: &Schema) -> String {
    typescript_of(&[schema])
}

/// The interfaces of several contracts and of those that nest in them, each once.
pub fn typescript_of(schemas: &[&Schema]) -> String {
    let mut found: Vec<(&Schema, &Schema)> = Vec::new();
    for schema in schemas {
        find(schema, schema, &mut found);
    }
    let mut blocks = Vec::new();
    for (schema, scope) in found {
        let name = pascal_case(&schema.name);
        blocks.push(interface(schema, scope, &name, Side::Read));
        if differs(&schema.object, scope, &mut Vec::new()) {
            blocks.push(interface(
                schema,
                scope,
                &format!("{name}Input"),
                Side::Written,
            ));
        }
    }
    blocks.join("\n")
}

/// The interfaces of several contracts, and what tells a module of them by name: `AimDbSchemas` of
/// `@aimdb/wasm` gets what each reads as, `AimDbInputs` what may be written where that differs.
pub fn typescript_module(schemas: &[&Schema], module: &str) -> String {
    let (mut read, mut written) = (String::new(), String::new());
    for schema in schemas {
        let (name, own) = (&schema.name, pascal_case(&schema.name));
        // A name of a contract has no quotes.
        read += &format!("    '{name}': {own};\n");
        if differs(&schema.object, schema, &mut Vec::new()) {
            written += &format!("    '{name}': [{own}, {own}Input];\n");
        }
    }
    let mut out = typescript_of(schemas);
    out += &format!("\ndeclare module '{module}' {{\n  interface AimDbSchemas {{\n{read}  }}\n");
    if !written.is_empty() {
        out += &format!("  interface AimDbInputs {{\n{written}  }}\n");
    }
    out + "}\n"
}

/// Whether values are read or written.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Read,
    Written,
}

/// Every contract from here on, each name once.
fn find<'a>(schema: &'a Schema, scope: &'a Schema, found: &mut Vec<(&'a Schema, &'a Schema)>) {
    if found.iter().any(|(known, _)| known.name == schema.name) {
        return;
    }
    found.push((schema, scope));
    each_link(&schema.object, &mut |link| {
        let (schema, scope) = scope.follow(link);
        find(schema, scope, found);
    });
}

fn each_link(object: &Object, visit: &mut dyn FnMut(Link)) {
    for field in object.fields.iter() {
        each_link_of(&field.of, visit);
    }
}

fn each_link_of(of: &Type, visit: &mut dyn FnMut(Link)) {
    match &of.kind {
        Kind::List(of) | Kind::Map(of) | Kind::Nullable(of) => each_link_of(of, visit),
        Kind::Tuple(types) => types.iter().for_each(|of| each_link_of(of, visit)),
        Kind::Object(object) => each_link(object, visit),
        Kind::Contract(link) => visit(*link),
        Kind::OneOf(union) => union.cases.iter().for_each(|case| match &case.body {
            Body::Object(object) => each_link(object, visit),
            Body::Contract(link) => visit(*link),
        }),
        _ => {}
    }
}

/// Whether something may be written that is read in another form; `seen` are the names on the way here.
fn differs<'a>(object: &'a Object, scope: &'a Schema, seen: &mut Vec<&'a str>) -> bool {
    object
        .fields
        .iter()
        .any(|field| field.default.is_some() || type_differs(&field.of, scope, seen))
}

fn type_differs<'a>(of: &'a Type, scope: &'a Schema, seen: &mut Vec<&'a str>) -> bool {
    let mut link_differs = |link: Link| {
        let (schema, scope) = scope.follow(link);
        if seen.contains(&&*schema.name) {
            return false;
        }
        seen.push(&schema.name);
        differs(&schema.object, scope, seen)
    };
    match &of.kind {
        Kind::Time | Kind::Bytes => true,
        Kind::Contract(link) => link_differs(*link),
        Kind::List(of) | Kind::Map(of) | Kind::Nullable(of) => type_differs(of, scope, seen),
        Kind::Tuple(types) => types.iter().any(|of| type_differs(of, scope, seen)),
        Kind::Object(object) => differs(object, scope, seen),
        Kind::OneOf(union) => union.cases.iter().any(|case| match &case.body {
            Body::Object(object) => differs(object, scope, seen),
            Body::Contract(link) => {
                let (schema, scope) = scope.follow(*link);
                if seen.contains(&&*schema.name) {
                    return false;
                }
                seen.push(&schema.name);
                differs(&schema.object, scope, seen)
            }
        }),
        _ => false,
    }
}

fn interface(schema: &Schema, scope: &Schema, name: &str, side: Side) -> String {
    let mut out = String::new();
    comment(&mut out, "", &schema.doc);
    out += &format!("export interface {name} ");
    out += &object_type(&schema.object, scope, side, "");
    out.push('\n');
    out
}

/// `{ … }` over several lines.
fn object_type(object: &Object, scope: &Schema, side: Side, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let mut out = String::from("{\n");
    if object.keeps_all() {
        return out + &inner + "[name: string]: unknown;\n" + indent + "}";
    }
    for field in object.fields.iter() {
        out += &member(field, scope, side, &inner);
    }
    out + indent + "}"
}

fn member(field: &Field, scope: &Schema, side: Side, indent: &str) -> String {
    let mut out = String::new();
    let unit = match &*field.unit {
        "" => String::new(),
        unit => format!(" [{unit}]"),
    };
    comment(&mut out, indent, &format!("{}{unit}", field.doc));
    let may_miss = match side {
        Side::Read => field.may_be_absent(),
        Side::Written => field.optional || field.default.is_some(),
    };
    let mark = if may_miss { "?" } else { "" };
    let of = type_name(&field.of, scope, side, indent);
    out + &format!("{indent}{}{mark}: {of};\n", property(&field.name))
}

fn comment(out: &mut String, indent: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        // Nothing that stands in a file may end the comment.
        *out += &format!("{indent}/** {} */\n", text.replace("*/", "* /"));
    }
}

fn type_name(of: &Type, scope: &Schema, side: Side, indent: &str) -> String {
    match &of.kind {
        Kind::Bool => "boolean".into(),
        Kind::Text => "string".into(),
        Kind::Bytes if side == Side::Written => "string | Uint8Array".into(),
        Kind::Bytes => "string".into(),
        Kind::Time if side == Side::Written => "number | Date".into(),
        Kind::Json => "unknown".into(),
        Kind::Enum(choices) => {
            let choices: Vec<_> = choices.iter().map(|choice| quoted(choice)).collect();
            choices.join(" | ")
        }
        Kind::List(of) => {
            let name = type_name(of, scope, side, indent);
            if name.contains([' ', '\n']) {
                format!("({name})[]")
            } else {
                name + "[]"
            }
        }
        Kind::Tuple(types) => {
            let names: Vec<_> = types
                .iter()
                .map(|of| type_name(of, scope, side, indent))
                .collect();
            format!("[{}]", names.join(", "))
        }
        Kind::Map(of) => format!("Record<string, {}>", type_name(of, scope, side, indent)),
        Kind::Object(object) => object_type(object, scope, side, indent),
        Kind::Contract(link) => contract_name(*link, scope, side),
        Kind::OneOf(union) => {
            let cases = union.cases.iter().map(|case| {
                let tag = format!("{}: {}", property(&union.tag), quoted(&case.name));
                let body = match &case.body {
                    Body::Object(object) => object_type(object, scope, side, indent),
                    Body::Contract(link) => contract_name(*link, scope, side),
                };
                format!("({{ {tag} }} & {body})")
            });
            cases.collect::<Vec<_>>().join(" | ")
        }
        Kind::Nullable(of) => type_name(of, scope, side, indent) + " | null",
        _ => "number".into(),
    }
}

fn contract_name(link: Link, scope: &Schema, side: Side) -> String {
    let (schema, scope) = scope.follow(link);
    let name = pascal_case(&schema.name);
    if side == Side::Written && differs(&schema.object, scope, &mut Vec::new()) {
        name + "Input"
    } else {
        name
    }
}

/// A name as a property: quoted unless it is an identifier.
fn property(name: &str) -> String {
    let mut letters = name.chars();
    let begins = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | '$'));
    let goes_on = letters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '$'));
    if begins && goes_on {
        name.to_string()
    } else {
        quoted(name)
    }
}

fn quoted(text: &str) -> String {
    // JSON's quotes are JavaScript's.
    serde_json::to_string(text).unwrap_or_default()
}

/// The name of a contract's interface: `order_line` becomes `OrderLine`.
pub fn pascal_case(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(['_', '.', '-']) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    // No identifier begins with a digit.
    if out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}
