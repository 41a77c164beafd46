//! Asks for the quotas and their use, side by side, and for nothing that is not judged.

use crate::clients::CallError;
use crate::clients::aws::ec2::{Running, Size};
use crate::clients::aws::service_quotas::{Limit, Limits};
use crate::clients::aws::{Ec2, Eks, Elbv2, ServiceQuotas};
use crate::gateway::Gateway;
use crate::model::{AccountId, NodeType};
use crate::steps::preflight::making::not_begun;
use std::collections::BTreeMap;
use std::io;
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The quota of elastic IPs, of service `ec2`.
pub const ELASTIC_IPS: &str = "L-0263D0A3";
/// The quota of VPCs, of service `vpc`.
pub const VPCS: &str = "L-F678F1CE";
/// The quota of NAT gateways in a zone, of service `vpc`.
pub const NAT_GATEWAYS: &str = "L-FE5A380F";
/// The quota of clusters, of service `eks`.
pub const CLUSTERS: &str = "L-1194D53C";
/// The quota of application load balancers, of service `elasticloadbalancing`.
pub const LOAD_BALANCERS: &str = "L-53DA6B97";

/// What is to be asked.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The vCPU quota's code; none where it is not judged.
    pub vcpu_code: Option<&'static str>,
    /// The nodes' type, where install makes nodes.
    pub sized: Option<&'a NodeType>,
    /// Whether install makes a cluster.
    pub cluster: bool,
    /// Whether it makes a network for it.
    pub network: bool,
    /// Whose VPCs count.
    pub account: &'a AccountId,
}

/// The answers; what was not asked is none.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// The quotas' values.
    pub limits: Limits,
    /// The size of the nodes' type.
    pub size: Option<Result<Size, CallError>>,
    /// The running on-demand instances.
    pub running: Option<Result<Vec<Running>, CallError>>,
    /// How many elastic IPs there are.
    pub addresses: Option<Result<u32, CallError>>,
    /// How many VPCs.
    pub vpcs: Option<Result<u32, CallError>>,
    /// The subnet of each NAT gateway.
    pub nat_gateways: Option<Result<Vec<String>, CallError>>,
    /// The zones of the subnets, asked for only if some zone may be full.
    pub subnet_zones: Option<Result<BTreeMap<String, String>, CallError>>,
    /// How many clusters.
    pub clusters: Option<Result<u32, CallError>>,
    /// How many application load balancers.
    pub load_balancers: Option<Result<u32, CallError>>,
}

impl Answers {
    /// A quota's value; one that was not asked for is none.
    ///
    /// # Errors
    /// [`CallError`] where the question had no answer.
    pub fn limit(&self, code: &str) -> Result<Option<Limit>, CallError> {
        self.limits.get(code).cloned().unwrap_or(Ok(None))
    }
}

/// Asks. One list for each service holds all of its quotas; what is in use takes a command each, as no one command
/// tells it (the metrics in `AWS/Usage` hold the vCPUs only, come minutes late, and need a right of their own).
pub fn ask(gateway: &dyn Gateway, wanted: &Wanted<'_>) -> Answers {
    let ec2 = Ec2 { gateway };
    let quotas = ServiceQuotas { gateway };
    let mut services: Vec<(&'static str, Vec<&'static str>)> =
        vec![("elasticloadbalancing", vec![LOAD_BALANCERS])];
    let mut of_ec2: Vec<&'static str> = wanted.vcpu_code.into_iter().collect();
    if wanted.network {
        of_ec2.push(ELASTIC_IPS);
        services.push(("vpc", vec![VPCS, NAT_GATEWAYS]));
    }
    if wanted.cluster {
        services.push(("eks", vec![CLUSTERS]));
    }
    if !of_ec2.is_empty() {
        services.push(("ec2", of_ec2));
    }
    let mut answers = std::thread::scope(|scope| {
        let limits: Vec<_> = services
            .iter()
            .map(|(service, codes)| (codes, start(scope, move || quotas.limits(service, codes))))
            .collect();
        let size = wanted.sized.map(|it| start(scope, move || ec2.size(it)));
        let running = wanted.vcpu_code.map(|_| start(scope, move || ec2.running()));
        let cluster = wanted.cluster.then_some(());
        let network = wanted.network.then_some(());
        let addresses = network.map(|()| start(scope, move || ec2.addresses()));
        let vpcs = network.map(|()| start(scope, move || ec2.vpcs(wanted.account)));
        let nat_gateways = network.map(|()| start(scope, move || ec2.nat_gateways()));
        let clusters = cluster.map(|()| start(scope, move || Eks { gateway }.count()));
        let balancers = start(scope, move || Elbv2 { gateway }.application_load_balancers());
        Answers {
            limits: limits
                .into_iter()
                .flat_map(|(codes, thread)| limits_of(codes, thread))
                .collect(),
            size: size.map(finish),
            running: running.map(finish),
            addresses: addresses.map(finish),
            vpcs: vpcs.map(finish),
            nat_gateways: nat_gateways.map(finish),
            subnet_zones: None,
            clusters: clusters.map(finish),
            load_balancers: Some(finish(balancers)),
        }
    });
    if a_zone_may_be_full(&answers) {
        answers.subnet_zones = Some(ec2.subnet_zones());
    }
    answers
}

/// Whether the region has so many NAT gateways that, all in one zone, they leave no room there.
fn a_zone_may_be_full(answers: &Answers) -> bool {
    match (&answers.nat_gateways, answers.limit(NAT_GATEWAYS)) {
        (Some(Ok(gateways)), Ok(Some(limit))) => {
            let count = u32::try_from(gateways.len()).unwrap_or(u32::MAX);
            f64::from(count) + 1.0 > limit.value
        }
        _ => false,
    }
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, work)
}

fn finish<T>(thread: io::Result<ScopedJoinHandle<'_, Result<T, CallError>>>) -> Result<T, CallError> {
    let joined = thread.ok().and_then(|thread| thread.join().ok());
    joined.unwrap_or_else(|| Err(not_begun()))
}

fn limits_of(codes: &[&'static str], thread: io::Result<ScopedJoinHandle<'_, Limits>>) -> Limits {
    let joined = thread.ok().and_then(|thread| thread.join().ok());
    joined.unwrap_or_else(|| codes.iter().map(|code| (*code, Err(not_begun()))).collect())
}
