//! EKS: one cluster, what is in it, and the versions that the region offers.

mod access;
mod addon;
mod association;
mod cluster;
mod health;
mod node_group;
mod token;
mod versions;

use super::tags::{Tags, map};
use crate::clients::call::{Ask, ask, done, json_list, or_absent};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_word;
use crate::gateway::Gateway;
use crate::model::ClusterName;
use serde::Deserialize;

pub use access::{AccessEntry, parse_access_entry};
pub use addon::{Addon, NewAddon, parse_addon};
pub use association::{Association, AssociationSummary, parse_association, parse_associations};
pub use cluster::{Cluster, parse_cluster};
pub use health::HealthIssue;
pub use node_group::{NodeGroup, parse_node_group};
pub use token::{Token, parse_token};
pub use versions::{ClusterVersion, Support, parse_versions};

/// The client.
#[derive(Clone, Copy)]
pub struct Eks<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// EKS's code for all that is not there.
const ABSENT: &[&str] = &["ResourceNotFoundException"];

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
        let answer = ask(self.gateway, &question, |bytes| {
            parse_cluster(bytes, name.as_str())
        });
        or_absent(answer, ABSENT)
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

    /// One node group of the cluster.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn node_group(&self, cluster: &ClusterName, name: &str) -> Result<NodeGroup, CallError> {
        let args = [
            "eks",
            "describe-nodegroup",
            "--cluster-name",
            cluster.as_str(),
            "--nodegroup-name",
            name,
        ];
        let purpose = format!("describe the node group `{name}` of the cluster `{cluster}`");
        ask(
            self.gateway,
            &Ask::aws(&purpose, "eks:DescribeNodegroup", args),
            |bytes| parse_node_group(bytes, cluster.as_str(), name),
        )
    }

    /// A token for the cluster's API server, in the caller's name. It must go into a private file, and nowhere else.
    ///
    /// # Errors
    /// [`CallError`] where there is none.
    pub fn token(&self, cluster: &ClusterName) -> Result<Token, CallError> {
        let args = ["eks", "get-token", "--cluster-name", cluster.as_str()];
        let purpose = format!("get a token for the cluster `{cluster}`");
        ask(self.gateway, &Ask::aws(&purpose, "", args), parse_token)
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

    /// Puts `tags` on the EKS thing (cluster, add-on, association, access entry) with this ARN; its other tags stay.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn tag(&self, arn: &str, tags: &Tags) -> Result<(), CallError> {
        let tags = map(tags);
        let args = [
            "eks",
            "tag-resource",
            "--resource-arn",
            arn,
            "--tags",
            tags.as_str(),
        ];
        let question = Ask::aws_write(&format!("tag `{arn}`"), "eks:TagResource", args);
        ask(self.gateway, &question, done)
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
