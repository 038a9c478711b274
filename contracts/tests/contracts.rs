//! What the built-in contracts accept, refuse and give back.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use aimdb_contracts::builtin::{GpsLocation, HostCpu, Humidity, Setpoint, Temperature};
use aimdb_contracts::{
    Contract, Json, Linkable, Observable, Policy, Reason, Schema, SchemaType, Settable, Streamable,
    UnknownFields, Value,
};
use proptest::prelude::*;

const JS: Policy = Policy {
    unknown: None,
    safe_integers: true,
};
const STRICT: Policy = Policy {
    unknown: Some(UnknownFields::Refuse),
    safe_integers: false,
};

fn accepts(schema: &Schema, policy: Policy, json: &str, expected: &str) {
    let fields = schema.decode_json(json.as_bytes(), policy).unwrap();
    assert_eq!(schema.to_json(&fields), expected, "{json}");
}

fn refuses(schema: &Schema, policy: Policy, json: &str, reason: Reason, expected: &str) {
    let violation = schema.decode_json(json.as_bytes(), policy).unwrap_err();
    assert_eq!(
        (violation.reason, violation.to_string().as_str()),
        (reason, expected),
        "{json}"
    );
}

#[test]
fn good_values_are_read_and_written_with_the_same_digits() {
    let plain = Policy::default();
    accepts(
        Temperature::SCHEMA,
        plain,
        r#"{"timestamp":5,"celsius":21.1}"#,
        r#"{"schema_version":2,"celsius":21.1,"timestamp":5}"#,
    );
    accepts(
        Temperature::SCHEMA,
        plain,
        r#"{"schema_version":2,"celsius":-0.0,"timestamp":18446744073709551615,"more":[{}]}"#,
        r#"{"schema_version":2,"celsius":-0.0,"timestamp":18446744073709551615}"#,
    );
    accepts(
        GpsLocation::SCHEMA,
        plain,
        r#"{"latitude":48.20817000000001,"longitude":16.37,"altitude":null,"timestamp":1.0}"#,
        r#"{"latitude":48.20817000000001,"longitude":16.37,"timestamp":1}"#,
    );
    accepts(
        Humidity::SCHEMA,
        plain,
        r#"{"percent":100,"timestamp":0}"#,
        r#"{"percent":100.0,"timestamp":0}"#,
    );
}

#[test]
fn a_refusal_names_the_field_what_was_expected_and_what_came() {
    let cases = [
        (
            r#"{"celsius":"warm","timestamp":5}"#,
            Reason::Kind,
            "celsius",
            "text \"warm\"",
        ),
        (
            r#"{"celsius":null,"timestamp":5}"#,
            Reason::Kind,
            "celsius",
            "null",
        ),
        (
            r#"{"celsius":1e39,"timestamp":5}"#,
            Reason::NotFinite,
            "celsius",
            "1e+39",
        ),
        (
            r#"{"celsius":21.5}"#,
            Reason::Missing,
            "timestamp",
            "nothing",
        ),
        (
            r#"{"celsius":21.5,"timestamp":-1}"#,
            Reason::Range,
            "timestamp",
            "-1",
        ),
        (
            r#"{"celsius":21.5,"timestamp":1.5}"#,
            Reason::Kind,
            "timestamp",
            "1.5",
        ),
        (
            r#"{"celsius":21.5,"timestamp":[]}"#,
            Reason::Kind,
            "timestamp",
            "a list",
        ),
        (
            r#"{"schema_version":4294967296,"celsius":1,"timestamp":1}"#,
            Reason::Range,
            "schema_version",
            "4294967296",
        ),
        ("[1]", Reason::Kind, "", "a list"),
    ];
    for (json, reason, path, got) in cases {
        let violation = Temperature::SCHEMA
            .decode_json(json.as_bytes(), Policy::default())
            .unwrap_err();
        let facts = (
            violation.reason,
            violation.path.as_str(),
            violation.got.as_str(),
        );
        assert_eq!(facts, (reason, path, got), "{json}");
    }
    refuses(
        Humidity::SCHEMA,
        Policy::default(),
        r#"{"percent":100.5,"timestamp":5}"#,
        Reason::Range,
        "humidity: percent: expected a number from 0 to 100, got 100.5",
    );
    refuses(
        GpsLocation::SCHEMA,
        Policy::default(),
        r#"{"latitude":91,"longitude":0,"timestamp":5}"#,
        Reason::Range,
        "gps_location: latitude: expected a number from -90 to 90, got 91",
    );
    refuses(
        Setpoint::SCHEMA,
        STRICT,
        r#"{"celsius":21,"timestamp":5,"room":1}"#,
        Reason::UnknownField,
        "setpoint: room: expected only fields of the contract setpoint, got an unknown field",
    );
    refuses(
        Temperature::SCHEMA,
        JS,
        r#"{"celsius":21,"timestamp":9007199254740992}"#,
        Reason::UnsafeInteger,
        "temperature: timestamp: expected an integer that JavaScript holds exactly (up to \
         9007199254740991), got 9007199254740992",
    );
}

