//! Step `cluster`: an EKS cluster of the name, made by eksctl, or somebody else's that is used.

use super::cluster_config::{ADDONS, Network, cluster_config};
use super::stacks::{self, Meaning, SeenStack};
use super::subnets::{self, Judged};
use super::way_in;
use crate::clients::aws::eks::{Cluster, tag_ask};
use crate::clients::eksctl::{Eksctl, create_cluster_ask};
use crate::clients::form::is_word;
use crate::clients::kubectl::Kubectl;
use crate::clients::{CallError, ErrorClass};
use crate::model::{CREATED_BY, Phase, USED_BY};
use crate::report::Code;
use crate::steps::install::desired::KUBERNETES;
use crate::steps::install::world::is_usable;
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Waits, World, Write};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The least version: the Mountpoint add-on needs it (AWS, "Mountpoint for Amazon S3 CSI driver").
const LEAST: (u32, u32) = (1, 31);
/// The most: one above the toolbox's kubectl, which is what Kubernetes' version skew policy lets it talk to.
const MOST: (u32, u32) = (1, 35);
/// The longest value of a tag.
const TAG_LIMIT: usize = 256;
/// How often the API server of a cluster of ours is asked again, and after which pause.
const NEW_TRIES: u32 = 6;
const NEW_PAUSE: Duration = Duration::from_secs(5);

/// The step.
pub struct ClusterStep;

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The cluster.
    pub cluster: Option<Cluster>,
    /// eksctl's stacks: of the cluster; without a cluster also of its node group and the EBS driver's role. The
    /// cluster's first.
    pub stacks: Vec<SeenStack>,
    /// Without a cluster: the subnets that were named.
    pub network: Option<Judged>,
    /// Without a cluster: why eksctl refuses the configuration, where it does.
    pub refused: Option<CallError>,
    /// With a cluster that is usable: whether its API server lets this run in.
    pub way_in: Option<Result<(), CallError>>,
}

