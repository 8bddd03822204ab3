//! What the server counts for `/metrics`: handles that features call, and the text that Prometheus reads.
//!
//! Features know this part; it knows none of them. What a feature can be asked for (sessions, tokens, queues) is not
//! counted here but read from it when `/metrics` is asked, by `app::scrape`.
//!
//! Counting on the gate's path is a few additions to numbers that exist from the start: no lock, no allocation, no look-up
//! of a label.

mod counter;
mod gate;
mod histogram;
mod requests;
mod text;

use std::sync::Arc;

pub use self::{
    counter::{Counter, Family},
    gate::{Gate, GateOutcome, GateProxy},
    histogram::{Histogram, Timed},
    requests::Requests,
    text::{Exposition, Kind},
};

/// Everything that is counted in one server. It outlives a reload of the settings.
#[derive(Default)]
pub struct Metrics {
    pub requests: Requests,
    pub gate: Gate,
    pub sign_ins: SignIns,
    pub calls: Arc<Calls>,
    pub reloads: Reloads,
}

/// Sign-ins that succeeded and that were refused.
pub struct SignIns {
    done: Family<2>,
    refused: Family<2>,
    duration: Histogram,
}

/// Calls to DingTalk, each try for itself.
pub struct Calls {
    done: Family<2>,
    duration: Timed,
}

/// Reloads of the settings.
#[derive(Default)]
pub struct Reloads {
    good: Counter,
    refused: Counter,
    /// Whether the last one was refused.
    is_stale: std::sync::atomic::AtomicBool,
}

impl Default for SignIns {
    fn default() -> Self {
        Self {
            done: Family::new(["app", "way"]),
            refused: Family::new(["app", "reason"]),
            duration: Histogram::of_calls(),
        }
    }
}

impl SignIns {
    /// By a code of an app (`client`, `browser`), or by a link from another browser (`link`).
    pub fn done(&self, app: &str, way: &'static str, took: std::time::Duration) {
        self.done.count([app, way]);
        self.duration.observe(took);
    }

    /// `app` is "" where none is known. `reason` is the problem's word.
    pub fn refused(&self, app: &str, reason: &'static str) {
        self.refused.count([app, reason]);
    }

    fn write(&self, out: &mut Exposition) {
        out.family("miandeng_sign_ins_total", Kind::Counter, "Sign-ins by app and way.");
        self.done.write(out, "miandeng_sign_ins_total");
        out.family("miandeng_sign_in_refusals_total", Kind::Counter, "Refused sign-ins by app and reason.");
        self.refused.write(out, "miandeng_sign_in_refusals_total");
        let name = "miandeng_sign_in_duration_seconds";
        out.family(name, Kind::Histogram, "From a request with a code to its session, DingTalk's calls included.");
        self.duration.write(out, name, &[]);
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self { done: Family::new(["endpoint", "outcome"]), duration: Timed::new("endpoint") }
    }
}

impl Calls {
    /// One try of a call, by DingTalk's path and by what came of it.
    pub fn done(&self, endpoint: &'static str, outcome: &'static str, took: std::time::Duration) {
        self.done.count([endpoint, outcome]);
        self.duration.observe(endpoint, took);
    }

    fn write(&self, out: &mut Exposition) {
        let name = "miandeng_dingtalk_calls_total";
        out.family(name, Kind::Counter, "Calls to DingTalk by endpoint and outcome, each try for itself.");
        self.done.write(out, name);
        let name = "miandeng_dingtalk_call_duration_seconds";
        out.family(name, Kind::Histogram, "How long DingTalk took to answer, or not to.");
        self.duration.write(out, name);
    }
}

impl Reloads {
    /// The settings were read again and are in force, or were refused.
    pub fn done(&self, is_good: bool) {
        if is_good {
            self.good.add()
        } else {
            self.refused.add()
        }
        self.is_stale.store(!is_good, std::sync::atomic::Ordering::Relaxed);
    }

    fn write(&self, out: &mut Exposition) {
        let name = "miandeng_settings_reloads_total";
        out.family(name, Kind::Counter, "Reloads of the settings by outcome.");
        out.sample(name, &[("outcome", "ok")], self.good.get());
        out.sample(name, &[("outcome", "refused")], self.refused.get());
        let name = "miandeng_settings_last_reload_successful";
        out.family(name, Kind::Gauge, "0 if the settings on the disk were refused and older ones are in force.");
        let is_stale = self.is_stale.load(std::sync::atomic::Ordering::Relaxed);
        out.sample(name, &[], u8::from(!is_stale));
    }
}

impl Metrics {
    /// Everything that is counted here.
    pub fn write(&self, out: &mut Exposition) {
        self.requests.write(out);
        self.gate.write(out);
        self.sign_ins.write(out);
        self.calls.write(out);
        self.reloads.write(out);
    }
}
