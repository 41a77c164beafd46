//! What a failure means, in one sentence that holds no text of a tool.

use super::Asker;
use crate::clients::failure::{CallError, ErrorClass, Reach};
use crate::model::Region;
use crate::report::ExecMode;

/// Why there is no answer, one sentence.
pub(super) fn of(error: &CallError, asker: &Asker<'_>) -> String {
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
        C::Denied => format!("AWS refuses this caller `{action}`{named}."),
        C::RoleDenied => format!("AWS refuses the role that {source} names{named}."),
        C::ExpiredKeys => format!("The temporary keys of {source} have expired{named}."),
        C::SsoExpired => format!("The single sign-on session of {source} has ended or was never started."),
        C::LoginExpired => format!("The `aws login` session of {source} has ended."),
        C::NoCredentials => format!("There are no credentials in {source}."),
        C::PartialCredentials => {
            format!("Only half of a key pair stands in {source}: key ID or secret is missing.")
        }
        C::InvalidKeys => format!("AWS does not know the keys of {source}{named}."),
        C::UnknownProfile => format!("AWS's settings do not have {source}."),
        C::BadConfiguration => format!(
            "{} can't be used as AWS's settings have it{named}.",
            capital(&source)
        ),
        C::NoRegion => "No region is set.".to_owned(),
        C::Unreachable(reach) => unreachable(reach, region),
        C::RegionDisabled => format!("The region {region} is not enabled for this account{named}."),
        C::ClockSkew => format!(
            "AWS refuses the signature's time{named}: this machine's clock is wrong by some minutes at least."
        ),
        C::Throttled => format!("AWS asked to slow down, through all retries{named}."),
        C::ServiceFault => format!("AWS itself answered with an error of its own{named}."),
        C::CredentialProcess => match asker.mode {
            ExecMode::Docker => format!(
                "The program that {source} takes its keys from failed, or is not in the toolbox container."
            ),
            ExecMode::Local => {
                format!("The program that {source} takes its keys from failed, or is not installed.")
            }
        },
        C::MfaNeeded => format!(
            "The role of {source} asks for a one-time code (MFA), and none was typed: there is no terminal to ask on, or nobody answered."
        ),
        C::MfaRefused => format!("AWS refuses the one-time code for the role of {source}{named}."),
        C::WebIdentityRefused => format!(
            "AWS refuses the web identity token of {source}{named}: it has ended, or its issuer is not the role's."
        ),
        C::MissingTool => "The tool is not installed where it should run.".to_owned(),
        C::TimedOut => "The command did not end within its time limit and was stopped.".to_owned(),
        C::Interrupted => "The run was stopped before the answer came.".to_owned(),
        C::Refused => "A read-only run refused the command.".to_owned(),
        C::Engine => "The container engine failed while the command ran.".to_owned(),
        C::NotKept => "The private file that the tool needs could not be written.".to_owned(),
        C::Killed => "The command was killed, or could not be started.".to_owned(),
        C::TooMuchOutput => "The command printed more than can be read.".to_owned(),
        C::BadOutput => "The tool ended well and its answer can't be read.".to_owned(),
        C::BadUsage => "This version of the tool does not know the command.".to_owned(),
        C::Absent => format!("AWS answered that something was not found{named}."),
        C::Rejected => format!("AWS does not take the request as it is written{named}."),
        C::Conflict => {
            format!("Somebody changed the same thing at the same time, or set the same fields{named}.")
        }
        C::Foreign => format!("Something of this name stands there and is not this install's{named}."),
        C::Busy => format!("Another operation on the same thing is under way, or was cut short{named}."),
        C::Invalid => format!("What was handed in was refused as it is{named}."),
        C::NotReady => format!("What was made did not become ready in the time that the tool waits{named}."),
        C::LimitReached => format!("A quota of the account is used up{named}."),
        C::StackFailed => format!("A CloudFormation stack failed, or was rolled back{named}."),
        C::Exists => format!("Something of this name stands there already{named}."),
        C::Other => format!("The command failed in a way that is not understood{named}."),
    }
}

fn unreachable(reach: Reach, region: &Region) -> String {
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
