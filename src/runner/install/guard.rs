//! Never the wrong place: before each write, account, region and cluster are those of the approved plan.

use super::failure::{Refusal, own};
use crate::clients::aws::Sts;
use crate::report::Code;
use crate::steps::install::{World, WriteTo};
use std::sync::{Mutex, PoisonError};

/// The place that the plan was approved for.
#[derive(Default)]
pub struct Place {
    /// Where the cluster's API server answered when the plan was approved, or when this run had made it.
    endpoint: Mutex<Option<String>>,
}

impl Place {
    /// The place as the plan saw it.
    #[must_use]
    pub fn of(endpoint: Option<String>) -> Self {
        Self {
            endpoint: Mutex::new(endpoint),
        }
    }

    /// Asks who is calling and, where the write is about the cluster, which cluster has the name now.
    ///
    /// # Errors
    /// [`Refusal`] where that is another place, or unknown: the write must not run then.
    pub fn check(&self, world: &World<'_>, to: WriteTo) -> Result<(), Refusal> {
        let purpose = "make sure that the next write goes to the approved place";
        let target = &world.desired.target;
        if to != WriteTo::Cluster {
            let sts = Sts {
                gateway: world.gateway,
            };
            let caller = sts.caller().map_err(Refusal::Before)?;
            if caller.account != target.account {
                return Err(own(
                    Code::AccountChanged,
                    purpose,
                    format!(
                        "The credentials are now those of account {}; the plan was approved for {}. Nothing more was written.",
                        caller.account, target.account
                    ),
                    format!(
                        "Choose the credentials of {} again, then run the same command.",
                        target.account
                    ),
                )
                .into());
            }
        }
        if to == WriteTo::Account {
            return Ok(());
        }
        // kubectl and helm are bound to an endpoint and an authority by the private kubeconfig: a cluster that was made
        // anew under the name has others. The endpoint is held against the plan's once more all the same.
        let cluster = match to {
            WriteTo::Cluster => world.cluster(),
            _ => world.look_at_cluster(),
        }
        .map_err(Refusal::Before)?;
        let now = cluster.and_then(|cluster| cluster.endpoint);
        let mut known = self.endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        match (known.as_ref(), now) {
            (Some(known), Some(now)) if *known == now => Ok(()),
            (None, now) => {
                *known = now;
                Ok(())
            }
            (Some(_), _) => Err(own(
                Code::ClusterChanged,
                purpose,
                format!(
                    "The cluster `{}` is not the one that the plan was approved for: it was deleted, or made anew. Nothing more was written.",
                    target.cluster
                ),
                "Run the same command without `--approve`, and look at the new plan.",
            )
            .into()),
        }
    }
}
