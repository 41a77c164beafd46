//! Pod identity associations: which role a service account's pods get.

use super::Eks;
use crate::clients::aws::tags::{Tags, map};
use crate::clients::call::{Ask, ask, formed, json, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{arn_fields, is_word};
use crate::model::ClusterName;
use serde::Deserialize;

/// An association in a list, which does not tell the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociationSummary {
    /// Its id, `a-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// What owns it, where an add-on does: then it must be changed through the add-on only.
    pub owner_arn: Option<String>,
}

/// An association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// Its id, `a-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role.
    pub role_arn: String,
    /// A second role, in another account, that the pods go on to.
    pub target_role_arn: Option<String>,
    /// What owns it, where an add-on does.
    pub owner_arn: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

#[derive(Deserialize)]
struct RawList {
    associations: Vec<RawSummary>,
}

#[derive(Deserialize)]
struct Raw {
    association: RawAssociation,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSummary {
    cluster_name: String,
    namespace: String,
    service_account: String,
    association_arn: String,
    association_id: String,
    owner_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAssociation {
    role_arn: String,
    target_role_arn: Option<String>,
    #[serde(default)]
    tags: Tags,
    #[serde(flatten)]
    summary: RawSummary,
}

impl Eks<'_> {
    /// The associations of one service account: EKS has at most one.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn associations(
        &self,
        cluster: &ClusterName,
        namespace: &str,
        service_account: &str,
    ) -> Result<Vec<AssociationSummary>, CallError> {
        let args = [
            "eks",
            "list-pod-identity-associations",
            "--cluster-name",
            cluster.as_str(),
            "--namespace",
            namespace,
            "--service-account",
            service_account,
        ];
        let purpose = format!("find the pod identity of `{namespace}/{service_account}`");
        let question = Ask::aws(&purpose, "eks:ListPodIdentityAssociations", args);
        let mut found = ask(self.gateway, &question, |bytes| {
            parse_associations(bytes, cluster.as_str())
        })?;
        found.retain(|one| one.namespace == namespace && one.service_account == service_account);
        Ok(found)
    }

    /// One association by its id.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn association(&self, cluster: &ClusterName, id: &str) -> Result<Association, CallError> {
        let args = [
            "eks",
            "describe-pod-identity-association",
            "--cluster-name",
            cluster.as_str(),
            "--association-id",
            id,
        ];
        let purpose = format!("describe the pod identity association `{id}`");
        let question = Ask::aws(&purpose, "eks:DescribePodIdentityAssociation", args);
        self.one(&question, cluster, |found| found.id == id)
    }

    /// Gives the pods of a service account a role. It takes some seconds until EKS knows it everywhere; pods that are
    /// there already never get it.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::clients::ErrorClass::Exists`] where the service account has an association.
    pub fn create_association(
        &self,
        cluster: &ClusterName,
        namespace: &str,
        service_account: &str,
        role_arn: &str,
        tags: &Tags,
    ) -> Result<Association, CallError> {
        let tags = map(tags);
        let args = [
            "eks",
            "create-pod-identity-association",
            "--cluster-name",
            cluster.as_str(),
            "--namespace",
            namespace,
            "--service-account",
            service_account,
            "--role-arn",
            role_arn,
            "--tags",
            tags.as_str(),
        ];
        let purpose = format!("give `{namespace}/{service_account}` its role");
        let question = Ask::aws_write(&purpose, "eks:CreatePodIdentityAssociation", args);
        self.one(&question, cluster, |found| {
            found.namespace == namespace
                && found.service_account == service_account
                && found.role_arn == role_arn
        })
    }

    /// Gives an association another role.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn update_association(
        &self,
        cluster: &ClusterName,
        id: &str,
        role_arn: &str,
    ) -> Result<Association, CallError> {
        let args = [
            "eks",
            "update-pod-identity-association",
            "--cluster-name",
            cluster.as_str(),
            "--association-id",
            id,
            "--role-arn",
            role_arn,
        ];
        let purpose = format!("give the pod identity association `{id}` another role");
        let question = Ask::aws_write(&purpose, "eks:UpdatePodIdentityAssociation", args);
        self.one(&question, cluster, |found| {
            found.id == id && found.role_arn == role_arn
        })
    }

    fn one(
        &self,
        question: &Ask,
        cluster: &ClusterName,
        is_it: impl Fn(&Association) -> bool,
    ) -> Result<Association, CallError> {
        ask(self.gateway, question, |bytes| {
            let found = parse_association(bytes, cluster.as_str())?;
            if is_it(&found) {
                Ok(found)
            } else {
                Err(ParseFailure::Form("association"))
            }
        })
    }
}

/// Reads `eks list-pod-identity-associations` of the cluster `cluster`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another cluster.
pub fn parse_associations(bytes: &[u8], cluster: &str) -> Result<Vec<AssociationSummary>, ParseFailure> {
    let raw: RawList = json_list(bytes)?;
    raw.associations
        .into_iter()
        .map(|one| summary(one, cluster))
        .collect()
}

/// Reads `eks describe-pod-identity-association`, `create-…` and `update-…` of the cluster `cluster`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another cluster.
pub fn parse_association(bytes: &[u8], cluster: &str) -> Result<Association, ParseFailure> {
    let Raw { association } = json(bytes)?;
    let found = summary(association.summary, cluster)?;
    let target = association.target_role_arn.filter(|arn| !arn.is_empty());
    Ok(Association {
        id: found.id,
        arn: found.arn,
        namespace: found.namespace,
        service_account: found.service_account,
        role_arn: formed(association.role_arn, is_role, "association.roleArn")?,
        target_role_arn: target
            .map(|arn| formed(arn, is_role, "association.targetRoleArn"))
            .transpose()?,
        owner_arn: found.owner_arn,
        tags: association.tags,
    })
}

fn summary(raw: RawSummary, cluster: &str) -> Result<AssociationSummary, ParseFailure> {
    formed(
        raw.cluster_name,
        |found| found == cluster,
        "association.clusterName",
    )?;
    let is_eks = |arn: &str| arn_fields(arn).is_some_and(|[_, service, ..]| service == "eks");
    Ok(AssociationSummary {
        id: formed(
            raw.association_id,
            |id| is_word(id, 64),
            "association.associationId",
        )?,
        arn: formed(raw.association_arn, is_eks, "association.associationArn")?,
        namespace: formed(raw.namespace, is_kube_name, "association.namespace")?,
        service_account: formed(raw.service_account, is_kube_name, "association.serviceAccount")?,
        owner_arn: raw
            .owner_arn
            .filter(|arn| !arn.is_empty())
            .map(|arn| formed(arn, is_eks, "association.ownerArn"))
            .transpose()?,
    })
}

fn is_role(arn: &str) -> bool {
    arn_fields(arn)
        .is_some_and(|[_, service, .., resource]| service == "iam" && resource.starts_with("role/"))
}

/// A Kubernetes name: letters, digits, `-` and `.`.
fn is_kube_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(plain)
}
