//! Numbers that only grow.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Exposition;

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters by labels whose values are known only as they come. Callers give words of ours and names from the settings,
/// nothing that somebody sends: each value stays for as long as the server runs.
#[derive(Debug)]
pub struct Family<const N: usize> {
    names: [&'static str; N],
    counters: RwLock<BTreeMap<[String; N], Arc<Counter>>>,
}

impl<const N: usize> Family<N> {
    pub fn new(names: [&'static str; N]) -> Self {
        Self { names, counters: RwLock::default() }
    }

    pub fn count(&self, values: [&str; N]) {
        let values = values.map(str::to_owned);
        if let Some(counter) = self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&values) {
            return counter.add();
        }
        self.counters.write().unwrap_or_else(PoisonError::into_inner).entry(values).or_default().add();
    }

    pub fn write(&self, out: &mut Exposition, name: &str) {
        for (values, counter) in &*self.counters.read().unwrap_or_else(PoisonError::into_inner) {
            let labels: Vec<_> = self.names.iter().copied().zip(values.iter().map(String::as_str)).collect();
            out.sample(name, &labels, counter.get());
        }
    }
}
