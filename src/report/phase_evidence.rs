//! What the phases core, stream, datalake and ingress leave behind: releases, workloads, and each one's own facts.

use super::InstallEvidence;
use crate::model::Phase;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Helm release of the install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseEvidence {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart.
    pub chart: String,
    /// The chart's version.
    pub version: String,
    /// helm's word: `deployed`.
    pub status: String,
}

/// What a chart made that has to become ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadEvidence {
    /// `Deployment`, `StatefulSet` or `Job`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many of its pods are ready in their newest form; of a Job: how many completed.
    pub ready: u32,
    /// How many there shall be.
    pub wanted: u32,
    /// Whether all of it is ready.
    pub is_ready: bool,
}

/// Core: what the lakehouse stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoreEvidence {
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Whether this run made the namespace.
    pub namespace_created: bool,
    /// The service account of the lake's pods.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_account: Option<String>,
    /// Whether the secret `app-secret` is there with its token.
    pub app_secret: bool,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Stream: the community services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamEvidence {
    /// The site's domain that the services are told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site_domain: Option<String>,
    /// Whether the first run's Job has completed.
    pub init_completed: bool,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Datalake: the lake's services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatalakeEvidence {
    /// The bucket that the lake is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bucket_name: Option<String>,
    /// The node pools that are ready, each with its node class.
    pub node_pools: Vec<String>,
    /// The volume by which the lake's pods see the bucket, where its claim is bound to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub volume: Option<String>,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Ingress: how the site is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngressEvidence {
    /// The role of the load balancer controller; absent where it has one by other means than a pod identity association.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub controller_role_arn: Option<String>,
    /// The load balancer controller's deployment, `NAMESPACE/NAME`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub controller: Option<String>,
    /// The load balancer's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load_balancer_name: Option<String>,
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load_balancer_arn: Option<String>,
    /// Its DNS name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// The hosted zone of that DNS name, which is AWS's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hosted_zone_id: Option<String>,
    /// `internet-facing` or `internal`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scheme: Option<String>,
    /// The certificate that it shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub certificate_arn: Option<String>,
    /// Who answers behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub targets: Option<TargetsEvidence>,
    /// The site's record in DNS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<RecordEvidence>,
    /// What the site answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteEvidence>,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Who answers behind the load balancer, by its own health checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetsEvidence {
    /// How many are healthy.
    pub healthy: u32,
    /// How many there are, without those that are on their way out.
    pub total: u32,
}

/// The site's record in DNS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordEvidence {
    /// Its name: the site's.
    pub name: String,
    /// `A` of an alias in Route53; `CNAME` of one that is made by hand.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it points at.
    pub value: String,
    /// Whether it is to be made by hand, where the domain is hosted: install writes nothing then, and does not know
    /// whether it is there.
    pub by_hand: bool,
    /// The zone that holds it, `/hostedzone/Z…`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zone_id: Option<String>,
    /// The change of this run, `/change/C…`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub change_id: Option<String>,
    /// Whether all name servers of Route53 answer so; absent where this run changed nothing, and so did not ask.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_sync: Option<bool>,
}

/// What the site answered, asked from this machine. What is absent is not known; `unknown` says why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteEvidence {
    /// Where it is.
    pub url: String,
    /// Whether all of it was seen to be well: name, certificate, status and health.
    pub answers: bool,
    /// The addresses of its name; empty where DNS says that it has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resolved_to: Option<Vec<String>>,
    /// Whether these are the load balancer's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leads_to_load_balancer: Option<bool>,
    /// Who was asked: an address of the name where that leads to the load balancer, else one of the load balancer's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asked_at: Option<String>,
    /// The name that the certificate that was shown is for, where it is the site's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tls_name: Option<String>,
    /// Whether this machine trusts the certificate's chain, and its time is now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chain_verified: Option<bool>,
    /// The status of `/`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
    /// The status of the health path.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health_status: Option<u16>,
    /// Whether plain HTTP leads to HTTPS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redirects_to_https: Option<bool>,
    /// What is not known, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unknown: Vec<String>,
}

impl InstallEvidence {
    /// Core's evidence, made empty where it is absent.
    pub fn core(&mut self) -> &mut CoreEvidence {
        self.core.get_or_insert_default()
    }

    /// Stream's evidence, made empty where it is absent.
    pub fn stream(&mut self) -> &mut StreamEvidence {
        self.stream.get_or_insert_default()
    }

    /// Datalake's evidence, made empty where it is absent.
    pub fn datalake(&mut self) -> &mut DatalakeEvidence {
        self.datalake.get_or_insert_default()
    }

    /// Ingress's evidence, made empty where it is absent.
    pub fn ingress(&mut self) -> &mut IngressEvidence {
        self.ingress.get_or_insert_default()
    }

    /// Adds a release to its phase; the first three phases tell of theirs in fields of their own.
    pub fn add_release(&mut self, phase: Phase, release: ReleaseEvidence) {
        match phase {
            Phase::Foundation | Phase::Storage | Phase::Compute => {}
            Phase::Core => self.core().releases.push(release),
            Phase::Stream => self.stream().releases.push(release),
            Phase::Datalake => self.datalake().releases.push(release),
            Phase::Ingress => self.ingress().releases.push(release),
        }
    }

    /// Adds a workload to its phase, as [`Self::add_release`].
    pub fn add_workload(&mut self, phase: Phase, workload: WorkloadEvidence) {
        match phase {
            Phase::Foundation | Phase::Storage | Phase::Compute => {}
            Phase::Core => self.core().workloads.push(workload),
            Phase::Stream => self.stream().workloads.push(workload),
            Phase::Datalake => self.datalake().workloads.push(workload),
            Phase::Ingress => self.ingress().workloads.push(workload),
        }
    }
}
