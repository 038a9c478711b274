//! Where the real binary listens, by argument and by file.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use support::{Process, run_to_end, temporary_file};

/// Whether this machine has IPv6 at all.
fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

fn check_reached(process: &Process, hosts: &[&str]) {
    for host in hosts {
        let reached = TcpStream::connect((*host, process.port));
        assert!(
            reached.is_ok(),
            "{host} at {}: {reached:?}",
            process.address
        );
    }
}

/// Starts with an argument, and with the same in a file.
fn both(listen: &str, check: impl Fn(&Process)) {
    check(&Process::start_bare(&["--listen", listen, "--open"], &[]));
    let config = temporary_file("listen.toml", &format!("listen = '{listen}'\nopen = true"));
    check(&Process::start_bare(&["--config", &config], &[]));
}

#[test]
fn a_name_is_resolved() {
    both("localhost:0", |process| {
        assert!(process.address.ip().is_loopback(), "{}", process.address);
        check_reached(process, &["localhost"]);
    });
}

#[test]
fn a_port_alone_is_every_address_of_both_families() {
    let check = |process: &Process| {
        assert!(process.address.ip().is_unspecified(), "{}", process.address);
        let hosts: &[&str] = if has_ipv6() {
            &["127.0.0.1", "::1"]
        } else {
            &["127.0.0.1"]
        };
        check_reached(process, hosts);
    };
    both(":0", check);
    both("0", check);
    let config = temporary_file("listen.toml", "listen = 0\nopen = true");
    check(&Process::start_bare(&["--config", &config], &[]));
}

#[test]
fn an_address_is_that_address() {
    both("0.0.0.0:0", |process| {
        assert_eq!(process.address.ip().to_string(), "0.0.0.0");
        check_reached(process, &["127.0.0.1"]);
    });
    if has_ipv6() {
        both("[::1]:0", |process| {
            assert_eq!(process.address.ip(), Ipv6Addr::LOCALHOST);
            check_reached(process, &["::1"]);
            assert!(TcpStream::connect(("127.0.0.1", process.port)).is_err());
        });
    }
}

#[test]
fn an_argument_is_stronger_than_the_file() {
    let config = temporary_file("listen.toml", "listen = '127.0.0.9:1'");
    let process = Process::start_bare(&["--config", &config, "--listen", "127.0.0.1:0"], &[]);
    assert_eq!(process.address.ip().to_string(), "127.0.0.1");
}

#[test]
fn what_is_no_place_is_refused_with_what_is_one() {
    let check = |listen: &str, says: &str| {
        let config = temporary_file("listen.toml", &format!("listen = '{listen}'"));
        for arguments in [["--listen", listen], ["--config", &config]] {
            let output = run_to_end(&arguments);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{arguments:?}");
            assert!(said.contains(says), "{arguments:?}: {said}");
            assert_eq!(output.stdout, b"");
        }
    };
    check("here", "localhost:8080");
    check("127.0.0.1", "localhost:8080");
    check("::1:8080", "brackets");
    check("localhost:99999", "0 to 65535");
    check("http://127.0.0.1:80", "brackets");
    let config = temporary_file("listen.toml", "listen = 70000");
    let said = String::from_utf8(run_to_end(&["--config", &config]).stderr).unwrap();
    assert!(
        said.contains("line 1") && said.contains("localhost:8080"),
        "{said}"
    );
}

#[test]
fn what_others_reach_asks_who_comes_or_is_said_to_be_open() {
    let auth = "[[auth.tokens]]\nname = 'a'\ntoken = '0123456789abcdef'\n";
    for listen in [":0", "0.0.0.0:0"] {
        let output = run_to_end(&["--listen", listen]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in [listen, "[auth]", "--open"] {
            assert!(said.contains(part), "{said} lacks {part}");
        }
        assert_eq!(output.stdout, b"", "{listen}");
        let config = temporary_file("auth.toml", auth);
        Process::start_bare(&["--config", &config, "--listen", listen], &[]);
        // Both at once say the opposite of each other.
        let both = ["--config", &config, "--listen", listen, "--open"];
        for arguments in [&both[..], &[&both[..], &["--check-config"]].concat()] {
            let output = run_to_end(arguments);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains("opposite"), "{said}");
            assert_eq!(output.status.code(), Some(1));
        }
    }
}

#[test]
fn who_cannot_listen_is_told_each_address_and_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let SocketAddr::V4(address) = taken.local_addr().unwrap() else {
        unreachable!();
    };
    let check = |listen: &str, says: &[&str]| {
        let output = run_to_end(&["--listen", listen, "--open"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in says.iter().chain(&["cannot listen on", "--listen"]) {
            assert!(said.contains(part), "{said} lacks {part}");
        }
    };
    check(&address.to_string(), &[&address.to_string(), "in use"]);
    check("192.0.2.1:0", &["192.0.2.1:0"]);
    check("no-such-name.invalid:80", &["no-such-name.invalid:80"]);
}
