//! The flags, in the groups in which the help shows them.
//!
//! A switch takes its value only with `=`: a following `true` or `false` is joined to it before clap looks
//! (`argv`), and any other word stays what it is.

#![allow(
    clippy::doc_markdown,
    reason = "these doc lines are the help's text, where backticks would show"
)]

use super::{
    ColorChoice, DnsProvider, ExecMode, Group, LogLevel, OutputFormat, Phase, PossibleValuesParser, Scheme,
};

const SWITCH: [&str; 2] = ["true", "false"];

/// What a run is about.
#[derive(Debug, Group)]
pub struct TargetFlags {
    // Account and cluster
    /// AWS profile [env file: AWS_PROFILE; default: AWS's own chain]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Account and cluster"
    )]
    pub profile: Option<String>,
    /// AWS region [AWS_REGION; default: the profile's]
    #[arg(
        long,
        global = true,
        value_name = "REGION",
        help_heading = "Account and cluster"
    )]
    pub region: Option<String>,
    /// EKS cluster [CLUSTER_NAME; default: ingext-lakehouse]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Account and cluster"
    )]
    pub cluster: Option<String>,
    /// Kubernetes namespace, also in the env file's name [NAMESPACE; default: ingext]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Account and cluster"
    )]
    pub namespace: Option<String>,
    /// S3 bucket [S3_BUCKET; default: CLUSTER-ACCOUNT]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Account and cluster"
    )]
    pub bucket: Option<String>,
    /// EC2 instance type of the nodes [NODE_TYPE; default: t3.large]
    #[arg(
        long,
        global = true,
        value_name = "TYPE",
        help_heading = "Account and cluster"
    )]
    pub node_type: Option<String>,
    /// How many nodes, 1 to 100 [NODE_COUNT; default: 2]
    #[arg(long, global = true, value_name = "N", help_heading = "Account and cluster")]
    pub node_count: Option<String>,
    // Site
    /// Domain under which the site stands [ROOT_DOMAIN]
    #[arg(long, global = true, value_name = "DOMAIN", help_heading = "Site")]
    pub root_domain: Option<String>,
    /// The site's domain [SITE_DOMAIN; default: lakehouse.k8.ROOT]
    #[arg(long, global = true, value_name = "DOMAIN", help_heading = "Site")]
    pub domain: Option<String>,
    /// ACM certificate of the site [CERT_ARN; default: found in ACM]
    #[arg(long, global = true, value_name = "ARN", help_heading = "Site")]
    pub cert_arn: Option<String>,
    /// Who answers for the site's DNS [DNS_PROVIDER; default: route53 if a zone is found]
    #[arg(long, global = true, value_name = "WHO", help_heading = "Site", value_parser = PossibleValuesParser::new(DnsProvider::WORDS))]
    pub dns_provider: Option<String>,
    /// Who reaches the site's load balancer: everybody, or its VPC [SITE_SCHEME; default: internet-facing]
    #[arg(long, global = true, value_name = "WHO", help_heading = "Site", value_parser = PossibleValuesParser::new(Scheme::WORDS))]
    pub scheme: Option<String>,
    /// Resolver for DNS questions [default: the system's]
    #[arg(long, global = true, value_name = "ADDRESS", help_heading = "Site")]
    pub dns_server: Option<String>,
    /// Look the site up in DNS [default: true]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Site", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub dns_check: Option<String>,
    // Your own word
    /// The account has billing [PREFLIGHT_HAS_BILLING; default: true]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Your own word", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub has_billing: Option<String>,
    /// You have administrator rights [PREFLIGHT_HAS_ADMIN; default: true]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Your own word", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub has_admin: Option<String>,
    /// You can change the domain's DNS [PREFLIGHT_HAS_DNS; default: true]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Your own word", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub has_dns: Option<String>,
    // Env file
    /// The env file [default: lakehouse_NAMESPACE.env]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Env file")]
    pub output_env: Option<String>,
    /// Write it [default: true]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Env file", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub write_env: Option<String>,
    /// Replace other values in it [default: false]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Env file", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub overwrite_env: Option<String>,
    // Install
    /// A mirror that holds all of the charts [default: the registry of each chart in charts.lock.json]
    #[arg(long, global = true, value_name = "REGISTRY", help_heading = "Install")]
    pub chart_registry: Option<String>,
    /// Subnets of an existing VPC, with commas [default: eksctl makes a VPC]
    #[arg(long, global = true, value_name = "IDS", help_heading = "Install")]
    pub subnets: Option<String>,
    /// Your own values of the charts, YAML by release [default: those of an earlier run]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Install")]
    pub set_values: Option<String>,
    /// Keep older versions of the bucket's objects [default: false]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Install", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub versioning: Option<String>,
    /// Add the cluster's context to your own kubeconfig [default: false]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Install", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub write_kubeconfig: Option<String>,
    /// Approve the plan: true, or the digest of that very plan
    #[arg(long, global = true, value_name = "WHAT", help_heading = "Install", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub approve: Option<String>,
    /// Stop after this phase
    #[arg(long, global = true, value_name = "NAME", help_heading = "Install", value_parser = PossibleValuesParser::new(Phase::WORDS))]
    pub phase: Option<String>,
}

/// How a run behaves.
#[derive(Debug, Group)]
pub struct RunFlags {
    // Running
    /// Where the tools run [default: local; docker where a tool is missing]
    #[arg(long, global = true, value_name = "WHERE", help_heading = "Running", value_parser = PossibleValuesParser::new(ExecMode::WORDS))]
    pub exec: Option<String>,
    /// Refuse every command that would change something [default: false]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Running", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub read_only: Option<String>,
    /// Limit of the run, for example 90s or 25m
    #[arg(long, global = true, value_name = "DURATION", help_heading = "Running")]
    pub timeout: Option<String>,
    // Toolbox
    /// An image of your own, by digest or ID
    #[arg(long, global = true, value_name = "IMAGE", help_heading = "Toolbox")]
    pub toolbox_image: Option<String>,
    /// The container's network
    #[arg(long, global = true, value_name = "NETWORK", help_heading = "Toolbox")]
    pub toolbox_network: Option<String>,
    /// Where the image's tools come from: release or registry [default: release where the official hosts answer]
    #[arg(long, global = true, value_name = "SOURCE", help_heading = "Toolbox")]
    pub toolbox_source: Option<String>,
    // Output
    /// What stdout gets [default: json; text on a terminal]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Output", value_parser = PossibleValuesParser::new(OutputFormat::WORDS))]
    pub output: Option<String>,
    /// What happens, as it happens, as JSON Lines: appended to a file, or - for stdout in place of the report
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub events: Option<String>,
    /// Nothing on stderr but errors [default: false]
    #[arg(long, global = true, value_name = "BOOL", help_heading = "Output", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = PossibleValuesParser::new(SWITCH), hide_possible_values = true)]
    pub quiet: Option<String>,
    /// Colours [NO_COLOR, CLICOLOR_FORCE; default: auto]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Output", value_parser = PossibleValuesParser::new(ColorChoice::WORDS))]
    pub color: Option<String>,
    /// How much is told on stderr [default: info]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Output", value_parser = PossibleValuesParser::new(LogLevel::WORDS))]
    pub log_level: Option<String>,
}
