//! Which files the real binary gives away, from a real folder with links.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use support::{Process, ask, get, run, temporary_folder};

struct Pages {
    server: Process,
    pages: PathBuf,
}

/// A folder of pages with much in it, and a secret beside it and in it.
fn pages() -> Pages {
    let folder = temporary_folder();
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("secret.txt", "secret");
    write("private/index.html", "secret");
    write("pages/index.html", "front");
    write("pages/a.txt", "0123456789");
    write("pages/big.js", &"x".repeat(10_000));
    write("pages/sub/index.html", "below");
    write("pages/empty/x.txt", "x");
    write("pages/.env", "secret");
    write("pages/.git/config", "secret");
    write("pages/sub/.hidden/x.txt", "secret");
    write("pages/.well-known/security.txt", "contact");
    write("pages/.well-known/.env", "secret");
    write("pages/%2e%2e/odd.txt", "secret");
    let pages = folder.join("pages");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        let link = |target: &str, name: &str| symlink(target, pages.join(name)).unwrap();
        link("../secret.txt", "out.txt");
        link("/etc/passwd", "passwd.txt");
        link("../private", "private");
        link("..", "up");
        link(".env", "seen.txt");
        link(".git", "git");
        link("nowhere", "broken.txt");
        link("circle", "circle");
        link("a.txt", "inside.txt");
        link("sub", "sub-link");
        std::fs::create_dir(pages.join("front")).unwrap();
        link("../../secret.txt", "front/index.html");
    }
    let server = Process::start(&["--files", pages.to_str().unwrap()]);
    Pages { server, pages }
}

/// What two answers may differ in.
fn without_date(head: &str) -> String {
    let lines = head.lines().filter(|line| !line.starts_with("date:"));
    lines.collect::<Vec<_>>().join("\n")
}

const FORBIDDEN: &[&str] = &[
    "/.env",
    "/%2eenv",
    "/%2Eenv",
    "/%252eenv",
    "/.git/config",
    "/.git/",
    "/.git",
    "/sub/.hidden/x.txt",
    "/.well-known/.env",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%252e%252e%252fsecret.txt",
    "/%252e%252e/odd.txt",
    "/%25252e%25252e/secret.txt",
    "/sub/../a.txt",
    "/sub/%2e%2e/%2e%2e/secret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/C:/secret.txt",
    "/a.txt::$DATA",
    "/a.txt%00",
    "/a.txt%2500",
    "/%00",
    "/a%0d%0a.txt",
    "/%ff.txt",
    "/empty",
    "/empty/",
    "/a.txt/",
    "/a.txt/b",
];

const FORBIDDEN_LINKS: &[&str] = &[
    "/out.txt",
    "/passwd.txt",
    "/private",
    "/private/",
    "/private/index.html",
    "/up/secret.txt",
    "/up/pages/a.txt/../../secret.txt",
    "/seen.txt",
    "/git/config",
    "/git",
    "/broken.txt",
    "/circle",
    "/front/",
    "/front/index.html",
];

#[test]
fn what_is_hidden_or_outside_is_answered_like_what_is_not_there() {
    let Pages { server, .. } = pages();
    run(async {
        for method in ["GET", "HEAD", "POST"] {
            let (missing, nothing) = ask(method, server.port, "/none.txt", "").await;
            let links = if cfg!(unix) { FORBIDDEN_LINKS } else { &[] };
            for path in FORBIDDEN.iter().chain(links) {
                let (head, body) = ask(method, server.port, path, "").await;
                assert_eq!(
                    without_date(&head),
                    without_date(&missing),
                    "{method} {path}"
                );
                assert_eq!(body, nothing, "{method} {path}");
            }
        }
        let (missing, _) = get(server.port, "/none.txt", "").await;
        assert!(missing.starts_with("http/1.1 404"), "{missing}");
        // The same with conditions and ranges, which only a file that is there has an answer to.
        let conditions = "Range: bytes=0-1\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n";
        for path in ["/.env", "/out.txt", "/%2e%2e/secret.txt", "/none.txt"] {
            let (head, _) = get(server.port, path, conditions).await;
            assert_eq!(without_date(&head), without_date(&missing), "{path}");
        }
    });
}

