//! What a technician's device and the plant say to each other, as `examples/field-pwa` defines it for itself.
//!
//! Guarantees: the same contracts, which a test of the example asks the server for. Does not: know the plant.

use aimdb_contracts::{Bytes, Contract, Timestamp};

/// What somebody has read off a meter.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "field_reading", version = 1)]
pub(super) struct Reading {
    /// Made by the device, so that a list knows a reading again.
    #[contract(min_length = 8, max_length = 40)]
    id: String,
    #[contract(min_length = 1, max_length = 40)]
    meter: String,
    #[contract(min = 0, max = 1_000_000_000, signal)]
    value: f64,
    #[contract(min_length = 1, max_length = 8)]
    unit: String,
    timestamp: Timestamp,
    #[contract(max_length = 200)]
    note: Option<String>,
}

/// A photo, in parts of what one field of bytes holds.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "field_photo", version = 1)]
pub(super) struct Photo {
    /// Made by the device, so that a list knows a photo again.
    #[contract(min_length = 8, max_length = 40)]
    id: String,
    #[contract(min_length = 1, max_length = 40)]
    machine: String,
    #[contract(max_length = 120)]
    caption: Option<String>,
    #[contract(min = 1, unit = "px")]
    width: u16,
    #[contract(min = 1, unit = "px")]
    height: u16,
    /// A JPEG of 40 kB at most, so that its write fits into a frame.
    #[contract(min_items = 1, max_items = 3)]
    jpeg: Vec<Bytes>,
    timestamp: Timestamp,
}

/// What a machine is asked for.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "field_setpoint", version = 1)]
pub(super) struct Setpoint {
    #[contract(min = 0, max = 100, signal)]
    pub(super) value: f64,
    /// Who asked.
    #[contract(min_length = 1, max_length = 40)]
    pub(super) by: String,
    pub(super) timestamp: Timestamp,
}

/// What a machine measures.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "field_measure", version = 1)]
pub(super) struct Measure {
    #[contract(signal)]
    pub(super) value: f64,
    pub(super) timestamp: Timestamp,
}

/// What is to be done to the valve.
#[derive(Clone, Copy, Debug, PartialEq, Contract)]
#[contract(rename_all = "snake_case")]
pub(super) enum Action {
    Open,
    Close,
}

/// A command to the valve.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "field_command", version = 1)]
pub(super) struct Command {
    /// Made by the device, so that a list knows a command again.
    #[contract(min_length = 8, max_length = 40)]
    id: String,
    pub(super) action: Action,
    pub(super) timestamp: Timestamp,
}

/// How the valve stands.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "field_valve", version = 1)]
pub(super) struct Valve {
    pub(super) open: bool,
    /// Since when.
    pub(super) timestamp: Timestamp,
}
