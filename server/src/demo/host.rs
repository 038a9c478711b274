//! What this machine is doing, read from the system once a second.
//!
//! Guarantees: rates are over the time that really passed between two readings. Does not: count
//! the loopback interface beside others, nor a disk twice that is mounted twice.

use super::shared::{HISTORY_LENGTH, link};
use aimdb_contracts::Linkable;
use aimdb_contracts::builtin::{HostCpu, HostDisk, HostMemory, HostNetwork};
use aimdb_core::{AimDbBuilder, BufferConfig, Producer, TimeOps};
use aimdb_tokio_adapter::TokioAdapter;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use sysinfo::{
    CpuRefreshKind, DiskRefreshKind, Disks, MINIMUM_CPU_UPDATE_INTERVAL, MemoryRefreshKind,
    Networks, RefreshKind, System,
};

const EVERY: Duration = Duration::from_secs(1);

pub(super) fn configure(builder: &mut AimDbBuilder<TokioAdapter>) {
    add::<Cpu>(builder, "hosts.local.cpu");
    add::<Memory>(builder, "hosts.local.memory");
    add::<Disk>(builder, "hosts.local.disk");
    add::<Network>(builder, "hosts.local.network");
}

/// Something that reads one record's values from the system.
trait Sampler: Sized + Send + 'static {
    type Sample: Linkable;

    /// Makes the first reading, on which the next builds.
    fn start() -> Result<Self, sysinfo::Error>;

    /// Reads again. `seconds` have passed since the last reading.
    fn sample(&mut self, seconds: f64, timestamp: u64) -> Self::Sample;
}

fn add<S: Sampler>(builder: &mut AimDbBuilder<TokioAdapter>, key: &str) {
    builder.configure::<S::Sample>(key, |reg| {
        let capacity = HISTORY_LENGTH;
        reg.buffer(BufferConfig::SpmcRing { capacity })
            .source(sample::<S>)
            .link_to(&link(key));
    });
}

/// Samples to the end. A reading may take its time (a disk can hang), so it has a thread.
async fn sample<S: Sampler>(runtime: TokioAdapter, producer: Producer<S::Sample, TokioAdapter>) {
    let key = producer.key().to_string();
    let sampling =
        tokio::task::spawn_blocking(move || S::start().map(|sampler| (sampler, Instant::now())));
    let mut state = match sampling.await {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => return tracing::warn!("{key}: the system does not tell: {error}"),
        Err(error) => return tracing::error!("{key}: {error}"),
    };
    // The first values come soon, the others once a second.
    runtime
        .sleep(MINIMUM_CPU_UPDATE_INTERVAL.max(Duration::from_millis(250)))
        .await;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let timestamp = runtime.unix_ms();
        let sampling = tokio::task::spawn_blocking(move || {
            let (mut sampler, before) = state;
            let now = Instant::now();
            let seconds = (now - before).as_secs_f64();
            (sampler.sample(seconds, timestamp), (sampler, now))
        });
        let (value, next) = match sampling.await {
            Ok(sampled) => sampled,
            Err(error) => return tracing::error!("{key}: {error}"),
        };
        state = next;
        if let Err(error) = producer.produce(value) {
            tracing::warn!("{error}");
            if producer.is_removed() {
                return;
            }
        }
    }
}

struct Cpu(System);

impl Sampler for Cpu {
    type Sample = HostCpu;

    fn start() -> Result<Self, sysinfo::Error> {
        let usage = CpuRefreshKind::nothing().with_usage();
        System::new_with_specifics(RefreshKind::nothing().with_cpu(usage)).map(Self)
    }

    fn sample(&mut self, _: f64, timestamp: u64) -> HostCpu {
        self.0.refresh_cpu_usage();
        HostCpu {
            percent: percent(f64::from(self.0.global_cpu_usage())),
            cores: u32::try_from(self.0.cpus().len())
                .unwrap_or(u32::MAX)
                .max(1),
            load_1m: System::load_average().map_or(0.0, |load| two_decimals(load.one)),
            timestamp,
        }
    }
}

struct Memory(System);

impl Sampler for Memory {
    type Sample = HostMemory;

    fn start() -> Result<Self, sysinfo::Error> {
        System::new().map(Self)
    }

    fn sample(&mut self, _: f64, timestamp: u64) -> HostMemory {
        self.0
            .refresh_memory_specifics(MemoryRefreshKind::everything());
        let (used_bytes, total_bytes) = (self.0.used_memory(), self.0.total_memory());
        HostMemory {
            used_bytes,
            total_bytes,
            percent: share(used_bytes, total_bytes),
            swap_used_bytes: self.0.used_swap(),
            timestamp,
        }
    }
}

struct Disk(Disks);

impl Sampler for Disk {
    type Sample = HostDisk;

    fn start() -> Result<Self, sysinfo::Error> {
        Disks::new_with_refreshed_list().map(Self)
    }

    fn sample(&mut self, seconds: f64, timestamp: u64) -> HostDisk {
        let what = DiskRefreshKind::nothing().with_storage().with_io_usage();
        self.0.refresh_specifics(true, what);
        let (mut used, mut total, mut read, mut written) = (0_u64, 0_u64, 0_u64, 0_u64);
        let mut seen = BTreeSet::new();
        for disk in self.0.iter().filter(|disk| seen.insert(disk.name())) {
            used += disk.total_space().saturating_sub(disk.available_space());
            total += disk.total_space();
            read += disk.usage().read_bytes;
            written += disk.usage().written_bytes;
        }
        HostDisk {
            used_bytes: used,
            total_bytes: total,
            percent: share(used, total),
            read_bytes_per_second: rate(read, seconds),
            write_bytes_per_second: rate(written, seconds),
            timestamp,
        }
    }
}

struct Network(Networks);

impl Sampler for Network {
    type Sample = HostNetwork;

    fn start() -> Result<Self, sysinfo::Error> {
        Networks::new_with_refreshed_list().map(Self)
    }

    fn sample(&mut self, seconds: f64, timestamp: u64) -> HostNetwork {
        self.0.refresh(true);
        let (loopback, outside): (Vec<_>, Vec<_>) =
            self.0.values().partition(|data| is_loopback(data));
        let counted = if outside.is_empty() {
            loopback
        } else {
            outside
        };
        let received = counted.iter().map(|data| data.received()).sum();
        let sent = counted.iter().map(|data| data.transmitted()).sum();
        HostNetwork {
            received_bytes_per_second: rate(received, seconds),
            sent_bytes_per_second: rate(sent, seconds),
            timestamp,
        }
    }
}

fn is_loopback(data: &sysinfo::NetworkData) -> bool {
    let mut networks = data.ip_networks().iter().peekable();
    networks.peek().is_some() && networks.all(|network| network.addr.is_loopback())
}

fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 {
        return 0.0;
    }
    percent(part as f64 / whole as f64 * 100.0)
}

fn percent(percent: f64) -> f32 {
    two_decimals(percent.clamp(0.0, 100.0))
}

fn two_decimals(number: f64) -> f32 {
    ((number * 100.0).round() / 100.0) as f32
}

/// Whole bytes a second.
fn rate(bytes: u64, seconds: f64) -> f64 {
    // Two readings at one moment tell no rate.
    if seconds < 0.001 {
        return 0.0;
    }
    (bytes as f64 / seconds).round()
}
