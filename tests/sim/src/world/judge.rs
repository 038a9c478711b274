//! What must be true of a world in the end.

use std::collections::BTreeSet;

use aimdb_server::hub::TopicKind;

use super::World;
use crate::device::Device;
use crate::host::{EXPIRES_MS, Notes};
use crate::server::{TOPICS, UNCHANGED, is_refused, number_of};
use crate::tabs::End;

impl World {
    pub(super) fn check(&mut self) -> Result<(), String> {
        if let Some(device) = &self.device {
            device.check()?;
        }
        if !self.is_at_rest() {
            let states = self
                .hosts
                .iter()
                .map(|host| format!("{:?}, {} writes wait", host.status(), host.writes_pending()));
            return Err(format!("no rest: {:?}", states.collect::<Vec<_>>()));
        }
        self.check_outcomes()?;
        self.check_order()?;
        self.check_values()?;
        self.check_times()?;
        self.check_conflicts()?;
        self.check_disk()
    }

    /// No write is taken over a value that its writer had not seen, or that is newer, where that is its record's policy; and
    /// who loses hears against what.
    fn check_conflicts(&self) -> Result<(), String> {
        for (number, over) in &self.server.taken_over {
            let Some((_, topic)) = self.written.get(number) else {
                return Err(format!("{number} was judged, and written by nobody"));
            };
            let is_right = match *topic {
                UNCHANGED => self.has_seen(*number, *over),
                _ => self.date(*number) > over.and_then(|over| self.date(over)),
            };
            if !is_right {
                return Err(format!("{number} was taken over {over:?} in {topic}"));
            }
        }
        let is_plain = !self.has_restarted && !self.server.sensed_topics.contains(UNCHANGED);
        for (number, (host, topic)) in &self.written {
            let notes = &self.hosts[*host].notes;
            if notes.settled.get(number) != Some(&"overtaken") {
                continue;
            }
            // Of several tabs the one that sent heard against what.
            let told = self
                .tellers(*host)
                .find_map(|notes| *notes.lost_against.get(number)?);
            let lost = self.server.lost_against.get(number).copied().flatten();
            // A server that was asked again tells what is there by then, or that what it was over is gone.
            let is_forgotten = self.has_restarted && !self.server.has_disk();
            let is_told = told.is_some_and(|told| told != *number);
            let is_told = is_told || is_forgotten || lost.is_none();
            if !is_told {
                return Err(format!(
                    "{number} lost against {lost:?}, and was told {told:?}"
                ));
            }
            // A tab that believed to send wrote over what it had dropped, and what the one that did send then sent.
            let was_misled = lost.is_some_and(|lost| self.clung_to(lost));
            let has_seen = self.seen.get(number) == Some(&lost);
            if *topic == UNCHANGED && is_plain && has_seen && !was_misled {
                return Err(format!(
                    "{number} lost against {lost:?}, which its writer saw"
                ));
            }
        }
        Ok(())
    }

    /// Whether who wrote a number saw the other one, or wrote over something that never left and that was written over it.
    fn has_seen(&self, number: u64, over: Option<u64>) -> bool {
        let mut seen = self.seen.get(&number).copied().flatten();
        while seen != over {
            let Some(before) = seen.filter(|before| self.has_never_left(*before)) else {
                return false;
            };
            seen = self.seen.get(&before).copied().flatten();
        }
        true
    }

    fn has_never_left(&self, number: u64) -> bool {
        let Some((host, _)) = self.written.get(&number) else {
            return false;
        };
        let ended = self
            .device
            .as_ref()
            .filter(|_| self.has_tab(*host))
            .and_then(|device| device.end_of(number));
        if let Some(End::Dropped(_)) = ended {
            return true;
        }
        let outcome = self.hosts[*host].notes.settled.get(&number);
        // What nobody was told of went with a program that died.
        let is_untold = outcome.is_none() && !self.has_applied(number);
        // One tab dropped it as it wrote, believing to send, while another one did; no server took it.
        let is_nowhere = self.clung_to(number) && !self.has_applied(number);
        is_untold || is_nowhere || matches!(outcome, Some(&("superseded" | "dropped")))
    }

