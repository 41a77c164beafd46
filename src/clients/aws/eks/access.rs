//! Access entries: who of IAM is who in the cluster.

use super::{ABSENT, Eks};
use crate::clients::aws::tags::{Tags, map};
use crate::clients::call::{Ask, ask, formed, json, or_absent};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{arn_fields, is_word};
use crate::model::ClusterName;
use serde::Deserialize;

/// An access entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// Its ARN.
    pub arn: String,
    /// `EC2_LINUX`, `STANDARD`, …
    pub kind: String,
    /// The Kubernetes groups. Untrusted text.
    pub groups: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    access_entry: RawEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    cluster_name: String,
    principal_arn: String,
    access_entry_arn: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    kubernetes_groups: Vec<String>,
    #[serde(default)]
    tags: Tags,
}

impl Eks<'_> {
    /// The principal's access entry, or nothing where EKS itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer, also where the cluster is not in a mode with access entries.
    pub fn access_entry(
        &self,
        cluster: &ClusterName,
        principal_arn: &str,
    ) -> Result<Option<AccessEntry>, CallError> {
        let args = [
            "eks",
            "describe-access-entry",
            "--cluster-name",
            cluster.as_str(),
            "--principal-arn",
            principal_arn,
        ];
        let purpose = format!("read the access entry of `{principal_arn}`");
        let question = Ask::aws(&purpose, "eks:DescribeAccessEntry", args);
        let answer = ask(self.gateway, &question, |bytes| {
            parse_access_entry(bytes, cluster.as_str(), principal_arn)
        });
        or_absent(answer, ABSENT)
    }

    /// Lets the principal in as `kind`: `EC2_LINUX` for nodes' roles.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::clients::ErrorClass::Exists`] where it has an entry.
    pub fn create_access_entry(
        &self,
        cluster: &ClusterName,
        principal_arn: &str,
        kind: &str,
        tags: &Tags,
    ) -> Result<AccessEntry, CallError> {
        let tags = map(tags);
        let args = [
            "eks",
            "create-access-entry",
            "--cluster-name",
            cluster.as_str(),
            "--principal-arn",
            principal_arn,
            "--type",
            kind,
            "--tags",
            tags.as_str(),
        ];
        let purpose = format!("let `{principal_arn}` into the cluster `{cluster}`");
        let question = Ask::aws_write(&purpose, "eks:CreateAccessEntry", args);
        ask(self.gateway, &question, |bytes| {
            parse_access_entry(bytes, cluster.as_str(), principal_arn)
        })
    }
}

/// Reads `eks describe-access-entry` and `create-access-entry` for one principal of the cluster `cluster`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another entry.
pub fn parse_access_entry(bytes: &[u8], cluster: &str, principal: &str) -> Result<AccessEntry, ParseFailure> {
    let Raw { access_entry: raw } = json(bytes)?;
    formed(
        raw.cluster_name,
        |found| found == cluster,
        "accessEntry.clusterName",
    )?;
    formed(
        raw.principal_arn,
        |found| found == principal,
        "accessEntry.principalArn",
    )?;
    let is_eks = |arn: &str| arn_fields(arn).is_some_and(|[_, service, ..]| service == "eks");
    Ok(AccessEntry {
        arn: formed(raw.access_entry_arn, is_eks, "accessEntry.accessEntryArn")?,
        kind: formed(raw.kind, |kind| is_word(kind, 32), "accessEntry.type")?,
        groups: raw.kubernetes_groups,
        tags: raw.tags,
    })
}
