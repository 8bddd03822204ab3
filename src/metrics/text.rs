//! Prometheus' text format, 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats, read 2026-11-26).
//!
//! Written here and not by a crate: `prometheus-client` writes OpenMetrics alone, whose counters have other names in their
//! heads, and its histograms and families take locks.

use std::fmt::{Display, Write};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The answer so far.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Begins a metric. Its samples follow, without those of another between them.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a text does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (i, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{value}\"", if i == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_label_ends_no_line_and_no_quotation() {
        let mut out = Exposition::default();
        out.family("x_total", Kind::Counter, "One\\two\nthree.");
        out.sample("x_total", &[("a", "q\"b\\c\nd"), ("b", "组织")], 7);
        out.sample("x_total", &[], 0.5);
        let expected = "# HELP x_total One\\\\two\\nthree.\n# TYPE x_total counter\n\
                        x_total{a=\"q\\\"b\\\\c\\nd\",b=\"组织\"} 7\nx_total 0.5\n";
        assert_eq!(out.into_text(), expected);
    }
}
