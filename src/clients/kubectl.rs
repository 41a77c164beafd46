//! kubectl: what a cluster's API server tells. Every call names the private kubeconfig and its context.

pub mod containers;
pub mod deployments;
pub mod events;
pub mod ingresses;
pub mod kinds;
pub mod logs;
pub mod metadata;
pub mod objects;
pub mod pods;
pub mod releases;
pub mod surroundings;
pub mod work;
pub mod writes;

use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::versions::{Version, parse_version};
use crate::gateway::redact::untrusted;
use crate::gateway::{Gateway, Tool};
use crate::model::Namespace;
use serde::Deserialize;
use std::time::Duration;

pub use containers::{Container, Exit, Told};
pub use deployments::Deployment;
pub use events::Event;
pub use ingresses::{Controller, Ingress, IngressClass};
pub use kinds::{Crd, Lease, ServiceAccount, StorageClass};
pub use metadata::{Marks, Owner};
pub use objects::Resource;
pub use pods::Pod;
pub use surroundings::{Claim, Surroundings};
pub use work::{Controlled, Work};
pub use writes::{Manifest, Written};

/// How the API server's own word for an object that is not there begins.
const ABSENT_WORDS: &str = "Error from server (NotFound): ";
/// How long one request may wait for its answer, as kubectl takes it.
const REQUEST_LIMIT: &str = "15s";
/// How long a whole command may take: kubectl asks several times what the API has, before it asks for the thing.
const COMMAND_LIMIT: Duration = Duration::from_secs(40);
/// What is asked of each node, a line a node between two words that prove the list whole: a node's whole description
/// is 30 KB and more (its images), and a cluster may have a thousand.
const NODES: &str = concat!(
    r#"jsonpath={"nodes\n"}{range .items[*]}{.metadata.name}{"\t"}{.status.nodeInfo.kubeletVersion}{"\t"}"#,
    r#"{.status.conditions[?(@.type=="Ready")].status}{"\t"}{.spec.unschedulable}{"\t"}"#,
    r#"{.metadata.labels.eks\.amazonaws\.com/nodegroup}{"\n"}{end}{"end\n"}"#
);

/// The client.
#[derive(Clone, Copy)]
pub struct Kubectl<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
    /// The cluster.
    pub access: &'a ClusterAccess,
}

/// Both sides' versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// kubectl's.
    pub client: Version,
    /// The API server's.
    pub server: Version,
    /// The API server's, as it says it: `v1.34.4-eks-113cf36`.
    pub server_text: String,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its kubelet's version.
    pub kubelet: Version,
    /// Whether it is ready; none where the node said nothing of it.
    pub ready: Option<bool>,
    /// Whether it takes no new pods.
    pub cordoned: bool,
    /// The managed node group that it is of, where it is of one.
    pub group: Option<String>,
}

/// A namespace that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNamespace {
    /// `Active` or `Terminating`; a namespace that is being deleted is the latter, whatever it says.
    pub phase: String,
    /// What still holds it, in the cluster's own words. Untrusted text: never part of a message.
    pub said: String,
}

impl Kubectl<'_> {
    /// Whether the API server answers this identity, and both sides' versions.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn versions(&self) -> Result<Versions, CallError> {
        self.ask(
            "ask the cluster's API server for its version",
            &["version", "-o", "json"],
            parse_versions,
        )
    }

    /// All nodes.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn nodes(&self) -> Result<Vec<Node>, CallError> {
        self.ask(
            "list the cluster's nodes",
            &["get", "nodes", "-o", NODES],
            parse_nodes,
        )
    }

    /// The namespace, or nothing where the API server itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn namespace(&self, name: &Namespace) -> Result<Option<FoundNamespace>, CallError> {
        let purpose = format!("read the namespace `{name}`");
        let answer = self.ask(
            &purpose,
            &["get", "namespace", name.as_str(), "-o", "json"],
            |bytes| parse_namespace(bytes, name.as_str()),
        );
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.class == ErrorClass::Absent => {
                let own = format!("Error from server (NotFound): namespaces \"{name}\" not found");
                if error.said.lines().any(|line| line.trim() == own) {
                    return Ok(None);
                }
                // Some other "not found" says nothing about the namespace.
                Err(CallError {
                    class: ErrorClass::Other,
                    ..error
                })
            }
            Err(error) => Err(error),
        }
    }

    fn ask<T>(
        &self,
        purpose: &str,
        args: &[&str],
        parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
    ) -> Result<T, CallError> {
        let args = args.iter().copied().chain(self.access_flags());
        let mut question = Ask::tool(Tool::Kubectl, purpose, args);
        question.spec.timeout = COMMAND_LIMIT;
        ask(self.gateway, &question, parse)
    }

    /// What names the cluster, in every call.
    fn access_flags(&self) -> [&str; 6] {
        let ClusterAccess {
            kubeconfig, context, ..
        } = self.access;
        [
            "--kubeconfig",
            kubeconfig,
            "--context",
            context,
            "--request-timeout",
            REQUEST_LIMIT,
        ]
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawVersions {
    client_version: RawVersion,
    server_version: RawVersion,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawVersion {
    git_version: String,
}

/// Reads `kubectl version -o json` of a server that answered.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_versions(bytes: &[u8]) -> Result<Versions, ParseFailure> {
    let raw: RawVersions = json(bytes)?;
    let server_text = formed(
        raw.server_version.git_version,
        is_git_version,
        "serverVersion.gitVersion",
    )?;
    Ok(Versions {
        client: parse_git_version(&raw.client_version.git_version)?,
        server: parse_git_version(&server_text)?,
        server_text,
    })
}

fn parse_git_version(text: &str) -> Result<Version, ParseFailure> {
    parse_version(text.strip_prefix('v').ok_or(ParseFailure::Form("gitVersion"))?)
}

fn is_git_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    text.len() <= 64 && text.bytes().all(plain)
}

