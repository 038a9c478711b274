//! Where something is.

use crate::{Contract, Simulatable};

/// A position on the WGS 84 ellipsoid.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "gps_location", version = 1, icon = "📍")]
pub struct GpsLocation {
    /// Degrees north of the equator.
    #[contract(unit = "°", min = -90.0, max = 90.0)]
    pub latitude: f64,
    /// Degrees east of Greenwich.
    #[contract(unit = "°", min = -180.0, max = 180.0)]
    pub longitude: f64,
    /// Height above the ellipsoid.
    ///
    /// From below the deepest sea floor (-10,935 m) to above the orbit of geostationary satellites (35,786 km).
    #[contract(unit = "m", min = -12_000, max = 40_000_000)]
    pub altitude: Option<f32>,
    /// Radius within which the position is expected.
    ///
    /// At most half the circumference of the earth (20,038 km): that is anywhere.
    #[contract(unit = "m", min = 0, max = 20_038_000)]
    pub accuracy: Option<f32>,
    /// When it was measured.
    #[contract(unit = "ms")]
    pub timestamp: u64,
}

/// A drive around a place: a square of streets, each side driven in so many steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GpsTour {
    /// Degrees north of the middle of the tour.
    pub latitude: f64,
    /// Degrees east of the middle of the tour.
    pub longitude: f64,
    /// Half the length of a side, in degrees.
    pub radius: f64,
    /// Degrees driven in one step.
    pub step: f64,
}

impl Simulatable for GpsLocation {
    type Params = GpsTour;

    fn simulate(
        tour: &GpsTour,
        previous: Option<&Self>,
        random: &mut fastrand::Rng,
        timestamp: u64,
    ) -> Self {
        let (north, east) = match previous {
            Some(before) => tour.drive(
                before.latitude - tour.latitude,
                before.longitude - tour.longitude,
            ),
            None => (-tour.radius, -tour.radius),
        };
        let jitter = (random.f64() - 0.5) * tour.step * 0.1;
        Self {
            latitude: to_micro_degrees(tour.latitude + north + jitter),
            longitude: to_micro_degrees(tour.longitude + east - jitter),
            altitude: Some(171.0),
            accuracy: Some(3.0 + random.u8(0..20) as f32 / 10.0),
            timestamp,
        }
    }
}

impl GpsTour {
    /// One step along the square, counter-clockwise from the south-west corner.
    fn drive(&self, north: f64, east: f64) -> (f64, f64) {
        let near = self.radius - self.step;
        if north <= -near && east < near {
            (-self.radius, east + self.step)
        } else if east >= near && north < near {
            (north + self.step, self.radius)
        } else if north >= near && east > -near {
            (self.radius, east - self.step)
        } else {
            (north - self.step, -self.radius)
        }
    }
}

/// Six decimals, about 0.1 m.
fn to_micro_degrees(degrees: f64) -> f64 {
    let half = if degrees < 0.0 { -0.5 } else { 0.5 };
    (degrees * 1e6 + half) as i64 as f64 / 1e6
}
