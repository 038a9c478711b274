//! What `--check-config` of the real binary says.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::net::TcpListener;
use std::process::Output;
use support::{run_to_end, temporary_file, temporary_folder};

fn check(text: &str, arguments: &[&str]) -> Output {
    let config = temporary_file("server.toml", text);
    run_to_end(&[&["--check-config", "--config", &config], arguments].concat())
}

fn check_ok(output: Output, says: &[&str]) {
    let said = String::from_utf8(output.stdout).unwrap();
    let wrong = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*wrong), (Some(0), ""), "{said}");
    assert!(said.starts_with("ok\n"), "{said}");
    for line in says {
        assert!(said.lines().any(|one| one == *line), "{said}lacks {line}");
    }
}

/// Every problem and no other, in this order.
fn check_wrong(output: Output, says: &[&[&str]]) {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), &*output.stdout),
        (Some(1), &b""[..]),
        "{said}"
    );
    let problems: Vec<&str> = said.split("aimdb-server: ").skip(1).collect();
    assert_eq!(problems.len(), says.len() + 1, "{said}");
    assert_eq!(
        problems.last(),
        Some(&&*format!("problems: {}\n", says.len()))
    );
    for (problem, parts) in problems.iter().zip(says) {
        for part in *parts {
            assert!(problem.contains(part), "{problem}lacks {part}\n{said}");
        }
    }
}

#[test]
fn what_is_right_is_ok_and_said() {
    let folder = temporary_folder();
    std::fs::create_dir(folder.join("pages")).unwrap();
    let contract = r#"{ "name": "tank", "fields": [{ "name": "level", "kind": "u8" }] }"#;
    std::fs::write(folder.join("tank.json"), contract).unwrap();
    let config = folder.join("server.toml");
    let text = r#"
        listen = "127.0.0.1:8080"
        metrics_listen = ":9100"
        files = "pages"
        names = ["box.lan"]
        origins = ["https://a.example", "app://."]
        trusted_proxies = ["::1"]
        [[contracts]]
        file = "tank.json"
        [[records]]
        key = "tank.level"
        schema = "tank"
        buffer = { type = "SpmcRing", capacity = 9 }
        [[records]]
        key = "door"
        schema = "setpoint"
        topic = "doors/one"
        buffer = "Mailbox"
        writable = true
        [[records]]
        key = "devices.*.state"
        schema = "humidity"
        writable = true
    "#;
    std::fs::write(&config, text).unwrap();
    let arguments = ["--check-config", "--config", config.to_str().unwrap()];
    let output = run_to_end(&arguments);
    let pages = format!("files: {}", folder.join("pages").display());
    check_ok(
        output,
        &[
            "listen: 127.0.0.1:8080",
            "metrics_listen: [::]:9100 or 0.0.0.0:9100",
            &pages,
            "names: box.lan",
            "origins: https://a.example, app://.",
            "trusted_proxies: ::1",
            "record: tank.level as tank/level: tank, a ring of 9",
            "record: door as doors/one: setpoint, a mailbox, writable",
            "record: devices.*.state as devices/*/state: humidity, the latest value, each made by its first write",
        ],
    );
}

#[test]
fn arguments_and_the_demo_are_checked_too() {
    check_ok(run_to_end(&["--check-config"]), &["listen: 127.0.0.1:8080"]);
    let demo = "demo: this machine's metrics, simulated stations, a setpoint and a pumping station";
    check_ok(
        run_to_end(&["--check-config", "--demo", "--listen", "127.0.0.1:9"]),
        &["listen: 127.0.0.1:9", demo],
    );
    check_wrong(
        run_to_end(&["--check-config", "--files", "no/folder"]),
        &[&["no folder no/folder"]],
    );
    let twice = "[[records]]\nkey = 'sensors.temperature.room1'\nschema = 'temperature'";
    check_wrong(
        check(twice, &["--demo"]),
        &[&["sensors.temperature.room1", "twice"]],
    );
    check_wrong(
        run_to_end(&["--check-config", "--listen", "no-such-name.invalid:1"]),
        &[&["listen", "no-such-name.invalid:1"]],
    );
    let both = [
        "--check-config",
        "--listen",
        ":9100",
        "--metrics",
        "127.0.0.1:9100",
    ];
    check_wrong(
        run_to_end(&both),
        &[
            &["metrics_listen", "another place"],
            &["listen", ":9100", "[auth]", "--open"],
        ],
    );
}

#[test]
fn every_problem_is_told_with_its_file_and_place() {
    let text = r#"
        lisen = "x"
        names = ["a.lan", "10.0.0.1", "http://b"]
        origins = ["a.example"]
        files = "no-pages"
        [limits]
        clients_max = 0
        queue_max = 1
        [[contracts]]
        file = "no-contract.json"
        [[records]]
        key = "a"
        schema = "presure"
        [[records]]
        key = "b"
        schema = "humidity"
        [[records]]
        key = "c"
        schema = "humidity"
        topic = "b"
        [[records]]
        key = "b"
        schema = "humidity"
        [[records]]
        key = "d"
    "#;
    check_wrong(
        check(text, &[]),
        &[
            &["server.toml", "line 2", "`lisen`"],
            &["server.toml", "line 8", "`queue_max`"],
            &["server.toml", "line 24", "`schema`"],
            &["server.toml", "limits.clients_max must be 1 to"],
            &["server.toml", "origins[0]", "scheme"],
            &["server.toml", "names[1]", "\"10.0.0.1\""],
            &["server.toml", "names[2]", "\"http://b\""],
            &["no folder", "no-pages"],
            &["no-contract.json"],
            &["'a'", "'presure'"],
            &["'b'", "twice"],
            &["'c'", "`b`", "'b' has it"],
        ],
    );
}

#[test]
fn a_text_that_is_no_toml_and_a_file_that_is_not_there_are_told() {
    check_wrong(check("a = \nb = \n", &[]), &[&["line 1"], &["line 2"]]);
    let output = run_to_end(&["--check-config", "--config", "no/such.toml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("no/such.toml"), "{said}");
}

#[test]
fn nothing_is_listened_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run_to_end(&["--check-config", "--listen", &address]);
    check_ok(output, &[&format!("listen: {address}")]);
}

#[test]
fn what_serving_refuses_is_told_and_what_it_takes_is_ok() {
    for text in [
        "names = ['10.0.0.1']",
        "metrics_listen = 'x'",
        "[[records]]\nkey = 'a'\nschema = 'nothing'",
        "[[records]]\nkey = 'a'\nschema = 'humidity'\ntopic = 'a/#'",
        "[[records]]\nkey = 'a'\nschema = 'humidity'\n[limits]\ntopics_max = 0",
        "[[contracts]]\nfile = 'none.json'",
        "files = 'none'",
    ] {
        let config = temporary_file("server.toml", text);
        let served = run_to_end(&["--listen", "127.0.0.1:0", "--config", &config]);
        let checked = run_to_end(&["--check-config", "--config", &config]);
        assert_eq!(
            (served.status.code(), checked.status.code()),
            (Some(1), Some(1)),
            "{text}"
        );
        let first = String::from_utf8(served.stderr).unwrap();
        let all = String::from_utf8(checked.stderr).unwrap();
        assert!(all.starts_with(&first), "{all} does not begin with {first}");
    }
}
