//! What a failure means for a person, and the command that mends it.

use crate::clients::failure::{CallError, ErrorClass, Reach};
use crate::model::{Profile, Region};
use crate::report::{Code, ExecMode};

/// On whose behalf the question was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The profile, where one was chosen.
    pub profile: Option<&'a Profile>,
    /// The region.
    pub region: &'a Region,
    /// Where the tools run.
    pub mode: ExecMode,
}

/// A failure, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The stable code.
    pub code: Code,
    /// Why there is no answer, one sentence without a tool's text.
    pub reason: String,
    /// What mends it.
    pub remedy: String,
}

impl Asker<'_> {
    /// ` --profile NAME`, quoted for a shell; empty without a profile.
    #[must_use]
    pub fn flag(&self) -> String {
        self.profile.map_or_else(String::new, |profile| {
            format!(" --profile {}", quoted(profile.as_str()))
        })
    }

    /// `the profile NAME`, or where AWS looks without one.
    #[must_use]
    pub fn source(&self) -> String {
        self.profile.map_or_else(
            || "AWS's own settings (environment and default profile)".to_owned(),
            |profile| format!("the profile `{profile}`"),
        )
    }
}

/// `text` as one word of a shell. A NUL can't be quoted, and no checked name has one.
#[must_use]
pub fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| "NAME".to_owned(), std::borrow::Cow::into_owned)
}

/// Explains `error` to `asker`.
#[must_use]
pub fn explain(error: &CallError, asker: &Asker<'_>) -> Explained {
    let (code, reason) = meaning(error, asker);
    Explained {
        code,
        reason,
        remedy: remedy(error, asker),
    }
}

fn meaning(error: &CallError, asker: &Asker<'_>) -> (Code, String) {
    use ErrorClass as C;
    let (source, region) = (asker.source(), asker.region);
    let named = error
        .code
        .as_deref()
        .map_or_else(String::new, |code| format!(" ({code})"));
    let action = if error.action.is_empty() {
        "this question"
    } else {
        error.action
    };
    match error.class {
        C::Denied => (
            Code::AwsAccessDenied,
            format!("AWS refuses this caller `{action}`{named}."),
        ),
        C::RoleDenied => (
            Code::AwsAccessDenied,
            format!("AWS refuses the role that {source} names{named}."),
        ),
        C::ExpiredKeys => (
            Code::AwsKeysExpired,
            format!("The temporary keys of {source} have expired{named}."),
        ),
        C::SsoExpired => (
            Code::AwsSsoExpired,
            format!("The single sign-on session of {source} has ended or was never started."),
        ),
        C::LoginExpired => (
            Code::AwsSsoExpired,
            format!("The `aws login` session of {source} has ended."),
        ),
        C::NoCredentials => (
            Code::AwsNotAuthenticated,
            format!("There are no credentials in {source}."),
        ),
        C::PartialCredentials => (
            Code::AwsNotAuthenticated,
            format!("Only half of a key pair stands in {source}: key ID or secret is missing."),
        ),
        C::InvalidKeys => (
            Code::AwsNotAuthenticated,
            format!("AWS does not know the keys of {source}{named}."),
        ),
        C::UnknownProfile => (
            Code::AwsNotAuthenticated,
            format!("AWS's settings do not have {source}."),
        ),
        C::BadConfiguration => (
            Code::AwsNotAuthenticated,
            format!(
                "{} can't be used as AWS's settings have it{named}.",
                capital(&source)
            ),
        ),
        C::NoRegion => (Code::AwsNotAuthenticated, "No region is set.".to_owned()),
        C::Unreachable(reach) => (Code::AwsUnreachable, unreachable_reason(reach, region)),
        C::ClockSkew => (
            Code::ClockSkew,
            format!(
                "AWS refuses the signature's time{named}: this machine's clock is wrong by more than five minutes."
            ),
        ),
        C::Throttled => (
            Code::AwsThrottled,
            format!("AWS asked to slow down, through all retries{named}."),
        ),
        C::ServiceFault => (
            Code::AwsUnexpected,
            format!("AWS itself answered with an error of its own{named}."),
        ),
        C::CredentialProcess => (
            Code::CredentialsNotReachable,
            match asker.mode {
                ExecMode::Docker => format!(
                    "The program that {source} takes its keys from failed, or is not in the toolbox container."
                ),
                ExecMode::Local => {
                    format!("The program that {source} takes its keys from failed, or is not installed.")
                }
            },
        ),
        C::MfaNeeded => (
            Code::CredentialsNotReachable,
            format!("The role of {source} asks for a one-time code, which can't be typed here."),
        ),
        C::MissingTool => (
            Code::ToolMissing,
            "The tool is not installed where it should run.".to_owned(),
        ),
        C::TimedOut => (
            Code::ToolTimedOut,
            "The command did not end within its time limit and was stopped.".to_owned(),
        ),
        C::Interrupted => (
            Code::Interrupted,
            "The run was stopped before the answer came.".to_owned(),
        ),
        C::Refused => (
            Code::ReadOnlyRefused,
            "A read-only run refused the command.".to_owned(),
        ),
        C::Engine => (
            Code::DockerNotReady,
            "The container engine failed while the command ran.".to_owned(),
        ),
        C::Killed => (
            Code::ToolFailed,
            "The command was killed, or could not be started.".to_owned(),
        ),
        C::TooMuchOutput => (
            Code::ToolFailed,
            "The command printed more than can be read.".to_owned(),
        ),
        C::BadOutput => (
            Code::AwsUnexpected,
            "The tool ended well and its answer can't be read.".to_owned(),
        ),
        C::BadUsage => (
            Code::ToolTooOld,
            "This version of the tool does not know the command.".to_owned(),
        ),
        C::Absent => (
            Code::AwsUnexpected,
            format!("AWS answered that something was not found{named}."),
        ),
        C::Exists | C::Other => (
            Code::AwsUnexpected,
            format!("The command failed in a way that is not understood{named}."),
        ),
    }
}

