//! EKS: one cluster, what is in it, and the versions that the region offers.

mod versions;

use crate::clients::call::{Ask, ask, formed, json, json_list};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::is_word;
use crate::gateway::Gateway;
use crate::model::ClusterName;
use serde::Deserialize;
use versions::is_version;

pub use versions::{ClusterVersion, Support, parse_versions};

/// The client.
#[derive(Clone, Copy)]
pub struct Eks<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// A cluster that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// `ACTIVE`, `CREATING`, …
    pub status: String,
    /// Its Kubernetes version, `1.34`; a cluster in its first seconds may have none.
    pub version: Option<String>,
}

#[derive(Deserialize)]
struct RawDescription {
    cluster: RawCluster,
}

#[derive(Deserialize)]
struct RawCluster {
    name: String,
    status: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct RawNodeGroups {
    nodegroups: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawClusters {
    clusters: u32,
}

#[derive(Deserialize)]
struct RawAddons {
    addons: Vec<String>,
}

impl Eks<'_> {
    /// The cluster, or nothing where EKS itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn cluster(&self, name: &ClusterName) -> Result<Option<Cluster>, CallError> {
        let args = ["eks", "describe-cluster", "--name", name.as_str()];
        let question = Ask::aws(
            &format!("describe the cluster `{name}`"),
            "eks:DescribeCluster",
            args,
        );
        match ask(self.gateway, &question, |bytes| {
            parse_cluster(bytes, name.as_str())
        }) {
            Ok(cluster) => Ok(Some(cluster)),
            Err(error)
                if error.class == ErrorClass::Absent
                    && error.code.as_deref() == Some("ResourceNotFoundException") =>
            {
                Ok(None)
            }
            // Some other "not found" (a proxy's 404) says nothing about the cluster.
            Err(error) if error.class == ErrorClass::Absent => Err(CallError {
                class: ErrorClass::Other,
                ..error
            }),
            Err(error) => Err(error),
        }
    }

    /// The names of the cluster's node groups.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn node_groups(&self, name: &ClusterName) -> Result<Vec<String>, CallError> {
        let args = ["eks", "list-nodegroups", "--cluster-name", name.as_str()];
        let purpose = format!("list the node groups of the cluster `{name}`");
        ask(
            self.gateway,
            &Ask::aws(&purpose, "eks:ListNodegroups", args),
            parse_node_groups,
        )
    }

    /// The names of the cluster's add-ons.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn addons(&self, name: &ClusterName) -> Result<Vec<String>, CallError> {
        let args = ["eks", "list-addons", "--cluster-name", name.as_str()];
        let purpose = format!("list the add-ons of the cluster `{name}`");
        ask(
            self.gateway,
            &Ask::aws(&purpose, "eks:ListAddons", args),
            parse_addons,
        )
    }

    /// How many clusters the account has in the region.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn count(&self) -> Result<u32, CallError> {
        let args = [
            "eks",
            "list-clusters",
            "--query",
            "{nextToken: nextToken, Clusters: length(clusters)}",
        ];
        let question = Ask::aws("count the EKS clusters", "eks:ListClusters", args);
        ask(self.gateway, &question, parse_count)
    }

    /// The Kubernetes versions that the region offers (aws 2.22.23 and newer, by its change log; 2.23.6 was tried).
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn versions(&self) -> Result<Vec<ClusterVersion>, CallError> {
        let args = ["eks", "describe-cluster-versions"];
        let question = Ask::aws(
            "read the cluster versions of the region",
            "eks:DescribeClusterVersions",
            args,
        );
        ask(self.gateway, &question, parse_versions)
    }
}

/// Reads `eks describe-cluster` for the cluster `name`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another cluster.
pub fn parse_cluster(bytes: &[u8], name: &str) -> Result<Cluster, ParseFailure> {
    let raw: RawDescription = json(bytes)?;
    formed(raw.cluster.name, |found| found == name, "cluster.name")?;
    let status = formed(raw.cluster.status, |status| is_word(status, 32), "cluster.status")?;
    let version = raw
        .cluster
        .version
        .map(|version| formed(version, is_version, "cluster.version"));
    Ok(Cluster {
        status,
        version: version.transpose()?,
    })
}

/// Reads the number of clusters.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_count(bytes: &[u8]) -> Result<u32, ParseFailure> {
    json_list(bytes).map(|raw: RawClusters| raw.clusters)
}

/// Reads `eks list-nodegroups`, sorted.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_node_groups(bytes: &[u8]) -> Result<Vec<String>, ParseFailure> {
    let raw: RawNodeGroups = json_list(bytes)?;
    sorted_words(raw.nodegroups, "nodegroups[]")
}

/// Reads `eks list-addons`, sorted.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_addons(bytes: &[u8]) -> Result<Vec<String>, ParseFailure> {
    let raw: RawAddons = json_list(bytes)?;
    sorted_words(raw.addons, "addons[]")
}

fn sorted_words(mut words: Vec<String>, field: &'static str) -> Result<Vec<String>, ParseFailure> {
    if !words.iter().all(|word| is_word(word, 100)) {
        return Err(ParseFailure::Form(field));
    }
    words.sort();
    Ok(words)
}
