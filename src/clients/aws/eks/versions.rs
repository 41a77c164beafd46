//! The Kubernetes versions that a region offers.

use crate::clients::call::{formed, json_list};
use crate::clients::failure::ParseFailure;
use serde::Deserialize;

/// How long AWS looks after a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Standard support.
    Standard,
    /// Extended support, at a higher price an hour.
    Extended,
    /// None.
    Unsupported,
}

/// A Kubernetes version of the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterVersion {
    /// `1.34`.
    pub version: String,
    /// How long AWS looks after it.
    pub support: Support,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawVersions {
    cluster_versions: Vec<RawVersion>,
}

/// `versionStatus` is the newer name with `STANDARD_SUPPORT`; aws 2.23 prints only `status`, `standard-support`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawVersion {
    cluster_version: String,
    cluster_type: Option<String>,
    version_status: Option<String>,
    status: Option<String>,
}

/// Reads `eks describe-cluster-versions`: the versions of clusters in the region, each once. Those of other kinds
/// of clusters (on Outposts) are left out: their support may differ.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, no version is told, a version stands there without its support, or
/// one stands there twice with different support.
pub fn parse_versions(bytes: &[u8]) -> Result<Vec<ClusterVersion>, ParseFailure> {
    let raw: RawVersions = json_list(bytes)?;
    let mut versions: Vec<ClusterVersion> = Vec::new();
    for found in raw.cluster_versions {
        if found.cluster_type.as_deref().is_some_and(|kind| kind != "eks") {
            continue;
        }
        let support = match found.version_status.or(found.status).as_deref() {
            Some("STANDARD_SUPPORT" | "standard-support") => Support::Standard,
            Some("EXTENDED_SUPPORT" | "extended-support") => Support::Extended,
            Some("UNSUPPORTED" | "unsupported") => Support::Unsupported,
            _ => return Err(ParseFailure::Form("clusterVersions[].versionStatus")),
        };
        let field = "clusterVersions[].clusterVersion";
        let version = formed(found.cluster_version, is_version, field)?;
        match versions.iter().find(|known| known.version == version) {
            None => versions.push(ClusterVersion { version, support }),
            Some(known) if known.support == support => {}
            Some(_) => return Err(ParseFailure::Form(field)),
        }
    }
    // Every region with EKS offers some version: an empty list is no answer, and must not read as "not offered".
    if versions.is_empty() {
        return Err(ParseFailure::Form("clusterVersions"));
    }
    Ok(versions)
}

/// `1.34`.
pub(super) fn is_version(text: &str) -> bool {
    text.split_once('.').is_some_and(|(major, minor)| {
        [major, minor]
            .iter()
            .all(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}
