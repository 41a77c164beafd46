//! A profile's own bundle of certificates (`ca_bundle` of the AWS config file): its path means nothing in the container.

use crate::gateway::environment::{Env, Identity};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The file that the chosen profile's `ca_bundle` names, if there is one. `AWS_CA_BUNDLE` goes before it (botocore's order), so
/// the caller asks only without that. A file that is not there is left to the tools, which say so.
pub(super) fn of_profile(env: &Env, identity: &Identity) -> Option<PathBuf> {
    let home = env.get(OsStr::new("HOME")).map(Path::new);
    let config = match env
        .get(OsStr::new("AWS_CONFIG_FILE"))
        .filter(|path| !path.is_empty())
    {
        None => home?.join(".aws/config"),
        Some(named) => match (Path::new(named).strip_prefix("~"), home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(named),
        },
    };
    let text = std::fs::read_to_string(config).ok()?;
    let bundle = PathBuf::from(named_in(&text, identity.profile.as_deref().unwrap_or("default"))?);
    bundle.is_file().then(|| bundle.canonicalize().ok()).flatten()
}

/// `ca_bundle` of `profile` in an AWS config file's text. Its sections are `[default]` and `[profile NAME]`; an indented line
/// belongs to the setting above it.
fn named_in<'a>(text: &'a str, profile: &str) -> Option<&'a str> {
    let mut inside = false;
    let mut found = None;
    for line in text.lines() {
        if let Some(section) = line
            .trim_end()
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            let section = section.trim();
            let name = section
                .strip_prefix("profile")
                .map_or(section, |name| name.trim().trim_matches(['"', '\'']));
            inside = name == profile && (section != name || name == "default");
        } else if inside
            && !line.starts_with([' ', '\t', '#', ';'])
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("ca_bundle")
        {
            found = Some(value.trim()).filter(|value| !value.is_empty());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = us-east-2\nca_bundle = /etc/corp.pem\n\n[profile \"two words\"]\n\
        ca_bundle=/etc/two.pem\n[profile plain]\ns3 =\n  ca_bundle = /etc/nested.pem\n# ca_bundle = /etc/comment.pem\n\
        [sso-session plain]\nca_bundle = /etc/session.pem\n[profile default]\n";

    #[test]
    fn each_profile_has_its_own_bundle() {
        for (profile, bundle) in [
            ("default", Some("/etc/corp.pem")),
            ("two words", Some("/etc/two.pem")),
            ("plain", None),
            ("nobody", None),
            ("sso-session plain", None),
        ] {
            assert_eq!(named_in(CONFIG, profile), bundle, "{profile}");
        }
    }

    #[test]
    fn only_a_file_that_is_there_is_mounted() {
        let home = tempfile::tempdir().unwrap();
        let bundle = home.path().canonicalize().unwrap().join("corp.pem");
        let config = home.path().join("config");
        std::fs::write(
            &config,
            format!("[profile p]\nca_bundle = {}\n", bundle.display()),
        )
        .unwrap();
        let env = Env::from([
            ("HOME".into(), home.path().as_os_str().to_owned()),
            ("AWS_CONFIG_FILE".into(), "~/config".into()),
        ]);
        let identity = |profile: &str| Identity {
            profile: Some(profile.to_owned()),
            ..Identity::default()
        };
        assert_eq!(of_profile(&env, &identity("p")), None);
        std::fs::write(&bundle, "").unwrap();
        assert_eq!(of_profile(&env, &identity("p")), Some(bundle));
        assert_eq!(of_profile(&env, &identity("q")), None);
        assert_eq!(of_profile(&env, &Identity::default()), None);
    }
}
