//! What a failure of the engine or of credentials means, and what mends it: one place.

mod download;

use crate::gateway::credential_process::CredentialError;
use crate::gateway::docker::EngineError;
use crate::gateway::docker::address::Remote;
use crate::gateway::docker::lock::RELEASE;
use crate::gateway::docker::room::NoRoom;
use crate::model::shown;
use crate::report::{Code, Failure};
use std::path::Path;

/// An engine's failure as a user reads it.
#[must_use]
pub fn of_engine(purpose: &str, error: &EngineError) -> Failure {
    let said = match error {
        EngineError::NotReady { said }
        | EngineError::Failed { said, .. }
        | EngineError::UsersMapped { said } => said.clone(),
        EngineError::Download(download) => download::said(&download.trouble).to_owned(),
        _ => String::new(),
    };
    let (code, message, remediation) = match error {
        EngineError::ClientMissing => (
            Code::DockerNotReady,
            "There is no `docker` on PATH.".to_owned(),
            "Install Docker (Debian: `apt-get install docker.io`), or use `--exec local`.".to_owned(),
        ),
        EngineError::NotReady { .. } if is_permission(&said) => (
            Code::DockerNotReady,
            "The container engine runs, and this user may not use it.".to_owned(),
            "`sudo usermod -aG docker $USER`, log out and in again; or use `--exec local`.".to_owned(),
        ),
        EngineError::NotReady { .. } => (
            Code::DockerNotReady,
            "The container engine does not answer.".to_owned(),
            Code::DockerNotReady.remedy().to_owned(),
        ),
        EngineError::Unsupported { .. } => (
            Code::DockerNotReady,
            format!("{error}."),
            "Switch the engine to Linux containers, or use `--exec local`.".to_owned(),
        ),
        EngineError::Remote(remote) => (
            Code::EngineRemote,
            capital(&format!("{error}.")),
            remedy_of_remote(remote),
        ),
        EngineError::UsersMapped { .. } => (
            Code::DockerNotReady,
            capital(&format!("{error}.")),
            "Use `--exec local`, a rootless engine, or ask who runs the engine to allow `--userns host`.".to_owned(),
        ),
        EngineError::Lock(why) => (
            Code::ToolboxMissing,
            format!("The toolbox's lock is wrong: {why}."),
            "Mend the file (`git diff docker/toolbox/toolbox.lock.json`; `scripts/update-toolbox` writes it), and build lakehouse anew."
                .to_owned(),
        ),
        EngineError::NoRoom(room) => (
            Code::ToolboxNoRoom,
            capital(&format!("{error}.")),
            remedy_of_no_room(room),
        ),
        EngineError::Download(error) => (
            download::code(&error.trouble),
            format!("The download of {error}."),
            download::remedy(error),
        ),
        EngineError::Interrupted => (
            Code::Interrupted,
            "The run was stopped.".to_owned(),
            Code::Interrupted.remedy().to_owned(),
        ),
        EngineError::Failed { purpose, .. } => (
            if is_full(&said) { Code::ToolboxNoRoom } else { Code::ToolboxMissing },
            format!("The toolbox could not be made ready: failed to {purpose}."),
            remedy_of(&said),
        ),
    };
    Failure {
        code,
        purpose: purpose.to_owned(),
        message,
        remediation: Some(remediation),
        tool_output: (!said.is_empty()).then_some(said),
    }
}

/// The client has one exit code for "not running" and "not allowed"; only its words differ.
fn is_permission(said: &str) -> bool {
    said.to_lowercase().contains("permission denied")
}

/// ENOSPC, as the system, the engine and dpkg all say it.
fn is_full(said: &str) -> bool {
    said.to_lowercase().contains("no space left")
}

/// `text` with a capital first: an error's words begin a sentence here.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn remedy_of_remote(remote: &Remote) -> String {
    let choose = match remote {
        Remote::Variable { .. } => "`unset DOCKER_HOST` to use this machine's engine",
        Remote::Context {
            by_variable: true, ..
        } => "`unset DOCKER_CONTEXT` to use this machine's engine",
        Remote::Context { .. } => "`docker context use default` to use this machine's engine",
        Remote::Mounts => return Code::EngineRemote.remedy().to_owned(),
    };
    format!("{choose}, or use `--exec local`.")
}

