//! What the install wants: names and figures, from the settings and from what the preflight saw. Pure.

use crate::clients::Asker;
use crate::model::{
    BucketName, CertArn, ChartLock, ChartRegistry, InstallationId, NodeType, Profile, Scheme, SiteDomain,
    SubnetId, Target, fitted,
};
use crate::report::ExecMode;
use serde_json::Value;
use std::collections::BTreeMap;

/// The Kubernetes version of a cluster that install makes.
pub const KUBERNETES: &str = "1.34";

/// The site: its name, its certificate, and who brings it into DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub domain: SiteDomain,
    /// The certificate that covers it, as the preflight found it.
    pub certificate: CertArn,
    /// Who answers for it in DNS.
    pub dns: Dns,
    /// Who reaches it.
    pub scheme: Scheme,
}

/// Who answers for the site in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dns {
    /// A zone of Route53 in this account.
    Route53 {
        /// `/hostedzone/Z…`.
        zone_id: String,
        /// The zone's name, without a dot at the end.
        zone_name: String,
    },
    /// Somebody else: install says which record is to be made.
    External,
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Desired {
    /// Where.
    pub target: Target,
    /// Who runs it, as AWS knows them.
    pub caller_arn: String,
    /// The chosen profile, for remedies.
    pub profile: Option<Profile>,
    /// Where the tools run, for remedies.
    pub mode: ExecMode,
    /// The nodes' instance type.
    pub node_type: NodeType,
    /// How many nodes.
    pub node_count: u32,
    /// The subnets of an existing VPC; empty has eksctl make one.
    pub subnets: Vec<SubnetId>,
    /// The bucket.
    pub bucket: BucketName,
    /// Whether the user named the bucket; else its name is made of the cluster's, which namespaces of one cluster share.
    pub bucket_is_named: bool,
    /// Whether the bucket keeps older versions of its objects.
    pub versioning: bool,
    /// A mirror of all charts; none takes each from the registry of its lock.
    pub chart_mirror: Option<ChartRegistry>,
    /// The site.
    pub site: Site,
    /// The user's own values (`--set-values`), by release; each an object.
    pub set_values: BTreeMap<String, Value>,
    /// The charts' lock: the one that is compiled in, or the one that the user named.
    pub charts: &'static ChartLock,
}

impl Desired {
    /// The installation's id.
    #[must_use]
    pub fn installation(&self) -> InstallationId {
        self.target.installation()
    }

    /// On whose behalf AWS is asked.
    #[must_use]
    pub const fn asker(&self) -> Asker<'_> {
        Asker {
            profile: self.profile.as_ref(),
            region: &self.target.region,
            mode: self.mode,
        }
    }

    /// ` --region R --profile P`, for a remedy of one region: without it a person's command looks where their profile
    /// does, and may find, or delete, another thing of the same name there.
    #[must_use]
    pub fn place_flags(&self) -> String {
        format!(" --region {}{}", self.target.region, self.asker().flag())
    }

    /// The tags of what install creates.
    #[must_use]
    pub fn created_tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(
            crate::model::CREATED_BY.to_owned(),
            self.installation().to_string(),
        )])
    }

    /// The node group: `ingext-<cluster>-workers`, within EKS's 63 characters.
    #[must_use]
    pub fn node_group(&self) -> String {
        fitted(&format!("ingext-{}-workers", self.target.cluster), 63)
    }

    /// The stack of the lake's role: one a namespace of a cluster, within 128 characters.
    ///
    /// Without the id, the namespace `b-c` of the cluster `a` and `c` of `a-b` would want the same stack.
    #[must_use]
    pub fn storage_stack(&self) -> String {
        let mut name = format!("lakehouse-{}-{}", self.target.cluster, self.target.namespace);
        if self.target.namespace.as_str().contains('-') {
            name = format!("{name}-{}", self.installation());
        }
        fitted(&name, 128)
    }

    /// The lake's role, within IAM's 64 characters.
    #[must_use]
    pub fn lake_role(&self) -> String {
        let Target {
            cluster, namespace, ..
        } = &self.target;
        fitted(&format!("ingext_{namespace}-sa_{cluster}"), 64)
    }

    /// The service account of the lake, in the namespace.
    #[must_use]
    pub fn service_account(&self) -> String {
        format!("{}-sa", self.target.namespace)
    }

    /// The stack of Karpenter's roles, queue and rules.
    #[must_use]
    pub fn karpenter_stack(&self) -> String {
        format!("Karpenter-{}", self.target.cluster)
    }

    /// The role of the nodes that Karpenter makes; a cluster's name is short enough for it.
    #[must_use]
    pub fn karpenter_node_role(&self) -> String {
        format!("KarpenterNodeRole-{}", self.target.cluster)
    }

    /// The role of Karpenter's controller.
    #[must_use]
    pub fn karpenter_role(&self) -> String {
        format!("{}-karpenter", self.target.cluster)
    }

    /// Karpenter's interruption queue.
    #[must_use]
    pub fn karpenter_queue(&self) -> String {
        self.target.cluster.as_str().to_owned()
    }
}
