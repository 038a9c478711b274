// Loads the module; all the rest is Rust.
import init from './pkg/rust_page.js';

init();
