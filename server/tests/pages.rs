//! Which pages get a socket from the real binary: by its names, by listed origins, and behind proxies.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Client, Process, connect_with, run, run_to_end, temporary_file};

fn with_config(text: &str) -> Process {
    let config = temporary_file("server.toml", text);
    Process::start(&["--config", &config])
}

async fn served(connected: Result<Client, (u16, String)>, what: &str) -> Client {
    let mut client = connected.unwrap_or_else(|refused| panic!("{what}: {refused:?}"));
    assert_eq!(client.all_until_pong().await, [] as [Value; 0]);
    client
}

fn refused(connected: Result<Client, (u16, String)>, status: u16, says: &str) {
    let Err((got, body)) = connected else {
        panic!("got a socket instead of {status}, {says}");
    };
    assert_eq!(got, status, "{body}");
    assert!(body.contains(says), "{body} lacks {says}");
}

#[test]
fn a_name_that_was_made_point_here_gets_no_socket() {
    let server = with_config("names = ['plant.example', 'box.lan:8080']");
    run(async {
        let connect = async |host: &str| {
            let origin = format!("http://{host}");
            connect_with(&server.socket(), &[("Origin", &origin), ("Host", host)]).await
        };
        for host in [
            "192.168.1.5:8080",
            "[fd00::5]",
            "localhost:8080",
            "plant.example",
            "Plant.Example:9000",
            "box.lan:8080",
        ] {
            served(connect(host).await, host).await;
        }
        refused(
            connect("evil.example").await,
            403,
            "\"evil.example\" to `names`",
        );
        refused(connect("evil.example:8080").await, 403, "`names`");
        refused(connect("box.lan:9").await, 403, "\"box.lan:9\" to `names`");
        refused(connect("plant.example.evil.example").await, 403, "`names`");
    });
}

#[test]
fn this_machines_own_name_is_known() {
    let Ok(own) = sysinfo::System::host_name() else {
        return;
    };
    let server = Process::start(&[]);
    run(async {
        for host in [
            own.clone(),
            format!("{}.local", own.split('.').next().unwrap()),
        ] {
            let origin = format!("http://{}", host.to_lowercase());
            let headers = [("Origin", &*origin), ("Host", &*host)];
            let connected = connect_with(&server.socket(), &headers).await;
            served(connected, &host).await;
        }
    });
}

#[test]
fn listed_origins_match_what_browsers_send() {
    let server = with_config(
        "origins = ['https://a.example:443', 'HTTP://B.Example/', 'capacitor://localhost', 'app://.', 'null', 'file://']",
    );
    run(async {
        let connect =
            async |origin: &str| connect_with(&server.socket(), &[("Origin", origin)]).await;
        for origin in [
            "https://a.example",
            "http://b.example",
            "capacitor://localhost",
            "app://.",
            "null",
            "file://",
        ] {
            served(connect(origin).await, origin).await;
        }
        for origin in [
            "http://a.example",
            "https://a.example:444",
            "https://b.example",
            "tauri://localhost",
            "chrome-extension://abc",
            "https://a.example/",
        ] {
            let says = format!("{origin:?} to `origins`");
            refused(connect(origin).await, 403, &says);
        }
    });
}

