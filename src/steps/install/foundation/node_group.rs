//! Step `node-group`: nodes that are ready; those of install's own node group, or of a foreign cluster's.

use super::cluster::is_ours;
use super::cluster_config::{Network, cluster_config};
use super::stacks::{self, Meaning, SeenStack};
use super::subnets;
use crate::clients::CallError;
use crate::clients::aws::Eks;
use crate::clients::aws::eks::NodeGroup;
use crate::clients::eksctl::create_node_group_ask;
use crate::clients::kubectl::{Kubectl, Node};
use crate::model::{CREATED_BY, Phase};
use crate::report::{Code, StepAction};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Waits, World, Write};
use serde_json::{Value, json};

/// Ready nodes that a foreign cluster must have to be used without a node group of ours: Karpenter's two replicas stand
/// on two nodes.
const NEEDED: u32 = 2;

/// The step.
pub struct NodeGroupStep;

/// What was seen.
#[derive(Clone, Debug)]
pub enum Observed {
    /// There is no cluster, or none that is active yet.
    NoCluster,
    /// There is one.
    Standing(Box<Seen>),
}

/// What was seen of a cluster's nodes.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether this installation made the cluster.
    pub ours: bool,
    /// Install's node group.
    pub group: Option<NodeGroup>,
    /// Without it: its stack, where there is one.
    pub stack: Option<SeenStack>,
    /// Without it: where it would stand.
    pub network: Network,
    /// All nodes of the cluster.
    pub nodes: Vec<Node>,
}

