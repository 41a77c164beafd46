//! Check `eks-version`: AWS supports the cluster's Kubernetes version, or the one that install would choose.

use super::checked::{Checked, unknown};
use crate::clients::aws::Eks;
use crate::clients::aws::eks::{Cluster, ClusterVersion, Support};
use crate::clients::{Asker, CallError};
use crate::gateway::Gateway;
use crate::model::ClusterName;
use crate::report::{Code, Finding, PreflightEvidence};

/// The check's id.
pub const ID: &str = "eks-version";
/// The Kubernetes version of a new cluster.
pub const TARGET: &str = "1.34";

/// The versions that the region offers.
///
/// # Errors
/// [`CallError`] where there is no answer.
pub fn offered(gateway: &dyn Gateway) -> Result<Vec<ClusterVersion>, CallError> {
    Eks { gateway }.versions()
}

/// Judges the version. `cluster` is what the check `eks-cluster` found.
#[must_use]
pub fn decide(
    cluster: &Result<Option<Cluster>, CallError>,
    offered: Result<Vec<ClusterVersion>, CallError>,
    name: &ClusterName,
    asker: &Asker<'_>,
) -> Checked {
    let offered = match offered {
        Ok(offered) => offered,
        Err(error) => {
            let what = format!("Which Kubernetes versions {} supports", asker.region);
            return unknown(ID, &what, &error, asker).into();
        }
    };
    let (version, subject, exists) = match cluster {
        Err(_) => {
            let message = format!("Not judged: whether the cluster `{name}` exists is unknown.");
            return Finding::skip(ID, message).into();
        }
        Ok(Some(Cluster {
            version: None,
            status,
            ..
        })) if matches!(status.as_str(), "CREATING" | "PENDING") => {
            let message = format!("Not judged: the cluster `{name}` ({status}) has no version yet.");
            return Finding::skip(ID, message).into();
        }
        // A cluster that stands has a version: without it, nothing says that install can use the cluster.
        Ok(Some(Cluster {
            version: None,
            status,
            ..
        })) => {
            let message = format!(
                "Which Kubernetes version the cluster `{name}` ({status}) has is unknown: AWS described it without one."
            );
            return Finding::fail(ID, Code::AwsUnexpected, message)
                .remedy(format!(
                    "`aws eks describe-cluster --name {name} --region {}{} --query cluster.version` shows what AWS says; run again once it names a version.",
                    asker.region,
                    asker.flag()
                ))
                .into();
        }
        Ok(Some(Cluster {
            version: Some(version),
            ..
        })) => (version.as_str(), format!("the cluster `{name}`"), true),
        Ok(None) => (TARGET, "a new cluster".to_owned(), false),
    };
    let support = offered
        .iter()
        .find(|one| one.version == version)
        .map(|one| one.support);
    let (flag, region) = (asker.flag(), asker.region);
    let list = format!("`aws eks describe-cluster-versions --region {region}{flag}` shows what EKS offers");
    // Above the target, a newer version is none that this lakehouse was made for.
    let upgrade = if !exists {
        format!("{list}; a newer lakehouse chooses a newer version.")
    } else if numbers(version) < numbers(TARGET) {
        format!(
            "Upgrade the cluster one minor version at a time (`eksctl upgrade cluster --name {name} --region {region}{flag}` shows the plan), or choose another with `--cluster`."
        )
    } else {
        format!(
            "{list}; a newer lakehouse works with newer versions. Or choose another cluster with `--cluster`."
        )
    };
    let finding = match (support, exists) {
        (Some(Support::Standard), _) => {
            Finding::pass(ID, format!("Kubernetes {version} of {subject} is in standard support in {region}."))
        }
        (Some(Support::Extended), _) => Finding::warn(
            ID,
            Code::EksVersionExtendedSupport,
            format!("Kubernetes {version} of {subject} is in extended support: AWS charges a higher price for each hour of the cluster."),
        )
        .remedy(upgrade),
        (_, true) => Finding::fail(
            ID,
            Code::EksVersionUnsupported,
            format!("Kubernetes {version} of {subject} is not among the versions that EKS supports in {region}."),
        )
        .remedy(upgrade),
        (_, false) => Finding::fail(
            ID,
            Code::EksVersionUnsupported,
            format!("EKS does not offer Kubernetes {version}, which install would choose, in {region}."),
        )
        .remedy(format!(
            "{list}; use another region with `--region`, or a newer lakehouse."
        )),
    };
    Checked::from(finding).seen(PreflightEvidence {
        eks_version: Some(version.to_owned()),
        ..PreflightEvidence::default()
    })
}

/// `1.9` before `1.34`. The client lets only two numbers with a dot between through.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}
