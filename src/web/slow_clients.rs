//! Deadlines for connections, which Rocket lacks. A client that is silent, sends half a request or does not read the
//! answer is cut off, because a few thousand of them would hold every descriptor.
//!
//! Rocket hands out no connections, so each request notes when its connection was last of use, and the process's own
//! descriptors tell which connections there are. Cutting shuts the socket down, and Rocket closes it at the end of the
//! stream.
//!
//! `peer` is the other end of the connection, perhaps a proxy. A trusted proxy's idle connection outlives the proxy's
//! own patience, so that we never close it just as the proxy sends a request.
//!
//! Rocket reads up to 14 bytes of a body before it shows a request to anyone: until they come, the deadline is still
//! that of a header.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    os::fd::RawFd,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use nix::sys::socket::{Shutdown, SockaddrStorage, getpeername, getsockname, shutdown};
use rocket::{
    Data, Orbit, Request, Response, Rocket,
    fairing::{Fairing, Info, Kind},
    tokio::{
        self,
        time::{self, MissedTickBehavior},
    },
};

use super::{client_ip, in_force};
use crate::{clock::Clock, config::Config};

/// From accepting a connection (a TLS handshake included) to the end of its first request's header.
const FIRST_HEADER_MS: i64 = 20_000;
/// From a request's header to our answer, or to the next header of a peer that is not trusted. No request takes as long
/// with the default time limit for DingTalk.
const NEXT_HEADER_MS: i64 = 75_000;
/// From our answer to a trusted proxy to its next header. Envoy keeps an idle connection longest, an hour
/// (envoyproxy.io, "How do I configure timeouts?", read 2026-11-21).
const PROXY_IDLE_MS: i64 = 65 * 60_000;
const EVERY: Duration = Duration::from_secs(2);

pub struct SlowClients(Arc<Connections>);

struct Connections {
    clock: Clock,
    /// Those by which a request has come.
    used: RwLock<HashMap<SocketAddr, Deadline>>,
    /// Those by which none has come yet. Apart, because no request waits for the lock of these.
    silent: Mutex<HashMap<SocketAddr, i64>>,
}

/// When a connection will be cut off, in [`Clock::monotonic_ms`], unless something happens before.
struct Deadline(AtomicI64);

impl SlowClients {
    /// By the clock's monotonic time.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Connections { clock, used: RwLock::default(), silent: Mutex::default() }))
    }
}

#[rocket::async_trait]
impl Fairing for SlowClients {
    fn info(&self) -> Info {
        Info { name: "deadlines of connections", kind: Kind::Liftoff | Kind::Request | Kind::Response }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let (connections, port) = (Arc::clone(&self.0), rocket.config().port);
        let mut stopped = rocket.shutdown();
        tokio::spawn(async move {
            let mut ticks = time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = &mut stopped => return,
                }
                let connections = Arc::clone(&connections);
                // With ten thousand connections this takes tens of milliseconds, which no request should wait for.
                let looked = tokio::task::spawn_blocking(move || connections.look(port)).await;
                match looked {
                    Ok(Ok(0)) => {}
                    Ok(Ok(cut)) => tracing::info!(cut, "connections that sent or read too slowly were cut off"),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "/proc/self/status cannot be read: slow clients are not cut off");
                        return;
                    }
                    Err(error) => tracing::warn!(%error, "slow clients could not be looked for"),
                }
            }
        });
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if let Some(peer) = request.remote() {
            self.0.used(peer, NEXT_HEADER_MS);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, _: &mut Response<'r>) {
        let is_trusted = |config| client_ip::is_trusted(config, &client_ip::peer(request));
        if let Some(peer) = request.remote().filter(|_| in_force::part::<Config>(request).is_some_and(is_trusted)) {
            self.0.used(peer, PROXY_IDLE_MS);
        }
    }
}

impl Connections {
    /// A request came, or was answered: the next one has `time_ms`.
    fn used(&self, peer: SocketAddr, time_ms: i64) {
        let until = self.clock.monotonic_ms() + time_ms;
        if let Some(deadline) = self.used.read().unwrap_or_else(PoisonError::into_inner).get(&peer) {
            return deadline.0.store(until, Ordering::Relaxed);
        }
        let mut used = self.used.write().unwrap_or_else(PoisonError::into_inner);
        used.entry(peer).or_insert_with(|| Deadline(AtomicI64::new(until))).0.store(until, Ordering::Relaxed);
    }

    fn deadline(&self, peer: &SocketAddr) -> Option<i64> {
        let used = self.used.read().unwrap_or_else(PoisonError::into_inner);
        used.get(peer).map(|deadline| deadline.0.load(Ordering::Relaxed))
    }

    /// Cuts off every connection to our port whose time is over, and returns how many.
    fn look(&self, port: u16) -> io::Result<usize> {
        let now = self.clock.monotonic_ms();
        // Before the descriptors are read, where later connections may be missing.
        let before: Vec<SocketAddr> =
            self.used.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        let open = open_connections(port)?;
        for gone in before.iter().filter(|peer| !open.contains_key(peer)) {
            self.used.write().unwrap_or_else(PoisonError::into_inner).remove(gone);
        }
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.retain(|peer, _| open.contains_key(peer));
        let mut is_over = |(peer, _): &(&SocketAddr, &RawFd)| match self.deadline(peer) {
            Some(deadline) => {
                silent.remove(*peer);
                deadline <= now
            }
            None => *silent.entry(**peer).or_insert(now + FIRST_HEADER_MS) <= now,
        };
        Ok(open.iter().filter(&mut is_over).filter(|(peer, fd)| cut(**fd, port, **peer)).count())
    }
}

/// By the address of the other end. Asking number by number costs a fraction of listing `/proc/self/fd`.
fn open_connections(port: u16) -> io::Result<HashMap<SocketAddr, RawFd>> {
    let is_ours = |fd| Some((peer_of(fd, &getsockname(fd).ok()?, port)?, fd));
    Ok((0..descriptors()?).filter_map(is_ours).collect())
}

/// No descriptor has a higher number (`FDSize`, proc_pid_status(5)).
fn descriptors() -> io::Result<RawFd> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix("FDSize:")?.trim().parse().ok());
    size.ok_or_else(|| io::Error::other("it names no FDSize"))
}

fn peer_of(fd: RawFd, ours: &SockaddrStorage, port: u16) -> Option<SocketAddr> {
    if internet(ours)?.port() == port { internet(&getpeername(fd).ok()?) } else { None }
}

fn internet(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into())))
}

/// Checks the peer again, because the number may be another connection's by now.
fn cut(fd: RawFd, port: u16, peer: SocketAddr) -> bool {
    let now = getsockname(fd).ok().and_then(|ours| peer_of(fd, &ours, port));
    now == Some(peer) && shutdown(fd, Shutdown::Both).is_ok()
}
