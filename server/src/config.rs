//! What a server is told.

use crate::hub::Limits;
use std::path::PathBuf;

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of pages to serve.
    pub files: Option<PathBuf>,
    /// Origins whose pages may connect.
    pub origins: Vec<String>,
    /// Sockets of one address.
    pub connections_per_address_max: usize,
    /// Limits of the hub.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            files: None,
            origins: Vec::new(),
            connections_per_address_max: 64,
            limits: Limits::default(),
        }
    }
}
