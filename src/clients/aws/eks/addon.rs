//! An add-on of a cluster.

use super::health::{HealthIssue, RawHealth, issues};
use super::{ABSENT, Eks};
use crate::clients::aws::tags::{Tags, map};
use crate::clients::call::{Ask, STDIN, ask, formed, json, or_absent};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{arn_fields, is_word};
use crate::model::ClusterName;
use serde::Deserialize;
use serde_json::{Value, json};

/// An add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addon {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// EKS's own version of it, `v1.20.1-eksbuild.1`.
    pub version: String,
    /// `ACTIVE`, `CREATING`, `CREATE_FAILED`, `DEGRADED`, …
    pub status: String,
    /// What EKS reports to be wrong with it; none where AWS did not tell.
    pub health_issues: Option<Vec<HealthIssue>>,
    /// The role of its service account by OIDC, where it has one.
    pub service_account_role: Option<String>,
    /// The ARNs of its pod identity associations.
    pub pod_identity_associations: Vec<String>,
    /// Its tags.
    pub tags: Tags,
    /// Its configuration, JSON or YAML, as it was given. Untrusted text.
    pub configuration: Option<String>,
}

/// An add-on as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAddon {
    /// Its name.
    pub name: String,
    /// EKS's own version of it; none is EKS's default for the cluster's version.
    pub version: Option<String>,
    /// Its configuration, JSON or YAML.
    pub configuration: Option<String>,
    /// A service account of the add-on and the ARN of its role, each.
    pub associations: Vec<(String, String)>,
    /// Its tags.
    pub tags: Tags,
}

#[derive(Deserialize)]
struct Raw {
    addon: RawAddon,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAddon {
    addon_name: String,
    cluster_name: String,
    addon_arn: String,
    addon_version: String,
    status: String,
    health: Option<RawHealth>,
    service_account_role_arn: Option<String>,
    #[serde(default)]
    pod_identity_associations: Vec<String>,
    #[serde(default)]
    tags: Tags,
    configuration_values: Option<String>,
}

impl Eks<'_> {
    /// The add-on `name` of the cluster, or nothing where EKS itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn addon(&self, cluster: &ClusterName, name: &str) -> Result<Option<Addon>, CallError> {
        let args = [
            "eks",
            "describe-addon",
            "--cluster-name",
            cluster.as_str(),
            "--addon-name",
            name,
        ];
        let purpose = format!("describe the add-on `{name}` of the cluster `{cluster}`");
        let question = Ask::aws(&purpose, "eks:DescribeAddon", args);
        let answer = ask(self.gateway, &question, |bytes| {
            parse_addon(bytes, cluster.as_str(), name)
        });
        or_absent(answer, ABSENT)
    }

    /// Begins to add an add-on. Its configuration goes by stdin.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::clients::ErrorClass::Exists`] where the cluster has it.
    pub fn create_addon(&self, cluster: &ClusterName, addon: &NewAddon) -> Result<Addon, CallError> {
        let mut args: Vec<String> = [
            "eks",
            "create-addon",
            "--cluster-name",
            cluster.as_str(),
            "--addon-name",
        ]
        .map(str::to_owned)
        .to_vec();
        args.push(addon.name.clone());
        if let Some(version) = &addon.version {
            args.extend(["--addon-version".to_owned(), version.clone()]);
        }
        if !addon.associations.is_empty() {
            let associations: Value = addon
                .associations
                .iter()
                .map(|(account, role)| json!({"serviceAccount": account, "roleArn": role}))
                .collect();
            args.extend(["--pod-identity-associations".to_owned(), associations.to_string()]);
        }
        if addon.configuration.is_some() {
            args.extend(["--configuration-values".to_owned(), STDIN.to_owned()]);
        }
        if !addon.tags.is_empty() {
            args.extend(["--tags".to_owned(), map(&addon.tags)]);
        }
        let purpose = format!("add the add-on `{}` to the cluster `{cluster}`", addon.name);
        let mut question = Ask::aws_write(&purpose, "eks:CreateAddon", args);
        if let Some(configuration) = &addon.configuration {
            question = question.document(configuration.as_str());
        }
        ask(self.gateway, &question, |bytes| {
            parse_addon(bytes, cluster.as_str(), &addon.name)
        })
    }
}

/// Reads `eks describe-addon` and `create-addon` for the add-on `name` of the cluster `cluster`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another add-on.
pub fn parse_addon(bytes: &[u8], cluster: &str, name: &str) -> Result<Addon, ParseFailure> {
    let Raw { addon } = json(bytes)?;
    formed(addon.cluster_name, |found| found == cluster, "addon.clusterName")?;
    let is_arn = |arn: &str| arn_fields(arn).is_some_and(|[_, service, ..]| service == "eks");
    let associations = &addon.pod_identity_associations;
    if !associations.iter().all(|arn| is_arn(arn)) {
        return Err(ParseFailure::Form("addon.podIdentityAssociations[]"));
    }
    Ok(Addon {
        name: formed(addon.addon_name, |found| found == name, "addon.addonName")?,
        arn: formed(addon.addon_arn, is_arn, "addon.addonArn")?,
        version: formed(addon.addon_version, is_addon_version, "addon.addonVersion")?,
        status: formed(addon.status, |status| is_word(status, 32), "addon.status")?,
        health_issues: addon.health.map(issues).transpose()?,
        service_account_role: addon
            .service_account_role_arn
            .map(|arn| {
                formed(
                    arn,
                    |arn| arn_fields(arn).is_some(),
                    "addon.serviceAccountRoleArn",
                )
            })
            .transpose()?,
        pod_identity_associations: addon.pod_identity_associations,
        tags: addon.tags,
        configuration: addon.configuration_values.filter(|text| !text.is_empty()),
    })
}

fn is_addon_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}
