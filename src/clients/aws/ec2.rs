//! EC2: which instance types the region offers.

use crate::clients::call::{Ask, ask, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::gateway::Gateway;
use crate::model::{NodeType, Region};
use serde::Deserialize;

/// The client.
#[derive(Clone, Copy)]
pub struct Ec2<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    instance_type_offerings: Vec<Offering>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Offering {
    instance_type: String,
    location: Option<String>,
}

impl Ec2<'_> {
    /// Whether `region`, which the tools act in, offers `node_type`.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn offers(&self, node_type: &NodeType, region: &Region) -> Result<bool, CallError> {
        let filter = format!("Name=instance-type,Values={node_type}");
        let args = [
            "ec2",
            "describe-instance-type-offerings",
            "--location-type",
            "region",
            "--filters",
            filter.as_str(),
        ];
        let question = Ask::aws(
            "read the instance types of the region",
            "ec2:DescribeInstanceTypeOfferings",
            args,
        );
        ask(self.gateway, &question, |bytes| {
            parse_offers(bytes, node_type.as_str(), region.as_str())
        })
    }
}

/// Reads `ec2 describe-instance-type-offerings` for one type in one region.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another type or region.
pub fn parse_offers(bytes: &[u8], node_type: &str, region: &str) -> Result<bool, ParseFailure> {
    let raw: Raw = json_list(bytes)?;
    for offering in &raw.instance_type_offerings {
        if offering.instance_type != node_type {
            return Err(ParseFailure::Form("InstanceTypeOfferings[].InstanceType"));
        }
        if offering.location.as_deref().is_some_and(|it| it != region) {
            return Err(ParseFailure::Form("InstanceTypeOfferings[].Location"));
        }
    }
    Ok(!raw.instance_type_offerings.is_empty())
}
