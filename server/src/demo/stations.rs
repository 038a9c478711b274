//! Simulated weather stations, a van on its tour, and a heated room.
//!
//! Guarantees: the walks repeat from their seeds. Does not: claim to be weather.

use super::shared::{HISTORY_LENGTH, begin, link};
use aimdb_contracts::builtin::{GpsLocation, GpsTour, Humidity, Setpoint, Temperature, Walk};
use aimdb_contracts::{Linkable, Settable, Simulatable};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Consumer, Problem, TimeOps};
use aimdb_tokio_adapter::TokioAdapter;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(500);
const SETPOINT: &str = "commands.setpoint.room1";
/// A record that has a value twice a second: the clock of what is simulated elsewhere.
pub(super) const OUTDOOR: &str = "sensors.temperature.vienna";
const BUFFER: BufferConfig = BufferConfig::SpmcRing {
    capacity: HISTORY_LENGTH,
};

/// What clients find before one of them has set anything.
const SETPOINT_AT_START: f32 = 21.0;
/// The share of the way to its setpoint that the room goes in one step.
const HEATING: f32 = 0.05;
/// The share of the way to the outdoor temperature that it goes in one step.
const LOSS: f32 = 0.002;

pub(super) fn configure(builder: &mut AimDbBuilder<TokioAdapter>) {
    let walk = |middle, step, reach| Walk {
        middle,
        step,
        reach,
    };
    simulate::<Temperature>(builder, OUTDOOR, walk(19.0, 0.3, 8.0), 1);
    let berlin = walk(16.0, 0.3, 8.0);
    simulate::<Temperature>(builder, "sensors.temperature.berlin", berlin, 2);
    let humidity = walk(55.0, 0.8, 25.0);
    simulate::<Humidity>(builder, "sensors.humidity.vienna", humidity, 3);
    let tour = GpsTour {
        latitude: 48.2082,
        longitude: 16.3738,
        radius: 0.01,
        step: 0.0005,
    };
    simulate::<GpsLocation>(builder, "assets.gps.van1", tour, 4);
    builder.configure::<Setpoint>(SETPOINT, |reg| {
        reg.buffer(BufferConfig::SingleLatest)
            .tap(report)
            .link_to(&link(SETPOINT))
            .link_from(&link(SETPOINT));
    });
    builder.configure::<Temperature>("sensors.temperature.room1", |reg| {
        reg.buffer(BUFFER)
            .transform_join(Room::default(), |join| {
                join.on::<Setpoint, _>(SETPOINT, Room::set)
                    .on::<Temperature, _>(OUTDOOR, Room::step);
            })
            .link_to(&link("sensors.temperature.room1"));
    });
}

/// Gives the room its first setpoint.
pub(super) fn start(db: &AimDb<TokioAdapter>) -> Result<(), Problem> {
    let setpoint = Setpoint::set(SETPOINT_AT_START, db.runtime().unix_ms());
    begin(db, SETPOINT, setpoint)
}

fn simulate<T: Linkable + Simulatable>(
    builder: &mut AimDbBuilder<TokioAdapter>,
    key: &str,
    params: T::Params,
    seed: u64,
) where
    T::Params: Send,
{
    builder.configure::<T>(key, |reg| {
        reg.buffer(BUFFER)
            .source(move |runtime: TokioAdapter, producer| async move {
                let mut random = fastrand::Rng::with_seed(seed);
                let mut previous: Option<T> = None;
                let mut ticks = tokio::time::interval(EVERY);
                // A machine that slept does not make up for it.
                ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    let now = runtime.unix_ms();
                    let value = T::simulate(&params, previous.as_ref(), &mut random, now);
                    if let Err(error) = producer.produce(value.clone()) {
                        tracing::warn!("{error}");
                        if producer.is_removed() {
                            return;
                        }
                    }
                    previous = Some(value);
                }
            })
            .link_to(&link(key));
    });
}

/// Tells the log each setpoint that was taken.
async fn report(_: TokioAdapter, mut setpoints: Consumer<Setpoint, TokioAdapter>) {
    while let Some(setpoint) = setpoints.next().await {
        tracing::info!("room1 is set to {} °C", setpoint.celsius);
    }
}

/// A room that is heated towards its setpoint and loses heat to the street.
struct Room {
    celsius: f32,
    setpoint: f32,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            celsius: SETPOINT_AT_START,
            setpoint: SETPOINT_AT_START,
        }
    }
}

impl Room {
    fn set(&mut self, setpoint: &Setpoint) -> Option<Temperature> {
        self.setpoint = setpoint.celsius;
        None
    }

    /// The outdoor station is the room's clock, too.
    fn step(&mut self, outdoor: &Temperature) -> Option<Temperature> {
        self.celsius += (self.setpoint - self.celsius) * HEATING;
        self.celsius += (outdoor.celsius - self.celsius) * LOSS;
        let shown = (self.celsius * 100.0).round() / 100.0;
        Some(Temperature::set(shown, outdoor.timestamp))
    }
}
