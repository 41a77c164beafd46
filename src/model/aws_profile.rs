//! What the AWS config files say of the chosen profile.

use super::Region;
use std::path::PathBuf;

/// Facts of one AWS profile, its `source_profile`s included: they choose the remedy when AWS refuses, and say what
/// must be handed to tools that run elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a line of the file, and none excludes another"
)]
pub struct AwsProfileFacts {
    /// The profile these facts are of; `default` where none was chosen.
    pub name: String,
    /// Whether either AWS file has it.
    pub found: bool,
    /// Its region, if it names one.
    pub region: Option<Region>,
    /// Its single sign-on, if it has one.
    pub sso: Option<SsoFacts>,
    /// Whether a device's code is asked for (`mfa_serial`).
    pub has_mfa: bool,
    /// The program that gives its credentials, as a whole command line.
    pub credential_process: Option<String>,
    /// The profile in whose lines the keys are found at the end of the chain: its own name, or a source's.
    pub source: String,
    /// Whether it assumes a role (`role_arn`).
    pub has_role: bool,
    /// Whether its role is assumed with the environment's keys (`credential_source = Environment`), by the profile
    /// named in `source`.
    pub is_from_environment: bool,
    /// The file with the web identity token that its role is assumed with (`web_identity_token_file`).
    pub web_identity_file: Option<PathBuf>,
    /// The certificate bundle that it names (`ca_bundle`).
    pub ca_bundle: Option<PathBuf>,
    /// Whether it signs on by `aws login` (`login_session`, since aws 2.32).
    pub has_login_session: bool,
    /// Every profile that the AWS files have, sorted.
    pub known: Vec<String>,
}

/// How a profile signs on (`sso_session` since aws 2.9, `sso_start_url` alone before).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SsoFacts {
    /// The name of the `[sso-session …]` section.
    pub session: Option<String>,
    /// Where the user signs on.
    pub start_url: Option<String>,
    /// What stands in aws's cache of it.
    pub token: SsoToken,
}

/// The cached token of a sign-on: its times, never the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SsoToken {
    /// There is no file: nobody signed on, or signed off.
    #[default]
    Absent,
    /// The file is there and tells nothing; why, in words of our own.
    Unreadable(String),
    /// The file tells when it ends.
    Found {
        /// When the token ends.
        expires_at: jiff::Timestamp,
        /// Until when aws may renew it by itself, as far as the file tells (`registrationExpiresAt`, where it has a
        /// refresh token too); the portal may end the session sooner.
        renewable_until: Option<jiff::Timestamp>,
    },
}
