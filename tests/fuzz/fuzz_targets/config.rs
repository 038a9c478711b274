//! Configuration text: never a panic, a refusal has words, and what is taken passes its own check.
#![no_main]

use aimdb_server::Config;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| match Config::parse(text) {
    Ok(mut config) => {
        assert!(config.check().is_ok());
        assert!(config.limits.check().is_ok());
        config.resolve_beside(Path::new("/etc/aimdb/server.toml"));
        assert!(config.check().is_ok(), "a folder made it worse: {text}");
    }
    Err(problem) => assert!(!problem.to_string().is_empty()),
});
