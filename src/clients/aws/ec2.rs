//! EC2: where an instance type is offered, how large it is, and what of the account's quotas is in use.

mod network;
mod usage;

use crate::clients::call::{Ask, ask, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_word;
use crate::gateway::Gateway;
use crate::model::{NodeType, Region};
use serde::Deserialize;

pub use network::{
    Route, RouteTable, SecurityGroup, Subnet, Vpc, parse_dns, parse_network, parse_route_tables,
    parse_security_group, parse_vpc,
};
pub use usage::{Running, parse_addresses, parse_nat_gateways, parse_running, parse_subnets, parse_vpcs};

/// The client.
#[derive(Clone, Copy)]
pub struct Ec2<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// How large an instance of a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many vCPUs it has, as AWS counts them against quotas.
    pub vcpus: u32,
    /// Its memory in MiB.
    pub mebibytes: u64,
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
    location: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSizes {
    instance_types: Vec<RawSize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSize {
    instance_type: String,
    v_cpus: u32,
    mebibytes: u64,
}

impl Ec2<'_> {
    /// The availability zones of `region`, which the tools act in, that offer `node_type`; none where none does.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn zones(&self, node_type: &NodeType, region: &Region) -> Result<Vec<String>, CallError> {
        let filter = format!("Name=instance-type,Values={node_type}");
        let args = [
            "ec2",
            "describe-instance-type-offerings",
            "--location-type",
            "availability-zone",
            "--filters",
            filter.as_str(),
        ];
        let question = Ask::aws(
            "read the instance types of the region",
            "ec2:DescribeInstanceTypeOfferings",
            args,
        );
        ask(self.gateway, &question, |bytes| {
            parse_zones(bytes, node_type.as_str(), region.as_str())
        })
    }

    /// How large an instance of `node_type` is. A type that the region does not have is an error.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn size(&self, node_type: &NodeType) -> Result<Size, CallError> {
        let args = [
            "ec2",
            "describe-instance-types",
            "--instance-types",
            node_type.as_str(),
            "--query",
            "{NextToken: NextToken, InstanceTypes: InstanceTypes[].{InstanceType: InstanceType, VCpus: VCpuInfo.DefaultVCpus, Mebibytes: MemoryInfo.SizeInMiB}}",
        ];
        let purpose = format!("read the size of the instance type `{node_type}`");
        let question = Ask::aws(&purpose, "ec2:DescribeInstanceTypes", args);
        ask(self.gateway, &question, |bytes| {
            parse_size(bytes, node_type.as_str())
        })
    }
}

/// Reads `ec2 describe-instance-type-offerings` for one type in the zones of one region, sorted. Local zones and
/// Wavelength zones, which no cluster's node group spreads over, are left out.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another type or region.
pub fn parse_zones(bytes: &[u8], node_type: &str, region: &str) -> Result<Vec<String>, ParseFailure> {
    let raw: Raw = json_list(bytes)?;
    let mut zones = Vec::new();
    for offering in raw.instance_type_offerings {
        if offering.instance_type != node_type {
            return Err(ParseFailure::Form("InstanceTypeOfferings[].InstanceType"));
        }
        let Some(rest) = offering.location.strip_prefix(region) else {
            return Err(ParseFailure::Form("InstanceTypeOfferings[].Location"));
        };
        // `us-east-2a` is a zone of the region, `us-west-2-lax-1a` a local one.
        match rest.as_bytes() {
            [letter] if letter.is_ascii_lowercase() => zones.push(offering.location),
            [b'-', ..] if is_word(&offering.location, 64) => {}
            _ => return Err(ParseFailure::Form("InstanceTypeOfferings[].Location")),
        }
    }
    zones.sort();
    zones.dedup();
    Ok(zones)
}

/// Reads the size of one type.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another type.
pub fn parse_size(bytes: &[u8], node_type: &str) -> Result<Size, ParseFailure> {
    let raw: RawSizes = json_list(bytes)?;
    let [found] = raw.instance_types.as_slice() else {
        return Err(ParseFailure::Form("InstanceTypes"));
    };
    if found.instance_type != node_type {
        return Err(ParseFailure::Form("InstanceTypes[].InstanceType"));
    }
    // No type is near the upper end; a figure beyond it would only spoil the sums.
    if !(1..=100_000).contains(&found.v_cpus) {
        return Err(ParseFailure::Form("InstanceTypes[].VCpuInfo.DefaultVCpus"));
    }
    Ok(Size {
        vcpus: found.v_cpus,
        mebibytes: found.mebibytes,
    })
}
