//! What the AWS config files say of the chosen profile.

use super::Region;

/// Facts of one AWS profile, its `source_profile`s included: they choose the remedy when AWS refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Whether it assumes a role (`role_arn`).
    pub has_role: bool,
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
}
