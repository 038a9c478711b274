//! What a machine is doing: its processor, memory, disks and network.
//!
//! Bytes go up to 2^53 - 1: nine petabytes, more than a machine has or moves in a second, and the largest integer
//! that JavaScript holds exactly.

use crate::{Contract, SAFE_INTEGER_MAX};

/// The load of a machine's processor.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "host_cpu", version = 1, icon = "🧮")]
pub struct HostCpu {
    /// Share of all cores that is busy.
    #[contract(unit = "%", min = 0, max = 100, signal)]
    pub percent: f32,
    /// Logical cores.
    ///
    /// Up to 65,536: several times what the largest machines under one system have.
    #[contract(min = 1, max = 65_536)]
    pub cores: u32,
    /// Average number of runnable tasks over one minute; 0 where the system does not tell.
    ///
    /// Up to 2^22, which is how many tasks Linux can have.
    #[contract(min = 0, max = 4_194_304)]
    pub load_1m: f32,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

/// The use of a machine's memory.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "host_memory", version = 1, icon = "🧠")]
pub struct HostMemory {
    /// Memory in use.
    #[contract(unit = "B", max = SAFE_INTEGER_MAX)]
    pub used_bytes: u64,
    /// Memory in all.
    #[contract(unit = "B", max = SAFE_INTEGER_MAX)]
    pub total_bytes: u64,
    /// Share in use.
    #[contract(unit = "%", min = 0, max = 100, signal)]
    pub percent: f32,
    /// Swap in use.
    #[contract(unit = "B", max = SAFE_INTEGER_MAX)]
    pub swap_used_bytes: u64,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

/// The use of a machine's disks, all together.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "host_disk", version = 1, icon = "💽")]
pub struct HostDisk {
    /// Space in use.
    #[contract(unit = "B", max = SAFE_INTEGER_MAX)]
    pub used_bytes: u64,
    /// Space in all.
    #[contract(unit = "B", max = SAFE_INTEGER_MAX)]
    pub total_bytes: u64,
    /// Share in use.
    #[contract(unit = "%", min = 0, max = 100, signal)]
    pub percent: f32,
    /// Read in the last interval.
    #[contract(unit = "B/s", min = 0, max = SAFE_INTEGER_MAX)]
    pub read_bytes_per_second: f64,
    /// Written in the last interval.
    #[contract(unit = "B/s", min = 0, max = SAFE_INTEGER_MAX)]
    pub write_bytes_per_second: f64,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

/// What a machine's network carries, all interfaces together.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "host_network", version = 1, icon = "📶")]
pub struct HostNetwork {
    /// Received in the last interval.
    #[contract(unit = "B/s", min = 0, max = SAFE_INTEGER_MAX, signal)]
    pub received_bytes_per_second: f64,
    /// Sent in the last interval.
    #[contract(unit = "B/s", min = 0, max = SAFE_INTEGER_MAX)]
    pub sent_bytes_per_second: f64,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}
