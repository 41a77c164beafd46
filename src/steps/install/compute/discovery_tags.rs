//! Step `discovery-tags`: the subnets and the security group by which Karpenter's node pools know where their nodes go.
//!
//! Tagged are the private ones of the cluster's own subnets: nodes in a public subnet get no public address from
//! Karpenter by itself, and would reach nothing; where the cluster has no private one, all of its subnets are. Those
//! are the cluster's and not the VPC's, which may hold others' too. Private is a subnet whose default route leads to no
//! internet gateway. EKS copies no tag to the cluster's security group (facts, section 3).

use crate::clients::CallError;
use crate::clients::aws::Ec2;
use crate::clients::aws::ec2::{RouteTable, Subnet};
use crate::clients::aws::tags::Tags;
use crate::clients::explain::quoted;
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::world::{cannot, is_usable};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, World, Write, asks};
use serde_json::json;

/// The tag's key; its value is the cluster's name.
pub const DISCOVERY: &str = "karpenter.sh/discovery";

/// What stands in the plan for what is not there yet. No id of EC2's, so that AWS would refuse it.
const TO_COME: [&str; 2] = ["PRIVATE_SUBNETS", "CLUSTER_SECURITY_GROUP"];

/// A subnet or a security group that is to bear the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Its id.
    pub id: String,
    /// Its tags.
    pub tags: Tags,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// There is no cluster yet. With `--subnets`, those of them that will bear the tag: one that is another cluster's is
    /// known before a cluster is made that could not be finished.
    NoCluster(Vec<Bearer>),
    /// There is one, and these are to bear the tag.
    Standing(Vec<Bearer>),
}

/// The step.
pub struct DiscoveryTags;

impl Step for DiscoveryTags {
    fn id(&self) -> &'static str {
        "discovery-tags"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        &["cluster"]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, &seen);
        let cluster = world.desired.target.cluster.to_string();
        Ok(Look::of(decision).telling(move |evidence, _| {
            let Observed::Standing(bearers) = &seen else {
                return;
            };
            evidence.compute().discovery_tags = bearers
                .iter()
                .filter(|one| one.tags.get(DISCOVERY) == Some(&cluster))
                .map(|one| one.id.clone())
                .collect();
        }))
    }
}

/// What is to bear the tag.
fn observe(world: &World<'_>) -> Result<Observed, CallError> {
    const PURPOSE: &str = "find where Karpenter's nodes go";
    let Some(cluster) = world.cluster()?.filter(|cluster| is_usable(&cluster.status)) else {
        return named(world).map(Observed::NoCluster);
    };
    let (Some(ids), Some(group)) = (&cluster.subnets, &cluster.security_group) else {
        return Err(cannot(
            PURPOSE,
            "eks describe-cluster told no subnets or no cluster security group",
        ));
    };
    let ec2 = Ec2 {
        gateway: world.gateway,
    };
    let subnets = ec2.subnets(ids)?;
    let Some(first) = subnets.first() else {
        return Err(cannot(PURPOSE, "EC2 knows none of the cluster's subnets"));
    };
    if let Some(gone) = ids.iter().find(|id| subnets.iter().all(|it| it.id != **id)) {
        return Err(cannot(
            PURPOSE,
            &format!("EC2 does not know the cluster's subnet {gone}"),
        ));
    }
    let tables = ec2.route_tables(&first.vpc)?;
    let Some(group) = ec2.security_group(group)? else {
        return Err(cannot(PURPOSE, "EC2 does not know the cluster's security group"));
    };
    let mut bearers = chosen(subnets, &tables);
    bearers.push(Bearer {
        id: group.id,
        tags: group.tags,
    });
    Ok(Observed::Standing(bearers))
}

/// Those of `--subnets` that will bear the tag. What else is wrong with them, the step `cluster` tells.
fn named(world: &World<'_>) -> Result<Vec<Bearer>, CallError> {
    if world.desired.subnets.is_empty() {
        return Ok(Vec::new());
    }
    let ec2 = Ec2 {
        gateway: world.gateway,
    };
    let ids: Vec<String> = world.desired.subnets.iter().map(ToString::to_string).collect();
    let subnets = ec2.subnets(&ids)?;
    let Some(first) = subnets.first() else {
        return Ok(Vec::new());
    };
    let tables = ec2.route_tables(&first.vpc)?;
    Ok(chosen(subnets, &tables))
}

