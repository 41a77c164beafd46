//! The phase ingress: the load balancer controller, the Ingress, the site's record, and the site itself.

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    Vec::new()
}
