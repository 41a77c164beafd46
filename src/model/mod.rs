//! Names that refuse bad input and never rewrite it, and the checked settings of one run. No I/O.

pub mod aws_profile;
pub mod balancer;
pub mod chart_lock;
pub mod choices;
pub mod env_file;
pub mod env_pairs;
pub mod forms;
pub mod installation;
pub mod names;
pub mod permissions;
pub mod set_values;
pub mod settings;
pub mod shown;

pub use aws_profile::{AwsProfileFacts, SsoFacts, SsoToken};
pub use balancer::{balancer_name, is_balancer_called};
pub use chart_lock::{ChartLock, ChartReference, LockedChart};
pub use choices::EventsTo;
pub use choices::{
    Approve, ColorChoice, DnsProvider, DnsServer, ExecMode, LogLevel, MIRROR_VARIABLES, OutputFormat, Phase,
    Scheme, TimeLimit, ToolboxImage, ToolboxMirror, ToolboxMirrors, ToolboxNetwork, ToolboxSource,
    without_credentials,
};
pub use env_pairs::{Discovered, env_pairs};
pub use forms::{Form, Formed};
pub use installation::{CREATED_BY, InstallationId, Target, USED_BY, fitted};
pub use names::{
    AccountId, BadInput, BucketName, CertArn, ChartRegistry, ClusterName, Namespace, NodeCount, NodeType,
    Profile, Region, RootDomain, RunName, SiteDomain, SubnetId, Subnets,
};
pub use permissions::{Need, PolicyDocument, Scope};
pub use set_values::SetValues;
pub use settings::{RunOptions, Settings, Source, Sourced};
pub use shown::{shown, shown_name};
