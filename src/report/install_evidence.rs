//! What an install leaves behind, by phase: looked at, not remembered. The seed's field names are kept.

use super::{CoreEvidence, DatalakeEvidence, IngressEvidence, StreamEvidence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands, by phase. A phase that was not reached is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallEvidence {
    /// Foundation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub eks: Option<EksEvidence>,
    /// Storage.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub storage: Option<StorageEvidence>,
    /// Compute.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compute: Option<ComputeEvidence>,
    /// Core.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub core: Option<CoreEvidence>,
    /// Stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream: Option<StreamEvidence>,
    /// Datalake.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub datalake: Option<DatalakeEvidence>,
    /// Ingress.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ingress: Option<IngressEvidence>,
}

/// The foundation: cluster, nodes, add-ons, storage class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own in the contract"
)]
pub struct EksEvidence {
    /// The cluster's name.
    pub cluster_name: String,
    /// Whether it was there before this run.
    pub existed: bool,
    /// Whether this run made it.
    pub created: bool,
    /// Whether a kubeconfig that reaches it was written: the run's private one, and the user's with `--write-kubeconfig`.
    pub kubeconfig_updated: bool,
    /// The add-ons of the install that are active.
    pub addons_installed: Vec<String>,
    /// Whether the storage class is there, as its chart makes it.
    pub storage_class_installed: bool,
    /// The installation that made the cluster; absent where it was not one of ours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_by: Option<String>,
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<String>,
    /// Its Kubernetes version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// Where its API server answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// Its VPC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub vpc_id: Option<String>,
    /// The node group of the install.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node_group: Option<String>,
    /// How many nodes there are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node_count: Option<u32>,
    /// How many of them are ready.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nodes_ready: Option<u32>,
    /// The user's own kubeconfig, where `--write-kubeconfig` added a context to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kubeconfig: Option<String>,
}

/// Storage: the bucket and who may use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own in the contract"
)]
pub struct StorageEvidence {
    /// The bucket.
    pub bucket_name: String,
    /// Whether it was there before this run.
    pub existed: bool,
    /// Whether this run made it.
    pub created: bool,
    /// Its region.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// Whether all four blocks of public access are on.
    pub public_access_blocked: bool,
    /// The default encryption, `AES256` or `aws:kms`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encryption: Option<String>,
    /// The object ownership, `BucketOwnerEnforced`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ownership: Option<String>,
    /// Whether the bucket's policy denies whatever does not come over TLS.
    pub tls_only: bool,
    /// `Enabled`, `Suspended`, or absent where it never was on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub versioning: Option<String>,
    /// The stack that holds the lake's role.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stack: Option<String>,
    /// The lake's role.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role_arn: Option<String>,
    /// The service account that gets it, `NAMESPACE/NAME`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_account: Option<String>,
    /// Whether the service account is associated with the role.
    pub pod_identity_associated: bool,
    /// The association's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub association_id: Option<String>,
}

/// Compute: Karpenter and what it needs of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own in the contract"
)]
pub struct ComputeEvidence {
    /// Karpenter's version, by its release.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub karpenter_version: Option<String>,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Whether its controller is ready: all replicas of its newest form.
    pub controller_ready: bool,
    /// Its resource definitions that are established.
    pub crds: Vec<String>,
    /// The stack that holds its roles, policy, queue and rules.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stack: Option<String>,
    /// The role of the nodes that it makes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node_role_arn: Option<String>,
    /// Whether these nodes may join the cluster.
    pub node_access_entry: bool,
    /// The controller's role.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub controller_role_arn: Option<String>,
    /// Whether the controller's service account is associated with it.
    pub pod_identity_associated: bool,
    /// The interruption queue.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interruption_queue: Option<String>,
    /// The rules that feed it.
    pub rules: Vec<String>,
    /// What carries the discovery tag: subnets and the cluster's security group.
    pub discovery_tags: Vec<String>,
    /// Whether the account has the role for spot instances.
    pub spot_role: bool,
}

impl InstallEvidence {
    /// The foundation's evidence, made empty where it is absent.
    pub fn eks(&mut self) -> &mut EksEvidence {
        self.eks.get_or_insert_default()
    }

    /// Storage's evidence, made empty where it is absent.
    pub fn storage(&mut self) -> &mut StorageEvidence {
        self.storage.get_or_insert_default()
    }

    /// Compute's evidence, made empty where it is absent.
    pub fn compute(&mut self) -> &mut ComputeEvidence {
        self.compute.get_or_insert_default()
    }
}
