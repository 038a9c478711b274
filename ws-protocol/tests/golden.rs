//! The bytes on the wire: each golden file decodes, encodes to itself, and belongs to a version.
// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use aimdb_ws_protocol::{ClientFrame, PROTOCOL_VERSION, ServerFrame};
use std::fs;
use std::path::Path;

/// The version of the protocol and the checksum of its golden files. When a shape changes, add
/// a line with a new number; never edit an old one.
const SHAPES: &[(u64, u64)] = &[
    (1, 1_082_286_346_982_103_993),
    (2, 10_852_358_087_279_176_821),
    (3, 3_036_368_333_950_514_661),
    (4, 17_385_375_325_931_471_586),
    (5, 1_917_020_872_764_864_351),
    (6, 15_466_939_388_814_315_285),
    (7, 9_805_954_547_780_425_849),
];

fn golden_files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_golden_file_is_one_line_that_decodes_and_encodes_to_itself() {
    let files = golden_files();
    assert_eq!(
        files.len(),
        53,
        "a golden file was added or lost: state its number here"
    );
    for (name, content) in files {
        let line = content.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{name} has more than one line");
        let again = match name.split('-').next().unwrap() {
            "client" => ClientFrame::decode(line).map(|frame| frame.encode()),
            "server" => ServerFrame::decode(line).map(|frame| frame.encode()),
            other => panic!("{name}: neither client nor server but {other}"),
        };
        assert_eq!(again.as_deref(), Ok(line), "{name}");
    }
}

#[test]
fn the_shapes_do_not_change_without_their_number() {
    // FNV-1a: short, and a checksum is all that is needed here.
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in golden_files()
        .iter()
        .flat_map(|(name, text)| name.bytes().chain(text.bytes()))
    {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let newest = SHAPES.last().copied();
    assert_eq!(
        newest,
        Some((PROTOCOL_VERSION, sum)),
        "the golden files changed: raise PROTOCOL_VERSION and add its line to SHAPES"
    );
    assert!(SHAPES.is_sorted_by(|older, newer| older.0 < newer.0));
}