/// The private ones; all where none is.
fn chosen(subnets: Vec<Subnet>, tables: &[RouteTable]) -> Vec<Bearer> {
    let all: Vec<Bearer> = subnets
        .into_iter()
        .map(|subnet| Bearer {
            id: subnet.id,
            tags: subnet.tags,
        })
        .collect();
    let private: Vec<Bearer> = all
        .iter()
        .filter(|one| is_private(&one.id, tables))
        .cloned()
        .collect();
    if private.is_empty() { all } else { private }
}

/// Whether the subnet's routes lead to no internet gateway by default. Its own table counts, or else the VPC's main
/// one.
#[must_use]
pub fn is_private(subnet: &str, tables: &[RouteTable]) -> bool {
    let own = tables
        .iter()
        .find(|table| table.subnets.iter().any(|id| id == subnet));
    own.or_else(|| tables.iter().find(|table| table.is_main))
        .is_some_and(|table| {
            !table.routes.iter().any(|route| {
                matches!(route.destination.as_deref(), Some("0.0.0.0/0" | "::/0"))
                    && route
                        .target
                        .as_deref()
                        .is_some_and(|target| target.starts_with("igw-"))
            })
        })
}

/// What would have to be written.
#[must_use]
pub fn decide(desired: &Desired, seen: &Observed) -> Decision {
    let cluster = desired.target.cluster.as_str();
    // Which ones they are, nobody knows before there is a cluster.
    let wanted = json!({
        "tag": DISCOVERY,
        "value": cluster,
        "on": "the cluster's private subnets and its security group",
    });
    let tags = Tags::from([(DISCOVERY.to_owned(), cluster.to_owned())]);
    let (Observed::NoCluster(bearers) | Observed::Standing(bearers)) = seen;
    let taken: Vec<&Bearer> = bearers
        .iter()
        .filter(|one| one.tags.get(DISCOVERY).is_some_and(|value| value != cluster))
        .collect();
    if !taken.is_empty() {
        let ids: Vec<String> = taken.iter().map(|one| one.id.clone()).collect();
        let stop = Stop::new(
            Code::DiscoveryTagTaken,
            format!(
                "The tag `{DISCOVERY}` of `{}` names another cluster, whose Karpenter finds its subnets by it; a tag has room for one.",
                ids.join("`, `")
            ),
            format!(
                "Give the clusters subnets of their own (`--subnets`). If that other cluster is gone: `aws ec2 delete-tags --resources {} --tags {}{}`, then run the same command again.",
                ids.iter().map(|id| quoted(id)).collect::<Vec<_>>().join(" "),
                quoted(&format!("Key={DISCOVERY}")),
                desired.place_flags()
            ),
        );
        return Decision::blocked(
            "A subnet or the security group is another cluster's.",
            wanted,
            vec![stop],
        );
    }
    if matches!(seen, Observed::NoCluster(_)) {
        return Decision::create(
            format!(
                "The cluster's private subnets and its security group get the tag `{DISCOVERY}={cluster}`."
            ),
            wanted,
            vec![Write::eks(asks::create_tags(&TO_COME.map(str::to_owned), &tags))],
        );
    }
    let missing: Vec<String> = bearers
        .iter()
        .filter(|one| !one.tags.contains_key(DISCOVERY))
        .map(|one| one.id.clone())
        .collect();
    if missing.is_empty() {
        return Decision::settled(
            format!(
                "{} subnets and security groups bear the tag `{DISCOVERY}={cluster}`.",
                bearers.len()
            ),
            wanted,
        );
    }
    Decision::update(
        format!("`{}` get the tag `{DISCOVERY}={cluster}`.", missing.join("`, `")),
        wanted,
        vec![Write::eks(asks::create_tags(&missing, &tags))],
    )
}
