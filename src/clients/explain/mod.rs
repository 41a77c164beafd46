//! What a failure means for a person, and the command that mends it.

mod reason;
mod remedy;

use crate::clients::failure::{CallError, ErrorClass};
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
    Explained {
        // A question to a tool about itself reaches no AWS that could answer unexpectedly.
        code: match code(error.class) {
            Code::AwsUnexpected if error.action.is_empty() => Code::ToolFailed,
            code => code,
        },
        reason: reason::of(error, asker),
        remedy: remedy::of(error, asker),
    }
}

/// The report's code for a class.
const fn code(class: ErrorClass) -> Code {
    use ErrorClass as C;
    match class {
        C::Denied | C::RoleDenied => Code::AwsAccessDenied,
        C::ExpiredKeys => Code::AwsKeysExpired,
        C::SsoExpired | C::LoginExpired => Code::AwsSsoExpired,
        C::NoCredentials
        | C::PartialCredentials
        | C::InvalidKeys
        | C::UnknownProfile
        | C::BadConfiguration
        | C::WebIdentityRefused
        | C::NoRegion => Code::AwsNotAuthenticated,
        C::Unreachable(_) => Code::AwsUnreachable,
        C::RegionDisabled => Code::RegionNotEnabled,
        C::ClockSkew => Code::ClockSkew,
        C::Throttled => Code::AwsThrottled,
        C::CredentialProcess => Code::CredentialsNotReachable,
        C::MfaNeeded => Code::MfaNeeded,
        C::MfaRefused => Code::MfaCodeRefused,
        C::MissingTool => Code::ToolMissing,
        C::TimedOut => Code::ToolTimedOut,
        C::Interrupted => Code::Interrupted,
        C::Refused => Code::ReadOnlyRefused,
        C::Engine => Code::DockerNotReady,
        C::Killed | C::TooMuchOutput | C::NotKept => Code::ToolFailed,
        C::BadUsage => Code::ToolTooOld,
        C::Conflict => Code::ChangedMeanwhile,
        C::Foreign => Code::OwnedByOthers,
        C::Busy => Code::OperationInProgress,
        C::Invalid => Code::InputRefused,
        C::NotReady => Code::NotReadyInTime,
        C::LimitReached => Code::AwsLimitReached,
        C::StackFailed => Code::StackFailed,
        C::Rejected | C::ServiceFault | C::BadOutput | C::Absent | C::Exists | C::Other => {
            Code::AwsUnexpected
        }
    }
}
