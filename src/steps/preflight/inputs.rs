//! What the preflight needs to know: checked settings, nothing of the environment.

use super::cost::Balancer;
use crate::clients::Asker;
pub use crate::model::DnsProvider;
use crate::model::{
    AccountId, BucketName, CertArn, ChartLock, ChartRegistry, ClusterName, InstallationId, Namespace,
    NodeType, Phase, Profile, Region, RootDomain, Scheme, SiteDomain, SsoFacts, Target,
};
use crate::report::ExecMode;
use std::net::SocketAddr;

/// How a certificate was named, in words of a message and of its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertNamed {
    /// After "named", for example "by `--cert-arn`".
    pub by: String,
    /// What takes the name away, for example "leave `--cert-arn` out".
    pub undo: String,
}

/// The inputs of one preflight.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is one flag of the command line, and none excludes another
pub struct PreflightInputs {
    /// The chosen profile; none is AWS's own chain.
    pub profile: Option<Profile>,
    /// The region.
    pub region: Region,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// The bucket; none is the default, which needs the account.
    pub bucket: Option<BucketName>,
    /// The domain under which the site stands.
    pub root_domain: RootDomain,
    /// The site's domain.
    pub site_domain: SiteDomain,
    /// Whether it was made from the root domain.
    pub site_domain_was_constructed: bool,
    /// The certificate that was named; none has one found.
    pub cert_arn: Option<CertArn>,
    /// How it was named, for messages.
    pub cert_named: CertNamed,
    /// The nodes' instance type.
    pub node_type: NodeType,
    /// How many nodes are asked for.
    pub node_count: u32,
    /// The namespace that install would use.
    pub namespace: Namespace,
    /// Where every chart comes from; none has each come from its own registry.
    pub chart_mirror: Option<ChartRegistry>,
    /// The charts' lock.
    pub charts: &'static ChartLock,
    /// Whether to look the site up in DNS.
    pub dns_check: bool,
    /// The resolver; none is the system's.
    pub dns_server: Option<SocketAddr>,
    /// Who holds the records, where the user said so.
    pub dns_provider: Option<DnsProvider>,
    /// The user's word on billing.
    pub has_billing: bool,
    /// The user's word on administrator rights.
    pub has_admin: bool,
    /// The user's word on DNS.
    pub has_dns: bool,
    /// The env file's account, where it names one.
    pub expected_account: Option<AccountId>,
    /// Whether subnets were named for a new cluster: then install makes no network.
    pub has_subnets: bool,
    /// The site's load balancer's kind.
    pub scheme: Scheme,
    /// The last phase that is asked for; none is all of them.
    pub phase: Option<Phase>,
    /// The time that certificates are held against.
    pub now: jiff::Timestamp,
    /// Where the tools run.
    pub mode: ExecMode,
    /// What is known of the caller's credentials before AWS is asked.
    pub credentials: CredentialInputs,
}

/// What is known of the caller's credentials before AWS is asked.
#[derive(Clone, Debug, Default)]
pub struct CredentialInputs {
    /// Whether a person sits at a terminal and can be asked for a one-time code.
    pub has_terminal: bool,
    /// Variables with credentials that the tools don't get, since a profile was chosen.
    pub put_aside: Vec<&'static str>,
    /// The profile's single sign-on, if its keys come from one.
    pub sso: Option<SsoFacts>,
}

impl PreflightInputs {
    /// On whose behalf AWS is asked.
    #[must_use]
    pub fn asker(&self) -> Asker<'_> {
        Asker {
            profile: self.profile.as_ref(),
            region: &self.region,
            mode: self.mode,
        }
    }

    /// The installation that this preflight is for.
    #[must_use]
    pub fn installation(&self, account: &AccountId) -> InstallationId {
        let target = Target {
            account: account.clone(),
            region: self.region.clone(),
            cluster: self.cluster.clone(),
            namespace: self.namespace.clone(),
        };
        target.installation()
    }

    /// The load balancer that an install so asked for makes.
    #[must_use]
    pub fn balancer(&self) -> Balancer {
        match (self.phase, self.scheme) {
            (Some(last), _) if last < Phase::Ingress => Balancer::None,
            (_, Scheme::Internal) => Balancer::Internal,
            (_, Scheme::InternetFacing) => Balancer::Public,
        }
    }
}