impl Step for NodeGroupStep {
    fn id(&self) -> &'static str {
        "node-group"
    }

    fn phase(&self) -> Phase {
        Phase::Foundation
    }

    fn after(&self) -> &'static [&'static str] {
        &["cluster"]
    }

    fn waits(&self) -> Waits {
        Waits::new(3 * 60, 30 * 60, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, &seen);
        let (cluster, name) = (
            world.desired.target.cluster.to_string(),
            world.desired.node_group(),
        );
        Ok(Look::of(decision).telling(move |evidence, _| {
            let Observed::Standing(seen) = &seen else { return };
            let eks = evidence.eks();
            eks.cluster_name.clone_from(&cluster);
            eks.node_group = seen.group.as_ref().map(|_| name.clone());
            let count = |nodes: usize| u32::try_from(nodes).ok();
            eks.node_count = count(seen.nodes.len());
            eks.nodes_ready = count(seen.nodes.iter().filter(|node| is_ready(node)).count());
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Observed, CallError> {
    let (desired, gateway) = (world.desired, world.gateway);
    let Some(standing) = world.standing()? else {
        return Ok(Observed::NoCluster);
    };
    let (cluster, access) = (&standing.cluster, &standing.access);
    let name = &desired.target.cluster;
    let eks = Eks { gateway };
    let wanted = desired.node_group();
    let group = if eks.node_groups(name)?.contains(&wanted) {
        Some(eks.node_group(name, &wanted)?)
    } else {
        None
    };
    let kubectl = Kubectl { gateway, access };
    let nodes = kubectl.nodes()?;
    let ours = is_ours(desired, cluster);
    let mut seen = Seen {
        ours,
        stack: None,
        network: Network::Made,
        nodes,
        group,
    };
    if seen.group.is_none() {
        seen.stack = stacks::look(gateway, &stacks::of_node_group(desired))?;
        // eksctl reads the network of a cluster of its own off the cluster's stack.
        let given = !ours || !desired.subnets.is_empty();
        if let (true, Some(vpc), Some(ids)) = (given, &cluster.vpc, &cluster.subnets) {
            let group = cluster.security_group.as_deref().filter(|_| !ours);
            seen.network = subnets::of_cluster(gateway, vpc, group, ids)?;
        }
    }
    Ok(Observed::Standing(Box::new(seen)))
}

fn digested(desired: &Desired) -> Value {
    json!({
        "nodeGroup": desired.node_group(),
        "nodeType": desired.node_type.as_str(),
        "nodeCount": desired.node_count,
    })
}

fn is_ready(node: &Node) -> bool {
    node.ready == Some(true)
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Observed) -> Decision {
    let name = desired.node_group();
    let seen = match seen {
        Observed::Standing(seen) => seen,
        Observed::NoCluster => {
            // eksctl makes it with the cluster: a command of its own is not to be expected.
            let detail = format!(
                "node group `{name}`: {} nodes of the type {}, made with the cluster",
                desired.node_count, desired.node_type
            );
            let what = format!("the node group `{name}`, which is made with the cluster");
            let mut decision = Decision::waiting(detail, digested(desired), what);
            decision.action = StepAction::Create;
            return decision;
        }
    };
    if let Some(group) = &seen.group {
        let decision = standing(desired, seen, group);
        let mark = group.tags.as_ref().and_then(|tags| tags.get(CREATED_BY));
        let ours = seen.ours || mark.map(String::as_str) == Some(desired.installation().as_str());
        return if ours { decision } else { decision.adopting() };
    }
    if !seen.ours {
        let usable = seen.nodes.iter().filter(|node| is_ready(node) && !node.cordoned);
        let usable = u32::try_from(usable.count()).unwrap_or(u32::MAX);
        if usable >= NEEDED {
            let detail = format!("the cluster's own {usable} ready nodes are used; no node group is made");
            return Decision::settled(detail, digested(desired)).adopting();
        }
    }
    absent(desired, seen)
}

fn absent(desired: &Desired, seen: &Seen) -> Decision {
    let name = desired.node_group();
    let what = format!("the node group `{name}`");
    if let Some(stack) = &seen.stack {
        match stacks::meaning(desired, &what, stack) {
            Meaning::Coming => {
                return Decision::waiting(
                    format!("{what} is being made by a run before this one"),
                    digested(desired),
                    what,
                );
            }
            Meaning::Whole => {
                let stop = stacks::left_over(desired, &what, stack);
                return Decision::blocked(
                    format!("{what} is gone, its stack is not"),
                    digested(desired),
                    vec![stop],
                );
            }
            Meaning::InTheWay(stop) => {
                return Decision::blocked("its stack is in the way", digested(desired), vec![*stop]);
            }
        }
    }
    let config = cluster_config(desired, &seen.network);
    let write = Write::eks(create_node_group_ask(&config)).showing("cluster-config.yaml");
    let detail = format!(
        "{what}: {} nodes of the type {}",
        desired.node_count, desired.node_type
    );
    Decision::create(detail, digested(desired), vec![write])
}

fn standing(desired: &Desired, seen: &Seen, group: &NodeGroup) -> Decision {
    let (name, cluster) = (&group.name, &desired.target.cluster);
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let target = format!("--cluster-name {cluster} --nodegroup-name {name} --region {region}{flag}");
    match group.status.as_str() {
        "CREATING" => {
            return Decision::waiting(
                format!("the node group `{name}` is being made"),
                digested(desired),
                format!("the node group `{name}` to be active"),
            );
        }
        "ACTIVE" | "UPDATING" => {}
        status => {
            let issues = group.health.iter().flatten();
            let codes: Vec<String> = issues.clone().map(|issue| format!("`{}`", issue.code)).collect();
            let said: Vec<&str> = issues.map(|issue| issue.said.as_str()).collect();
            let why = if codes.is_empty() {
                String::new()
            } else {
                format!(", EKS names {}", codes.join(", "))
            };
            let remedy = if status == "DELETING" {
                format!("`aws eks wait nodegroup-deleted {target}`, then run the same command.")
            } else {
                format!(
                    "`aws eks describe-nodegroup {target} --query nodegroup.health` shows the issues; mend them. One that failed to be made does not mend itself: `eksctl delete nodegroup --cluster {cluster} --name {name} --region {region}{flag}`, then run the same command."
                )
            };
            let message = format!("The node group `{name}` is {status}{why}.");
            let mut stop = Stop::new(Code::NodeGroupFailed, message, remedy);
            stop.said = (!said.is_empty()).then(|| said.join("\n"));
            return Decision::blocked(
                format!("the node group is {status}"),
                digested(desired),
                vec![stop],
            );
        }
    }
    let types = group.instance_types.as_deref().unwrap_or_default();
    let wanted = desired.node_type.as_str();
    if !types.is_empty() && !types.iter().any(|kind| kind == wanted) {
        let stop = Stop::new(
            Code::NodeGroupDiffers,
            format!(
                "The node group `{name}` has nodes of the type {}, and {wanted} is wanted; the type of a node group can't be changed.",
                types.join(", ")
            ),
            format!(
                "Run with `--node-type {}`. Or, once its pods may move, `eksctl delete nodegroup --cluster {cluster} --name {name} --region {region}{flag}`, and run the same command.",
                types.first().map_or("TYPE", String::as_str)
            ),
        );
        return Decision::blocked("another instance type", digested(desired), vec![stop]);
    }
    let size = group.wanted.unwrap_or(desired.node_count);
    let ready = seen
        .nodes
        .iter()
        .filter(|node| node.group.as_deref() == Some(name) && is_ready(node));
    let ready = u32::try_from(ready.count()).unwrap_or(u32::MAX);
    // Somebody's scaling stays; nodes that nobody wants any more are not waited for.
    let needed = size.min(desired.node_count).max(1);
    let scaled = if size == desired.node_count {
        String::new()
    } else {
        format!(
            "; it has the size {size}, {} were asked for: left as it is",
            desired.node_count
        )
    };
    let is = format!("node group `{name}`: {ready} of {needed} nodes ready{scaled}");
    let mut decision = if ready >= needed {
        Decision::settled(is, digested(desired))
    } else {
        let what = format!("{needed} nodes of the node group `{name}` to be ready ({ready} are)");
        Decision::waiting(is, digested(desired), what)
    };
    if size < desired.node_count {
        decision = decision.warn(Stop::new(
            Code::NodeGroupDiffers,
            format!(
                "The node group `{name}` has the size {size}, and {} nodes were asked for: install leaves the size of a group that stands as it is.",
                desired.node_count
            ),
            format!(
                "`eksctl scale nodegroup --cluster {cluster} --name {name} --nodes {count} --nodes-max {count} --region {region}{flag}` scales it, once more nodes are wanted.",
                count = desired.node_count
            ),
        ));
    }
    if types.is_empty() {
        decision = decision.warn(Stop::new(
            Code::NodeGroupDiffers,
            format!("Which instance type the node group `{name}` has is not known: a launch template of somebody's names it."),
            format!("`aws eks describe-nodegroup {target} --query nodegroup.launchTemplate` names the template."),
        ));
    }
    decision
}
