//! The preflight's part of a report.

use super::{ClusterInside, CostEstimate, DelegationEvidence, Finding, Note, PermissionEvidence, QuotaUse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the preflight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreflightStatus {
    /// Nothing blocks the install.
    Ready,
    /// `blockers` say what stands in the way.
    Blocked,
    /// An input is missing, named in `required`.
    NeedsInput,
    /// A signal stopped it; the checks that had ended are in `checks`.
    Interrupted,
    /// It could not be made; `failure` of the report says why.
    Failed,
}

/// What the preflight found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreflightReport {
    /// How it ended.
    pub status: PreflightStatus,
    /// True only if every check that must pass was made and passed.
    pub ok_to_install: bool,
    /// Inputs that are missing, by the name of their flag.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required: Vec<String>,
    /// What stands in the way of the install.
    pub blockers: Vec<Note>,
    /// What the user should know.
    pub warnings: Vec<Note>,
    /// What mends each blocker and warning, in the same order.
    pub remediation: Vec<Note>,
    /// The env file's keys and values.
    pub env: BTreeMap<String, String>,
    /// Where the env file was written; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_file: Option<String>,
    /// Every check, in a fixed order.
    pub checks: Vec<Finding>,
    /// What was seen.
    pub evidence: PreflightEvidence,
    /// What comes next.
    pub next: Next,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Next {
    /// `install`, `fix`, `input`, `again`, `approve` or `wait`.
    pub action: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// Facts of the account, as the tools gave them. A field that is absent is unknown or was not asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[serde(default)]
pub struct PreflightEvidence {
    /// The caller's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_account_id: Option<String>,
    /// The caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_arn: Option<String>,
    /// When the cached single sign-on token ends, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_session_expires_at: Option<String>,
    /// The public zone's ID, `/hostedzone/…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route53_zone_id: Option<String>,
    /// The public zone's name, without the last dot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route53_zone_name: Option<String>,
    /// The certificate that will be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_arn: Option<String>,
    /// The name on it that covers the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_domain: Option<String>,
    /// ACM's type: `AMAZON_ISSUED`, `IMPORTED` or `PRIVATE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_type: Option<String>,
    /// Whether that name is a wildcard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_is_wildcard: Option<bool>,
    /// Whether the certificate was found (true) or named by `--cert-arn` (false).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_auto_discovered: Option<bool>,
    /// When it expires, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_not_after: Option<String>,
    /// Certificates that would fit and still wait for validation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cert_pending: Vec<PendingCertificate>,
    /// The domains that were used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_confirmation: Option<DomainConfirmation>,
    /// Whether the bucket exists in this account; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_bucket_exists: Option<bool>,
    /// The bucket's region, when it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_bucket_region: Option<String>,
    /// EKS's status of the cluster, or `ABSENT`; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eks_cluster_status: Option<String>,
    /// The cluster's Kubernetes version, or the one install would choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eks_version: Option<String>,
    /// Node groups of the cluster, when it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eks_node_groups: Option<Vec<String>>,
    /// Add-ons of the cluster, when it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eks_addons: Option<Vec<String>>,
    /// Addresses the site's name has in DNS; empty when it has none, absent when unknown or not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_a_record: Option<Vec<String>>,
    /// The engine's version, in docker mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_version: Option<String>,
    /// Service quotas that were read, with their use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<QuotaUse>,
    /// Zones of the region that offer the node's instance type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type_zones: Option<Vec<String>>,
    /// What the permission check asked and heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<PermissionEvidence>,
    /// Who the internet asks for the domain, beside the zone's own name servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegation: Option<DelegationEvidence>,
    /// Records that the zone holds for the site's name, as `TYPE VALUE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_record: Option<Vec<String>>,
    /// Where the charts come from, once the registry has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_registry: Option<String>,
    /// What stands in an existing cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_inside: Option<ClusterInside>,
    /// What the install's resources will cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_estimate: Option<CostEstimate>,
}

/// A certificate that would fit once it is validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingCertificate {
    /// Its ARN.
    pub arn: String,
    /// Its main name.
    pub domain: String,
    /// DNS records that prove ownership, as `NAME TYPE VALUE`.
    pub validation_records: Vec<String>,
}

/// The domains that were used, and where the site's came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DomainConfirmation {
    /// The root domain, in ASCII.
    pub root_domain: String,
    /// The site's domain, in ASCII.
    pub site_domain: String,
    /// Whether the site's domain was made from the root domain.
    pub site_domain_was_constructed: bool,
}