fn remedy_of_no_room(room: &NoRoom) -> String {
    let other = if room.origin == RELEASE {
        ""
    } else {
        " A build from the official downloads takes a quarter of it: `--toolbox-source release`."
    };
    format!("{}{other}", Code::ToolboxNoRoom.remedy())
}

fn remedy_of(said: &str) -> String {
    if is_full(said) {
        return Code::ToolboxNoRoom.remedy().to_owned();
    }
    "Read the engine's words, then `lakehouse toolbox build`; mirrors and proxies are taken from GOPROXY, LAKEHOUSE_APT_MIRROR, \
     HTTPS_PROXY and SSL_CERT_FILE."
        .to_owned()
}

/// A failed `credential_process` as a user reads it.
#[must_use]
pub fn of_credentials(error: &CredentialError) -> Failure {
    let (code, said) = match error {
        CredentialError::Interrupted => (Code::Interrupted, String::new()),
        CredentialError::Failed { said, .. } => (Code::CredentialsNotReachable, said.clone()),
    };
    Failure {
        code,
        purpose: "get the profile's credentials".to_owned(),
        message: format!("There are no credentials: {error}."),
        remediation: Some(
            "Run the program named by credential_process in the AWS config file by hand, mend it, and run again."
                .to_owned(),
        ),
        tool_output: (!said.is_empty()).then_some(said),
    }
}

/// AWS settings that could not be read or copied for the tools.
#[must_use]
pub fn of_settings_copy(said: &str) -> Failure {
    Failure {
        code: Code::CredentialsNotReachable,
        purpose: "get the profile's credentials".to_owned(),
        message: "The profile's AWS settings could not be copied for the tools to find their keys by.".to_owned(),
        remediation: Some(
            "Check that `~/.aws/config` (or the file in AWS_CONFIG_FILE) can be read and that the state folder has room; or use `--exec local`."
                .to_owned(),
        ),
        tool_output: (!said.is_empty()).then(|| said.to_owned()),
    }
}

/// A web identity token that is not where `name`, a variable or a line of the profile, says.
#[must_use]
pub fn of_web_identity(name: &str, path: &Path, problem: &str) -> Failure {
    Failure {
        code: Code::CredentialsNotReachable,
        purpose: "get the profile's credentials".to_owned(),
        message: format!(
            "The web identity token that {name} names, {}, {problem}.",
            shown(&path.display().to_string())
        ),
        remediation: Some(
            "In EKS the pod's service account mounts it; in CI the job's OIDC step writes it: check that step, or choose other credentials with `--profile`."
                .to_owned(),
        ),
        tool_output: None,
    }
}

/// A role that takes its keys from an environment that has none.
#[must_use]
pub fn of_empty_environment() -> Failure {
    Failure {
        code: Code::AwsNotAuthenticated,
        purpose: "get the profile's credentials".to_owned(),
        message: "The profile's role is assumed with the environment's keys (`credential_source = Environment`), and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set.".to_owned(),
        remediation: Some(
            "Export the keys that the role is assumed with, then run again; or choose another profile with `--profile`.".to_owned(),
        ),
        tool_output: None,
    }
}

/// A session of `aws login`, which the container's aws does not know yet.
#[must_use]
pub fn of_login_session(flag: &str, aws: &str) -> Failure {
    Failure {
        code: Code::CredentialsNotReachable,
        purpose: "get the profile's credentials".to_owned(),
        message: format!(
            "The profile signs on by `aws login`, which the toolbox's aws {aws} does not know (2.32 does)."
        ),
        remediation: Some(format!(
            "`eval \"$(aws configure export-credentials{flag} --format env)\"`, then run again without `--profile`; or use `--exec local`."
        )),
        tool_output: None,
    }
}
