//! The phase datalake: the lake's configuration, node pools, storage and services.

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    Vec::new()
}
