//! What is in use of EC2's and VPC's quotas. The queries keep a large account's answer small; each keeps the mark of a
//! list that goes on.

use super::Ec2;
use crate::clients::call::{Ask, ask, json, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_account, is_word};
use crate::model::AccountId;
use serde::Deserialize;
use std::collections::BTreeMap;

/// On-demand instances of one type's class that run, or begin to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// For example `t3.large`.
    pub instance_type: String,
    /// Its vCPUs: cores times threads.
    pub vcpus: u32,
}

/// Type, lifecycle, tenancy, cores, threads a core.
type Row = (String, Option<String>, Option<String>, u32, u32);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInstances {
    instances: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAddresses {
    addresses: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawVpcs {
    vpcs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGateways {
    nat_gateways: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSubnets {
    subnets: Vec<(String, String)>,
}

impl Ec2<'_> {
    /// The on-demand instances that count against the vCPU quotas.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn running(&self) -> Result<Vec<Running>, CallError> {
        let args = [
            "ec2",
            "describe-instances",
            "--filters",
            "Name=instance-state-name,Values=pending,running",
            "--query",
            "{NextToken: NextToken, Instances: Reservations[].Instances[].[InstanceType, InstanceLifecycle, Placement.Tenancy, CpuOptions.CoreCount, CpuOptions.ThreadsPerCore]}",
        ];
        let question = Ask::aws("count the running instances", "ec2:DescribeInstances", args);
        ask(self.gateway, &question, parse_running)
    }

    /// How many elastic IPs the account has in the region.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn addresses(&self) -> Result<u32, CallError> {
        let args = [
            "ec2",
            "describe-addresses",
            "--query",
            "{Addresses: length(Addresses)}",
        ];
        let question = Ask::aws("count the elastic IPs", "ec2:DescribeAddresses", args);
        ask(self.gateway, &question, parse_addresses)
    }

    /// How many VPCs the account itself owns in the region: those that others share with it don't count.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn vpcs(&self, account: &AccountId) -> Result<u32, CallError> {
        let args = [
            "ec2",
            "describe-vpcs",
            "--query",
            "{NextToken: NextToken, Vpcs: Vpcs[].OwnerId}",
        ];
        let question = Ask::aws("count the VPCs", "ec2:DescribeVpcs", args);
        ask(self.gateway, &question, |bytes| {
            parse_vpcs(bytes, account.as_str())
        })
    }

    /// The subnet of each NAT gateway that stands or is being made.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn nat_gateways(&self) -> Result<Vec<String>, CallError> {
        let args = [
            "ec2",
            "describe-nat-gateways",
            "--filter",
            "Name=state,Values=pending,available",
            "--query",
            "{NextToken: NextToken, NatGateways: NatGateways[].SubnetId}",
        ];
        let question = Ask::aws("count the NAT gateways", "ec2:DescribeNatGateways", args);
        ask(self.gateway, &question, parse_nat_gateways)
    }

    /// The zone of each subnet, by its id.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn subnet_zones(&self) -> Result<BTreeMap<String, String>, CallError> {
        let args = [
            "ec2",
            "describe-subnets",
            "--query",
            "{NextToken: NextToken, Subnets: Subnets[].[SubnetId, AvailabilityZone]}",
        ];
        let question = Ask::aws("read the zones of the subnets", "ec2:DescribeSubnets", args);
        ask(self.gateway, &question, parse_subnets)
    }
}

/// Reads the running instances; those that count against another quota (spot, capacity blocks, dedicated hosts) are
/// left out.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_running(bytes: &[u8]) -> Result<Vec<Running>, ParseFailure> {
    let raw: RawInstances = json_list(bytes)?;
    let mut running = Vec::new();
    for (instance_type, lifecycle, tenancy, cores, threads) in raw.instances {
        let family = instance_type.split('.').next().unwrap_or_default();
        if !is_word(family, 32) {
            return Err(ParseFailure::Form("Instances[].InstanceType"));
        }
        let elsewhere = matches!(
            lifecycle.as_deref(),
            Some("spot" | "scheduled" | "capacity-block")
        ) || tenancy.as_deref() == Some("host");
        let vcpus = cores.checked_mul(threads).filter(|it| *it > 0);
        let vcpus = vcpus.ok_or(ParseFailure::Form("Instances[].CpuOptions"))?;
        if !elsewhere {
            running.push(Running { instance_type, vcpus });
        }
    }
    Ok(running)
}

/// Reads the number of elastic IPs. `DescribeAddresses` has no pages.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_addresses(bytes: &[u8]) -> Result<u32, ParseFailure> {
    json(bytes).map(|raw: RawAddresses| raw.addresses)
}

/// Counts the VPCs of `account`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_vpcs(bytes: &[u8], account: &str) -> Result<u32, ParseFailure> {
    let raw: RawVpcs = json_list(bytes)?;
    if !raw.vpcs.iter().all(|owner| is_account(owner)) {
        return Err(ParseFailure::Form("Vpcs[].OwnerId"));
    }
    let own = raw.vpcs.iter().filter(|owner| *owner == account).count();
    Ok(u32::try_from(own).unwrap_or(u32::MAX))
}

/// Reads the subnets of the NAT gateways, one for each gateway.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_nat_gateways(bytes: &[u8]) -> Result<Vec<String>, ParseFailure> {
    let raw: RawGateways = json_list(bytes)?;
    if !raw.nat_gateways.iter().all(|subnet| is_word(subnet, 64)) {
        return Err(ParseFailure::Form("NatGateways[].SubnetId"));
    }
    Ok(raw.nat_gateways)
}

/// Reads the zones of the subnets.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_subnets(bytes: &[u8]) -> Result<BTreeMap<String, String>, ParseFailure> {
    let raw: RawSubnets = json_list(bytes)?;
    let formed = |(subnet, zone): &(String, String)| is_word(subnet, 64) && is_word(zone, 64);
    if !raw.subnets.iter().all(formed) {
        return Err(ParseFailure::Form("Subnets[]"));
    }
    Ok(raw.subnets.into_iter().collect())
}
