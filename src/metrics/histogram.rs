//! How long things took, as Prometheus' histograms. Without a lock: each bucket is a number of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::Exposition;

/// In seconds, with the text that Prometheus shows. For answers of our own: most are given within a millisecond.
const ANSWERS: &[(f64, &str)] = &[
    (0.0001, "0.0001"),
    (0.00025, "0.00025"),
    (0.0005, "0.0005"),
    (0.001, "0.001"),
    (0.0025, "0.0025"),
    (0.005, "0.005"),
    (0.01, "0.01"),
    (0.025, "0.025"),
    (0.05, "0.05"),
    (0.1, "0.1"),
    (0.25, "0.25"),
    (0.5, "0.5"),
    (1.0, "1"),
    (2.5, "2.5"),
    (5.0, "5"),
    (10.0, "10"),
];
/// For what waits for DingTalk or the disk.
const CALLS: &[(f64, &str)] = &[
    (0.005, "0.005"),
    (0.01, "0.01"),
    (0.025, "0.025"),
    (0.05, "0.05"),
    (0.1, "0.1"),
    (0.25, "0.25"),
    (0.5, "0.5"),
    (1.0, "1"),
    (2.5, "2.5"),
    (5.0, "5"),
    (10.0, "10"),
    (20.0, "20"),
];

#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [(f64, &'static str)],
    /// One for each bound, and one for what took longer. Each counts only its own.
    buckets: Box<[AtomicU64]>,
    sum_ns: AtomicU64,
}

impl Histogram {
    pub fn of_answers() -> Self {
        Self::new(ANSWERS)
    }

    pub fn of_calls() -> Self {
        Self::new(CALLS)
    }

    fn new(bounds: &'static [(f64, &'static str)]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, sum_ns: AtomicU64::new(0) }
    }

    pub fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = self.bounds.iter().position(|(bound, _)| seconds <= *bound).unwrap_or(self.bounds.len());
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_ns.fetch_add(took.as_nanos().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn write(&self, out: &mut Exposition, name: &str, labels: &[(&str, &str)]) {
        let mut count = 0;
        let bounds = self.bounds.iter().map(|(_, text)| *text).chain(["+Inf"]);
        for (bound, bucket) in bounds.zip(&self.buckets) {
            count += bucket.load(Ordering::Relaxed);
            let labels: Vec<_> = labels.iter().copied().chain([("le", bound)]).collect();
            out.sample(&format!("{name}_bucket"), &labels, count);
        }
        let sum = Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)).as_secs_f64();
        out.sample(&format!("{name}_sum"), labels, sum);
        out.sample(&format!("{name}_count"), labels, count);
    }
}

/// One for each value of a label, for calls of which there are few.
#[derive(Debug)]
pub struct Timed {
    label: &'static str,
    of: RwLock<BTreeMap<&'static str, Arc<Histogram>>>,
}

impl Timed {
    pub fn new(label: &'static str) -> Self {
        Self { label, of: RwLock::default() }
    }

    pub fn observe(&self, value: &'static str, took: Duration) {
        let known = self.of.read().unwrap_or_else(PoisonError::into_inner).get(value).cloned();
        let histogram = known.unwrap_or_else(|| {
            let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(of.entry(value).or_insert_with(|| Arc::new(Histogram::of_calls())))
        });
        histogram.observe(took);
    }

    pub fn write(&self, out: &mut Exposition, name: &str) {
        for (value, histogram) in &*self.of.read().unwrap_or_else(PoisonError::into_inner) {
            histogram.write(out, name, &[(self.label, value)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_counts_what_took_as_long_or_less() {
        let histogram = Histogram::of_calls();
        for ms in [1, 5, 6, 30_000] {
            histogram.observe(Duration::from_millis(ms));
        }
        let mut out = Exposition::default();
        histogram.write(&mut out, "x", &[("of", "y")]);
        let text = out.into_text();
        for line in [
            "x_bucket{of=\"y\",le=\"0.005\"} 2\n",
            "x_bucket{of=\"y\",le=\"0.01\"} 3\n",
            "x_bucket{of=\"y\",le=\"20\"} 3\n",
            "x_bucket{of=\"y\",le=\"+Inf\"} 4\n",
            "x_sum{of=\"y\"} 30.012\n",
            "x_count{of=\"y\"} 4\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn each_bound_is_shown_as_it_is_and_they_grow() {
        for bounds in [ANSWERS, CALLS] {
            assert!(bounds.iter().all(|(bound, text)| text.parse() == Ok(*bound)));
            assert!(bounds.windows(2).all(|two| two[0].0 < two[1].0));
        }
    }
}
