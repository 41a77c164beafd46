//! The `ClusterConfig` that eksctl makes the cluster from. Pure.
//!
//! It is written as JSON, which eksctl reads as the YAML that it is: a word can't be read as another type (`1.34`, `no`),
//! and no YAML crate is needed. Its members stand in the order in which a person reads them.

use crate::steps::install::Desired;
use crate::steps::install::desired::KUBERNETES;
use serde::Serialize;
use std::collections::BTreeMap;

/// The add-ons of an install, in their order.
pub const ADDONS: [&str; 6] = [
    "vpc-cni",
    "coredns",
    "kube-proxy",
    AGENT,
    EBS_DRIVER,
    "aws-mountpoint-s3-csi-driver",
];
/// The add-on by which pods get roles.
pub const AGENT: &str = "eks-pod-identity-agent";
/// The add-on that makes volumes.
pub const EBS_DRIVER: &str = "aws-ebs-csi-driver";
/// Its service account, in `kube-system`.
pub const EBS_ACCOUNT: &str = "ebs-csi-controller-sa";
/// AWS's policy for it, the narrow one of 2026: it touches only what the driver itself has tagged.
const EBS_POLICY: &str = "service-role/AmazonEBSCSIDriverPolicyV2";
/// GiB of each node's disk.
const DISK: u32 = 80;

/// Where the cluster stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// In a VPC that eksctl makes, with one NAT gateway.
    Made,
    /// In subnets that were there before.
    Given(Given),
}

/// Subnets that were there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Their VPC.
    pub vpc: String,
    /// The cluster's security group, where the cluster was made by somebody else.
    pub security_group: Option<String>,
    /// Which.
    pub subnets: Vec<Placed>,
}

/// A subnet in its zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its id.
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Whether the internet reaches what has a public address in it.
    pub public: bool,
}

type Tags = BTreeMap<String, String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterConfig<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    access_config: AccessConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc: Option<Vpc>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    managed_node_groups: Vec<NodeGroup<'a>>,
    addons: Vec<Addon<'a>>,
    addons_config: AddonsConfig,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
    region: &'a str,
    version: &'static str,
    tags: &'a Tags,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccessConfig {
    authentication_mode: &'static str,
    bootstrap_cluster_creator_admin_permissions: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vpc {
    #[serde(skip_serializing_if = "Option::is_none")]
    nat: Option<Nat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subnets: Option<Subnets>,
}

#[derive(Serialize)]
struct Nat {
    gateway: &'static str,
}

#[derive(Serialize)]
struct Subnets {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    private: BTreeMap<String, Subnet>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    public: BTreeMap<String, Subnet>,
}

#[derive(Serialize)]
struct Subnet {
    id: String,
    az: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeGroup<'a> {
    name: String,
    instance_type: &'a str,
    desired_capacity: u32,
    min_size: u32,
    max_size: u32,
    private_networking: bool,
    volume_type: &'static str,
    volume_size: u32,
    volume_encrypted: bool,
    #[serde(rename = "disableIMDSv1")]
    disable_imds_v1: bool,
    tags: &'a Tags,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Addon<'a> {
    name: &'static str,
    tags: &'a Tags,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pod_identity_associations: Vec<Association>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    namespace: &'static str,
    service_account_name: &'static str,
    #[serde(rename = "permissionPolicyARNs")]
    permission_policy_arns: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddonsConfig {
    disable_default_addons: bool,
}

/// The document for `eksctl create cluster` and `create nodegroup`. It is the same for the same wishes, byte by byte.
#[must_use]
pub fn cluster_config(desired: &Desired, network: &Network) -> String {
    let tags = desired.created_tags();
    let group = NodeGroup {
        name: desired.node_group(),
        instance_type: desired.node_type.as_str(),
        desired_capacity: desired.node_count,
        min_size: desired.node_count,
        max_size: desired.node_count,
        private_networking: true,
        volume_type: "gp3",
        volume_size: DISK,
        volume_encrypted: true,
        disable_imds_v1: true,
        tags: &tags,
    };
    written(desired, &tags, Some(vpc(network)), vec![group], &ADDONS)
}

/// The document for `eksctl create addon` of these. eksctl takes a pod identity association only beside the agent.
#[must_use]
pub fn addons_config(desired: &Desired, addons: &[&'static str]) -> String {
    written(desired, &desired.created_tags(), None, Vec::new(), addons)
}

fn written(
    desired: &Desired,
    tags: &Tags,
    vpc: Option<Vpc>,
    managed_node_groups: Vec<NodeGroup<'_>>,
    addons: &[&'static str],
) -> String {
    let config = ClusterConfig {
        api_version: "eksctl.io/v1alpha5",
        kind: "ClusterConfig",
        metadata: Metadata {
            name: desired.target.cluster.as_str(),
            region: desired.target.region.as_str(),
            version: KUBERNETES,
            tags,
        },
        // Karpenter's nodes come in by an access entry; who makes the cluster must be let in, or nothing can follow.
        access_config: AccessConfig {
            authentication_mode: "API_AND_CONFIG_MAP",
            bootstrap_cluster_creator_admin_permissions: true,
        },
        vpc,
        managed_node_groups,
        addons: addons
            .iter()
            .map(|name| Addon {
                name,
                tags,
                pod_identity_associations: associations(desired, name),
            })
            .collect(),
        // Without it eksctl adds those that are not named, metrics-server among them.
        addons_config: AddonsConfig {
            disable_default_addons: true,
        },
    };
    // A struct of texts and numbers has no member that JSON can't hold.
    let mut text = serde_json::to_string_pretty(&config).unwrap_or_default();
    text.push('\n');
    text
}

fn associations(desired: &Desired, addon: &str) -> Vec<Association> {
    if addon != EBS_DRIVER {
        return Vec::new();
    }
    // eksctl 0.230 refuses `wellKnownPolicies` and `tags` here (tried), and its own default may change with EKS's.
    vec![Association {
        namespace: "kube-system",
        service_account_name: EBS_ACCOUNT,
        permission_policy_arns: vec![format!(
            "arn:{}:iam::aws:policy/{EBS_POLICY}",
            desired.target.partition()
        )],
    }]
}

fn vpc(network: &Network) -> Vpc {
    match network {
        Network::Made => Vpc {
            nat: Some(Nat { gateway: "Single" }),
            id: None,
            security_group: None,
            subnets: None,
        },
        Network::Given(given) => Vpc {
            nat: None,
            id: Some(given.vpc.clone()),
            security_group: given.security_group.clone(),
            subnets: Some(Subnets {
                private: by_zone(given, false),
                public: by_zone(given, true),
            }),
        },
    }
}

/// eksctl wants a name for each: the zone's, and for a second subnet of a zone the zone's with the subnet's id.
fn by_zone(given: &Given, public: bool) -> BTreeMap<String, Subnet> {
    let mut named = BTreeMap::new();
    for it in given.subnets.iter().filter(|it| it.public == public) {
        let name = if named.contains_key(&it.zone) {
            format!("{}-{}", it.zone, it.id)
        } else {
            it.zone.clone()
        };
        let subnet = Subnet {
            id: it.id.clone(),
            az: it.zone.clone(),
        };
        named.insert(name, subnet);
    }
    named
}
