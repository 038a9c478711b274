// Each derive here is refused by what stands in it; `//~` says where and with which words.
use aimdb_contracts::Contract;

mod unknown_and_repeated {
    use super::Contract;

    #[derive(Contract)]
    #[contract(name = "a", version = 1, colour = "red")] //~ `colour` means nothing on a struct: expected one of name, version
    struct A {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct B {
        #[contract(mini = 1)] //~ `mini` means nothing on a field: expected one of name
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct C {
        #[contract(min = 1, max = 5, min = 2)] //~ `min` is given twice
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct D {
        #[contract(min = 1)]
        #[contract(min = 2)] //~ `min` is given twice
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct E {
        #[contract(item(maximum = 5))] //~ `maximum` means nothing in `item`
        value: Vec<u8>,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct F {
        #[contract(item(max = 5, max = 6))] //~ `max` is given twice
        value: Vec<u8>,
    }

    #[derive(Contract)]
    enum G {
        #[contract(default)] //~ `default` means nothing on a variant
        One,
    }

    #[derive(Contract)]
    #[contract(unit = "m")] //~ `unit` means nothing on a struct around one type
    struct H(f32);

    #[derive(Contract)]
    struct I(#[contract(min = 1)] u8); //~ `min` means nothing inside of it: rules stand on the struct

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct J {
        #[contract(a::b = 1)] //~ an attribute has a plain name here
        value: u8,
    }
}

mod forms {
    use super::Contract;

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct A {
        #[contract(signal = true)] //~ `signal` stands alone
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct B {
        #[contract(min)] //~ say `min = …`
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct C {
        #[contract(unit = 5)] //~ `unit` is a text: say `unit = "…"`
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct D {
        #[contract(item = 5)] //~ say `item(…)`
        value: Vec<u8>,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1, unknown = "allow")] //~ `unknown` is one of ignore, refuse
    struct E {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1, link = "cbor")] //~ `link` is one of json, manual
    struct F {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1, rename_all = "Title Case")] //~ `rename_all` is one of lowercase
    struct G {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct H {
        #[contract(format = "phone")] //~ `format` is one of date-time, date
        value: String,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1, crate = 5)] //~ `crate` is a path
    struct I {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct J {
        #[contract(skip, min = 1)] //~ `min` means nothing beside `skip`
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct K {
        #[contract(flatten, unit = "m")] //~ `unit` means nothing beside `flatten`
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct L {
        #[contract(default = None)] //~ a field that may be absent needs no default
        value: Option<u8>,
    }
}

mod names_and_versions {
    use super::Contract;

    #[derive(Contract)]
    #[contract(version = 1)]
    struct A { //~ the name is missing
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a")]
    struct B { //~ the version is missing
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 0)] //~ a version is an integer from 1
    struct C {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 4294967296)] //~ a version is an integer from 1
    struct D {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = "1")] //~ a version is an integer from 1
    struct E {
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct F {
        __proto__: u8, //~ in JavaScript `__proto__` is no field
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct G {
        #[contract(name = "")] //~ a name has 1 to 128 bytes
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct H {
        #[contract(name = "a\nb")] //~ a name has no control characters
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct I {
        value: u8,
        #[contract(name = "value")] //~ another field has the name "value"
        other: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct J {
        r#type: u8,
        #[contract(rename = "type")] //~ another field has the name "type"
        kind: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct K {
        #[contract(name = "a", rename = "b")] //~ `rename` means nothing beside `name`
        value: u8,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1, rename_all = "lowercase")]
    struct L {
        a_b: u8,
        ab: u8, //~ another field has the name "ab"
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct M {
        #[contract(signal)]
        value: u8,
        #[contract(signal)] //~ another field is the signal already
        other: u8,
    }

    #[derive(Contract)]
    #[contract(name = "reading", version = 1)] //~ this is one name for many contracts
    struct N<T> {
        value: T,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 2)]
    struct P {
        #[contract(default = 1)] //~ the version of the contract is 2, and its default the same
        schema_version: u32,
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct O<'a> { //~ it borrows nothing
        value: &'a str,
    }
}

mod shapes {
    use super::Contract;

    #[derive(Contract)]
    struct A; //~ a contract is a struct with named fields, a struct around one type, or an enum

    #[derive(Contract)]
    struct B(u8, u8); //~ a contract is a struct with named fields, a struct around one type, or an enum

    #[derive(Contract)]
    union C { //~ a contract is a struct or an enum
        value: u8,
    }

    #[derive(Contract)]
    enum D {} //~ an enum has at least one variant

    #[derive(Contract)]
    enum E { //~ say #[contract(tag = "type")]
        One { value: u8 },
    }

    #[derive(Contract)]
    #[contract(name = "a", version = 1)] //~ an enum is no contract by itself
    enum F {
        One,
    }

    #[derive(Contract)]
    #[contract(tag = "type")]
    enum G {
        One(u8, u8), //~ a variant has named fields, one contract, or nothing
    }

    #[derive(Contract)]
    #[contract(tag = "type")]
    enum H {
        One {
            r#type: u8, //~ "type" tells the variants apart
        },
    }

    #[derive(Contract)]
    #[contract(tag = "")] //~ a name has 1 to 128 bytes
    enum I {
        One,
    }

    #[derive(Contract)]
    enum J {
        One,
        #[contract(name = "One")] //~ another variant has the name "One"
        Two,
    }

    #[derive(Contract)]
    #[contract(unknown = "refuse")] //~ `unknown` means nothing for an enum without data
    enum K {
        One,
    }

    #[derive(Contract)]
    #[contract(tag = "type")]
    enum L {
        One {
            #[contract(signal)] //~ `signal` means nothing on a field
            value: u8,
        },
    }

    #[derive(Contract)]
    #[contract(name = T::NAME, version = 1)]
    struct M<T> {
        #[contract(flatten)] //~ `flatten` cannot stand in a struct with parameters
        value: T,
    }
}

mod patterns {
    use super::Contract;

    #[derive(Contract)]
    #[contract(name = "a", version = 1)]
    struct A {
        #[contract(pattern = LONG)] //~ `pattern` is a text
        value: String,
    }
}

fn main() {}
