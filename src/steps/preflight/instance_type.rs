//! Check `instance-type`: the region offers the nodes' type.

use super::checked::{Checked, unknown};
use crate::clients::aws::Ec2;
use crate::clients::{Asker, CallError, explain::quoted};
use crate::gateway::Gateway;
use crate::model::NodeType;
use crate::report::{Code, Finding};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "instance-type";

/// Asks the region.
#[must_use]
pub fn run(gateway: &dyn Gateway, node_type: &NodeType, asker: &Asker<'_>) -> Checked {
    let start = Instant::now();
    let offered = Ec2 { gateway }.offers(node_type, asker.region);
    Checked::from(decide(offered, node_type, asker)).timed(start)
}

/// Judges the answer.
#[must_use]
pub fn decide(offered: Result<bool, CallError>, node_type: &NodeType, asker: &Asker<'_>) -> Finding {
    let region = asker.region;
    match offered {
        Ok(true) => Finding::pass(ID, format!("{region} offers the instance type {node_type}.")),
        Ok(false) => {
            let family = node_type.as_str().split('.').next().unwrap_or_default();
            let filter = quoted(&format!("Name=instance-type,Values={family}.*"));
            Finding::fail(
                ID,
                Code::InstanceTypeNotOffered,
                format!("{region} does not offer the instance type {node_type}."),
            )
            .remedy(format!(
                "Choose another with `--node-type`, for example t3.large. What there is: `aws ec2 describe-instance-type-offerings --region {region} --filters {filter} --query 'InstanceTypeOfferings[].InstanceType'{}`.",
                asker.flag()
            ))
        }
        Err(error) => unknown(
            ID,
            &format!("Whether {region} offers the instance type {node_type}"),
            &error,
            asker,
        ),
    }
}
