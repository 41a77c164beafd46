//! What an install would make of the things that count against quotas and cost money, and the checks of it.

use super::checked::Checked;
use super::inputs::PreflightInputs;
use super::{cost, instance_type, quotas};
use crate::clients::aws::eks::Cluster;
use crate::clients::{CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::model::AccountId;
use std::time::Duration;

/// What an install would make beside the workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// A cluster with its nodes.
    Cluster {
        /// Whether it makes the network too: no subnets were named.
        network: bool,
    },
    /// Nothing of that: the cluster is there.
    Into {
        /// Whether it makes the nodes: the cluster has no node group.
        nodes: bool,
    },
    /// Not known: the cluster could not be looked at, or is in a state in which install can't use it.
    Unknown,
}

impl Making {
    /// Judges by the cluster and the node groups that it has. Where these could not be listed, nodes count as still to
    /// be made: too many counted is said with its figures, too few would be a wrong "it fits". `has_subnets`: subnets were
    /// named for a new cluster.
    #[must_use]
    pub fn of(
        found: &Result<Option<Cluster>, CallError>,
        node_groups: Option<&[String]>,
        has_subnets: bool,
    ) -> Self {
        match found {
            Ok(None) => Self::Cluster {
                network: !has_subnets,
            },
            Ok(Some(cluster)) if ["ACTIVE", "UPDATING"].contains(&cluster.status.as_str()) => Self::Into {
                nodes: node_groups.is_none_or(<[String]>::is_empty),
            },
            _ => Self::Unknown,
        }
    }

    /// How many nodes it makes, where `asked` were asked for.
    #[must_use]
    pub const fn nodes(self, asked: u32) -> u32 {
        match self {
            Self::Cluster { .. } | Self::Into { nodes: true } => asked,
            Self::Into { nodes: false } | Self::Unknown => 0,
        }
    }
}

/// The nodes' type, the quotas and the cost. `offers` are the zones that offer the type, and the time that took.
#[must_use]
pub fn run(
    inputs: &PreflightInputs,
    gateway: &dyn Gateway,
    account: &AccountId,
    making: Making,
    offers: &(Result<Vec<String>, CallError>, Duration),
) -> Checked {
    let (zones, spent) = offers;
    let asker = inputs.asker();
    instance_type::decide(zones, &inputs.node_type, making, &asker)
        .took(*spent)
        .and(quotas::run(gateway, inputs, account, making, zones))
        .and(cost::decide(
            making,
            inputs.balancer(),
            (&inputs.node_type, inputs.node_count),
            asker.region,
        ))
}

/// A question to AWS for which this machine gave no thread.
#[must_use]
pub fn not_begun() -> CallError {
    CallError {
        purpose: "begin a question to AWS".to_owned(),
        action: "",
        class: ErrorClass::Killed,
        code: None,
        said: String::new(),
    }
}
