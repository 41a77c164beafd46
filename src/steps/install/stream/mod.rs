//! The phase stream: the site's configuration, its first run, and the community services.

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    Vec::new()
}