/// Reads the nodes as [`Kubectl::nodes`] asks for them.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
pub fn parse_nodes(bytes: &[u8]) -> Result<Vec<Node>, ParseFailure> {
    lines_between(bytes, "nodes")?.map(parse_node).collect()
}

/// The lines of an answer that was asked for between the lines `first` and `end`, which prove it whole.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or cut short.
fn lines_between<'a>(bytes: &'a [u8], first: &'static str) -> Result<std::str::Lines<'a>, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form(first))?;
    if text.trim().is_empty() {
        return Err(ParseFailure::Empty);
    }
    let rest = text.strip_prefix(first).and_then(|rest| rest.strip_prefix('\n'));
    let rest = rest.ok_or(ParseFailure::Form(first))?;
    Ok(rest.strip_suffix("end\n").ok_or(ParseFailure::Cut)?.lines())
}

fn parse_node(line: &str) -> Result<Node, ParseFailure> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, kubelet, ready, cordoned, group] = fields.as_slice() else {
        return Err(ParseFailure::Form("nodes[]"));
    };
    let group = (!group.is_empty()).then(|| (*group).to_owned());
    Ok(Node {
        name: formed((*name).to_owned(), is_dns_name, "nodes[].metadata.name")?,
        kubelet: parse_git_version(kubelet)?,
        ready: match *ready {
            "True" => Some(true),
            // Unknown is what the control plane writes when the node no longer reports.
            "False" | "Unknown" => Some(false),
            "" => None,
            _ => return Err(ParseFailure::Form("nodes[].status.conditions[]")),
        },
        cordoned: match *cordoned {
            "true" => true,
            "" | "false" => false,
            _ => return Err(ParseFailure::Form("nodes[].spec.unschedulable")),
        },
        group: group
            .map(|group| formed(group, |group| is_word(group, 100), "nodes[].metadata.labels"))
            .transpose()?,
    })
}

#[derive(Deserialize)]
struct RawNamespace {
    kind: String,
    metadata: RawMetadata,
    status: RawNamespaceStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    name: String,
    deletion_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct RawNamespaceStatus {
    phase: String,
    conditions: Option<Vec<RawCondition>>,
}

#[derive(Deserialize)]
struct RawCondition {
    status: String,
    message: Option<String>,
}

/// Reads `kubectl get namespace NAME -o json`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another namespace.
pub fn parse_namespace(bytes: &[u8], name: &str) -> Result<FoundNamespace, ParseFailure> {
    let raw: RawNamespace = json(bytes)?;
    formed(raw.kind, |kind| kind == "Namespace", "kind")?;
    formed(raw.metadata.name, |found| found == name, "metadata.name")?;
    let phase = formed(raw.status.phase, |phase| is_word(phase, 32), "status.phase")?;
    let messages = raw.status.conditions.unwrap_or_default().into_iter();
    let held = messages
        .filter(|condition| condition.status == "True")
        .filter_map(|condition| condition.message);
    Ok(FoundNamespace {
        phase: match raw.metadata.deletion_timestamp {
            Some(_) => "Terminating".to_owned(),
            None => phase,
        },
        said: untrusted(&held.collect::<Vec<_>>().join("\n")),
    })
}
