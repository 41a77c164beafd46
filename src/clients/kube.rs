//! What kubectl and helm say when a cluster's API server gives no answer, or not the wanted one.
//!
//! kubectl exits 1 whatever the reason is; only its words differ (fixtures/kubectl, fixtures/helm, by the real tools).

use crate::clients::failure::{ErrorClass, Reach};

/// Pieces of the tools' words, the first that is found decides. Go's own words for the network come from
/// `net`, `net/http` and `crypto/x509`, the others from client-go, kubectl and helm.
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
    ("proxyconnect tcp:", ErrorClass::Unreachable(Reach::Proxy), ""),
    ("x509: ", ErrorClass::Unreachable(Reach::Tls), ""),
    (
        "tls: failed to verify certificate",
        ErrorClass::Unreachable(Reach::Tls),
        "",
    ),
    (
        "server gave http response to https client",
        ErrorClass::Unreachable(Reach::Tls),
        "",
    ),
    ("no such host", ErrorClass::Unreachable(Reach::Connect), ""),
    ("dial tcp: lookup ", ErrorClass::Unreachable(Reach::Connect), ""),
    ("connection refused", ErrorClass::Unreachable(Reach::Connect), ""),
    (
        "was refused - did you specify the right host or port",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    ("no route to host", ErrorClass::Unreachable(Reach::Connect), ""),
    (
        "network is unreachable",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    (
        "connection reset by peer",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    // A connection that ended in the midst of an answer: Go's `net`, `io` and `net/http`.
    (
        "use of closed network connection",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    ("broken pipe", ErrorClass::Unreachable(Reach::Connect), ""),
    (
        "client connection lost",
        ErrorClass::Unreachable(Reach::Connect),
        "",
    ),
    ("i/o timeout", ErrorClass::Unreachable(Reach::Timeout), ""),
    (
        "tls handshake timeout",
        ErrorClass::Unreachable(Reach::Timeout),
        "",
    ),
    (
        "context deadline exceeded",
        ErrorClass::Unreachable(Reach::Timeout),
        "",
    ),
    (
        "client.timeout exceeded",
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
    let (_, class, code) = WORDS.iter().find(|(words, _, _)| text.contains(words))?;
    Some((*class, (!code.is_empty()).then(|| (*code).to_owned())))
}
