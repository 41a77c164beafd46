//! What helm 3.19 says when a command about a release fails: its own words, the chart registry's, or the cluster's.

use crate::clients::failure::{ErrorClass, Reach};
use crate::clients::helm_charts::{Trouble, trouble};
use crate::clients::kube::classify_kube;

/// The code of a failure of the chart registry; [`trouble`] of its words tells which.
pub const REGISTRY: &str = "ChartRegistry";
/// The code of a failure to see something ready within helm's own time.
pub const TIMED_OUT: &str = "TimedOut";
/// What helm says of a release that is not there, whole.
pub const ABSENT: &str = "Error: release: not found";

/// helm's own words, the first that is found decides (`pkg/action`, `pkg/chartutil`; recorded: `fixtures/helm/upgrade`).
const WORDS: &[(&str, ErrorClass, &str)] = &[
    ("another operation (", ErrorClass::Busy, "ReleasePending"),
    (
        "cannot re-use a name that is still in use",
        ErrorClass::Exists,
        "ReleaseExists",
    ),
    (
        "don't meet the specifications of the schema(s)",
        ErrorClass::Invalid,
        "ValuesSchema",
    ),
    (
        "exists and cannot be imported into the current release",
        ErrorClass::Foreign,
        "OwnedByOthers",
    ),
    ("invalid ownership metadata", ErrorClass::Foreign, "OwnedByOthers"),
    (
        "timed out waiting for the condition",
        ErrorClass::NotReady,
        TIMED_OUT,
    ),
    ("has no deployed releases", ErrorClass::Busy, "NoDeployedRelease"),
    (
        "failed to create: namespaces \"",
        ErrorClass::Other,
        "NamespaceNotFound",
    ),
    (
        "resource mapping not found for name:",
        ErrorClass::Invalid,
        "NoSuchKind",
    ),
    ("execution error at (", ErrorClass::Invalid, "Template"),
    ("parse error at (", ErrorClass::Invalid, "Template"),
    ("failed to parse -", ErrorClass::BadUsage, "Values"),
];

/// How a failure begins that stopped on the way to the chart: nothing was asked of the cluster for it yet.
const REGISTRY_WORDS: [&str; 8] = [
    "failed to perform \"",
    "failed to do request:",
    "failed to authorize:",
    "manifest does not contain",
    "failed to download \"oci://",
    // A chart repository, helm's `--repo`.
    "is not a valid chart repository or cannot be reached",
    "failed to fetch https://",
    "\" not found in https://",
];

/// The class of a failure, and a code: Kubernetes' or one of this file's.
#[must_use]
pub fn classify_helm(stderr: &str) -> (ErrorClass, Option<String>) {
    let error = stderr
        .split_once("Error: ")
        .map_or_else(|| stderr.to_owned(), |(_, error)| format!("Error: {error}"));
    if error.trim() == ABSENT {
        return (ErrorClass::Absent, Some("ReleaseNotFound".to_owned()));
    }
    if REGISTRY_WORDS.iter().any(|words| error.contains(words)) {
        return (of_registry(trouble(stderr)), Some(REGISTRY.to_owned()));
    }
    let lower = error.to_lowercase();
    if let Some((_, class, code)) = WORDS.iter().find(|(words, _, _)| lower.contains(words)) {
        return (*class, Some((*code).to_owned()));
    }
    // Without the cluster's own "unreachable" before it, the time that was over is that of the wait.
    let waited = error.contains("context deadline exceeded") && !error.contains("http");
    if waited {
        return (ErrorClass::NotReady, Some(TIMED_OUT.to_owned()));
    }
    match classify_kube(stderr) {
        // helm has other things that are "not found"; none of them is a release.
        (ErrorClass::Absent, code) => (ErrorClass::Other, code),
        verdict => verdict,
    }
}

const fn of_registry(trouble: Trouble) -> ErrorClass {
    match trouble {
        Trouble::Name | Trouble::Connect => ErrorClass::Unreachable(Reach::Connect),
        Trouble::Timeout => ErrorClass::Unreachable(Reach::Timeout),
        Trouble::Proxy => ErrorClass::Unreachable(Reach::Proxy),
        Trouble::Authority | Trouble::Certificate | Trouble::NotTls => ErrorClass::Unreachable(Reach::Tls),
        Trouble::Login => ErrorClass::Denied,
        Trouble::Busy => ErrorClass::Throttled,
        Trouble::Service => ErrorClass::ServiceFault,
        Trouble::Absent => ErrorClass::Absent,
        Trouble::NoRegistry => ErrorClass::BadOutput,
        Trouble::Other => ErrorClass::Other,
    }
}
