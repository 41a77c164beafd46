//! The phase foundation.

pub mod addons;
pub mod cluster;
pub mod cluster_config;
pub mod node_group;
pub mod stacks;
pub mod storage_class;
pub mod subnets;
mod way_in;

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(cluster::ClusterStep),
        Box::new(node_group::NodeGroupStep),
        Box::new(addons::AddonsStep),
        Box::new(storage_class::StorageClassStep),
    ]
}
