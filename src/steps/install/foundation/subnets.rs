//! Whether the subnets of an existing VPC can hold the cluster. Pure, but for [`look`].

use super::cluster_config::{Given, Network, Placed};
use crate::clients::CallError;
use crate::clients::aws::Ec2;
use crate::clients::aws::ec2::{RouteTable, Subnet};
use crate::gateway::Gateway;
use crate::report::Code;
use crate::steps::install::{Desired, Stop};
use std::collections::BTreeSet;

/// Free addresses that EKS and a load balancer want in each subnet: EKS recommends 16 for its own interfaces, a load
/// balancer needs 8 ("Amazon EKS networking requirements"; AWS Load Balancer Controller, `subnet_discovery.md`).
const EACH: u32 = 24;
/// Free addresses that a node takes: three interfaces of twelve addresses, which is what a `t3.large` can have; the VPC
/// CNI keeps one interface more than is in use.
const A_NODE: u32 = 36;
const PRIVATE_ROLE: &str = "kubernetes.io/role/internal-elb";
const PUBLIC_ROLE: &str = "kubernetes.io/role/elb";

/// What the subnets are good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Where the cluster stands in them, or why it can't.
    pub network: Result<Network, Vec<Stop>>,
    /// What should be known all the same.
    pub warnings: Vec<Stop>,
}

/// Reads the subnets that were named, and their VPC's routes.
///
/// # Errors
/// [`CallError`] where there is no answer.
pub fn look(gateway: &dyn Gateway, desired: &Desired) -> Result<Judged, CallError> {
    if desired.subnets.is_empty() {
        return Ok(Judged {
            network: Ok(Network::Made),
            warnings: Vec::new(),
        });
    }
    let ec2 = Ec2 { gateway };
    let ids: Vec<String> = desired.subnets.iter().map(ToString::to_string).collect();
    let subnets = ec2.subnets(&ids)?;
    let vpcs: BTreeSet<&str> = subnets.iter().map(|subnet| subnet.vpc.as_str()).collect();
    let tables = match vpcs.first() {
        Some(vpc) if vpcs.len() == 1 => ec2.route_tables(vpc)?,
        _ => Vec::new(),
    };
    Ok(judge(desired, &subnets, &tables))
}

/// The subnets of a cluster that stands, as eksctl is told of them for a node group.
///
/// # Errors
/// [`CallError`] where there is no answer.
pub fn of_cluster(
    gateway: &dyn Gateway,
    vpc: &str,
    security_group: Option<&str>,
    ids: &[String],
) -> Result<Network, CallError> {
    let ec2 = Ec2 { gateway };
    let (subnets, tables) = (ec2.subnets(ids)?, ec2.route_tables(vpc)?);
    Ok(Network::Given(Given {
        vpc: vpc.to_owned(),
        security_group: security_group.map(str::to_owned),
        subnets: placed(&subnets, &tables),
    }))
}

/// Judges the subnets: `subnets` are those of the named ones that exist, `tables` the routes of their VPC.
#[must_use]
pub fn judge(desired: &Desired, subnets: &[Subnet], tables: &[RouteTable]) -> Judged {
    let mut stops = Vec::new();
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let list = format!(
        "`aws ec2 describe-subnets --region {region}{flag} --query 'Subnets[].[SubnetId,VpcId,AvailabilityZone,AvailableIpAddressCount]' --output table` lists the subnets; name others with `--subnets`, or none: install then makes a VPC."
    );
    let mut stop = |message: String| stops.push(Stop::new(Code::SubnetsUnusable, message, list.clone()));
    let absent: Vec<String> = desired
        .subnets
        .iter()
        .map(ToString::to_string)
        .filter(|id| !subnets.iter().any(|subnet| subnet.id == *id))
        .collect();
    if !absent.is_empty() {
        let verb = if absent.len() == 1 { "does" } else { "do" };
        stop(format!("{} {verb} not exist in {region}.", named(&absent)));
    }
    let vpcs: BTreeSet<String> = subnets.iter().map(|subnet| subnet.vpc.clone()).collect();
    if vpcs.len() > 1 {
        let vpcs: Vec<String> = vpcs.iter().cloned().collect();
        stop(format!(
            "The subnets are of more than one VPC ({}); a cluster stands in one.",
            named(&vpcs)
        ));
        return Judged {
            network: Err(stops),
            warnings: Vec::new(),
        };
    }
    let placed = placed(subnets, tables);
    let private: Vec<&Placed> = placed.iter().filter(|it| !it.public).collect();
    let zones = |of: &[&Placed]| of.iter().map(|it| it.zone.clone()).collect::<BTreeSet<_>>();
    let all: Vec<&Placed> = placed.iter().collect();
    // Of one that does not exist nobody knows the zone.
    if absent.is_empty() && !placed.is_empty() && zones(&all).len() < 2 {
        stop(format!(
            "The subnets are all of one availability zone ({}); EKS needs two.",
            named(&zones(&all).into_iter().collect::<Vec<_>>())
        ));
    } else if absent.is_empty() && private.is_empty() {
        stop("None of the subnets is private (each has a route to an internet gateway); install puts nodes into private subnets only.".to_owned());
    }
    for subnet in subnets.iter().filter(|subnet| subnet.free_addresses < EACH) {
        stop(format!(
            "`{}` has {} free addresses; {EACH} are needed in each subnet.",
            subnet.id, subnet.free_addresses
        ));
    }
    let free: u32 = subnets
        .iter()
        .filter(|subnet| private.iter().any(|it| it.id == subnet.id))
        .map(|subnet| subnet.free_addresses)
        .fold(0, u32::saturating_add);
    let count = u32::try_from(private.len()).unwrap_or(u32::MAX);
    let needed = EACH
        .saturating_mul(count)
        .saturating_add(A_NODE.saturating_mul(desired.node_count));
    if !private.is_empty() && free < needed {
        stop(format!(
            "The private subnets have {free} free addresses together; {needed} are needed: {EACH} in each of {count}, and {A_NODE} for each of {} nodes.",
            desired.node_count
        ));
    }
    let warnings = warnings(desired, subnets, tables, &placed);
    let vpc = vpcs.into_iter().next();
    let network = match vpc {
        Some(vpc) if stops.is_empty() => Ok(Network::Given(Given {
            vpc,
            security_group: None,
            subnets: placed,
        })),
        _ => Err(stops),
    };
    Judged { network, warnings }
}

