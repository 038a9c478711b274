//! Migrations between Rust types: each version is a type of its own, and knows the one before it.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::decode::Policy;
use crate::json::Json;
use crate::migrate::{Change, Code, Migration};
use crate::traits::{SchemaType, Streamable};

/// A version of a contract that knows the one before it.
///
/// ```
/// use aimdb_contracts::{Contract, Json, Migratable, Streamable, migrate};
///
/// #[derive(Clone, Debug, PartialEq, Contract)]
/// #[contract(name = "tank", version = 1)]
/// struct TankV1 {
///     litres: f64,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Contract)]
/// #[contract(name = "tank", version = 2, migrations = migrate::typed::<Tank>)]
/// struct Tank {
///     #[contract(min = 0.0)]
///     cubic_metres: f64,
/// }
///
/// impl Migratable for Tank {
///     type Older = TankV1;
///
///     fn up(older: TankV1) -> Result<Self, String> {
///         Ok(Self { cubic_metres: older.litres / 1000.0 })
///     }
///
///     fn down(&self) -> Result<TankV1, String> {
///         Ok(TankV1 { litres: self.cubic_metres * 1000.0 })
///     }
/// }
///
/// let old = Json::parse(r#"{ "litres": 250 }"#)?;
/// let fields = Tank::SCHEMA.decode_any_version(old, Some(1), Default::default())?;
/// assert_eq!(Tank::from_fields(fields), Some(Tank { cubic_metres: 0.25 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Migratable: Streamable {
    /// The version before, under the same name. It may be [`Migratable`] itself, or have migrations that are data.
    type Older: Streamable;

    /// A value of this version from one of the version before.
    ///
    /// # Errors
    /// Says in words why it does not become one.
    fn up(older: Self::Older) -> Result<Self, String>;

    /// The value as one of the version before.
    ///
    /// # Errors
    /// Says in words why it does not become one.
    fn down(&self) -> Result<Self::Older, String>;
}

/// The migrations of a type: those of the version before it, and the step from there. For the attribute
/// `migrations` of the derive.
///
/// Every step is checked by the contracts on both of its sides. That the version before has the same name and the
/// number below is checked by the compiler.
pub fn typed<T: Migratable>() -> Vec<Migration> {
    const { is_next::<T::Older, T>() };
    let mut migrations = T::Older::SCHEMA.migrations.list().into_owned();
    migrations.push(Migration {
        from: T::Older::VERSION,
        up: vec![Change::Code(Code(up::<T>))],
        down: vec![Change::Code(Code(down::<T>))],
    });
    migrations
}

/// Does not compile for types that are not neighbours.
const fn is_next<OLDER: SchemaType, NEWER: SchemaType>() {
    assert!(
        OLDER::VERSION + 1 == NEWER::VERSION,
        "`Older` must be the version before this one"
    );
    let (older, newer) = (OLDER::NAME.as_bytes(), NEWER::NAME.as_bytes());
    let mut at = 0;
    while at < older.len() && at < newer.len() && older[at] == newer[at] {
        at += 1;
    }
    assert!(
        at == older.len() && at == newer.len(),
        "`Older` must have the same name"
    );
}

fn up<T: Migratable>(older: Json) -> Result<Json, String> {
    encoded(&T::up(decoded::<T::Older>(older)?)?)
}

fn down<T: Migratable>(newer: Json) -> Result<Json, String> {
    encoded(&decoded::<T>(newer)?.down()?)
}

fn decoded<T: Streamable>(value: Json) -> Result<T, String> {
    let schema = T::SCHEMA;
    let value = schema.stamped(value, schema.version);
    let fields = schema
        .decode(&value, Policy::default())
        .map_err(|refusal| refusal.to_string())?;
    T::from_fields(fields).ok_or_else(|| "fields of another contract".into())
}

fn encoded<T: Streamable>(value: &T) -> Result<Json, String> {
    value.check().map_err(|refusal| refusal.to_string())?;
    Ok(T::SCHEMA.to_plain_json(&value.to_fields()))
}