#[test]
fn input_that_is_not_json_is_refused_as_malformed() {
    for json in [
        "",
        "{",
        "{\"celsius\":NaN}",
        "{} {}",
        "\u{feff}{}",
        "{\"celsius\":1,}",
    ] {
        let violation = Temperature::SCHEMA
            .decode_json(json.as_bytes(), Policy::default())
            .unwrap_err();
        let known = [Reason::Malformed, Reason::Missing].contains(&violation.reason);
        assert!(known, "{json}: {violation}");
    }
}

#[test]
fn a_value_built_in_rust_is_checked_too() {
    assert_eq!(Temperature::set(21.5, 1).check(), Ok(()));
    let reasons = [
        Temperature::set(f32::NAN, 1).check(),
        Temperature::set(f32::INFINITY, 1).check(),
        Humidity::set(101.0, 1).check(),
    ]
    .map(|result| result.unwrap_err().reason);
    assert_eq!(
        reasons,
        [Reason::NotFinite, Reason::NotFinite, Reason::Range]
    );
}

#[test]
fn a_nan_in_an_optional_field_is_refused_and_not_taken_for_an_absence() {
    let mut gps = GpsLocation {
        latitude: 1.0,
        longitude: 2.0,
        altitude: None,
        accuracy: None,
        timestamp: 3,
    };
    let mut slots = [0.0; 5];
    assert!(gps.to_slots(&mut slots));
    assert_eq!(GpsLocation::SCHEMA.check_slots(&slots, JS), Ok(()));
    gps.altitude = Some(f32::NAN);
    assert!(gps.to_slots(&mut slots));
    assert!(GpsLocation::SCHEMA.check_slots(&slots, JS).is_err());
}

/// A station with everything a contract can hold.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "station", version = 3, unknown = "refuse")]
struct Station {
    name: String,
    position: GpsLocation,
    readings: Vec<Temperature>,
    tags: Option<Vec<String>>,
    #[contract(default = true)]
    active: bool,
    #[contract(min = -3, max = 3, signal, unit = "steps")]
    trim: i8,
}