fn unreachable_reason(reach: Reach, region: &Region) -> String {
    match reach {
        Reach::Connect => format!("AWS's endpoint for {region} could not be reached."),
        Reach::Timeout => format!("AWS's endpoint for {region} did not answer in time."),
        Reach::Proxy => "The proxy on the way to AWS could not be reached.".to_owned(),
        Reach::Tls => {
            "The certificate that AWS's endpoint, or a proxy before it, showed is not trusted here."
                .to_owned()
        }
    }
}

fn remedy(error: &CallError, asker: &Asker<'_>) -> String {
    use ErrorClass as C;
    let (flag, region) = (asker.flag(), asker.region);
    let name = asker.profile.map_or("default", |profile| profile.as_str());
    let docker = asker.mode == ExecMode::Docker;
    match error.class {
        C::Denied if error.action.is_empty() => "Ask the account's administrator for this permission.".to_owned(),
        C::Denied => format!("Ask the account's administrator to allow `{}` for this caller, then run again.", error.action),
        C::RoleDenied => format!("Check the role with `aws configure list{flag}`, and ask who owns it to let you use it (`sts:AssumeRole`, or the assignment in IAM Identity Center)."),
        C::ExpiredKeys if error.code.as_deref() == Some("RequestExpired") => "Get new temporary keys from where these came from, then run again. If they are fresh, the clock is wrong: `timedatectl set-ntp true`.".to_owned(),
        C::ExpiredKeys => "Get new temporary keys from where these came from, then run again.".to_owned(),
        // With a container there may be no browser beside it; the device code works everywhere.
        C::SsoExpired if docker => format!("`aws sso login{flag} --no-browser --use-device-code`, then run again. Without aws on this machine: `lakehouse toolbox shell`, and the same in it."),
        C::SsoExpired => format!("`aws sso login{flag}`, then run again."),
        C::LoginExpired if docker => format!("`aws login{flag} --remote`, then run again."),
        C::LoginExpired => format!("`aws login{flag}`, then run again."),
        C::NoCredentials | C::PartialCredentials => format!("`aws configure{flag}` for keys, or `aws configure sso{flag}` for single sign-on; or choose another profile with `--profile`."),
        C::InvalidKeys => format!("`aws configure{flag}` with the right keys, or another profile. If the keys are right: is the region {region} enabled in this account? `aws account list-regions{flag}`"),
        C::UnknownProfile => format!("`aws configure list-profiles` shows what there is; choose one with `--profile`, or make it: `aws configure --profile {}`.", quoted(name)),
        C::BadConfiguration => format!("Look at `aws configure list{flag}` and at the profile's lines in `~/.aws/config`; `aws configure sso{flag}` writes a single sign-on profile anew."),
        C::NoRegion => format!("Give `--region`, or `aws configure set region us-east-2{flag}`."),
        C::Unreachable(Reach::Tls) => "Behind a corporate proxy, point AWS_CA_BUNDLE at its certificate bundle, then run again.".to_owned(),
        C::Unreachable(Reach::Proxy) => "Check HTTPS_PROXY and NO_PROXY (`env | grep -i proxy`), then run again.".to_owned(),
        C::Unreachable(_) => format!("Check the network and that `{region}` is the region meant: `curl -sS -o /dev/null https://sts.{region}.amazonaws.com && echo reached`. Where a proxy is needed, set HTTPS_PROXY."),
        C::ClockSkew => "Set the clock (`timedatectl set-ntp true`; for Docker Desktop, restart it), then run again.".to_owned(),
        C::Throttled => "Wait a minute, then run again.".to_owned(),
        C::ServiceFault => "Wait a minute, then run again; https://health.aws.amazon.com shows whether AWS has trouble.".to_owned(),
        C::CredentialProcess if docker => format!("Run with `--exec local`, or hand temporary keys in: `eval \"$(aws configure export-credentials{flag} --format env)\"`, then run without `--profile`."),
        C::CredentialProcess => format!("Run the program by hand (`aws configure get credential_process{flag}` shows it), then run again."),
        C::MfaNeeded => format!("Ask for the code first: `eval \"$(aws configure export-credentials{flag} --format env)\"`, then run without `--profile`."),
        C::MissingTool if docker => "`lakehouse toolbox build`, then run again.".to_owned(),
        C::MissingTool => "Install it, or run with `--exec docker`.".to_owned(),
        C::TimedOut => "Check the network and run again; `--timeout 5m` gives it longer.".to_owned(),
        C::Interrupted => "Run again: it looks at everything anew.".to_owned(),
        C::Refused => "Run without `--read-only` if the command is wanted.".to_owned(),
        C::Engine => "`docker info` shows whether the engine answers; then run again, or use `--exec local`.".to_owned(),
        C::BadUsage if docker => "`lakehouse toolbox build`, then run again; the tool's words are in `toolOutput`.".to_owned(),
        C::BadUsage => "Upgrade the tool, or run with `--exec docker`; the tool's words are in `toolOutput`.".to_owned(),
        C::Absent | C::Exists | C::Killed | C::TooMuchOutput | C::BadOutput | C::Other => "Read the tool's words in `toolOutput`, and run again with `--log-level debug`.".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
