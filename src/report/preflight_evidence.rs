//! The parts of the preflight's evidence that have a shape of their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One service quota, its use today and what install adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuotaUse {
    /// The service's code, for example `ec2`.
    pub service: String,
    /// The quota's code, for example `L-1216C47A`.
    pub code: String,
    /// Its name in words.
    pub name: String,
    /// The unit of the figures, for example `vCPU`.
    pub unit: String,
    /// The quota's value.
    pub limit: f64,
    /// Whether the value is AWS's default, none being applied to the account.
    pub is_default: bool,
    /// How much is in use; absent where it could not be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<f64>,
    /// How much install adds at once.
    pub needed: f64,
    /// How much more autoscaling may ask for later; 0 where it asks for none.
    pub headroom: f64,
}

/// What the permission check asked and heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionEvidence {
    /// The user or role whose policies were simulated.
    pub simulated_arn: String,
    /// How many actions were asked about.
    pub asked: usize,
    /// Those that are not allowed.
    pub denied: Vec<DeniedAction>,
    /// Those of which the simulation can't tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<String>,
}

/// An action that the caller is not allowed, and what denies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeniedAction {
    /// For example `eks:CreateCluster`.
    pub action: String,
    /// `no policy allows`, `explicit deny`, `permissions boundary` or `organization policy`.
    pub by: String,
}

/// Who the internet asks for the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DelegationEvidence {
    /// The zone's name.
    pub zone: String,
    /// The name servers that Route53 gave the zone, sorted.
    pub zone_name_servers: Vec<String>,
    /// The name servers that DNS names for it, sorted; empty where it names none.
    pub public_name_servers: Vec<String>,
}

/// What stands in an existing cluster, as its API server tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterInside {
    /// The API server's version, for example `v1.34.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// The phase of the install's namespace: `Active`, `Terminating`, or `ABSENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_phase: Option<String>,
    /// Helm releases, as `NAMESPACE/NAME CHART-VERSION STATUS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releases: Option<Vec<String>>,
}

/// A monthly estimate from a small dated table; never a quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostEstimate {
    /// Always `USD`.
    pub currency: String,
    /// The sum of the items, a month of 730 hours.
    pub monthly: f64,
    /// The date of the price table, `YYYY-MM-DD`.
    pub prices_as_of: String,
    /// What is counted.
    pub items: Vec<CostItem>,
    /// What is not counted, in words.
    pub not_counted: Vec<String>,
}

/// One line of the estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostItem {
    /// What it is.
    pub what: String,
    /// How many.
    pub count: f64,
    /// The price of one, a month.
    pub each: f64,
    /// Both multiplied.
    pub monthly: f64,
}
