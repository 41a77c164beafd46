//! Check `instance-type`: the region offers the nodes' type, in two zones at least.

use super::checked::{Checked, unknown};
use super::making::Making;
use crate::clients::{Asker, CallError, explain::quoted};
use crate::model::NodeType;
use crate::report::{Code, Finding, PreflightEvidence};

/// The check's id.
pub const ID: &str = "instance-type";

/// Judges the zones that offer the type.
#[must_use]
pub fn decide(
    zones: &Result<Vec<String>, CallError>,
    node_type: &NodeType,
    making: Making,
    asker: &Asker<'_>,
) -> Checked {
    let region = asker.region;
    let flag = asker.flag();
    let zones = match zones {
        Ok(zones) => zones,
        Err(error) => {
            let what = format!("Whether {region} offers the instance type {node_type}");
            return unknown(ID, &what, error, asker).into();
        }
    };
    let list = |values: &str, what: &str| {
        let filter = quoted(&format!("Name=instance-type,Values={values}"));
        format!(
            "`aws ec2 describe-instance-type-offerings --region {region} --location-type availability-zone --filters {filter} --query {}{flag}`",
            quoted(&format!("InstanceTypeOfferings[].{what}"))
        )
    };
    let finding = match zones.as_slice() {
        [] => {
            let family = node_type.as_str().split('.').next().unwrap_or_default();
            Finding::fail(
                ID,
                Code::InstanceTypeNotOffered,
                format!("{region} does not offer the instance type {node_type}."),
            )
            .remedy(format!(
                "Choose another with `--node-type`, for example t3.large. What there is: {}.",
                list(&format!("{family}.*"), "[InstanceType,Location]")
            ))
        }
        [zone] => {
            let message = format!("{region} offers the instance type {node_type} in one zone only, {zone}");
            let remedy = format!(
                "Choose another with `--node-type`, for example t3.large, or another region with `--region`. Where it is offered: {}.",
                list(node_type.as_str(), "Location")
            );
            // An existing cluster has its zones already, and may well be at home in that one.
            if matches!(making, Making::Into { .. }) {
                let message = format!("{message}: nodes of this type can stand only there.");
                Finding::warn(ID, Code::InstanceTypeOneZone, message).remedy(remedy)
            } else {
                let message = format!("{message}: a new cluster's nodes need two at least.");
                Finding::fail(ID, Code::InstanceTypeOneZone, message).remedy(remedy)
            }
        }
        zones => Finding::pass(
            ID,
            format!(
                "{region} offers the instance type {node_type} in {} zones: {}.",
                zones.len(),
                zones.join(", ")
            ),
        ),
    };
    Checked::from(finding).seen(PreflightEvidence {
        instance_type_zones: Some(zones.clone()),
        ..PreflightEvidence::default()
    })
}
