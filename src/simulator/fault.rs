//! Misbehaviour on demand: what the platform does on its bad days, for the calls and as often as wanted.

use serde::{Deserialize, Serialize};

use super::call::Principal;

/// One misbehaviour that waits for its calls. Faults are used up in the order they were queued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The path it is for, such as `/gettoken`; a final `*` stands for any rest, so `*` is every call.
    pub path: String,
    /// How many calls it spoils; `usize::MAX` means until cleared. In JSON 1 if left out.
    #[serde(default = "once")]
    pub times: usize,
    #[serde(default)]
    pub corp_id: Option<String>,
    #[serde(default)]
    pub client_id: Option<String>,
    pub kind: FaultKind,
}

/// What can go wrong. The two delays are followed by the true answer; all others take its place, and the
/// call itself is then not carried out: a code that met one of them is not spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 200 with this errcode; on the new API, where status and text code count, 400 with the number as text.
    Errcode {
        code: i64,
        text: String,
    },
    /// The gateway's errcode 88 around another code, such as `90018`.
    SubCode {
        sub_code: String,
        sub_msg: String,
    },
    /// The HTML page that a punished address gets.
    Html,
    /// The same punishment as JSON: `{"status":1111,…}`.
    Banned,
    Status(u16),
    /// The true answer, this many milliseconds late.
    Delay(u64),
    /// The true answer, late by anything up to `up_to_ms` milliseconds.
    RandomDelay {
        up_to_ms: u64,
    },
    /// No answer at all while the connection stays open.
    Hang,
    Reset,
    /// 200, called JSON, but isn't.
    Garbage,
    Redirect(String),
    /// 200, called JSON, with exactly this body.
    Body(String),
    /// 200 and a body that never ends, as fast as it is read.
    Endless,
    /// 200 and a body that never ends, one byte each so many milliseconds.
    Drip {
        every_ms: u64,
    },
}

impl FaultKind {
    /// How long to wait before the true answer; `None` for a fault that takes the answer's place.
    pub(super) fn delay_ms(&self) -> Option<u64> {
        match self {
            Self::Delay(ms) => Some(*ms),
            Self::RandomDelay { up_to_ms } => Some(super::random::up_to(*up_to_ms)),
            _ => None,
        }
    }
}

fn once() -> usize {
    1
}

impl Fault {
    fn is_for(&self, path: &str, caller: &Principal) -> bool {
        let path_fits = match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == self.path,
        };
        let fits = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        path_fits && fits(&self.corp_id, &caller.corp_id) && fits(&self.client_id, &caller.client_id)
    }
}

#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn waiting(&self) -> &[Fault] {
        &self.0
    }

    /// What this call meets: any number of delays, then at most one fault that answers in its place.
    pub(super) fn take(&mut self, path: &str, caller: &Principal) -> (u64, Option<FaultKind>) {
        let mut delay_ms = 0_u64;
        let mut instead = None;
        for fault in self.0.iter_mut().filter(|fault| fault.times > 0) {
            if instead.is_some() || !fault.is_for(path, caller) {
                continue;
            }
            if fault.times != usize::MAX {
                fault.times -= 1;
            }
            match fault.kind.delay_ms() {
                Some(ms) => delay_ms = delay_ms.saturating_add(ms),
                None => instead = Some(fault.kind.clone()),
            }
        }
        self.0.retain(|fault| fault.times > 0);
        (delay_ms, instead)
    }
}
