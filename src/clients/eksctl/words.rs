//! What eksctl 0.230 says when it fails: exit 1 always, the reasons in its log on stdout, a last line on stderr.

use super::milestone::{failed_resource, log_line};
use crate::clients::failure::ErrorClass;
use crate::clients::form::is_error_code;
use crate::clients::go_network::reach_of;

/// AWS's own codes, as the SDK writes them: `api error CODE: …`, or `CODE: …` where the error has a type of its own.
const CODES: &[(&str, ErrorClass)] = &[
    ("ExpiredTokenException", ErrorClass::ExpiredKeys),
    ("ExpiredToken", ErrorClass::ExpiredKeys),
    ("RequestExpired", ErrorClass::ExpiredKeys),
    ("AccessDeniedException", ErrorClass::Denied),
    ("AccessDenied", ErrorClass::Denied),
    ("UnauthorizedOperation", ErrorClass::Denied),
    ("InvalidClientTokenId", ErrorClass::InvalidKeys),
    ("UnrecognizedClientException", ErrorClass::InvalidKeys),
    ("SignatureDoesNotMatch", ErrorClass::InvalidKeys),
    ("InvalidSignatureException", ErrorClass::InvalidKeys),
    ("AuthFailure", ErrorClass::InvalidKeys),
    ("OptInRequired", ErrorClass::RegionDisabled),
    ("ThrottlingException", ErrorClass::Throttled),
    ("Throttling", ErrorClass::Throttled),
    ("RequestLimitExceeded", ErrorClass::Throttled),
    ("TooManyRequestsException", ErrorClass::Throttled),
    ("ResourceLimitExceededException", ErrorClass::LimitReached),
    ("ResourceLimitExceeded", ErrorClass::LimitReached),
    ("LimitExceededException", ErrorClass::LimitReached),
    ("LimitExceeded", ErrorClass::LimitReached),
    ("AlreadyExistsException", ErrorClass::Exists),
    ("ResourceInUseException", ErrorClass::Exists),
    ("EntityAlreadyExists", ErrorClass::Exists),
    ("OperationInProgressException", ErrorClass::Busy),
    ("TokenAlreadyExistsException", ErrorClass::Busy),
    ("ResourceNotFoundException", ErrorClass::Absent),
    ("ServerException", ErrorClass::ServiceFault),
    ("ServiceUnavailableException", ErrorClass::ServiceFault),
    ("ServiceUnavailable", ErrorClass::ServiceFault),
    ("InternalFailure", ErrorClass::ServiceFault),
    ("InvalidParameterException", ErrorClass::Invalid),
    ("InvalidRequestException", ErrorClass::Invalid),
    ("UnsupportedAvailabilityZoneException", ErrorClass::Invalid),
    ("ValidationError", ErrorClass::Invalid),
];

/// Words of eksctl's and the Go SDK's own, in lower case; the first that is found decides, before Go's for the network.
const WORDS: &[(&str, ErrorClass)] = &[
    ("failed to get shared config profile", ErrorClass::UnknownProfile),
    ("failed to read cached sso token", ErrorClass::SsoExpired),
    ("cached sso token is expired", ErrorClass::SsoExpired),
    ("sso session has expired", ErrorClass::SsoExpired),
    ("error in credential_process", ErrorClass::CredentialProcess),
    ("assumerole mfa token provider not set", ErrorClass::MfaNeeded),
    ("no ec2 imds role found", ErrorClass::NoCredentials),
    ("failed to refresh cached credentials", ErrorClass::NoCredentials),
    ("no valid credential sources", ErrorClass::NoCredentials),
    ("aws region must be set", ErrorClass::NoRegion),
    ("missing region", ErrorClass::NoRegion),
    ("cannot use --", ErrorClass::BadUsage),
    ("unknown flag:", ErrorClass::BadUsage),
    ("unknown command ", ErrorClass::BadUsage),
    ("unknown field \"", ErrorClass::BadUsage),
    ("loading config file", ErrorClass::Invalid),
];

