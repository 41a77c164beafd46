//! eksctl: the cluster, its node groups and add-ons by one `ClusterConfig`, handed in by standard input.

pub mod milestone;
pub mod words;

use crate::clients::call::{Ask, ask};
use crate::clients::failure::{CallError, ParseFailure};
use crate::gateway::{Gateway, LineListener, Tool};
use std::time::Duration;

pub use milestone::{Milestone, milestone};

/// What eksctl takes as the limit of each of its own waits. It stops there with words of its own.
pub const EKSCTL_WAIT: &str = "40m";
/// When a writing command of eksctl is stopped: after its own limit, so that it can say which stack it waited for.
pub const WRITE_LIMIT: Duration = Duration::from_secs(45 * 60);
/// How long a dry run may take: a few questions to AWS.
pub const DRY_RUN_LIMIT: Duration = Duration::from_secs(90);

/// The client.
#[derive(Clone, Copy)]
pub struct Eksctl<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
    /// Is told of eksctl's log while it works ([`milestone`] reads it).
    pub listener: Option<&'a LineListener>,
}

impl Eksctl<'_> {
    /// Has eksctl check `config` (a `ClusterConfig`, YAML or JSON) and fill in what it leaves out; gives the whole
    /// `ClusterConfig` as YAML. Asks AWS (zones, versions, images), changes nothing.
    ///
    /// # Errors
    /// [`CallError`]; [`ErrorClass::Invalid`](crate::clients::ErrorClass::Invalid) where eksctl refuses the file.
    pub fn dry_run(&self, config: &str) -> Result<String, CallError> {
        // eksctl refuses `--timeout` and `--color` is of no use here: a dry run logs nothing.
        let args = ["create", "cluster", "-f", "-", "--dry-run"];
        let mut question = Ask::tool(
            Tool::Eksctl,
            "have eksctl check the cluster's configuration",
            args,
        );
        question.spec.stdin = Some(config.as_bytes().to_vec());
        question.spec.timeout = DRY_RUN_LIMIT;
        ask(self.gateway, &question, parse_cluster_config)
    }

    /// Makes the cluster with all that `config` names: stacks of the cluster and its node groups, add-ons, access
    /// entries, pod identity associations. The user's kubeconfig is left alone.
    ///
    /// # Errors
    /// [`CallError`]: what stands then is unknown, and must be looked at.
    pub fn create_cluster(&self, config: &str) -> Result<(), CallError> {
        self.create(create_cluster_ask(config))
    }

    /// Makes the node groups of `config` that do not stand yet. eksctl asks the cluster's API server for that.
    ///
    /// # Errors
    /// As [`Self::create_cluster`].
    pub fn create_node_group(&self, config: &str) -> Result<(), CallError> {
        self.create(create_node_group_ask(config))
    }

    /// Makes the add-ons of `config` that do not stand yet, and waits until they are active.
    ///
    /// # Errors
    /// As [`Self::create_cluster`].
    pub fn create_addons(&self, config: &str) -> Result<(), CallError> {
        self.create(create_addons_ask(config))
    }

    /// Makes the pod identity associations of `config`, with roles of their own where none is named. Not to be done
    /// twice: one that stands is a failure ([`ErrorClass::Exists`](crate::clients::ErrorClass::Exists)).
    ///
    /// # Errors
    /// As [`Self::create_cluster`].
    pub fn create_associations(&self, config: &str) -> Result<(), CallError> {
        self.create(create_associations_ask(config))
    }

    fn create(&self, mut question: Ask) -> Result<(), CallError> {
        question.spec.listener = self.listener.cloned();
        // Its log is for people; that it ended well is the answer.
        ask(self.gateway, &question, |_| Ok(()))
    }
}

/// The command of [`Eksctl::create_cluster`].
#[must_use]
pub fn create_cluster_ask(config: &str) -> Ask {
    let args = ["cluster", "-f", "-", "--write-kubeconfig=false"];
    writing("create the cluster", &args, config)
}

/// The command of [`Eksctl::create_node_group`].
#[must_use]
pub fn create_node_group_ask(config: &str) -> Ask {
    writing("create the node group", &["nodegroup", "-f", "-"], config)
}

/// The command of [`Eksctl::create_addons`].
#[must_use]
pub fn create_addons_ask(config: &str) -> Ask {
    let args = ["addon", "-f", "-", "--wait"];
    writing("create the cluster's add-ons", &args, config)
}

/// The command of [`Eksctl::create_associations`].
#[must_use]
pub fn create_associations_ask(config: &str) -> Ask {
    let args = ["podidentityassociation", "-f", "-"];
    writing("create the pod identity associations", &args, config)
}

fn writing(purpose: &str, what: &[&str], config: &str) -> Ask {
    let flags = ["--timeout", EKSCTL_WAIT, "--color", "false"];
    let args = std::iter::once(&"create").chain(what).chain(&flags).copied();
    let mut question = Ask::write(Tool::Eksctl, purpose, args);
    question.spec.stdin = Some(config.as_bytes().to_vec());
    question.spec.timeout = WRITE_LIMIT;
    question
}

/// Reads a dry run: the `ClusterConfig` that eksctl would work with, as it prints it (keys sorted, each plain one at a
/// line's start).
///
/// # Errors
/// [`ParseFailure`] where it is not that, or cut short: `metadata` comes late, and every config has one.
pub fn parse_cluster_config(bytes: &[u8]) -> Result<String, ParseFailure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseFailure::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("ClusterConfig"))?;
    let has = |line: &str| text.lines().any(|found| found == line);
    if !has("apiVersion: eksctl.io/v1alpha5") {
        return Err(ParseFailure::Form("apiVersion"));
    }
    if !has("kind: ClusterConfig") {
        return Err(ParseFailure::Form("kind"));
    }
    if !has("metadata:") {
        return Err(ParseFailure::Form("metadata"));
    }
    if text.ends_with('\n') {
        Ok(text.to_owned())
    } else {
        Err(ParseFailure::Cut)
    }
}
