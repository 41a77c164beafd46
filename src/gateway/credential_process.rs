//! A profile's `credential_process`, run on the host: the container has neither the program nor its settings.
//!
//! Format: AWS SDKs and Tools Reference Guide, "Process credential provider".

use super::environment::{Env, SourceKeys};
use super::interrupt::Interrupt;
use super::process::{self, Ending, Job};
use super::redact::Redactor;
use serde::Deserialize;
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// How long the program may take; one that opens a browser waits for a person.
const LIMIT: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The run was asked to stop.
    #[error("the run was interrupted")]
    Interrupted,
    /// The program failed or answered something else than keys.
    #[error("the profile's credential_process {problem}")]
    Failed {
        /// What went wrong.
        problem: &'static str,
        /// The program's words, redacted.
        said: String,
    },
}

/// Runs `command_line`, split as AWS splits it (no shell), and reads the keys from its standard output.
///
/// # Errors
/// [`CredentialError`]; the answer itself never stands in it.
pub fn run(
    command_line: &str,
    env: &Env,
    redactor: &Redactor,
    interrupt: &Interrupt,
) -> Result<SourceKeys, CredentialError> {
    let failed = |problem, said: String| CredentialError::Failed { problem, said };
    let words = shlex::split(command_line).unwrap_or_default();
    let Some((program, args)) = words.split_first() else {
        return Err(failed("is not a command line", String::new()));
    };
    let path = env.get(&OsString::from("PATH"));
    let program =
        which::which_in(program, path, ".").map_err(|_| failed("is not installed", String::new()))?;
    let job = Job {
        program,
        args: args.iter().map(OsString::from).collect(),
        env: env.clone(),
        stdin: Vec::new(),
        guarded: true,
        deadline: Instant::now() + LIMIT,
        grace: Duration::from_secs(1),
        stop: None,
        on_line: None,
        listener: None,
    };
    let ended =
        process::run(&job, interrupt).map_err(|error| failed("could not be started", error.to_string()))?;
    let said = redactor.words(&ended.stderr, &[]);
    match ended.ending {
        Ending::Exited(0) => parse(&ended.stdout).ok_or_else(|| failed("did not print keys", said)),
        Ending::Interrupted => Err(CredentialError::Interrupted),
        Ending::TimedOut => Err(failed("did not end within 120 s", said)),
        _ => Err(failed("failed", said)),
    }
}

/// The keys in the program's answer.
#[must_use]
pub fn parse(stdout: &[u8]) -> Option<SourceKeys> {
    let answer: Answer = serde_json::from_slice(stdout).ok()?;
    (answer.version == 1 && !answer.access_key_id.is_empty() && !answer.secret_access_key.is_empty())
        .then_some(SourceKeys {
            access_key_id: answer.access_key_id,
            secret_access_key: answer.secret_access_key,
            session_token: answer.session_token,
        })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_a_whole_answer_of_version_1_gives_keys() {
        let whole =
            r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2099"}"#;
        assert_eq!(
            parse(whole.as_bytes()).unwrap().session_token.as_deref(),
            Some("T")
        );
        for broken in [
            "",
            "{}",
            &whole[..40],
            &whole.replace(":1,", ":2,"),
            &whole.replace("\"S\"", "\"\""),
        ] {
            assert!(parse(broken.as_bytes()).is_none(), "{broken}");
        }
    }
}