/// The same, where Go's words for the network say nothing.
const LATER: &[(&str, ErrorClass)] = &[
    ("exceeded max wait time", ErrorClass::NotReady),
    ("timed out", ErrorClass::NotReady),
    ("timeout waiting for", ErrorClass::NotReady),
    ("context deadline exceeded", ErrorClass::NotReady),
    ("stack ended in", ErrorClass::StackFailed),
    ("resourcenotready", ErrorClass::StackFailed),
    ("already exists", ErrorClass::Exists),
];

/// The class of a failure of eksctl, and AWS's code, or the stack's status, where it has one.
#[must_use]
pub fn classify_eksctl(stdout: &str, stderr: &str) -> (ErrorClass, Option<String>) {
    let reasons = reasons(stdout);
    // A stack that failed says why in its events: that decides over the wait that saw it fail.
    let failed: Vec<&str> = reasons
        .lines()
        .filter(|line| log_line(line).is_some_and(|(level, text)| failed_resource(level, text).is_some()))
        .collect();
    if let Some(code) = failed.iter().find_map(|line| by_code(line)) {
        return match code {
            // What the stack met while it made its own things; the stack is what failed.
            (ErrorClass::Absent | ErrorClass::Invalid, code) => (ErrorClass::StackFailed, Some(code)),
            (class, code) => (class, Some(code)),
        };
    }
    let status = stack_status(&reasons);
    if !failed.is_empty() || status.is_some() {
        return (ErrorClass::StackFailed, status);
    }
    // The last line is the verdict; where it holds no reason, the log does.
    for text in [stderr, reasons.as_str()] {
        if let Some((class, code)) = by_code(text) {
            return (class, Some(code));
        }
        if let Some(class) = by_words(text) {
            return (class, None);
        }
    }
    (ErrorClass::Other, None)
}

/// The lines of eksctl's log that hold its reasons, in their order; each once.
#[must_use]
pub fn reasons(stdout: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in stdout.lines() {
        let text = |line| log_line(line).map(|(_, text)| text);
        if log_line(line).is_some_and(|(level, _)| level == "✖")
            && !lines.iter().any(|known| text(known) == text(line))
        {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// `ROLLBACK_COMPLETE` of `unexpected status "ROLLBACK_COMPLETE" while waiting for CloudFormation stack "…"`.
fn stack_status(reasons: &str) -> Option<String> {
    let (_, rest) = reasons.split_once("unexpected status \"")?;
    let (status, after) = rest.split_once('"')?;
    (after.contains("CloudFormation stack") && is_error_code(status)).then(|| status.to_owned())
}

/// AWS's code in `text`: a whole word before a colon, or in the quotes or brackets of a stack's event.
fn by_code(text: &str) -> Option<(ErrorClass, String)> {
    let word = |at: usize, code: &str| {
        let before = text[..at].chars().next_back();
        let after = text[at + code.len()..].chars().next();
        let of_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        !of_word(before) && !of_word(after) && matches!(after, Some(':' | '"' | ';' | ')' | '\\') | None)
    };
    let mut found: Vec<(usize, &str, ErrorClass)> = CODES
        .iter()
        .flat_map(|(code, class)| text.match_indices(code).map(move |(at, code)| (at, code, *class)))
        .filter(|(at, code, _)| word(*at, code))
        .collect();
    found.sort_by_key(|(at, code, _)| (*at, std::cmp::Reverse(code.len())));
    found.first().map(|(_, code, class)| (*class, (*code).to_owned()))
}

fn by_words(text: &str) -> Option<ErrorClass> {
    let text = text.to_lowercase();
    let known = |words: &[(&str, ErrorClass)]| {
        let found = words.iter().find(|(words, _)| text.contains(words));
        found.map(|(_, class)| *class)
    };
    known(WORDS)
        .or_else(|| reach_of(&text).map(ErrorClass::Unreachable))
        .or_else(|| known(LATER))
}
