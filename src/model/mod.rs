//! Names that refuse bad input and never rewrite it, and the checked settings of one run. No I/O.

pub mod aws_profile;
pub mod choices;
pub mod env_file;
pub mod env_pairs;
pub mod names;
pub mod settings;
pub mod shown;

pub use aws_profile::{AwsProfileFacts, SsoFacts, SsoToken};
pub use choices::{
    Approve, ColorChoice, DnsProvider, DnsServer, ExecMode, LogLevel, OutputFormat, Phase, TimeLimit,
    ToolboxImage, ToolboxNetwork, ToolboxSource,
};
pub use env_pairs::{Discovered, env_pairs};
pub use names::{
    AccountId, BadInput, BucketName, CertArn, ClusterName, Namespace, NodeCount, NodeType, Profile, Region,
    RootDomain, SiteDomain,
};
pub use settings::{RunOptions, Settings, Source, Sourced};
pub use shown::{shown, shown_name};