#[test]
fn contracts_nest_and_a_refusal_gives_the_whole_path() {
    let good = r#"{"name":"A","position":{"latitude":1.0,"longitude":2.0,"timestamp":1},"readings":[{"schema_version":2,"celsius":1.5,"timestamp":1}],"active":true,"trim":-3}"#;
    let station: Station = serde_json::from_str(good).unwrap();
    assert_eq!(serde_json::to_string(&station).unwrap(), good);
    assert_eq!(
        Station::from_bytes(&station.to_bytes().unwrap()).unwrap(),
        station
    );
    assert_eq!(
        (station.signal(), Station::UNIT, Station::VERSION),
        (-3.0, "steps", 3)
    );
    assert!(!Station::SCHEMA.is_flat());

    let cases = [
        (
            good.replace("1.5", "\"x\""),
            "readings[0].celsius",
            Reason::Kind,
        ),
        (
            good.replace("2.0", "181"),
            "position.longitude",
            Reason::Range,
        ),
        (good.replace("-3", "-4"), "trim", Reason::Range),
        (good.replace("-3", "200"), "trim", Reason::Range),
        (
            good.replace("\"A\"", &format!("\"{}\"", "a".repeat(17_000))),
            "name",
            Reason::TooLong,
        ),
        (
            good.replace("\"name\"", "\"nom\""),
            "nom",
            Reason::UnknownField,
        ),
    ];
    for (json, path, reason) in cases {
        let violation = Station::from_bytes(json.as_bytes()).unwrap_err();
        assert_eq!((violation.path.as_str(), violation.reason), (path, reason));
        assert!(violation.got.chars().count() <= aimdb_contracts::GOT_LENGTH_MAX + 1);
    }
}

#[test]
fn the_description_becomes_typescript_with_units_and_optional_fields() {
    assert_eq!(
        aimdb_contracts::typescript(Humidity::SCHEMA),
        "/** Relative humidity. */\nexport interface Humidity {\n  /** Relative humidity. [%] */\n  \
         percent: number;\n  /** When it was measured. [ms] */\n  timestamp: number;\n}\n"
    );
    assert!(aimdb_contracts::typescript(GpsLocation::SCHEMA).contains("altitude?: number;"));
    assert!(aimdb_contracts::typescript(Temperature::SCHEMA).contains("schema_version?: number;"));
}

fn hostile_json() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("[[[{}]]]".to_owned()),
        Just("1e999".to_owned()),
        ".{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let name = prop_oneof![
        Just("percent"),
        Just("timestamp"),
        Just("cores"),
        Just("load_1m"),
        Just("other"),
        Just(""),
    ];
    proptest::collection::vec((name, value), 0..6).prop_map(|fields| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", fields.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = HostCpu::from_bytes(&bytes);
        let _ = Station::from_bytes(&bytes);
    }

    #[test]
    fn what_is_accepted_passes_its_own_check_and_reads_back(json in hostile_json()) {
        if let Ok(cpu) = HostCpu::from_bytes(json.as_bytes()) {
            prop_assert_eq!(cpu.check(), Ok(()));
            let bytes = cpu.to_bytes().unwrap();
            prop_assert_eq!(HostCpu::from_bytes(&bytes).unwrap(), cpu);
        }
    }

    #[test]
    fn the_flat_path_and_the_general_path_agree(
        slots in proptest::collection::vec(
            prop_oneof![proptest::num::f64::NORMAL, (-5_i32..200).prop_map(f64::from)], 4)
    ) {
        let schema = HostCpu::SCHEMA;
        let names = ["percent", "cores", "load_1m", "timestamp"];
        let fields: Vec<_> = names.iter().zip(&slots)
            .map(|(name, slot)| format!("\"{name}\":{}", serde_json::to_string(slot).unwrap()))
            .collect();
        let json = format!("{{{}}}", fields.join(","));
        let by_json = schema.decode_json(json.as_bytes(), JS);
        let by_slots = schema.decode_slots(&slots, JS);
        prop_assert_eq!(by_slots.is_ok(), by_json.is_ok());
        if let (Ok(by_slots), Ok(by_json)) = (by_slots, by_json) {
            let typed = HostCpu::from_slots(&slots).unwrap();
            prop_assert_eq!(typed.to_fields(), by_json.clone());
            prop_assert_eq!(by_slots, by_json);
        }
    }

    #[test]
    fn slots_come_back_as_the_decimals_that_went_in(tenths in -500_i32..1000, timestamp in 0_u64..1 << 53) {
        let celsius = f64::from(tenths) / 10.0;
        let value = Temperature::from_slots(&[2.0, celsius, timestamp as f64]).unwrap();
        let mut slots = [0.0; 3];
        prop_assert!(value.to_slots(&mut slots));
        prop_assert_eq!(slots, [2.0, celsius, timestamp as f64]);
    }
}

