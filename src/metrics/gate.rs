//! What became of the questions that proxies ask.

use super::{Counter, Exposition, Kind};

/// The kind of proxy, by its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateProxy {
    Nginx,
    Traefik,
    Caddy,
    Envoy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOutcome {
    Allowed,
    /// Nobody is signed in.
    SignIn,
    /// Signed in, but the rules are for others.
    NotAllowed,
    /// The question cannot be read, or is about a host that is not listed.
    Refused,
    /// Nothing could be decided.
    Failed,
}

const PROXIES: [(GateProxy, &str); 4] = [
    (GateProxy::Nginx, "nginx"),
    (GateProxy::Traefik, "traefik"),
    (GateProxy::Caddy, "caddy"),
    (GateProxy::Envoy, "envoy"),
];
const OUTCOMES: [(GateOutcome, &str); 5] = [
    (GateOutcome::Allowed, "allowed"),
    (GateOutcome::SignIn, "sign-in"),
    (GateOutcome::NotAllowed, "not-allowed"),
    (GateOutcome::Refused, "refused"),
    (GateOutcome::Failed, "failed"),
];

/// A counter for each pair, from the start on.
#[derive(Debug, Default)]
pub struct Gate([[Counter; OUTCOMES.len()]; PROXIES.len()]);

impl Gate {
    pub fn decided(&self, proxy: GateProxy, outcome: GateOutcome) {
        self.0[proxy as usize][outcome as usize].add();
    }

    pub(super) fn write(&self, out: &mut Exposition) {
        let name = "miandeng_gate_decisions_total";
        out.family(name, Kind::Counter, "The gate's decisions by kind of proxy and outcome.");
        for ((_, proxy), counters) in PROXIES.iter().zip(&self.0) {
            for ((_, outcome), counter) in OUTCOMES.iter().zip(counters) {
                out.sample(name, &[("proxy", proxy), ("outcome", outcome)], counter.get());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_has_its_own_counter() {
        assert!(PROXIES.iter().enumerate().all(|(i, (proxy, _))| *proxy as usize == i));
        assert!(OUTCOMES.iter().enumerate().all(|(i, (outcome, _))| *outcome as usize == i));
        let gate = Gate::default();
        gate.decided(GateProxy::Envoy, GateOutcome::Failed);
        let mut out = Exposition::default();
        gate.write(&mut out);
        let counted: Vec<_> = out.into_text().lines().filter(|line| line.ends_with(" 1")).map(str::to_owned).collect();
        assert_eq!(counted, ["miandeng_gate_decisions_total{proxy=\"envoy\",outcome=\"failed\"} 1"]);
    }
}
