//! Checks `quota-…`: the account's quotas hold what install makes, with what is in use today.
//!
//! Asked after the cluster has answered: an existing cluster needs two or three of the quotas instead of six, and by
//! then the other checks keep the machine busy, so that waiting costs no time.

pub mod ask;
pub mod family;
pub mod judge;
mod nat;
mod vcpu;

use super::checked::Checked;
use super::inputs::PreflightInputs;
use super::making::Making;
use crate::clients::{Asker, CallError};
use crate::gateway::Gateway;
use crate::model::{AccountId, NodeType};
use crate::report::Finding;
use ask::{Answers, Wanted};
use judge::{Question, Quota};
use std::time::Instant;

pub use vcpu::KARPENTER_VCPUS;

/// The id of the check of on-demand vCPUs.
pub const VCPU: &str = "quota-vcpu";
const ELASTIC_IPS: &str = "quota-elastic-ips";
const VPCS: &str = "quota-vpcs";
const NAT_GATEWAYS: &str = "quota-nat-gateways";
const CLUSTERS: &str = "quota-clusters";
const LOAD_BALANCERS: &str = "quota-load-balancers";
/// The ids of all checks, in the order in which they are told.
pub const IDS: [&str; 6] = [VCPU, ELASTIC_IPS, VPCS, NAT_GATEWAYS, CLUSTERS, LOAD_BALANCERS];

/// What the quotas are held against.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// What install makes.
    pub making: Making,
    /// The nodes' type.
    pub node_type: &'a NodeType,
    /// How many nodes are asked for.
    pub node_count: u32,
    /// The zones that offer the type.
    pub zones: &'a Result<Vec<String>, CallError>,
}

impl<'a> Plan<'a> {
    /// What has to be asked.
    #[must_use]
    pub fn wanted(&self, account: &'a AccountId) -> Wanted<'a> {
        let class = vcpu::class(self).ok();
        Wanted {
            vcpu_code: class.map(|class| class.code),
            sized: class.filter(|_| self.nodes() > 0).map(|_| self.node_type),
            cluster: matches!(self.making, Making::Cluster { .. }),
            network: self.making == Making::Cluster { network: true },
            account,
        }
    }

    /// How many nodes install makes.
    const fn nodes(&self) -> u32 {
        self.making.nodes(self.node_count)
    }
}

/// Asks and judges.
#[must_use]
pub fn run(
    gateway: &dyn Gateway,
    inputs: &PreflightInputs,
    account: &AccountId,
    making: Making,
    zones: &Result<Vec<String>, CallError>,
) -> Checked {
    let start = Instant::now();
    let plan = Plan {
        making,
        node_type: &inputs.node_type,
        node_count: inputs.node_count,
        zones,
    };
    let answers = match making {
        Making::Unknown => Answers::default(),
        _ => ask::ask(gateway, &plan.wanted(account)),
    };
    decide(&plan, &answers, &inputs.asker()).timed(start)
}

/// Judges the answers: one finding for each of [`IDS`], in that order.
#[must_use]
pub fn decide(plan: &Plan<'_>, answers: &Answers, asker: &Asker<'_>) -> Checked {
    let skipped = |ids: &[&str], reason: &str| {
        let findings = ids.iter().map(|id| Finding::skip(id, reason)).collect();
        Checked {
            findings,
            ..Checked::default()
        }
    };
    let network = match plan.making {
        Making::Unknown => {
            let reason = "Not asked: what install would make is unknown, see the check `eks-cluster`.";
            return skipped(&IDS, reason);
        }
        Making::Into { .. } => {
            let reason = "Not asked: the cluster exists, and install makes none.";
            skipped(&[ELASTIC_IPS, VPCS, NAT_GATEWAYS, CLUSTERS], reason)
        }
        Making::Cluster { network } => {
            let around = if network {
                one_more(elastic_ips(), answers.addresses.as_ref(), answers, asker)
                    .and(one_more(vpcs(), answers.vpcs.as_ref(), answers, asker))
                    .and(nat::decide(plan, answers, asker))
            } else {
                let reason = "Not asked: the cluster goes into the subnets that were named, and install makes no network.";
                skipped(&[ELASTIC_IPS, VPCS, NAT_GATEWAYS], reason)
            };
            around.and(one_more(clusters(), answers.clusters.as_ref(), answers, asker))
        }
    };
    let there = "In an existing cluster the site's own may be among them: then install makes none.";
    let unsure = (!matches!(plan.making, Making::Cluster { .. })).then(|| there.to_owned());
    vcpu::decide(plan, answers, asker)
        .and(network)
        .and(one_more_unless(
            load_balancers(),
            unsure,
            answers.load_balancers.as_ref(),
            answers,
            asker,
        ))
}

/// Judges a quota of which install takes one.
fn one_more(
    quota: Quota,
    used: Option<&Result<u32, CallError>>,
    answers: &Answers,
    asker: &Asker<'_>,
) -> Checked {
    one_more_unless(quota, None, used, answers, asker)
}

fn one_more_unless(
    quota: Quota,
    unsure: Option<String>,
    used: Option<&Result<u32, CallError>>,
    answers: &Answers,
    asker: &Asker<'_>,
) -> Checked {
    let Some(used) = used else {
        return Finding::skip(quota.id, "Not asked.").into();
    };
    let limit = answers.limit(quota.code);
    let question = Question {
        quota,
        limit: &limit,
        used: used.clone().map(u64::from),
        needed: 1,
        headroom: 0,
        detail: String::new(),
        unsure,
        way_out: None,
    };
    judge::decide(&question, asker)
}

fn elastic_ips() -> Quota {
    Quota {
        id: ELASTIC_IPS,
        service: "ec2",
        code: ask::ELASTIC_IPS,
        name: "Elastic IPs".to_owned(),
        unit: "address",
        listing: "ec2 describe-addresses",
    }
}

fn vpcs() -> Quota {
    Quota {
        id: VPCS,
        service: "vpc",
        code: ask::VPCS,
        name: "VPCs".to_owned(),
        unit: "VPC",
        listing: "ec2 describe-vpcs",
    }
}

fn clusters() -> Quota {
    Quota {
        id: CLUSTERS,
        service: "eks",
        code: ask::CLUSTERS,
        name: "EKS clusters".to_owned(),
        unit: "cluster",
        listing: "eks list-clusters",
    }
}

fn load_balancers() -> Quota {
    Quota {
        id: LOAD_BALANCERS,
        service: "elasticloadbalancing",
        code: ask::LOAD_BALANCERS,
        name: "Application load balancers".to_owned(),
        unit: "load balancer",
        listing: "elbv2 describe-load-balancers",
    }
}
