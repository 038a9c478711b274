//! What a machine is doing: its processor, memory, disks and network.

use crate::Contract;

/// The load of a machine's processor.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "host_cpu", version = 1, icon = "🧮")]
pub struct HostCpu {
    /// Share of all cores that is busy.
    #[contract(unit = "%", min = 0.0, max = 100.0, signal)]
    pub percent: f32,
    /// Logical cores.
    #[contract(min = 1)]
    pub cores: u32,
    /// Average number of runnable tasks over one minute; 0 where the system does not tell.
    #[contract(min = 0.0)]
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
    #[contract(unit = "B")]
    pub used_bytes: u64,
    /// Memory in all.
    #[contract(unit = "B")]
    pub total_bytes: u64,
    /// Share in use.
    #[contract(unit = "%", min = 0.0, max = 100.0, signal)]
    pub percent: f32,
    /// Swap in use.
    #[contract(unit = "B")]
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
    #[contract(unit = "B")]
    pub used_bytes: u64,
    /// Space in all.
    #[contract(unit = "B")]
    pub total_bytes: u64,
    /// Share in use.
    #[contract(unit = "%", min = 0.0, max = 100.0, signal)]
    pub percent: f32,
    /// Read in the last interval.
    #[contract(unit = "B/s", min = 0.0)]
    pub read_bytes_per_second: f64,
    /// Written in the last interval.
    #[contract(unit = "B/s", min = 0.0)]
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
    #[contract(unit = "B/s", min = 0.0, signal)]
    pub received_bytes_per_second: f64,
    /// Sent in the last interval.
    #[contract(unit = "B/s", min = 0.0)]
    pub sent_bytes_per_second: f64,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}
