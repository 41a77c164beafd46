//! The phase core: what the lakehouse stands on: its account, its secret, Redis, OpenSearch, VictoriaMetrics, etcd.

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    Vec::new()
}
