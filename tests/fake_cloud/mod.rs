//! An account and its cluster in memory, behind the tools' own command lines: what was written is what is read
//! afterwards, in the shapes of the recorded answers (fixtures/).
#![allow(dead_code, missing_docs)] // each test file uses a part of it

pub mod aws;
pub mod cluster;
pub mod faults;
pub mod ingress;

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-east-2";
pub const CLUSTER: &str = "demo";
pub const TIME: &str = "2026-11-24T03:00:00+00:00";

pub type Tags = BTreeMap<String, String>;

/// What a tool printed, and how it ended.
#[derive(Clone, Debug)]
pub struct Reply {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Reply {
    pub fn good(answer: &Value) -> Self {
        Self::text(&format!("{answer:#}\n"))
    }

    pub fn text(text: &str) -> Self {
        Self {
            exit: 0,
            stdout: text.to_owned(),
            stderr: String::new(),
        }
    }

    /// As aws prints a service's refusal.
    pub fn refused(code: &str, operation: &str, message: &str) -> Self {
        Self::failed(
            254,
            &format!("\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"),
        )
    }

    pub fn failed(exit: i32, stderr: &str) -> Self {
        Self {
            exit,
            stdout: String::new(),
            stderr: stderr.to_owned(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    pub status: String,
    pub tags: Tags,
    pub template: Value,
    pub outputs: Tags,
    /// What failed first in it.
    pub reason: Option<String>,
    /// How often it still is told to be in progress.
    pub coming: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Bucket {
    pub tags: Tags,
    pub closed: bool,
    pub encrypted: bool,
    pub enforced: bool,
    pub versioned: bool,
    pub policy: Option<String>,
    /// In another account.
    pub foreign: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    pub chart: String,
    pub version: String,
    pub values: Value,
    pub label: String,
    pub revision: u32,
    /// helm's word.
    pub status: &'static str,
    /// Labels that somebody set on the newest revision's record.
    pub labels: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Association {
    pub subject: String,
    pub role: String,
    pub tags: Tags,
}

/// Everything that stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cloud {
    /// The tags of the cluster.
    pub cluster: Option<Tags>,
    /// The name of its node group.
    pub node_group: Option<String>,
    pub addons: BTreeMap<String, Tags>,
    pub associations: BTreeMap<String, Association>,
    /// Type and tags, by principal.
    pub entries: BTreeMap<String, (String, Tags)>,
    pub stacks: BTreeMap<String, Stack>,
    pub roles: BTreeSet<String>,
    pub queues: BTreeSet<String>,
    pub bucket: Option<Bucket>,
    /// Of subnets and security groups.
    pub tags: BTreeMap<String, Tags>,
    pub releases: BTreeMap<String, Release>,
    /// Older revisions of releases, by name and number.
    pub history: BTreeMap<(String, u32), Release>,
    /// The release whose next upgrade the API server refuses in its midst.
    pub refuses: Option<&'static str>,
    /// The Secret in which the user's own values are kept.
    pub values: Option<Value>,
    /// The namespace's mark of creation, empty where it has none.
    pub namespace: Option<String>,
    /// The same of the Secret.
    pub secret: Option<String>,
    /// What stands in it.
    pub token: Option<String>,
    /// Whether the init Job stands; it completes at once.
    pub job: bool,
    /// The way to the site.
    pub way: ingress::Way,
    pub lease: Option<Value>,
    pub version: u64,
    /// How often each thing was made.
    pub made: BTreeMap<String, u32>,
}

impl Cloud {
    /// Answers one command, and carries it out.
    pub fn answer(&mut self, argv: &[String], stdin: Option<&[u8]>) -> Reply {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let text = stdin.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        let document = || -> Value { serde_json::from_str(text.as_deref().unwrap()).unwrap() };
        match words[0] {
            "aws" => self.aws(&words, text.as_deref()),
            "eksctl" if words.contains(&"--dry-run") => {
                Reply::text("apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata:\n  name: demo\n")
            }
            "eksctl" => self.eksctl(words[2], &document()),
            "kubectl" => self.kubectl(&words, text.as_deref()),
            "helm" => self.helm(&words, text.as_deref()),
            other => panic!("no tool {other}"),
        }
    }

    pub fn make(&mut self, what: impl Into<String>) {
        *self.made.entry(what.into()).or_default() += 1;
    }

    /// What was made more than once.
    pub fn twice(&self) -> Vec<&String> {
        let twice = self.made.iter().filter(|(_, times)| **times > 1);
        twice.map(|(what, _)| what).collect()
    }

    /// All but what differs between two runs that did the same: the Lease, the token, and how the way there was.
    pub fn end(&self) -> Self {
        Self {
            lease: None,
            token: None,
            version: 0,
            way: ingress::Way {
                pending: 0,
                ..self.way.clone()
            },
            made: BTreeMap::new(),
            history: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// Who holds the Lease.
    pub fn holder(&self) -> &str {
        let holder = self.lease.as_ref().map(|lease| &lease["spec"]["holderIdentity"]);
        holder.and_then(Value::as_str).unwrap_or_default()
    }
}

/// The word behind a flag.
pub fn flag<'a>(words: &[&'a str], name: &str) -> &'a str {
    let at = words.iter().position(|word| *word == name);
    at.map_or_else(|| panic!("no {name} in {words:?}"), |at| words[at + 1])
}

pub fn arn(service: &str, resource: &str) -> String {
    let region = if service == "iam" { "" } else { REGION };
    format!("arn:aws:{service}:{region}:{ACCOUNT}:{resource}")
}

/// As `{"a": "b"}`.
pub fn map(text: &str) -> Tags {
    serde_json::from_str(text).unwrap()
}

/// As `[{"Key": "a", "Value": "b"}]`.
pub fn listed(text: &Value) -> Tags {
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let list = text.as_array().unwrap();
    list.iter()
        .map(|one| (word(one, "Key"), word(one, "Value")))
        .collect()
}

pub fn list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}