#[test]
fn what_can_be_no_origin_name_or_proxy_is_refused_with_its_place() {
    let check = |text: &str, says: &[&str]| {
        let path = temporary_file("bad.toml", text);
        let output = run_to_end(&["--config", &path, "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        for part in says.iter().chain(&["bad.toml"]) {
            assert!(said.contains(part), "{text}\n{said} lacks {part}");
        }
    };
    check(
        "origins = ['https://a.example', 'https://a.example/page']",
        &["origins[1]", "without a path", "\"https://a.example/page\""],
    );
    check(
        "origins = ['https://*.example']",
        &["origins[0]", "no wildcards"],
    );
    check(
        "origins = ['https://bücher.example']",
        &["origins[0]", "punycode"],
    );
    check("origins = ['wss://a.example']", &["origins[0]", "https://"]);
    check(
        "names = ['a.lan', '10.0.0.1']",
        &["names[1]", "without being listed"],
    );
    check("names = ['https://a.lan']", &["names[0]", "without scheme"]);
    check(
        "trusted_proxies = ['::1', '10.0.0.7/8']",
        &["trusted_proxies[1]", "first address"],
    );
    check(
        "trusted_proxies = ['0.0.0.0/0']",
        &["trusted_proxies[0]", "every address"],
    );
    check(
        "trusted_proxies = ['proxy.lan']",
        &["trusted_proxies[0]", "10.0.0.0/8"],
    );
}

#[test]
fn behind_a_proxy_each_client_is_counted_for_itself() {
    let server = with_config(
        "trusted_proxies = ['127.0.0.1', '10.0.0.0/8']\nconnections_per_address_max = 2",
    );
    run(async {
        let connect = async |name: &'static str, value: &str| {
            connect_with(&server.socket(), &[(name, value)]).await
        };
        let plain = async |value: &str| connect("X-Forwarded-For", value).await;
        let too_many = |connected| refused(connected, 429, "connections_per_address_max");
        let first = served(plain("203.0.113.9").await, "first").await;
        let _second = served(plain("1.1.1.1, 203.0.113.9").await, "second").await;
        too_many(plain("203.0.113.9").await);
        too_many(plain("127.0.0.1, 203.0.113.9, 10.1.2.3").await);
        too_many(connect("Forwarded", "for=203.0.113.9;proto=https").await);
        let _other = served(plain("203.0.113.10").await, "another").await;
        // What nobody can read is the proxy's own, and counted.
        let _unread = served(plain("unknown").await, "unread").await;
        let _again = served(connect("Forwarded", "for=_hidden").await, "hidden").await;
        too_many(plain("203.0.113.9, ???").await);
        // This machine's own.
        let mut own = Vec::new();
        for _ in 0..4 {
            own.push(served(connect_with(&server.socket(), &[]).await, "own").await);
        }
        // A place that is given back.
        drop(first);
        let back = async {
            loop {
                if plain("203.0.113.9").await.is_ok() {
                    return;
                }
            }
        };
        tokio::time::timeout(support::PATIENCE, back)
            .await
            .expect("the place stays taken");
    });
}

#[test]
fn behind_a_proxy_a_page_is_judged_by_what_the_browser_asked_for() {
    let server = with_config("trusted_proxies = ['127.0.0.1']\nnames = ['plant.example']");
    run(async {
        let connect = async |origin: &str, headers: &[(&'static str, &str)]| {
            let headers = [
                &[("Origin", origin), ("X-Forwarded-For", "203.0.113.9")],
                headers,
            ]
            .concat();
            connect_with(&server.socket(), &headers).await
        };
        let told = [
            ("X-Forwarded-Host", "plant.example"),
            ("X-Forwarded-Proto", "https"),
        ];
        served(connect("https://plant.example", &told).await, "told").await;
        let kept = [("Host", "plant.example")];
        served(connect("https://plant.example", &kept).await, "kept").await;
        refused(
            connect("http://plant.example", &told).await,
            403,
            "`origins`",
        );
        refused(
            connect("https://plant.example", &[]).await,
            403,
            "`origins`",
        );
        let other = [("X-Forwarded-Host", "evil.example")];
        refused(
            connect("https://evil.example", &other).await,
            403,
            "`names`",
        );
    });
}

#[test]
fn without_trusted_proxies_nothing_is_believed() {
    let server = with_config("names = ['plant.example']\nconnections_per_address_max = 1");
    run(async {
        let told = [
            ("Origin", "https://plant.example"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Host", "plant.example"),
            ("Forwarded", "for=203.0.113.9;host=plant.example"),
        ];
        refused(
            connect_with(&server.socket(), &told).await,
            403,
            "`origins`",
        );
        let mut clients = Vec::new();
        for _ in 0..3 {
            let connected = connect_with(&server.socket(), &told[1..]).await;
            clients.push(served(connected, "uncounted").await);
        }
    });
}
