//! What happens in a world, in which order, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aimdb_peer::session::{Input, Status};
use aimdb_server::hub::{ClientId, Input as HubInput, Limits, TopicKind};
use aimdb_tokio_adapter::TokioAdapter;

use crate::clock::{Clock, UNIX_MS};
use crate::device::Device;
use crate::host::Notes;
use crate::host::{EXPIRES_MS, Host, Keeps, Wanted as HostWants};
use crate::mutation::Mutation;
use crate::network::{Line, Socket, Up};
use crate::random::Random;
use crate::server::{Server, TOPICS, UNCHANGED, Wanted as ServerWants, is_refused, number_of};
use crate::tabs::End;

/// So many things happen before the network heals.
const STEPS: u64 = 250;
/// So often everything is moved on, until the world is at rest.
const ROUNDS_MAX: usize = 2_000;
/// As long as a client waits for the answer to a write: those that come later were sent over a good network.
const ANSWERED_WITHIN_MS: u64 = 30_000;

/// So many frames are more than a slow server takes at once.
const FLOOD: usize = 11;

/// The codes with which a connection may be closed from the other end.
const CODES: [u16; 8] = [1000, 1001, 1006, 1008, 1011, 1012, 1013, 4400];

/// A connection whose client is gone, and the server does not know yet.
struct Ghost {
    host: usize,
    connection: u64,
    /// What arrives yet.
    frames: VecDeque<String>,
    /// What its client sends when it wakes up after another one has taken over.
    woken: VecDeque<String>,
}

