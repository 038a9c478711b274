//! A world from a seed: whole clients with their databases, the server's hub, a network that is cut, slow and picky,
//! clocks that sleep and jump, servers that restart and forget, devices with several tabs that freeze and die.
//!
//! Everything that happens follows from the seed, so a failure is replayed by its number. Nothing real is in it but
//! the machines under test: [`Peer`](aimdb_peer::Peer), [`Hub`](aimdb_server::hub::Hub) and the records. Clocks and
//! network are modules of their own, for other simulations to use.
//!
//! ```
//! aimdb_sim::run(7, false).unwrap();
//! ```

pub mod clock;
pub mod device;
pub mod host;
pub mod mutation;
pub mod network;
pub mod random;
pub mod server;
pub mod tabs;
pub mod updates;
pub mod world;

use mutation::Mutation;
use random::Random;
use world::World;

/// What went wrong in a world, and everything that led to it.
#[derive(Debug)]
pub struct Failure {
    /// The world.
    pub seed: u64,
    /// What is not as it must be.
    pub problem: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "seed {}: {}", self.seed, self.problem)
    }
}

impl std::error::Error for Failure {}

/// Runs one world to its end and checks it. With `trace`, each thing that happens is a line on standard output.
///
/// # Errors
/// Says what is not as it must be.
pub fn run(seed: u64, trace: bool) -> Result<(), Failure> {
    run_with(seed, trace, None)
}

/// The same with a server that does something wrongly.
///
/// # Errors
/// Says what is not as it must be.
pub fn run_with(seed: u64, trace: bool, mutation: Option<Mutation>) -> Result<(), Failure> {
    let fail = |problem| Failure { seed, problem };
    let mut world = World::new(Random::new(seed), trace, mutation).map_err(fail)?;
    world.run().map_err(fail)
}
