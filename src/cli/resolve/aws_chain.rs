//! Where a profile's keys come from: the chain as botocore walks it (`botocore/credentials.py`,
//! `AssumeRoleProvider` and `ProfileProviderBuilder`).

use super::aws_config::{AwsConfig, Section};
use crate::model::AwsProfileFacts;

/// The most profiles that a chain is followed through; a ring must end.
const LONGEST: usize = 8;

/// Follows `facts.name` to the profile that has keys, and notes what is met on the way.
pub(super) fn follow(config: &AwsConfig, facts: &mut AwsProfileFacts) {
    let mut name = facts.name.clone();
    for step in 0..LONGEST {
        let Some(section) = config.profile(&name) else {
            return;
        };
        facts.source.clone_from(&name);
        // A source that has keys of its own is asked for these, whatever role it names.
        let role = section.contains_key("role_arn")
            && !section.contains_key("web_identity_token_file")
            && (step == 0 || !has_keys(section));
        if !role {
            source(config, section, facts);
            return;
        }
        facts.has_role = true;
        facts.has_mfa |= section.contains_key("mfa_serial");
        match (section.get("credential_source"), section.get("source_profile")) {
            (Some(source), None) => {
                facts.is_from_environment = source == "Environment";
                return;
            }
            (None, Some(source)) if *source != name => name.clone_from(source),
            // Keys and role in one profile; or nothing that aws would take either.
            _ => return,
        }
    }
}

/// The end of the chain: web identity, then sign-on, then keys of the credentials file, then a program.
fn source(config: &AwsConfig, section: &Section, facts: &mut AwsProfileFacts) {
    facts.has_login_session = section.contains_key("login_session");
    if let Some(file) = section.get("web_identity_token_file") {
        facts.has_role = true;
        facts.web_identity_file = Some(file.into());
        return;
    }
    facts.sso = config.sso(section);
    let signs_on = section.contains_key("sso_account_id") || section.contains_key("sso_role_name");
    if !signs_on && !config.has_shared_keys(&facts.source) {
        facts.credential_process = section.get("credential_process").cloned();
    }
}

fn has_keys(section: &Section) -> bool {
    section.contains_key("aws_access_key_id") || section.contains_key("aws_secret_access_key")
}