/// Missing role tags only warn: from 2.12.1 on the load balancer controller finds subnets without them by their routes
/// (`subnet_discovery.md`), and install's is newer. Where only some subnets have them, it takes only those.
fn warnings(desired: &Desired, subnets: &[Subnet], tables: &[RouteTable], placed: &[Placed]) -> Vec<Stop> {
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let mut warnings = Vec::new();
    for (public, role) in [(false, PRIVATE_ROLE), (true, PUBLIC_ROLE)] {
        let untagged: Vec<String> = subnets
            .iter()
            .filter(|subnet| placed.iter().any(|it| it.id == subnet.id && it.public == public))
            .filter(|subnet| !subnet.tags.contains_key(role))
            .map(|subnet| subnet.id.clone())
            .collect();
        if !untagged.is_empty() {
            let kind = if public { "public" } else { "private" };
            warnings.push(Stop::new(
                Code::SubnetsQuestionable,
                format!(
                    "The {kind} {} without the tag `{role}`: the load balancer controller will find them by their routes, unless others of the VPC have it.",
                    are(&untagged)
                ),
                format!(
                    "`aws ec2 create-tags --resources {} --tags Key={role},Value=1 --region {region}{flag}` adds it.",
                    untagged.join(" ")
                ),
            ));
        }
    }
    let shut: Vec<String> = placed
        .iter()
        .filter(|it| !it.public && !leads(tables, &it.id, |_| true))
        .map(|it| it.id.clone())
        .collect();
    if !shut.is_empty() {
        warnings.push(Stop::new(
            Code::SubnetsQuestionable,
            format!(
                "The private {} without a route to everywhere (0.0.0.0/0): nodes there reach images and AWS only by VPC endpoints.",
                are(&shut)
            ),
            "Give their route table a NAT gateway, or make sure that the VPC has endpoints for EKS, EC2, ECR, S3 and STS.",
        ));
    }
    warnings
}

fn placed(subnets: &[Subnet], tables: &[RouteTable]) -> Vec<Placed> {
    subnets
        .iter()
        .map(|subnet| Placed {
            id: subnet.id.clone(),
            zone: subnet.zone.clone(),
            public: leads(tables, &subnet.id, |target| target.starts_with("igw-")),
        })
        .collect()
}

/// Whether the subnet's table (its own, or the VPC's main one) has a route to everywhere whose target fits.
fn leads(tables: &[RouteTable], subnet: &str, fits: impl Fn(&str) -> bool) -> bool {
    let own = tables
        .iter()
        .find(|table| table.subnets.iter().any(|id| id == subnet));
    let table = own.or_else(|| tables.iter().find(|table| table.is_main));
    table.is_some_and(|table| {
        table.routes.iter().any(|route| {
            route.is_active
                && route.destination.as_deref() == Some("0.0.0.0/0")
                && route.target.as_deref().is_some_and(&fits)
        })
    })
}

fn named(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn are(ids: &[String]) -> String {
    match ids {
        [_] => format!("subnet {} is", named(ids)),
        _ => format!("subnets {} are", named(ids)),
    }
}