#[test]
fn what_is_in_the_folder_is_given_also_by_links_within_it() {
    let Pages { server, .. } = pages();
    run(async {
        let check = async |path: &str, body: &str| {
            let (head, got) = get(server.port, path, "").await;
            assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
            assert_eq!(got, body.as_bytes(), "{path}");
            let policy = "script-src 'self' 'wasm-unsafe-eval';";
            assert!(head.contains(policy), "{path}: {head}");
        };
        check("/", "front").await;
        check("//", "front").await;
        check("/a.txt", "0123456789").await;
        check("/%61.txt?x=..", "0123456789").await;
        check("/sub/", "below").await;
        check("/sub//index.html", "below").await;
        check("/.well-known/security.txt", "contact").await;
        if cfg!(unix) {
            check("/inside.txt", "0123456789").await;
            check("/sub-link/index.html", "below").await;
        }
        let (head, _) = get(server.port, "/sub", "").await;
        assert!(head.contains("location: /sub/"), "{head}");
    });
}

#[test]
fn ranges_heads_conditions_and_compression_work() {
    let Pages { server, .. } = pages();
    run(async {
        let (head, body) = get(server.port, "/a.txt", "Range: bytes=2-4\r\n").await;
        assert!(head.starts_with("http/1.1 206"), "{head}");
        assert!(head.contains("content-range: bytes 2-4/10"), "{head}");
        assert_eq!(body, b"234");
        let (head, _) = get(server.port, "/a.txt", "Range: bytes=99-\r\n").await;
        assert!(head.starts_with("http/1.1 416"), "{head}");
        let (head, body) = ask("HEAD", server.port, "/a.txt", "").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("content-length: 10"), "{head}");
        assert_eq!(body, b"");
        let modified = head
            .lines()
            .find_map(|line| line.strip_prefix("last-modified: "))
            .unwrap();
        // Names of days and months stand in their own case.
        let mut words: Vec<String> = modified.split(' ').map(str::to_string).collect();
        for word in &mut words {
            if word.starts_with(|letter: char| letter.is_alphabetic()) {
                word[..1].make_ascii_uppercase();
            }
        }
        let since = words.join(" ").replace("Gmt", "GMT");
        let since = format!("If-Modified-Since: {since}\r\n");
        let (head, _) = get(server.port, "/a.txt", &since).await;
        assert!(head.starts_with("http/1.1 304"), "{head}");
        let (head, body) = get(server.port, "/big.js", "Accept-Encoding: gzip\r\n").await;
        assert!(head.contains("content-encoding: gzip"), "{head}");
        assert!(body.len() < 1_000, "{} bytes", body.len());
        let (head, _) = ask("POST", server.port, "/a.txt", "").await;
        assert!(head.starts_with("http/1.1 405"), "{head}");
    });
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_link_may_be_moved_to_a_newer_one() {
    use std::os::unix::fs::symlink;
    let Pages { pages, .. } = pages();
    let folder = temporary_folder();
    let current = folder.join("current");
    symlink(&pages, &current).unwrap();
    let newer = folder.join("newer");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("index.html"), "newer").unwrap();
    let server = Process::start(&["--files", current.to_str().unwrap()]);
    run(async {
        assert_eq!(get(server.port, "/", "").await.1, b"front");
        std::fs::remove_file(&current).unwrap();
        symlink(&newer, &current).unwrap();
        assert_eq!(get(server.port, "/", "").await.1, b"newer");
        let (head, _) = get(server.port, "/a.txt", "").await;
        assert!(head.starts_with("http/1.1 404"), "{head}");
    });
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_hold_a_request() {
    let Pages { server, pages } = pages();
    let made = std::process::Command::new("mkfifo")
        .arg(pages.join("pipe.txt"))
        .status();
    assert!(made.unwrap().success());
    run(async {
        for _ in 0..3 {
            let (head, _) = get(server.port, "/pipe.txt", "").await;
            assert!(head.starts_with("http/1.1 404"), "{head}");
        }
    });
}
