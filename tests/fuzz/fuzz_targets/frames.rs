//! Frames of the protocol, both ways: hostile text never panics, and what was read is written so that it reads the
//! same again.
#![no_main]

use aimdb_ws_protocol::{CLIENT_FRAME_BYTES_MAX, ClientFrame, SERVER_FRAME_BYTES_MAX, ServerFrame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let extended = ClientFrame::decode(text);
    if let Ok(frame) = &extended {
        let written = frame.encode();
        // Escapes may make a text longer than it came.
        if written.len() <= CLIENT_FRAME_BYTES_MAX {
            let again = ClientFrame::decode(&written).map(|frame| frame.encode());
            assert_eq!(again.as_ref(), Ok(&written), "from {text}");
        }
    }
    let plain = ClientFrame::decode_plain(text);
    assert!(
        extended.is_err() || plain.is_ok(),
        "only with extensions: {text}"
    );
    for error in [extended.err(), plain.err()].into_iter().flatten() {
        assert!(!error.code().is_empty() && !error.to_string().is_empty());
    }
    if let Ok(frame) = ServerFrame::decode(text) {
        let written = frame.encode();
        if written.len() <= SERVER_FRAME_BYTES_MAX {
            let again = ServerFrame::decode(&written).map(|frame| frame.encode());
            assert_eq!(again.as_ref(), Ok(&written), "from {text}");
        }
    }
});