/// A server and its clients.
pub struct World {
    random: Random,
    trace: bool,
    // Kept: the runtime of the hosts' databases.
    _tokio: tokio::runtime::Runtime,
    now_ms: u64,
    server: Server,
    hosts: Vec<Host>,
    /// What several of them share, if any do.
    device: Option<Device>,
    ghosts: Vec<Ghost>,
    connections: u64,
    /// The numbers that were written, each with its host and topic.
    written: BTreeMap<u64, (usize, &'static str)>,
    /// When each of them was.
    written_at: BTreeMap<u64, u64>,
    /// The same by the clock of its host, and what its host showed then.
    dated: BTreeMap<u64, u64>,
    seen: BTreeMap<u64, Option<u64>>,
    /// Hosts whose monotonic clock stood still, or began anew; hosts whose wall clock was set back.
    slept: BTreeSet<usize>,
    set_back: BTreeSet<usize>,
    /// Under which of its names a host wrote each.
    names: BTreeMap<u64, (usize, u32)>,
    has_restarted: bool,
    has_lost_values: bool,
    has_reopened: bool,
}

impl World {
    /// A world in which nothing has happened.
    ///
    /// # Errors
    /// Something cannot be made.
    pub fn new(
        mut random: Random,
        trace: bool,
        mutation: Option<Mutation>,
    ) -> Result<Self, String> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| error.to_string())?;
        let runtime = TokioAdapter::new(tokio.handle().clone());
        let is_slow = random.chance(30);
        let limits = Limits {
            frames_in_flight_max: 2 + random.below(4) as u32,
            ring_backlog_max: 3 + random.place(5),
            frames_per_second_max: if is_slow { 5 } else { 200 },
            frames_burst_max: if is_slow { 10 } else { 400 },
            writes_pending_max: 1 + random.place(6),
            ..Limits::default()
        };
        let has_disk = random.chance(50);
        let is_guarded = random.chance(30);
        let mut hosts = Vec::new();
        for name in 0..1 + random.place(3) {
            let proxy = random.chance(30).then_some(300);
            let clock = Clock::new(random.below(1_000_000));
            let seed = random.any();
            let keeps = match random.chance(50) {
                true => Keeps::Alone,
                false => Keeps::Nothing,
            };
            hosts.push(Host::new(
                name,
                &runtime,
                clock,
                Line::new(proxy),
                (keeps, is_guarded, seed),
            )?);
        }
        // Of its own, so that worlds without tabs are what they are.
        let mut chance = random.clone().fork();
        let device = match chance.chance(40) {
            true => Some(Device::open(
                &runtime,
                &mut hosts,
                (is_guarded, mutation),
                chance,
            )?),
            false => None,
        };
        hosts
            .iter_mut()
            .for_each(|host| (host.says, host.notes.says) = (trace, trace));
        Ok(Self {
            device,
            server: Server::new(limits, (has_disk, is_guarded), mutation)?,
            random,
            trace,
            _tokio: tokio,
            now_ms: UNIX_MS,
            hosts,
            ghosts: Vec::new(),
            connections: 0,
            written: BTreeMap::new(),
            written_at: BTreeMap::new(),
            dated: BTreeMap::new(),
            seen: BTreeMap::new(),
            slept: BTreeSet::new(),
            set_back: BTreeSet::new(),
            names: BTreeMap::new(),
            has_restarted: false,
            has_lost_values: false,
            has_reopened: false,
        })
    }

    /// Lets everything happen, heals the network, and checks what is left.
    ///
    /// # Errors
    /// Says what is not as it must be.
    pub fn run(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.step()?;
            self.step_device()?;
            self.check_notes()?;
        }
        self.heal()?;
        self.check()
    }

    fn say(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!("{:>8} {}", self.now_ms - UNIX_MS, what());
        }
    }

    fn step(&mut self) -> Result<(), String> {
        let host = self.random.place(self.hosts.len());
        match self.random.below(100) {
            0..15 => self.connect(host, true),
            15..18 => self.connect(host, false),
            18..24 => self.cut(host),
            24..27 => self.close(host),
            27..47 => {
                let (up, down) = (self.random.place(6), self.random.place(6));
                self.transfer(host, up, down);
            }
            47..62 => self.write(host)?,
            62..65 => self.haunt(3),
            65..70 => self.sense(),
            70..71 => self.flood(host),
            71..79 => {
                let count = 1 + self.random.place(5);
                self.apply(count);
            }
            79..80 => self.server.write_down(),
            80..81 => {
                let most = 1 + self.random.place(6);
                self.keep(host, most);
            }
            81..83 => self.sync()?,
            83..92 => {
                let ms = 1 + self.random.below(if self.random.clone().chance(20) {
                    12_000
                } else {
                    400
                });
                self.pass(ms);
            }
            92..94 => self.disturb_clock(host),
            94..95 => self.restart()?,
            95..96 => self.reload(host)?,
            96..97 => self.reopen(host)?,
            97..99 => self.take_over(host)?,
            _ if self.hosts[host].is_awake() => self.hosts[host].give(Input::NetworkOnline),
            _ => {}
        }
        self.perform();
        Ok(())
    }

    // ---- what happens

    fn connect(&mut self, host: usize, succeeds: bool) {
        if self.hosts[host].line.socket != Socket::Opening || !self.hosts[host].is_awake() {
            return;
        }
        self.say(|| {
            format!(
                "host {host}: the socket {}",
                if succeeds { "opens" } else { "fails" }
            )
        });
        if succeeds {
            self.connections += 1;
            let number = self.connections;
            self.hosts[host].line.socket = Socket::Open(number);
            let client = ClientId(number);
            self.give_server(|server, now_ms, out| {
                server.give(HubInput::Connected { client }, now_ms, out);
            });
            self.hosts[host].give(Input::SocketOpened);
        } else {
            self.hosts[host].line.cut();
            self.hosts[host].give(Input::SocketFailed);
        }
    }

    /// The line breaks; some of what was on its way has arrived.
    fn cut(&mut self, host: usize) {
        let (up, down) = (self.random.place(4), self.random.place(3));
        self.transfer(host, up, down);
        if self.random.chance(40) {
            self.leave(host, VecDeque::new());
            self.tell_closed(host, 1006);
        } else {
            self.end_connection(host, 1006);
        }
    }

    /// The client is gone, and what it sent arrives when it arrives.
    fn leave(&mut self, host: usize, woken: VecDeque<String>) {
        let left = match self.hosts[host].line.abandon() {
            None if !woken.is_empty() => {
                self.connections += 1;
                let client = ClientId(self.connections);
                self.give_server(|server, now_ms, out| {
                    server.give(HubInput::Connected { client }, now_ms, out);
                });
                Some((client.0, VecDeque::new()))
            }
            left => left,
        };
        if let Some((connection, frames)) = left {
            self.say(|| format!("host {host}: connection {connection} stays behind"));
            self.ghosts.push(Ghost {
                host,
                connection,
                frames,
                woken,
            });
        }
    }

    /// Another run of the program takes over while this one is frozen; it may wake up.
    fn take_over(&mut self, host: usize) -> Result<(), String> {
        if self.has_tab(host) {
            return Ok(());
        }
        self.say(|| format!("host {host}: another run takes over"));
        self.slept.insert(host);
        let (mono_ms, done) = (self.random.below(1_000_000), self.random.place(4));
        let woken = self.hosts[host].take_over(mono_ms, done)?;
        self.leave(host, woken.into());
        Ok(())
    }

    /// So many frames arrive of one whose connection is left over; or the server finds that it is.
    fn haunt(&mut self, count: usize) {
        if self.ghosts.is_empty() {
            return;
        }
        let at = self.random.place(self.ghosts.len());
        for _ in 0..count {
            let ghost = &mut self.ghosts[at];
            let (host, connection) = (ghost.host, ghost.connection);
            // It wakes up after its successor has said hello.
            let is_followed = self.hosts[host].status() == Some(Status::Connected);
            let next = match ghost.frames.pop_front() {
                None if is_followed => ghost.woken.pop_front(),
                next => next,
            };
            let Some(text) = next else {
                self.ghosts.remove(at);
                return self.forget_connection(connection);
            };
            self.say(|| format!("connection {connection} >> {text}"));
            self.give_server(|server, now_ms, out| server.hear(connection, &text, now_ms, out));
        }
    }

    fn close(&mut self, host: usize) {
        let code = CODES[self.random.place(CODES.len())];
        self.end_connection(host, code);
    }

    fn end_connection(&mut self, host: usize, code: u16) {
        if let Some(number) = self.hosts[host].line.cut() {
            self.say(|| format!("host {host}: the connection ends with {code}"));
            self.forget_connection(number);
            self.tell_closed(host, code);
        }
    }

    /// A client hears that its connection is closed, at once or when it is awake again.
    fn tell_closed(&mut self, host: usize, code: u16) {
        let is_awake = self.hosts[host].is_awake();
        match self.hosts[host].tab().filter(|_| !is_awake) {
            Some(tab) => tab.closed = Some(code),
            None => self.hosts[host].give(Input::SocketClosed { code, reason: "" }),
        }
    }

    fn forget_connection(&mut self, number: u64) {
        let client = ClientId(number);
        self.give_server(|server, now_ms, out| {
            server.give(HubInput::Disconnected { client }, now_ms, out);
        });
    }

    fn transfer(&mut self, host: usize, up: usize, down: usize) {
        for _ in 0..up {
            let Socket::Open(number) = self.hosts[host].line.socket else {
                return;
            };
            match self.hosts[host].line.take_up() {
                Up::Nothing => break,
                Up::TooLarge => {
                    self.say(|| format!("host {host}: the proxy takes offence"));
                    return self.end_connection(host, 1009);
                }
                Up::Frame(text) => {
                    self.say(|| format!("host {host} >> {text}"));
                    self.give_server(|server, now_ms, out| server.hear(number, &text, now_ms, out));
                }
            }
        }
        for _ in 0..down {
            let Socket::Open(number) = self.hosts[host].line.socket else {
                return;
            };
            if !self.hosts[host].is_awake() {
                return;
            }
            let Some(text) = self.hosts[host].line.take_down() else {
                break;
            };
            self.say(|| format!("host {host} << {text}"));
            let drained = HubInput::Drained {
                client: ClientId(number),
                frames: 1,
                bytes: text.len(),
            };
            self.give_server(|server, now_ms, out| server.give(drained, now_ms, out));
            self.hosts[host].receive(&text);
            self.perform();
        }
    }

    fn write(&mut self, host: usize) -> Result<(), String> {
        if !self.hosts[host].is_awake() {
            return Ok(());
        }
        let (topic, _) = TOPICS[self.random.place(TOPICS.len())];
        let number = self.written.len() as u64 + 1;
        let has_proxy = self.hosts[host].line.frame_bytes_max.is_some();
        let pad = if has_proxy && self.random.chance(6) {
            400
        } else {
            0
        };
        self.say(|| format!("host {host}: writes {number} to {topic}"));
        self.written.insert(number, (host, topic));
        self.written_at.insert(number, self.now_ms);
        self.dated.insert(number, self.hosts[host].wall_ms());
        self.seen.insert(number, self.hosts[host].shows(topic));
        self.names.insert(number, (host, self.hosts[host].client()));
        self.hosts[host].write(topic, number, pad)
    }

    fn sense(&mut self) {
        let (topic, _) = TOPICS[self.random.place(TOPICS.len())];
        self.say(|| format!("the server publishes to {topic}"));
        self.give_server(|server, now_ms, out| server.sense(topic, now_ms, out));
    }

    /// Frames that a network held back arrive all at once: the server finds that its client asks for too much.
    fn flood(&mut self, host: usize) {
        let Socket::Open(number) = self.hosts[host].line.socket else {
            return;
        };
        // An answer that comes before that to the hello says that the server is another kind.
        if self.hosts[host].status() != Some(Status::Connected) {
            return;
        }
        self.say(|| format!("host {host}: a flood arrives"));
        for _ in 0..FLOOD {
            self.give_server(|server, now_ms, out| {
                server.hear(number, r#"{"type":"ping"}"#, now_ms, out);
            });
        }
    }

    fn apply(&mut self, count: usize) {
        self.give_server(|server, now_ms, out| server.apply(count, now_ms, out));
    }

    fn sync(&mut self) -> Result<(), String> {
        self.say(|| "the disk is done".into());
        let mut done = Ok(());
        self.give_server(|server, now_ms, out| done = server.sync(now_ms, out));
        done
    }

    fn keep(&mut self, host: usize, most: usize) {
        if !self.has_tab(host) && !self.hosts[host].is_kept() {
            self.say(|| format!("host {host}: the device is done with {most} at most"));
            self.hosts[host].keep(most);
        }
    }

    fn pass(&mut self, ms: u64) {
        // In pieces, so that a timer goes off near its time.
        let mut left = ms;
        while left > 0 {
            let piece = left.min(50);
            left -= piece;
            self.now_ms += piece;
            for host in 0..self.hosts.len() {
                self.hosts[host].clock.pass(piece);
                self.wake(host);
            }
            self.give_server(|server, now_ms, out| server.give(HubInput::Timer, now_ms, out));
            self.perform();
        }
    }

    fn wake(&mut self, host: usize) {
        let mono_ms = self.hosts[host].clock.mono_ms();
        if !self.hosts[host].is_awake() {
            return;
        }
        if self.hosts[host].timer_at().is_some_and(|at| at <= mono_ms) {
            self.hosts[host].wake();
        }
    }

    fn disturb_clock(&mut self, host: usize) {
        let (kind, ms) = (self.random.below(3), self.random.below(60_000));
        // Tabs are on one machine.
        let tabs = self.device.as_ref().map(Device::tabs);
        for host in tabs
            .filter(|tabs| tabs.contains(&host))
            .unwrap_or(host..host + 1)
        {
            let clock = &mut self.hosts[host].clock;
            match kind {
                0 => {
                    clock.sleep(ms);
                    self.slept.insert(host);
                }
                kind => {
                    clock.set(kind == 1, ms);
                    self.set_back.insert(host);
                }
            }
        }
        self.say(|| format!("host {host}: its clocks are disturbed"));
    }

    fn restart(&mut self) -> Result<(), String> {
        let keeps = self.random.chance(50);
        self.say(|| format!("the server restarts, with its values: {keeps}"));
        for host in 0..self.hosts.len() {
            self.end_connection(host, 1006);
            self.hosts[host].notes.was_answered &= self.server.has_disk();
            self.hosts[host].notes.is_forgotten |= !self.server.has_disk();
        }
        self.ghosts.clear();
        self.has_restarted = true;
        self.has_lost_values |= !keeps || self.server.has_disk();
        self.server.restart(keeps, self.now_ms)
    }

    fn reload(&mut self, host: usize) -> Result<(), String> {
        self.say(|| format!("host {host}: the program begins again"));
        if let Some(number) = self.hosts[host].line.cut() {
            self.forget_connection(number);
        }
        self.slept.insert(host);
        let (mono_ms, done) = (self.random.below(1_000_000), self.random.place(4));
        match &mut self.device {
            Some(device) if device.tabs().contains(&host) => {
                device.reload(&mut self.hosts, host, (mono_ms, done))
            }
            _ => self.hosts[host].reload(mono_ms, done),
        }
    }

    fn has_tab(&self, host: usize) -> bool {
        let device = self.device.as_ref();
        device.is_some_and(|device| device.tabs().contains(&host))
    }

    /// Something happens on the device that tabs share.
    fn step_device(&mut self) -> Result<(), String> {
        if let Some(device) = &mut self.device
            && device.dies()
        {
            let tab = device.any_tab();
            self.reload(tab)?;
        }
        if let Some(device) = &mut self.device {
            let done = device.step(&mut self.hosts);
            self.say(|| format!("device: {done}"));
            self.perform();
        }
        Ok(())
    }

    fn reopen(&mut self, host: usize) -> Result<(), String> {
        if self.has_tab(host) {
            return Ok(());
        }
        self.say(|| format!("host {host}: the application opens another session"));
        self.has_reopened = true;
        let ghosts = self.ghosts.iter_mut().filter(|ghost| ghost.host == host);
        ghosts.for_each(|ghost| ghost.woken.clear());
        if let Some(number) = self.hosts[host].line.cut() {
            self.forget_connection(number);
        }
        self.hosts[host].reopen()
    }

    // ---- effects

    fn give_server(&mut self, give: impl FnOnce(&mut Server, u64, &mut Vec<ServerWants>)) {
        let mut wanted = Vec::new();
        give(&mut self.server, self.now_ms, &mut wanted);
        for one in wanted {
            match one {
                ServerWants::Send(number, text) => {
                    if let Some(host) = self.host_of(number) {
                        self.hosts[host].line.send_down(&text);
                    }
                }
                ServerWants::Close(number, code, _) => {
                    if let Some(host) = self.host_of(number) {
                        self.end_connection(host, code);
                    }
                }
            }
        }
    }

    fn host_of(&self, number: u64) -> Option<usize> {
        let is_it = |host: &Host| host.line.socket == Socket::Open(number);
        self.hosts.iter().position(is_it)
    }

    /// Does what the hosts want done, until none wants anything.
    fn perform(&mut self) {
        for host in 0..self.hosts.len() {
            while let Some(wanted) = self.hosts[host].next_wanted() {
                match wanted {
                    HostWants::Token => self.give_token(host),
                    HostWants::Open => self.hosts[host].line.socket = Socket::Opening,
                    HostWants::Send(text) => self.hosts[host].line.send_up(&text),
                    HostWants::Close => {
                        if let Some(number) = self.hosts[host].line.cut() {
                            self.forget_connection(number);
                        }
                    }
                }
            }
        }
    }

    /// The application has a token that lives for a while, or one that is old, or none, or says nothing.
    fn give_token(&mut self, host: usize) {
        let is_calm = self.hosts[host].notes.is_calm;
        let until_ms = match self.random.below(10) {
            _ if is_calm => Some(self.now_ms + 10_000_000),
            0 => return,
            1 => None,
            2 => Some(self.now_ms),
            _ => Some(self.now_ms + 1 + self.random.below(20_000)),
        };
        let token = until_ms.map(|until_ms| self.hosts[host].token(until_ms));
        self.say(|| format!("host {host}: has the token {token:?}"));
        self.hosts[host].give(Input::Token(token.as_deref()));
    }

    // ---- the end

    /// The network is good for as long as it takes.
    fn heal(&mut self) -> Result<(), String> {
        self.say(|| "the network heals".into());
        self.perform();
        while !self.ghosts.is_empty() {
            self.haunt(1);
        }
        for host in &mut self.hosts {
            host.notes.is_calm = true;
        }
        self.come_to_rest()?;
        if self.has_lost_values {
            // What a server lost it does not have to show.
            for (topic, _) in TOPICS {
                self.give_server(|server, now_ms, out| server.sense(topic, now_ms, out));
            }
            self.server.write_down();
            self.sync()?;
        }
        // Also for as long as a client waits before it asks for its topics again.
        (0..20).for_each(|_| self.transfer_all());
        // A token from before the calm may just have ended.
        self.come_to_rest()
    }

    fn come_to_rest(&mut self) -> Result<(), String> {
        let healed_ms = self.now_ms;
        for _ in 0..ROUNDS_MAX {
            if let Some(device) = &mut self.device {
                device.heal(&mut self.hosts);
            }
            self.perform();
            for host in 0..self.hosts.len() {
                self.connect(host, true);
                self.keep(host, 100);
                self.perform();
                self.transfer(host, 100, 100);
                self.perform();
            }
            self.apply(100);
            self.server.write_down();
            self.sync()?;
            self.pass(100);
            self.check_notes()?;
            if self.now_ms > healed_ms + ANSWERED_WITHIN_MS {
                self.hosts
                    .iter_mut()
                    .for_each(|host| host.notes.is_answered = true);
            }
            let is_idle = self
                .hosts
                .iter()
                .all(|host| host.line.is_idle() && host.is_kept());
            if is_idle && self.is_at_rest() && self.server.is_at_rest() {
                break;
            }
        }
        Ok(())
    }

    fn transfer_all(&mut self) {
        (0..self.hosts.len()).for_each(|host| self.transfer(host, 100, 100));
        self.pass(100);
    }

    fn is_at_rest(&self) -> bool {
        self.hosts
            .iter()
            .all(|host| host.writes_pending() == 0 && host.status() == Some(Status::Connected))
    }

    fn check_notes(&self) -> Result<(), String> {
        let problems = self.hosts.iter().flat_map(|host| &host.notes.problems);
        let problems = problems.chain(&self.server.problems);
        match problems.into_iter().next() {
            Some(problem) => Err(problem.clone()),
            None => Ok(()),
        }
    }

    fn check(&mut self) -> Result<(), String> {
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
            "refused" => times == 0 && is_refused(number),
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
