//! Which of a folder's files may be given away.
//!
//! Guarantees: only plain files of the folder, whatever links there are in it and however a path is written;
//! nothing whose name begins with a dot, except in `.well-known`; what must not be given away is answered like
//! what is not there. Does not: see what a hard link or a mount brings in, or withstand somebody who changes
//! links while they are looked at: whoever can write in the folder decides what is in it.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::{Router, http::HeaderValue};
use std::borrow::Cow;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;

/// The one name with a dot that is there to be asked for (RFC 8615).
const WELL_KNOWN: &str = ".well-known";
/// A path is decoded so many times to see what it may become; what then still changes is refused.
const DECODINGS_MAX: usize = 3;

/// Pages may run their own scripts and WebAssembly, and connect to any socket: a dashboard may
/// follow another server.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; \
     worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Answers with the files of a folder.
pub(crate) fn router(folder: &Path) -> Router {
    let shared: Arc<Path> = folder.into();
    Router::new()
        .fallback_service(ServeDir::new(folder))
        .layer(from_fn_with_state(shared, only_what_may_be_given))
        .layer(map_response(guard))
        .layer(CompressionLayer::new())
}

async fn only_what_may_be_given(
    State(folder): State<Arc<Path>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    // Another method is refused whatever the path is.
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let Some(path) = path_of(request.uri().path(), cfg!(windows)) else {
        return not_found();
    };
    let may = tokio::task::spawn_blocking(move || may_be_given(&folder, &path)).await;
    match may {
        Ok(Ok(true)) => match next.run(request).await {
            // Such as a file that may not be read.
            answer if answer.status() == StatusCode::NOT_FOUND => not_found(),
            answer => answer,
        },
        _ => not_found(),
    }
}

fn not_found() -> Response<Body> {
    (StatusCode::NOT_FOUND, "There is no such page here.\n").into_response()
}

/// The path below the folder that a request names, if its name alone does not forbid it.
fn path_of(path: &str, is_windows: bool) -> Option<PathBuf> {
    let decoded = decode(path)?;
    // Also what a second reader of the path, such as a proxy or a file system, would make of it.
    let mut again = decoded.clone();
    for _ in 0..DECODINGS_MAX {
        if !is_fine(&again, is_windows) {
            return None;
        }
        let next = decode(&again).map(Cow::into_owned)?;
        if next == again {
            return Some(decoded.trim_start_matches('/').into());
        }
        again = next.into();
    }
    None
}

/// Decodes once; nothing if the result is no text.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| byte == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let decoded = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = &behind[if decoded.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn is_fine(path: &str, is_windows: bool) -> bool {
    // Separators, drives and streams of Windows are no part of a page's name on any system.
    let is_odd = |letter: char| matches!(letter, '\\' | ':') || letter.is_control();
    let parts = || path.split('/').filter(|part| !part.is_empty());
    let is_special = |part| is_hidden(part) || (is_windows && is_special_to_windows(part));
    !path.contains(is_odd) && !parts().any(is_special)
}

fn is_hidden(part: &str) -> bool {
    part.starts_with('.') && part != WELL_KNOWN
}

/// Names that Windows reads as other ones: devices, short forms, and those with an end that it cuts off.
fn is_special_to_windows(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_lowercase();
    let is_numbered = |kind| {
        let number = stem.strip_prefix(kind).unwrap_or_default();
        number.chars().count() == 1
    };
    matches!(&*stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || is_numbered("com")
        || is_numbered("lpt")
        || part.ends_with(['.', ' '])
        || part.contains('~')
}

/// Whether there is a file, or a folder whose front page is one, and all of it is in the folder.
fn may_be_given(folder: &Path, path: &Path) -> io::Result<bool> {
    // Each time: the folder itself may be a link that is moved to a newer one.
    let folder = folder.canonicalize()?;
    let asked = folder.join(path);
    let target = asked.canonicalize()?;
    if !is_shown(&folder, &target) {
        return Ok(false);
    }
    let kind = target.metadata()?;
    if !kind.is_dir() {
        // Anything but a file, such as a pipe, would not end.
        return Ok(kind.is_file());
    }
    let front = target.join("index.html").canonicalize()?;
    Ok(is_shown(&folder, &front) && front.metadata()?.is_file())
}

fn is_shown(folder: &Path, target: &Path) -> bool {
    let is_plain = |component: Component<'_>| match component {
        Component::Normal(name) => {
            let bytes = name.as_encoded_bytes();
            !bytes.starts_with(b".") || bytes == WELL_KNOWN.as_bytes()
        }
        _ => false,
    };
    let below = target.strip_prefix(folder);
    below.is_ok_and(|below| below.components().all(is_plain))
}

/// Adds what a browser is to know about a file.
async fn guard(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Asked for anew each time, and answered with 304 while it is the same.
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_is_refused_for_what_it_is_or_may_become() {
        let check = |path: &str, expected: Option<&str>| {
            let read = path_of(path, false);
            assert_eq!(read.as_deref(), expected.map(Path::new), "{path}");
        };
        check("/", Some(""));
        check("/a/b.html", Some("a/b.html"));
        check("//a//b/", Some("a//b/"));
        check("/a%20b/%C3%BC.html", Some("a b/ü.html"));
        check("/100%25.txt", Some("100%.txt"));
        check("/a..b/c.", Some("a..b/c."));
        check("/.well-known/x.json", Some(".well-known/x.json"));
        check("/con.html", Some("con.html"));
        for path in [
            "/.git/config",
            "/a/.env",
            "/.",
            "/..",
            "/a/../b",
            "/%2e%2e/b",
            "/%2E./b",
            "/a%2f..%2fb",
            "/%252e%252e%252fb",
            "/%25252e%25252e/b",
            "/%2525252525252e/b",
            "/.%77ell-knownx",
            "/.well-known/.env",
            "/..%00/b",
            "/a%00.html",
            "/a%2500.html",
            "/a\\b",
            "/..%5cb",
            "/C:/b",
            "/a.html::$DATA",
            "/a%0ab",
            "/%ff%fe",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn windows_has_more_names_that_are_others() {
        for path in [
            "/con",
            "/a/NUL.txt",
            "/com1.x.y",
            "/aux ",
            "/a.html.",
            "/a /b",
            "/GIT~1/config",
        ] {
            assert_eq!(path_of(path, true), None, "{path}");
            assert!(path_of(path, false).is_some(), "{path}");
        }
        for path in ["/console.html", "/com.html", "/null", "/a.html"] {
            assert!(path_of(path, true).is_some(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_a_plain_path_below_the_folder(path in "(/|%2e|%2f|%5c|%25|\\.|a|2|e){0,14}") {
            if let Some(read) = path_of(&path, false) {
                let is_plain = |part| matches!(part, Component::Normal(name) if !name.as_encoded_bytes().starts_with(b"."));
                prop_assert!(read.components().all(is_plain), "{path} is {read:?}");
            }
        }

        #[test]
        fn no_path_is_too_strange(path in "\\PC{0,40}") {
            let _ = path_of(&path, true);
        }
    }
}