    fn clung_to(&self, number: u64) -> bool {
        let device = self.device.as_ref();
        device.is_some_and(|device| device.clung_to(number))
    }

    fn has_applied(&self, number: u64) -> bool {
        let mut applied = self.server.applied.iter();
        applied.any(|(_, applied)| *applied == number)
    }

    fn date(&self, number: u64) -> Option<u64> {
        let sensed = self.server.sensed_at.get(&number);
        self.dated.get(&number).or(sensed).copied()
    }

    /// No command is taken whose time is over, wherever it waited and whatever happened to the clocks there.
    fn check_times(&self) -> Result<(), String> {
        for (number, (host, topic)) in &self.written {
            let heard = self.server.heard.get(number).filter(|_| *topic == "door");
            let (Some(heard), Some(written)) = (heard, self.written_at.get(number)) else {
                continue;
            };
            // With both clocks wrong, and no server that told its own before, nobody can know.
            let (slept, set_back) = (self.slept.contains(host), self.set_back.contains(host));
            // A tab that goes on with what another one marked does not know what that one knew of the time.
            let is_lost = (slept && set_back) || (self.has_tab(*host) && (slept || set_back));
            if *heard > written + EXPIRES_MS && !is_lost {
                let late = heard - written;
                return Err(format!(
                    "{number} of host {host} was taken {late} ms after it was written"
                ));
            }
        }
        Ok(())
    }

    /// What was acknowledged is in the history once, over any number of crashes, and what was not is not.
    fn check_disk(&mut self) -> Result<(), String> {
        if !self.server.has_disk() {
            return Ok(());
        }
        for (number, (host, topic)) in &self.written {
            let outcomes = self.outcomes(*number, *host);
            let times = self.server.times_kept(topic, *number);
            let is_right = outcomes.iter().all(|outcome| match *outcome {
                "acknowledged" => times == 1,
                "unknown" => times <= 1,
                _ => times == 0,
            });
            // One that another name took over with, or that died with its program.
            if !is_right || times > 1 {
                return Err(format!(
                    "{number} is {outcomes:?} and was kept {times} times"
                ));
            }
        }
        for (topic, _) in TOPICS {
            let value = self.server.values.get(topic);
            let value = value.and_then(|payload| number_of(payload));
            let kept = self.server.newest_kept(topic);
            if value.is_some() && kept != value {
                return Err(format!("{topic} is {value:?}, and was kept as {kept:?}"));
            }
        }
        Ok(())
    }

    /// Those who may have been told how a write of a host ended: itself, or all tabs of its device.
    fn tellers(&self, host: usize) -> impl Iterator<Item = &Notes> {
        let tabs = self.device.as_ref().map(Device::tabs);
        let tabs = tabs.filter(|tabs| tabs.contains(&host));
        let hosts = &self.hosts[tabs.unwrap_or(host..host + 1)];
        hosts.iter().map(|host| &host.notes)
    }

