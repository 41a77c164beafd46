//! The phase compute: Karpenter, and what it needs of AWS.

pub mod controller_policy;
pub mod discovery_tags;
pub mod karpenter;
pub mod karpenter_association;
pub mod karpenter_stack;
pub mod karpenter_template;
pub mod node_access;
pub mod spot_role;

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(karpenter_stack::KarpenterStack::default()),
        Box::new(spot_role::SpotRole),
        Box::new(node_access::NodeAccess),
        Box::new(karpenter_association::KarpenterAssociation),
        Box::new(discovery_tags::DiscoveryTags),
        Box::new(karpenter::KarpenterCrd),
        Box::new(karpenter::Karpenter),
    ]
}
