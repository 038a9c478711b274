//! The record types that come with the engine.
//!
//! Every timestamp is in Unix milliseconds.

mod gps;
mod host;
mod humidity;
mod json;
mod temperature;
mod walk;

pub use gps::{GpsLocation, GpsTour};
pub use host::{HostCpu, HostDisk, HostMemory, HostNetwork};
pub use humidity::Humidity;
pub use json::JSON;
pub use temperature::{Setpoint, Temperature};
pub use walk::Walk;

use crate::schema::Schema;
use crate::traits::Streamable;

/// The descriptions of all of them, by name.
pub const ALL: [&Schema; 9] = [
    GpsLocation::SCHEMA,
    HostCpu::SCHEMA,
    HostDisk::SCHEMA,
    HostMemory::SCHEMA,
    HostNetwork::SCHEMA,
    Humidity::SCHEMA,
    &JSON,
    Setpoint::SCHEMA,
    Temperature::SCHEMA,
];