impl Step for ClusterStep {
    fn id(&self) -> &'static str {
        "cluster"
    }

    fn phase(&self) -> Phase {
        Phase::Foundation
    }

    fn after(&self) -> &'static [&'static str] {
        &[]
    }

    fn waits(&self) -> Waits {
        Waits::new(16 * 60, 45 * 60, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let desired = world.desired;
        let seen = observe(world)?;
        let decision = decide(desired, &seen);
        let reached = matches!(seen.way_in, Some(Ok(())));
        let name = desired.target.cluster.to_string();
        Ok(Look::of(decision).telling(move |evidence, history| {
            let eks = evidence.eks();
            eks.cluster_name.clone_from(&name);
            eks.existed = history.existed;
            eks.created = history.created;
            eks.kubeconfig_updated = reached;
            let Some(cluster) = &seen.cluster else { return };
            eks.arn.clone_from(&cluster.arn);
            eks.version.clone_from(&cluster.version);
            eks.endpoint.clone_from(&cluster.endpoint);
            eks.vpc_id.clone_from(&cluster.vpc);
            eks.created_by = mark(cluster, CREATED_BY)
                .filter(|id| is_word(id, 32))
                .map(str::to_owned);
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Observed, CallError> {
    let (desired, gateway) = (world.desired, world.gateway);
    let mut seen = Observed {
        cluster: world.look_at_cluster()?,
        ..Observed::default()
    };
    let Some(cluster) = &seen.cluster else {
        let names = [
            stacks::of_cluster(desired),
            stacks::of_node_group(desired),
            stacks::of_ebs_role(desired),
        ];
        for name in names {
            seen.stacks.extend(stacks::look(gateway, &name)?);
        }
        let judged = subnets::look(gateway, desired)?;
        if let (Ok(network), true) = (&judged.network, seen.stacks.is_empty()) {
            let eksctl = Eksctl {
                gateway,
                listener: None,
            };
            match eksctl.dry_run(&cluster_config(desired, network)) {
                Ok(_) => {}
                Err(error) if is_refusal(&error) => seen.refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        seen.network = Some(judged);
        return Ok(seen);
    };
    if is_ours(desired, cluster) {
        seen.stacks
            .extend(stacks::look(gateway, &stacks::of_cluster(desired))?);
    }
    if is_usable(&cluster.status) {
        let access = world.access(cluster)?;
        let kubectl = Kubectl {
            gateway,
            access: &access,
        };
        let mut answer = kubectl.versions().map(|_| ());
        // The name of a new cluster's API server takes a while to be known everywhere.
        let mut tries = if is_ours(desired, cluster) { NEW_TRIES } else { 0 };
        while tries > 0 && answer.as_ref().is_err_and(is_young) && gateway.pause(NEW_PAUSE) {
            tries -= 1;
            answer = kubectl.versions().map(|_| ());
        }
        seen.way_in = Some(answer);
    }
    Ok(seen)
}

fn is_young(error: &CallError) -> bool {
    matches!(error.class, ErrorClass::Unreachable(_) | ErrorClass::ServiceFault)
}

/// What the configuration itself is refused for, and no state of AWS.
fn is_refusal(error: &CallError) -> bool {
    matches!(error.class, ErrorClass::Invalid | ErrorClass::Rejected)
}

fn mark<'a>(cluster: &'a Cluster, key: &str) -> Option<&'a str> {
    cluster.tags.as_ref()?.get(key).map(String::as_str)
}

/// Whether this installation made the cluster.
#[must_use]
pub fn is_ours(desired: &Desired, cluster: &Cluster) -> bool {
    mark(cluster, CREATED_BY) == Some(desired.installation().as_str())
}

fn digested(desired: &Desired) -> Value {
    json!({
        "version": KUBERNETES,
        "nodeGroup": desired.node_group(),
        "nodeType": desired.node_type.as_str(),
        "nodeCount": desired.node_count,
        "addons": ADDONS,
        "subnets": desired.subnets.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Observed) -> Decision {
    match &seen.cluster {
        None => absent(desired, seen),
        Some(cluster) if is_ours(desired, cluster) => standing(desired, seen, cluster),
        Some(cluster) => standing(desired, seen, cluster).adopting(),
    }
}

fn absent(desired: &Desired, seen: &Observed) -> Decision {
    let name = &desired.target.cluster;
    let mut stops = Vec::new();
    for seen in &seen.stacks {
        match stacks::meaning(desired, "the cluster", seen) {
            Meaning::Coming => {
                let detail = format!("the cluster `{name}` is being made by a run before this one");
                let mut decision = Decision::waiting(
                    detail,
                    digested(desired),
                    format!("the cluster `{name}` to appear"),
                );
                decision.action = crate::report::StepAction::Create;
                return decision;
            }
            Meaning::Whole => stops.push(stacks::left_over(desired, "the cluster", seen)),
            Meaning::InTheWay(stop) => stops.push(*stop),
        }
    }
    let Some(judged) = &seen.network else {
        let stop = Stop::new(Code::Internal, Code::Internal.meaning(), Code::Internal.remedy());
        return Decision::blocked("its network was not looked at", digested(desired), vec![stop]);
    };
    if let Err(unusable) = &judged.network {
        stops.extend(unusable.iter().cloned());
    }
    if let Some(error) = &seen.refused {
        let stop = Stop::new(
            Code::InputRefused,
            "eksctl refuses the configuration of the cluster.",
            "Read its words, which name the field; change `--subnets`, `--node-type` or `--node-count`, then run the same command.",
        );
        stops.push(stop.said(error.said.clone()));
    }
    let mut decision = match &judged.network {
        Ok(network) if stops.is_empty() => {
            let config = cluster_config(desired, network);
            let write = Write::eks(create_cluster_ask(&config)).showing("cluster-config.yaml");
            Decision::create(
                detail(desired, network),
                digested(desired),
                vec![write.exclusively()],
            )
        }
        _ => Decision::blocked(
            format!("the cluster `{name}` can't be made yet"),
            digested(desired),
            stops,
        ),
    };
    decision.warnings.extend(judged.warnings.iter().cloned());
    decision
}

fn detail(desired: &Desired, network: &Network) -> String {
    let place = match network {
        Network::Made => "in a VPC of its own with one NAT gateway".to_owned(),
        Network::Given(given) => format!("in {} subnets of the VPC `{}`", given.subnets.len(), given.vpc),
    };
    format!(
        "cluster `{}`, Kubernetes {KUBERNETES}, {place}, with {} nodes of the type {} and {} add-ons",
        desired.target.cluster,
        desired.node_count,
        desired.node_type,
        ADDONS.len()
    )
}

fn standing(desired: &Desired, seen: &Observed, cluster: &Cluster) -> Decision {
    let name = &desired.target.cluster;
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let blocked = |detail: String, stop: Stop| Decision::blocked(detail, digested(desired), vec![stop]);
    let state = |remedy: String| {
        let message = format!("The cluster `{name}` is not active (status {}).", cluster.status);
        let said = cluster.health.iter().flatten().map(|issue| issue.said.as_str());
        let said = said.collect::<Vec<_>>().join("\n");
        let mut stop = Stop::new(Code::EksClusterNotActive, message, remedy);
        stop.said = (!said.is_empty()).then_some(said);
        blocked(format!("the cluster is {}", cluster.status), stop)
    };
    match cluster.status.as_str() {
        "CREATING" | "PENDING" => {
            return Decision::waiting(
                format!("the cluster `{name}` is being made"),
                digested(desired),
                format!("the cluster `{name}` to be active"),
            );
        }
        "DELETING" => {
            return state(format!(
                "Wait with `aws eks wait cluster-deleted --name {name} --region {region}{flag}`, then run the same command; or choose another `--cluster`."
            ));
        }
        status if is_usable(status) => {}
        _ => {
            return state(format!(
                "`aws eks describe-cluster --name {name} --region {region}{flag} --query cluster.health` shows why. Delete it (`eksctl delete cluster --name {name} --region {region}{flag}`) and run the same command, or choose another `--cluster`."
            ));
        }
    }
    // A cluster is active some minutes before its stack is whole; what comes next reads the stack.
    if let Some(seen) = seen.stacks.first() {
        match stacks::meaning(desired, "the cluster", seen) {
            Meaning::Whole => {}
            Meaning::Coming => {
                return Decision::waiting(
                    format!("the cluster `{name}` is active, its stack not complete"),
                    digested(desired),
                    format!("the stack `{}` to be complete", seen.stack.name),
                );
            }
            Meaning::InTheWay(stop) => return blocked("its stack is not well".to_owned(), *stop),
        }
    }
    if let Some(stop) = unfit(desired, cluster) {
        return blocked("the cluster can't be used as it is".to_owned(), stop);
    }
    if let Some(stop) = elsewhere(desired, cluster) {
        return blocked("the cluster stands in other subnets".to_owned(), stop);
    }
    match &seen.way_in {
        Some(Ok(())) => {}
        Some(Err(error)) => {
            let stop = way_in::explained(desired, cluster, error);
            return blocked("its API server can't be worked with".to_owned(), stop);
        }
        None => {
            let what = format!("the API server of `{name}`");
            return Decision::waiting(format!("{what} was not asked"), digested(desired), what);
        }
    }
    usable(desired, cluster)
}

/// What of the cluster's form forbids the install.
fn unfit(desired: &Desired, cluster: &Cluster) -> Option<Stop> {
    let name = &desired.target.cluster;
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let describe = format!("`aws eks describe-cluster --name {name} --region {region}{flag}`");
    let unknown = |what: &str| {
        Some(Stop::new(
            Code::AwsUnexpected,
            format!("AWS described the cluster `{name}` without {what}."),
            format!("{describe} shows what AWS says; run the same command once it tells that."),
        ))
    };
    let Some(version) = &cluster.version else {
        return unknown("its version");
    };
    if !numbers(version).is_some_and(|found| (LEAST..=MOST).contains(&found)) {
        return Some(Stop::new(
            Code::EksVersionUnsupported,
            format!(
                "The cluster `{name}` has Kubernetes {version}; this lakehouse works with {}.{} to {}.{}.",
                LEAST.0, LEAST.1, MOST.0, MOST.1
            ),
            format!(
                "Upgrade the cluster one minor version at a time (`eksctl upgrade cluster --name {name} --region {region}{flag}` shows the plan), use a lakehouse that knows the version, or choose another `--cluster`."
            ),
        ));
    }
    match cluster.authentication_mode.as_deref() {
        Some("API" | "API_AND_CONFIG_MAP") => {}
        Some(_) => {
            return Some(Stop::new(
                Code::EksAuthenticationMode,
                format!(
                    "The cluster `{name}` knows its callers by the ConfigMap `aws-auth` alone (CONFIG_MAP): the access entry of Karpenter's nodes can't be made."
                ),
                format!(
                    "`aws eks update-cluster-config --name {name} --region {region}{flag} --access-config authenticationMode=API_AND_CONFIG_MAP` (what is in the ConfigMap stays; there is no way back), then run the same command."
                ),
            ));
        }
        None => return unknown("its authentication mode"),
    }
    if cluster.tags.is_none() {
        return unknown("its tags");
    }
    None
}

/// `--subnets` that a standing cluster does not have: ignored, they would be a wish that is said to be done.
fn elsewhere(desired: &Desired, cluster: &Cluster) -> Option<Stop> {
    let there = cluster
        .subnets
        .as_deref()
        .filter(|_| !desired.subnets.is_empty())?;
    let named = |ids: &mut dyn Iterator<Item = String>| {
        let ids: Vec<String> = ids.map(|id| format!("`{id}`")).collect();
        ids.join(", ")
    };
    let wanted = desired.subnets.iter().map(ToString::to_string);
    let missing = named(&mut wanted.filter(|id| !there.contains(id)));
    let name = &desired.target.cluster;
    (!missing.is_empty()).then(|| {
        Stop::new(
            Code::SubnetsUnusable,
            format!(
                "The cluster `{name}` stands in {}, and not in {missing}; install does not move a cluster.",
                named(&mut there.iter().cloned())
            ),
            "Leave `--subnets` out to go on with the cluster where it stands, or choose another `--cluster`.",
        )
    })
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn usable(desired: &Desired, cluster: &Cluster) -> Decision {
    let name = &desired.target.cluster;
    let version = cluster.version.as_deref().unwrap_or_default();
    let is = format!("the cluster `{name}` is active, Kubernetes {version}");
    if is_ours(desired, cluster) {
        return Decision::settled(is, digested(desired));
    }
    let id = desired.installation().to_string();
    let users = mark(cluster, USED_BY).unwrap_or_default();
    if users.split(' ').any(|user| user == id) {
        return Decision::settled(
            format!("{is}; somebody else's, marked as used"),
            digested(desired),
        );
    }
    let users = format!("{users} {id}").trim_start().to_owned();
    let Some(arn) = cluster.arn.as_deref().filter(|_| users.len() <= TAG_LIMIT) else {
        let (region, flag) = (&desired.target.region, desired.asker().flag());
        let warning = Stop::new(
            Code::OwnedByOthers,
            format!(
                "The cluster `{name}` is not marked as used by this installation: its tag `{USED_BY}` has no room left."
            ),
            format!(
                "Remove from that tag those who no longer use the cluster (`aws eks describe-cluster --name {name} --region {region}{flag} --query cluster.tags`)."
            ),
        );
        return Decision::settled(format!("{is}; somebody else's, used as it is"), digested(desired))
            .warn(warning);
    };
    let tags = BTreeMap::from([(USED_BY.to_owned(), users)]);
    Decision::update(
        format!("{is}; somebody else's: only the tag `{USED_BY}` is added"),
        digested(desired),
        vec![Write::eks(tag_ask(arn, &tags))],
    )
}
