//! A device in the world whose tabs share its disk: what happens to it, and what must be true of it in the end.
//!
//! Guarantees: a tab that is frozen does nothing, but what it gave to the disk may land; anyone may take over at any moment, and who
//! sent before may hear of it later or from the disk or from the server. Does not: know the network; the world does.

use std::ops::Range;

use aimdb_tokio_adapter::TokioAdapter;

use crate::clock::Clock;
use crate::host::{Host, Keeps};
use crate::mutation::Mutation;
use crate::network::Line;
use crate::random::Random;
use crate::tabs::{Disk, End, Message};

/// So many things happen on it at most between two things that happen in the world.
const AT_ONCE_MAX: usize = 4;
/// So much of what its tabs have to do is done in a round of the end.
const HEALED_MAX: usize = 200;

/// See the module above.
pub struct Device {
    disk: Disk,
    tabs: Range<usize>,
    random: Random,
    mutation: Option<Mutation>,
}

impl Device {
    /// Opens two or three tabs, as hosts of the world behind those that are there.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn open(
        runtime: &TokioAdapter,
        hosts: &mut Vec<Host>,
        (is_asked, mutation): (bool, Option<Mutation>),
        mut random: Random,
    ) -> Result<Self, String> {
        let disk = Disk::default();
        let first = hosts.len();
        let proxy = random.chance(30).then_some(300);
        let seed = random.any();
        for _ in 0..2 + random.place(2) {
            let clock = Clock::new(random.below(1_000_000));
            let about = (Keeps::WithOthers, is_asked, seed);
            let mut host = Host::new(first, runtime, clock, Line::new(proxy), about)?;
            host.at = hosts.len();
            host.open_tab(&disk, mutation)?;
            hosts.push(host);
        }
        Ok(Self {
            disk,
            tabs: first..hosts.len(),
            random,
            mutation,
        })
    }

    /// Whether one of its tabs wanted to be rid of a write and did not send by then: it had gone on as if it were.
    #[must_use]
    pub fn clung_to(&self, number: u64) -> bool {
        self.disk.clung_to.contains(&number)
    }

    /// Which of the hosts are its tabs.
    #[must_use]
    pub fn tabs(&self) -> Range<usize> {
        self.tabs.clone()
    }

    /// A tab of it, by chance.
    pub fn any_tab(&mut self) -> usize {
        self.tabs.start + self.random.place(self.tabs.len())
    }

    /// Whether one of its tabs is to die now.
    pub fn dies(&mut self) -> bool {
        self.random.chance(1)
    }

    /// Some things happen on it; says which.
    pub fn step(&mut self, hosts: &mut [Host]) -> String {
        let mut said = String::new();
        for _ in 0..=self.random.place(AT_ONCE_MAX) {
            let tab = self.any_tab();
            let done = self.happens(hosts, tab);
            if !done.is_empty() {
                said.push_str(&format!("tab {tab} {done}; "));
            }
        }
        said
    }

    fn happens(&mut self, hosts: &mut [Host], at: usize) -> &'static str {
        let what = self.random.below(100);
        if what < 35 {
            let most = 1 + self.random.place(6);
            // What a frozen tab gave to the disk before may land late.
            return match hosts[at].tab_commits(&mut self.disk, most) {
                true => "has a transaction done",
                false => "",
            };
        }
        let is_awake = hosts[at].is_awake();
        match what {
            97..100 if !is_awake => {
                hosts[at].tab_wakes();
                "wakes"
            }
            _ if !is_awake => "",
            35..70 => {
                self.turn(hosts, at);
                "turns"
            }
            70..85 => {
                let from = self.any_tab();
                if let Some(tab) = hosts[at].tab() {
                    tab.hear(from);
                }
                "hears"
            }
            85..93 => {
                hosts[at].tab_follows();
                "may follow"
            }
            93..95 => {
                self.take_over(hosts, at);
                "takes over"
            }
            95 => {
                hosts[at].tab().into_iter().for_each(|tab| tab.freeze());
                "freezes"
            }
            _ => "",
        }
    }

    fn turn(&mut self, hosts: &mut [Host], at: usize) {
        for message in hosts[at].tab_turns(&self.disk) {
            self.tell_others(hosts, at, &message);
        }
    }

    fn tell_others(&self, hosts: &mut [Host], from: usize, message: &Message) {
        for other in self.tabs().filter(|other| *other != from) {
            if let Some(tab) = hosts[other].tab() {
                tab.tell(from, message.clone());
            }
        }
    }

    fn take_over(&mut self, hosts: &mut [Host], at: usize) {
        for other in self.tabs().filter(|other| *other != at) {
            if let Some(tab) = hosts[other].tab() {
                tab.is_lost |= tab.epoch > 0;
            }
        }
        if let Some(tab) = hosts[at].tab() {
            tab.take_over(&mut self.disk);
        }
    }

    /// A tab dies, with its last transaction or without, and is opened again.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn reload(
        &mut self,
        hosts: &mut [Host],
        at: usize,
        (mono_ms, done): (u64, usize),
    ) -> Result<(), String> {
        hosts[at].reload_tab(&mut self.disk, mono_ms, done)?;
        // What its last run stored and told nobody of waits for somebody who sends.
        self.tell_others(hosts, at, &Message::Stored);
        Ok(())
    }

    /// All tabs are awake, one sends, and all that they have to do is done.
    pub fn heal(&mut self, hosts: &mut [Host]) {
        for at in self.tabs() {
            if !hosts[at].is_awake() {
                hosts[at].tab_wakes();
            }
        }
        for _ in 0..HEALED_MAX {
            for at in self.tabs() {
                hosts[at].tab_follows();
                hosts[at].tab_commits(&mut self.disk, 100);
                self.turn(hosts, at);
                for from in self.tabs() {
                    hosts[at].tab().into_iter().for_each(|tab| tab.hear(from));
                }
            }
            if self.tabs().all(|at| hosts[at].is_kept()) {
                break;
            }
        }
        let leads = |at: usize| hosts[at].leads_as() == self.disk.epoch;
        if self.disk.epoch == 0 || !self.tabs().any(leads) {
            // Who waits, and asks in vain, takes over.
            let at = self.any_tab();
            return self.take_over(hosts, at);
        }
        for at in self.tabs() {
            if hosts[at].writes_pending() > 0 {
                self.tell_others(hosts, at, &Message::Ask);
            }
        }
    }

    /// How a write ended, as its disk knows.
    #[must_use]
    pub fn end_of(&self, number: u64) -> Option<&End> {
        self.disk.ends.get(&number)
    }

    /// Whether a write was ever stored.
    #[must_use]
    pub fn had(&self, number: u64) -> bool {
        self.disk.had.contains(&number)
    }

    /// Nothing is left of what was stored.
    ///
    /// # Errors
    /// Says what is.
    pub fn check(&self) -> Result<(), String> {
        let left: Vec<u64> = self.disk.rows.keys().copied().collect();
        match left.is_empty() {
            true => Ok(()),
            false => Err(format!("the disk has yet: {left:?}")),
        }
    }

    /// What is wrong with it on purpose.
    #[must_use]
    pub fn mutation(&self) -> Option<Mutation> {
        self.mutation
    }
}