#[test]
fn fields_of_another_schema_are_refused() {
    assert!(Humidity::SCHEMA.check_fields(&[Value::F32(1.0)]).is_err());
    assert!(
        Humidity::SCHEMA
            .check_fields(&[Value::F32(1.0), Value::Bool(true)])
            .is_err()
    );
    assert!(Humidity::from_fields(vec![Value::Bool(true), Value::Unsigned(1)]).is_none());
}

#[test]
fn a_value_that_says_another_version_is_not_taken_for_this_one() {
    let schema = Temperature::SCHEMA;
    let said = |version: &str| {
        [
            // In its turn, before anything, and after what is no temperature of version 2.
            format!(r#"{{"celsius":1,"schema_version":{version},"timestamp":1}}"#),
            format!(r#"{{"schema_version":{version},"temp":1,"unit":"C","timestamp":1}}"#),
            format!(r#"{{"timestamp":"noon","celsius":[],"schema_version":{version}}}"#),
        ]
    };
    for (version, reason, got) in [
        ("1", Reason::VersionTooOld, "version 1"),
        ("3", Reason::VersionTooNew, "version 3"),
        ("999", Reason::VersionTooNew, "version 999"),
        ("0", Reason::VersionInvalid, "version 0"),
    ] {
        for json in said(version) {
            let violation = schema
                .decode_json(json.as_bytes(), Policy::default())
                .unwrap_err();
            let facts = (
                violation.path.as_str(),
                violation.reason,
                violation.got.as_str(),
            );
            assert_eq!(facts, ("schema_version", reason, got), "{json}");
        }
        let number = version.parse::<u32>().unwrap();
        let slots = [f64::from(number), 1.0, 1.0];
        let flat = schema.decode_slots(&slots, Policy::default()).unwrap_err();
        let mut built = Temperature::set(1.0, 1);
        built.schema_version = number;
        assert_eq!(
            (flat.reason, built.check().unwrap_err().reason),
            (reason, reason)
        );
    }
}

#[test]
fn a_temperature_of_version_1_becomes_one_of_version_2_and_back() {
    let schema = Temperature::SCHEMA;
    let up = |json: &str, announced: Option<u32>| {
        let value = Json::parse(json).unwrap();
        let fields = schema.decode_any_version(value, announced, Policy::default())?;
        Ok::<_, Box<aimdb_contracts::Violation>>(schema.to_json(&fields))
    };
    for (temp, unit, celsius) in [
        ("21.5", "C", "21.5"),
        ("212", "F", "100.0"),
        ("32", "F", "0.0"),
        ("-40", "F", "-40.0"),
        ("98.6", "F", "37.0"),
        ("0", "K", "-273.15"),
        ("293.15", "K", "20.0"),
    ] {
        let old = format!(r#"{{"schema_version":1,"temp":{temp},"unit":"{unit}","timestamp":7}}"#);
        let new = format!(r#"{{"schema_version":2,"celsius":{celsius},"timestamp":7}}"#);
        assert_eq!(up(&old, None).unwrap(), new, "{old}");
        // The sender may have said it instead.
        let silent = old.replace("\"schema_version\":1,", "");
        assert_eq!(up(&silent, Some(1)).unwrap(), new, "{silent}");
        let down = schema.migrate_down(Json::parse(&new).unwrap(), 1).unwrap();
        let back = Json::parse(&format!(
            r#"{{"schema_version":1,"temp":{celsius},"unit":"C","timestamp":7}}"#
        ));
        assert_eq!(down.get("temp"), back.as_ref().unwrap().get("temp"));
        assert_eq!(
            up(&down.to_text(), None).unwrap(),
            new,
            "{}",
            down.to_text()
        );
    }
    for (json, reason, path) in [
        (
            r#"{"schema_version":999,"celsius":1,"timestamp":1}"#,
            Reason::VersionTooNew,
            "schema_version",
        ),
        (
            r#"{"schema_version":1,"temp":1,"unit":"R","timestamp":1}"#,
            Reason::MigrationFailed,
            "celsius",
        ),
        (
            r#"{"schema_version":1,"temp":1,"timestamp":1}"#,
            Reason::MigrationFailed,
            "celsius",
        ),
        (
            r#"{"schema_version":1,"temp":-1,"unit":"K","timestamp":1}"#,
            Reason::MigrationFailed,
            "celsius",
        ),
        (
            r#"{"schema_version":1,"temp":"1","unit":"F","timestamp":1}"#,
            Reason::MigrationFailed,
            "temp",
        ),
    ] {
        let violation = up(json, None).unwrap_err();
        assert_eq!(
            (violation.reason, violation.path.as_str()),
            (reason, path),
            "{json}"
        );
    }
}

#[test]
fn what_no_sensor_reports_is_refused() {
    let host = |name: &str, value: &str| {
        format!(r#"{{"percent":1,"cores":4,"load_1m":1,"timestamp":1,"{name}":{value}}}"#)
    };
    for (schema, json, path) in [
        (
            Temperature::SCHEMA,
            r#"{"celsius":-273.2,"timestamp":1}"#.to_owned(),
            "celsius",
        ),
        (
            Temperature::SCHEMA,
            r#"{"celsius":1000001,"timestamp":1}"#.to_owned(),
            "celsius",
        ),
        (
            GpsLocation::SCHEMA,
            r#"{"latitude":0,"longitude":0,"altitude":-20000,"timestamp":1}"#.to_owned(),
            "altitude",
        ),
        (
            GpsLocation::SCHEMA,
            r#"{"latitude":0,"longitude":0,"accuracy":3e7,"timestamp":1}"#.to_owned(),
            "accuracy",
        ),
        (HostCpu::SCHEMA, host("percent", "100.1"), "percent"),
        (HostCpu::SCHEMA, host("cores", "0"), "cores"),
        (HostCpu::SCHEMA, host("cores", "65537"), "cores"),
        (HostCpu::SCHEMA, host("load_1m", "1e7"), "load_1m"),
    ] {
        let violation = schema
            .decode_json(json.as_bytes(), Policy::default())
            .unwrap_err();
        assert_eq!(
            (violation.path.as_str(), violation.reason),
            (path, Reason::Range),
            "{json}"
        );
    }
    // Absolute zero is a temperature, although no double is exactly it.
    assert!(
        Temperature::SCHEMA
            .decode_slots(&[2.0, -273.15, 1.0], JS)
            .is_ok()
    );
}

#[test]
fn equal_numbers_are_one_element_however_they_are_written() {
    let file = r#"{"name":"a","fields":[{"name":"v","kind":{"list":"json"},"uniqueItems":true}]}"#;
    let schema = Schema::from_file(&Json::parse(file).unwrap()).unwrap();
    for (list, place) in [
        ("[0,-0]", Some("v[1]")),
        ("[0,-0.0]", Some("v[1]")),
        ("[1,2,1.0]", Some("v[2]")),
        ("[[0],[-0.0]]", Some("v[1]")),
        (r#"[{"a":-0.0,"b":1},{"b":1,"a":0}]"#, Some("v[1]")),
        (
            "[1152921504606846976,1.152921504606846976e18]",
            Some("v[1]"),
        ),
        ("[9007199254740993,9007199254740992]", None),
        (r#"[0,"0",false,null,[],{}]"#, None),
        ("[1e300,1e301,0.1]", None),
    ] {
        let text = format!(r#"{{"v":{list}}}"#);
        let refusal = schema.decode_json(text.as_bytes(), Policy::default()).err();
        let told = refusal.map(|refusal| (refusal.path.clone(), refusal.reason));
        let expected = place.map(|place| (place.to_string(), Reason::NotUnique));
        assert_eq!(told, expected, "{list}");
    }
}