    /// How a write ended, as each says who was told, and its disk where that is shared.
    fn outcomes(&self, number: u64, host: usize) -> Vec<&'static str> {
        let told = self
            .tellers(host)
            .filter_map(|notes| notes.settled.get(&number));
        let device = self.device.as_ref().filter(|_| self.has_tab(host));
        let kept = device.and_then(|device| device.end_of(number));
        let kept = kept.and_then(|end| match end {
            End::Acknowledged => Some("acknowledged"),
            End::Dropped(_) => Some("dropped"),
            // Which of several reasons it was is told by who heard it.
            End::Refused(_) | End::Unknown => None,
        });
        told.copied().chain(kept).collect()
    }

    /// Each write ended once, and as it was told.
    fn check_outcomes(&self) -> Result<(), String> {
        for (number, (host, topic)) in &self.written {
            let notes = &self.hosts[*host].notes;
            // A write that was stored has ended for all tabs, whatever became of the one that made it.
            let device = self.device.as_ref().filter(|_| self.has_tab(*host));
            let is_untold = notes.lost.contains(number)
                && device
                    .is_none_or(|device| !device.had(*number) || device.end_of(*number).is_some());
            if !notes.settled.contains_key(number) && !is_untold {
                return Err(format!("{number} of host {host} to {topic} never settled"));
            }
            // A tab that does not send any more may have given it up and gone on with the next; no server takes it then.
            if notes.forgotten.contains(number) && !self.clung_to(*number) {
                return Err(format!("{number}: its answer was forgotten before it came"));
            }
            for outcome in self.outcomes(*number, *host) {
                self.check_outcome(*number, outcome)?;
            }
        }
        Ok(())
    }

    fn check_outcome(&self, number: u64, outcome: &str) -> Result<(), String> {
        let applied = self.server.applied.iter();
        let times = applied.filter(|(_, applied)| *applied == number).count();
        let is_right = match outcome {
            // What a run took that died before it could say so is acknowledged by a later one.
            "acknowledged" if self.server.has_disk() => times <= 1,
            "acknowledged" if self.has_restarted => times >= 1,
            "acknowledged" => times == 1,
            // Of several tabs one hears why, and the others that it was.
            "unmigrated" | "refused"
                if self.has_restarted
                    && !self.server.has_disk()
                    && self.too_long.contains(&number) =>
            {
                true
            }
            "refused" => times == 0 && (is_refused(number) || self.is_of_version(number)),
            "unmigrated" => times == 0 && self.too_long.contains(&number),
            "too-new" => times == 0 && self.device.is_some(),
            // Runs that are forgotten took it, and one that has other numbers judged it again.
            "expired" | "overtaken" | "ahead" if self.has_restarted && !self.server.has_disk() => {
                true
            }
            "dropped" | "superseded" | "expired" | "overtaken" | "ahead" => times == 0,
            "unknown" => self.has_restarted || times <= 1,
            _ => false,
        };
        if !is_right {
            return Err(format!(
                "{number} is {outcome} and was applied {times} times"
            ));
        }
        Ok(())
    }

    /// Whether a write may be refused for its version, which of several tabs the one hears that sends.
    fn is_of_version(&self, number: u64) -> bool {
        let mut hosts = self.hosts.iter();
        let is_too_new = hosts.any(|host| host.notes.settled.get(&number) == Some(&"too-new"));
        is_too_new || self.too_long.contains(&number)
    }

    /// Within a run of the server what a host wrote under one name was applied in the order in which it was written.
    fn check_order(&self) -> Result<(), String> {
        let names: BTreeSet<_> = self.names.values().collect();
        for name in names {
            let of_name = |number: &u64| self.names.get(number) == Some(name);
            let applied = self.server.applied.iter();
            let applied: Vec<_> = applied.filter(|(_, number)| of_name(number)).collect();
            let host = name.0;
            if !applied.is_sorted_by(|one, next| one < next) {
                return Err(format!(
                    "of host {host} was applied, in this order: {applied:?}"
                ));
            }
        }
        Ok(())
    }

    /// Each host shows what the server has, and nothing twice.
    fn check_values(&self) -> Result<(), String> {
        for (at, host) in self.hosts.iter().enumerate() {
            let latest = TOPICS.iter().filter(|(_, kind)| *kind == TopicKind::Latest);
            for (topic, _) in latest {
                let value = self.server.values.get(topic);
                let value = value.and_then(|payload| number_of(payload));
                // What an older server has may be what an application does not take.
                let is_too_long = value.is_some_and(|value| self.too_long.contains(&value));
                if is_too_long && host.version() > self.server.version() {
                    continue;
                }
                if host.shows(topic) != value {
                    let shown = host.shows(topic);
                    return Err(format!(
                        "host {at} shows {shown:?} for {topic}, the server has {value:?}"
                    ));
                }
            }
            let twice: Vec<u64> = host.twice_in_ring().collect();
            if !twice.is_empty() && !self.has_restarted {
                return Err(format!("host {at} has twice in its ring: {twice:?}"));
            }
        }
        Ok(())
    }
}
