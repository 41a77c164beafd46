//! What kubectl and helm say when a cluster's API server gives no answer, or not the wanted one.
//!
//! kubectl exits 1 whatever the reason is; only its words differ (fixtures/kubectl, fixtures/helm, by the real tools).

use crate::clients::failure::{ErrorClass, Reach};
use crate::clients::go_network::reach_of;

/// Pieces of the tools' words, from client-go, kubectl and helm; the first that is found decides, before Go's own for the
/// network.
const WORDS: &[(&str, ErrorClass, &str)] = &[
    // What stands inside another verdict comes before it: a webhook that fails is told as an internal error.
    ("failed calling webhook", ErrorClass::ServiceFault, "Webhook"),
    ("denied the request", ErrorClass::Invalid, "WebhookDenied"),
    (
        "because it is being terminated",
        ErrorClass::Busy,
        "NamespaceTerminating",
    ),
    ("exceeded quota:", ErrorClass::LimitReached, "ExceededQuota"),
    ("etcdserver: ", ErrorClass::ServiceFault, "Etcd"),
    ("error from server (conflict)", ErrorClass::Conflict, "Conflict"),
    ("apply failed with ", ErrorClass::Conflict, "Conflict"),
    (
        "the object has been modified; please apply your changes to the latest version",
        ErrorClass::Conflict,
        "Conflict",
    ),
    (
        "error from server (alreadyexists)",
        ErrorClass::Exists,
        "AlreadyExists",
    ),
    ("error from server (invalid)", ErrorClass::Invalid, "Invalid"),
    ("the request is invalid", ErrorClass::Invalid, "Invalid"),
    ("\" is invalid", ErrorClass::Invalid, "Invalid"),
    (
        "error from server (badrequest)",
        ErrorClass::Invalid,
        "BadRequest",
    ),
    ("error validating data", ErrorClass::Invalid, "Validation"),
    ("strict decoding error", ErrorClass::Invalid, "Validation"),
    ("error parsing stdin", ErrorClass::Invalid, "Validation"),
    ("no matches for kind ", ErrorClass::Invalid, "NoSuchKind"),
    (
        "the server doesn't have a resource type ",
        ErrorClass::Other,
        "NoResourceType",
    ),
    (
        "timed out waiting for the condition",
        ErrorClass::NotReady,
        "TimedOut",
    ),
    ("error from server (notfound)", ErrorClass::Absent, "NotFound"),
    ("error from server (forbidden)", ErrorClass::Denied, "Forbidden"),
    (
        "error from server (unauthorized)",
        ErrorClass::Denied,
        "Unauthorized",
    ),
    (
        "error from server (toomanyrequests)",
        ErrorClass::Throttled,
        "TooManyRequests",
    ),
    ("error from server (timeout)", ErrorClass::ServiceFault, "Timeout"),
    (
        "error from server (servertimeout)",
        ErrorClass::ServiceFault,
        "ServerTimeout",
    ),
    (
        "error from server (internalerror)",
        ErrorClass::ServiceFault,
        "InternalError",
    ),
    (
        "error from server (serviceunavailable)",
        ErrorClass::ServiceFault,
        "ServiceUnavailable",
    ),
    (
        "you must be logged in to the server",
        ErrorClass::Denied,
        "Unauthorized",
    ),
    (
        "the server has asked for the client to provide credentials",
        ErrorClass::Denied,
        "Unauthorized",
    ),
    (" is forbidden: user ", ErrorClass::Denied, "Forbidden"),
];

/// The same, where Go's words for the network say nothing.
const LATER: &[(&str, ErrorClass, &str)] = &[
    (
        "was refused - did you specify the right host or port",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    (
        "context deadline exceeded",
        ErrorClass::Unreachable(Reach::Timeout),
        "",
    ),
    (
        "the server is currently unable to handle the request",
        ErrorClass::ServiceFault,
        "ServiceUnavailable",
    ),
    ("an error on the server (", ErrorClass::ServiceFault, ""),
    (
        "unable to connect to the server",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    (
        "kubernetes cluster unreachable",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    ("unknown flag:", ErrorClass::BadUsage, ""),
    ("unknown shorthand flag:", ErrorClass::BadUsage, ""),
    ("unknown command ", ErrorClass::BadUsage, ""),
];

/// The class of a failure of kubectl or helm that looked into a cluster, and the API's own word for it.
#[must_use]
pub fn classify_kube(stderr: &str) -> (ErrorClass, Option<String>) {
    // The last line is the tool's verdict; those before are tries, or warnings about something else.
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
    let verdict = last.and_then(by_words);
    verdict
        .or_else(|| by_words(stderr))
        .unwrap_or((ErrorClass::Other, None))
}

fn by_words(text: &str) -> Option<(ErrorClass, Option<String>)> {
    let text = text.to_lowercase();
    let known = |words: &[(&str, ErrorClass, &str)]| {
        let (_, class, code) = words.iter().find(|(words, _, _)| text.contains(words))?;
        Some((*class, (!code.is_empty()).then(|| (*code).to_owned())))
    };
    known(WORDS)
        .or_else(|| reach_of(&text).map(|reach| (ErrorClass::Unreachable(reach), None)))
        .or_else(|| known(LATER))
}
