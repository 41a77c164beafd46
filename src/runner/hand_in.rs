//! What a profile has on this machine that its tools could not reach by themselves, handed to them: keys of a
//! `credential_process` or of the environment, a web identity's token, a certificate bundle.

use super::{Run, failures};
use crate::clients::explain::quoted;
use crate::gateway::credential_process;
use crate::gateway::docker::image::Image;
use crate::gateway::docker::lock::Lock;
use crate::gateway::docker::mounts::{Mounts, Token};
use crate::gateway::environment::{self, Env, Identity, SourceKeys, WEB_IDENTITY};
use crate::gateway::redact::Redactor;
use crate::gateway::settings_copy::{AwsFile, Change, SettingsCopy};
use crate::model::AwsProfileFacts;
use crate::report::{ExecMode, Failure};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What is handed in for one run.
#[derive(Default)]
pub(super) struct HandIn {
    /// Who the tools act as, with the keys that were handed in.
    pub(super) identity: Identity,
    /// AWS files in which the profile leads to them.
    pub(super) copy: SettingsCopy,
    token: Option<Token>,
    ca_bundle: Option<PathBuf>,
}

impl HandIn {
    /// Adds it to what the container sees.
    pub(super) fn mount(&self, mounts: &mut Mounts) {
        for (file, copy) in self.copy.files() {
            mounts.stand_in(*file, copy);
        }
        if let Some(token) = &self.token {
            mounts.token(token.clone());
        }
        if let Some(bundle) = &self.ca_bundle {
            mounts.ca_bundle(bundle);
        }
    }

    /// Adds it to the environment of tools on this machine.
    pub(super) fn local_env(&self, host: &Env) -> Env {
        let mut env = environment::local(host, &self.identity);
        for (file, copy) in self.copy.files() {
            env.insert(file.variable().into(), copy.into());
        }
        env
    }
}

/// Finds what must be handed in for `facts`, and runs the profile's program where the tools are in a container.
///
/// # Errors
/// A [`Failure`]: the program gave no keys, or a file that is named is not there.
pub(super) fn hand_in(
    run: &Run,
    identity: Identity,
    facts: Option<&AwsProfileFacts>,
    mode: ExecMode,
    redactor: &Redactor,
    folder: Option<&Path>,
) -> Result<HandIn, Failure> {
    let own = identity.profile.is_none() && environment::has_credentials(&run.env);
    let mut handed = HandIn {
        identity,
        ..HandIn::default()
    };
    if own {
        // Keys of the environment come before any profile that was not chosen, and a token before its profile's.
        let keys = SourceKeys::of_environment(&run.env);
        let token = run
            .env
            .get(OsStr::new(WEB_IDENTITY))
            .filter(|path| !path.is_empty());
        // Only a role of the default profile comes before the token.
        let role = facts.is_some_and(|facts| facts.found && facts.has_role);
        if let (None, Some(path), false) = (keys, token, role) {
            is_there(WEB_IDENTITY, Path::new(path))?;
        }
        return Ok(handed);
    }
    let Some(facts) = facts.filter(|facts| facts.found) else {
        return Ok(handed);
    };
    let docker = mode == ExecMode::Docker;
    let mut change = None;
    if docker {
        handed.ca_bundle.clone_from(&facts.ca_bundle);
    }
    if let Some(path) = &facts.web_identity_file {
        is_there("web_identity_token_file", path)?;
        if docker {
            let token = Token::of(path);
            change = Some(Change::WebIdentity(token.target.clone()));
            handed.token = Some(token);
        }
    } else if facts.is_from_environment {
        let keys = SourceKeys::of_environment(&run.env).ok_or_else(failures::of_empty_environment)?;
        handed.identity.keys = Some(keys);
        change = Some(Change::EnvironmentSource);
    } else if let Some(command_line) = facts.credential_process.as_deref().filter(|_| docker) {
        let env = environment::local(&run.env, &handed.identity);
        let keys = credential_process::run(command_line, &env, redactor, &run.interrupt)
            .map_err(|error| failures::of_credentials(&error))?;
        handed.identity.keys = Some(keys);
        change = Some(Change::Process);
    }
    if let Some(change) = change {
        handed.copy = SettingsCopy::make(&originals(&run.env), &facts.source, &change, folder)
            .map_err(|said| failures::of_settings_copy(&said))?;
    }
    Ok(handed)
}

/// Refuses a profile of `aws login` where the toolbox's aws is too old for it: it would say that there are no
/// credentials. An image that was named may hold any aws, and is asked.
///
/// # Errors
/// The refusal.
pub(super) fn check_login(
    image: &Image,
    profile: Option<&str>,
    facts: Option<&AwsProfileFacts>,
) -> Result<(), Failure> {
    let signs_on = facts.is_some_and(|facts| facts.found && facts.has_login_session);
    let locked = Lock::compiled_in().ok().and_then(|lock| {
        lock.source(image.source.as_deref()?)
            .ok()?
            .versions()
            .remove("aws")
    });
    match locked {
        Some(aws) if signs_on && !knows_login(&aws) => {
            let flag = profile.map_or_else(String::new, |profile| format!(" --profile {}", quoted(profile)));
            Err(failures::of_login_session(&flag, &aws))
        }
        _ => Ok(()),
    }
}

/// Whether this aws knows `login_session` (2.32.0; its CHANGELOG).
fn knows_login(version: &str) -> bool {
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (2, 32)
}

/// The two AWS files of this machine, as the tools find them.
fn originals(env: &Env) -> Vec<(AwsFile, PathBuf)> {
    let home = env.get(OsStr::new("HOME")).map(PathBuf::from).unwrap_or_default();
    [AwsFile::Config, AwsFile::Credentials]
        .into_iter()
        .map(|file| {
            let named = env
                .get(OsStr::new(file.variable()))
                .filter(|path| !path.is_empty());
            let path = match named.map(Path::new) {
                Some(path) => path
                    .strip_prefix("~")
                    .map_or_else(|_| path.to_path_buf(), |rest| home.join(rest)),
                None => home.join(".aws").join(file.name()),
            };
            (file, path)
        })
        .collect()
}

fn is_there(name: &str, path: &Path) -> Result<(), Failure> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(failures::of_web_identity(name, path, "is not a file")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(failures::of_web_identity(name, path, "does not exist"))
        }
        Err(error) => Err(failures::of_web_identity(
            name,
            path,
            &format!("could not be read ({error})"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::knows_login;

    #[test]
    fn only_an_aws_that_knows_aws_login_is_asked_for_it() {
        for (version, knows) in [
            ("2.23.6", false),
            ("2.31.99", false),
            ("2.32.0", true),
            ("3.0.0", true),
            ("x", false),
        ] {
            assert_eq!(knows_login(version), knows, "{version}");
        }
    }
}
