//! Versions of a contract as Rust types, chained with versions that are data.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use aimdb_contracts::migrate::{Change, Migration, typed};
use aimdb_contracts::{Contract, Json, Migratable, Policy, Reason, Schema, Streamable};

/// Version 2; version 1 called the sum a total.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order", version = 2, migrations = renames)]
struct OrderV2 {
    #[contract(default = 2)]
    schema_version: u32,
    sum: f64,
}

fn renames() -> Vec<Migration> {
    let rename = |from: &str, to: &str| Change::Rename {
        from: from.into(),
        to: to.into(),
    };
    vec![Migration {
        from: 1,
        up: vec![rename("total", "sum")],
        down: vec![rename("sum", "total")],
    }]
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order", version = 3, migrations = typed::<OrderV3>)]
struct OrderV3 {
    #[contract(default = 3)]
    schema_version: u32,
    #[contract(max = 1000)]
    cents: u32,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order", version = 4, migrations = typed::<OrderV4>)]
struct OrderV4 {
    #[contract(default = 4)]
    schema_version: u32,
    cents: u32,
    currency: String,
}

impl Migratable for OrderV3 {
    type Older = OrderV2;

    fn up(older: OrderV2) -> Result<Self, String> {
        if older.sum < 0.0 {
            return Err("a sum below zero".into());
        }
        Ok(Self {
            schema_version: 3,
            cents: (older.sum * 100.0) as u32,
        })
    }

    fn down(&self) -> Result<OrderV2, String> {
        Ok(OrderV2 {
            schema_version: 2,
            sum: f64::from(self.cents) / 100.0,
        })
    }
}

impl Migratable for OrderV4 {
    type Older = OrderV3;

    fn up(older: OrderV3) -> Result<Self, String> {
        Ok(Self {
            schema_version: 4,
            cents: older.cents,
            currency: "EUR".into(),
        })
    }

    fn down(&self) -> Result<OrderV3, String> {
        match &*self.currency {
            "EUR" => Ok(OrderV3 {
                schema_version: 3,
                cents: self.cents,
            }),
            other => Err(format!("{other}, which version 3 does not know")),
        }
    }
}

const SCHEMA: &Schema = OrderV4::SCHEMA;

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

#[test]
fn a_value_of_any_version_becomes_one_of_this_and_back() {
    let newest = OrderV4 {
        schema_version: 4,
        cents: 250,
        currency: "EUR".into(),
    };
    for (version, value) in [
        (1, r#"{"total":2.5,"schema_version":1}"#),
        (2, r#"{"schema_version":2,"sum":2.5}"#),
        (3, r#"{"schema_version":3,"cents":250}"#),
    ] {
        for announced in [None, Some(version)] {
            let fields = SCHEMA.decode_any_version(json(value), announced, Policy::default());
            assert_eq!(OrderV4::from_fields(fields.unwrap()), Some(newest.clone()));
        }
        let back = SCHEMA.migrate_down(SCHEMA.to_plain_json(&newest.to_fields()), version);
        let (back, value) = (back.unwrap(), json(value));
        let parts = back.as_map().unwrap().iter();
        assert_eq!(parts.len(), 2);
        assert!(
            parts
                .clone()
                .all(|(name, part)| value.get(name) == Some(part))
        );
        assert!(SCHEMA.knows_version(version));
    }
}

#[test]
fn every_step_is_checked_and_what_fails_says_where() {
    for (value, words) in [
        (
            r#"{"schema_version":2,"sum":-1}"#,
            "a sum below zero, at step 0 from version 2",
        ),
        (
            r#"{"schema_version":1,"total":"x"}"#,
            "expected a finite number (f64), got text \"x\", at step 0 from version 2",
        ),
        (
            r#"{"schema_version":2,"sum":20}"#,
            "cents: expected an integer up to 1000, got 2000, at step 0 from version 2",
        ),
        (
            r#"{"schema_version":3}"#,
            "cents: expected an integer up to 1000, got nothing, at step 0 from version 3",
        ),
    ] {
        let refusal = SCHEMA.decode_any_version(json(value), None, Policy::default());
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.reason, Reason::MigrationFailed);
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
    let dollars = json(r#"{"schema_version":4,"cents":1,"currency":"USD"}"#);
    let refusal = SCHEMA.migrate_down(dollars, 1).unwrap_err();
    assert_eq!(refusal.reason, Reason::MigrationFailed);
    assert!(
        refusal
            .to_string()
            .contains("USD, which version 3 does not know"),
        "{refusal}"
    );
}

#[test]
fn a_file_leaves_out_steps_that_are_code_and_all_before_them() {
    let read = Schema::from_file(&SCHEMA.to_file()).unwrap();
    assert!(read.migrations.list().is_empty());
    assert_eq!(read.fingerprint(), SCHEMA.fingerprint());
    let refusal = read.decode_any_version(
        json(r#"{"schema_version":3,"cents":1}"#),
        None,
        Policy::default(),
    );
    assert_eq!(refusal.unwrap_err().reason, Reason::VersionTooOld);
    let data = Schema::from_file(&OrderV2::SCHEMA.to_file()).unwrap();
    assert_eq!(*data.migrations.list(), *renames());
    // Data behind code travels.
    let list = [
        typed::<OrderV3>(),
        vec![Migration {
            from: 3,
            up: vec![],
            down: vec![],
        }],
    ]
    .concat();
    let mixed = Schema {
        migrations: aimdb_contracts::migrate::Migrations::Given(list.into()),
        ..SCHEMA.clone()
    };
    let read = Schema::from_file(&mixed.to_file()).unwrap();
    assert_eq!(
        read.migrations
            .list()
            .iter()
            .map(|one| one.from)
            .collect::<Vec<_>>(),
        [3]
    );
    assert!(mixed.knows_version(1));
}
