//! The checked inputs of one run, and where each came from.

use super::{
    AccountId, Approve, AwsProfileFacts, BadInput, BucketName, CertArn, ChartRegistry, ClusterName,
    ColorChoice, DnsProvider, DnsServer, ExecMode, LogLevel, Namespace, NodeCount, NodeType, OutputFormat,
    Phase, Profile, Region, RootDomain, SiteDomain, TimeLimit, ToolboxImage, ToolboxMirrors, ToolboxNetwork,
    ToolboxSource,
};
use std::fmt;
use std::path::PathBuf;

/// Where a value came from, in the order of authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// The environment variable of this name.
    Environment(String),
    /// The env file: a line of it, or (for the namespace) its name.
    EnvFile,
    /// The AWS config or credentials file.
    AwsConfig,
    /// Nobody gave it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::EnvFile => f.write_str("env file"),
            Self::AwsConfig => f.write_str("AWS config"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value from `source`.
    pub const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    /// A value that nobody gave.
    pub const fn default_of(value: T) -> Self {
        Self {
            value,
            source: Source::Default,
        }
    }
}

/// How a run behaves, whatever it is about: every command has these.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct RunOptions {
    /// `--exec`; absent: local, or docker where a tool is missing and an engine answers.
    pub exec: Option<Sourced<ExecMode>>,
    /// `--read-only`.
    pub read_only: Sourced<bool>,
    /// `--timeout`; absent: each tool's own limit.
    pub timeout: Option<Sourced<TimeLimit>>,
    /// `--output`.
    pub output: Sourced<OutputFormat>,
    /// `--events`; absent: none.
    pub events: Option<Sourced<super::EventsTo>>,
    /// `--quiet`.
    pub quiet: bool,
    /// `--color`, `NO_COLOR` or `CLICOLOR_FORCE`.
    pub color: Sourced<ColorChoice>,
    /// `--log-level`.
    pub log_level: Sourced<LogLevel>,
    /// `--toolbox-image`; absent: the built one.
    pub toolbox_image: Option<Sourced<ToolboxImage>>,
    /// `--toolbox-network`; absent: the engine's default.
    pub toolbox_network: Option<Sourced<ToolboxNetwork>>,
    /// `--toolbox-source`; absent: an image that is there, else release where its hosts answer, else registry.
    pub toolbox_source: Option<Sourced<ToolboxSource>>,
    /// `LAKEHOUSE_TOOLBOX_MIRROR_…`: base URLs that stand for official ones, by tool.
    pub toolbox_mirrors: ToolboxMirrors,
}

/// What a run is about: the account, the cluster and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Settings {
    /// `--profile`; absent: AWS's own chain.
    pub profile: Option<Sourced<Profile>>,
    /// What the AWS config files say of that profile.
    pub profile_facts: AwsProfileFacts,
    /// `--region`.
    pub region: Sourced<Region>,
    /// `--cluster`.
    pub cluster: Sourced<ClusterName>,
    /// `--bucket`; absent: [`Settings::bucket_in`] once the account is known.
    pub bucket: Option<Sourced<BucketName>>,
    /// `--root-domain`; absent: nobody gave it, which is `needs_input` where it is needed.
    pub root_domain: Option<Sourced<RootDomain>>,
    /// `--domain`, or made from the root domain.
    pub site_domain: Option<Sourced<SiteDomain>>,
    /// Whether the site's domain was made from the root domain.
    pub site_domain_was_constructed: bool,
    /// `--cert-arn`; absent: one is looked for.
    pub cert_arn: Option<Sourced<CertArn>>,
    /// `--namespace`.
    pub namespace: Sourced<Namespace>,
    /// `--node-type`.
    pub node_type: Sourced<NodeType>,
    /// `--node-count`.
    pub node_count: Sourced<NodeCount>,
    /// `--chart-registry`; what charts come from is [`Settings::chart_mirror`].
    pub chart_registry: Sourced<ChartRegistry>,
    /// `--has-billing`.
    pub has_billing: Sourced<bool>,
    /// `--has-admin`.
    pub has_admin: Sourced<bool>,
    /// `--has-dns`.
    pub has_dns: Sourced<bool>,
    /// The env file: absolute, there or not.
    pub env_file: Sourced<PathBuf>,
    /// `--write-env`.
    pub write_env: bool,
    /// `--overwrite-env`.
    pub overwrite_env: bool,
    /// `--dns-check`.
    pub dns_check: bool,
    /// `--dns-provider`; absent: route53 if a zone is found, else external.
    pub dns_provider: Option<Sourced<DnsProvider>>,
    /// `--scheme`: who reaches the site.
    pub scheme: Sourced<super::Scheme>,
    /// `--dns-server`; absent: the system's.
    pub dns_server: Option<Sourced<DnsServer>>,
    /// The account that the env file was written for; another one is `ACCOUNT_CHANGED`.
    pub expected_account: Option<AccountId>,
    /// `--approve`.
    pub approve: Option<Approve>,
    /// `--phase`; absent: all.
    pub phase: Option<Phase>,
    /// `--subnets`: those of an existing VPC; absent: eksctl makes one.
    pub subnets: Option<Sourced<super::Subnets>>,
    /// `--set-values`: the user's own values of the charts; absent: those that an earlier run kept.
    pub set_values: Option<Sourced<super::SetValues>>,
    /// `LAKEHOUSE_CHARTS_LOCK`: a lock of charts in place of the one that is compiled in.
    pub charts: Option<Sourced<&'static super::ChartLock>>,
    /// The flags as they were typed, by name: for the command line that goes on.
    pub typed: std::collections::BTreeMap<String, String>,
    /// `--versioning`: whether the bucket keeps older versions of its objects.
    pub versioning: Sourced<bool>,
    /// `--write-kubeconfig`: whether the user's own kubeconfig gets a context.
    pub write_kubeconfig: bool,
}

impl Settings {
    /// The registry that every chart comes from, where one was named; none has each chart come from its own.
    #[must_use]
    pub fn chart_mirror(&self) -> Option<&ChartRegistry> {
        (self.chart_registry.source != Source::Default).then_some(&self.chart_registry.value)
    }

    /// The lock of the charts: the one that was named, else the compiled one.
    #[must_use]
    pub fn chart_lock(&self) -> &'static super::ChartLock {
        self.charts
            .as_ref()
            .map_or_else(super::ChartLock::compiled, |charts| charts.value)
    }

    /// The bucket that was named, or the default one of `account`: `<cluster in lower case>-<account>`.
    ///
    /// # Errors
    /// [`BadInput`] where the cluster's name makes a bucket name that S3 refuses (`xn--…`).
    pub fn bucket_in(&self, account: &AccountId) -> Result<BucketName, BadInput> {
        match &self.bucket {
            Some(named) => Ok(named.value.clone()),
            None => format!("{}-{account}", self.cluster.value.as_str().to_ascii_lowercase()).parse(),
        }
    }
}
