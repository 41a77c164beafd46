//! aws's local errors (exit 253 and 255), which have no code: told apart by how their line begins.

use super::classify::lines;
use crate::clients::failure::{ErrorClass, Reach};

/// Beginnings of botocore's own errors, which have no code.
const LOCAL: &[(&str, ErrorClass)] = &[
    ("Unable to locate credentials", ErrorClass::NoCredentials),
    ("An error occurred (NoCredentials):", ErrorClass::NoCredentials),
    ("You must specify a region", ErrorClass::NoRegion),
    ("An error occurred (NoRegion):", ErrorClass::NoRegion),
    ("Partial credentials found in ", ErrorClass::PartialCredentials),
    ("The config profile (", ErrorClass::UnknownProfile),
    ("Error when retrieving token from sso", ErrorClass::SsoExpired),
    (
        "The SSO session associated with this profile has expired",
        ErrorClass::SsoExpired,
    ),
    ("Error loading SSO Token:", ErrorClass::SsoExpired),
    (
        "Your session has expired. Please reauthenticate using 'aws login'",
        ErrorClass::LoginExpired,
    ),
    (
        "Could not connect to the endpoint URL",
        ErrorClass::Unreachable(Reach::Connect),
    ),
    (
        "Connection was closed before we received a valid response",
        ErrorClass::Unreachable(Reach::Connect),
    ),
    (
        "An HTTP Client failed to establish a connection",
        ErrorClass::Unreachable(Reach::Connect),
    ),
    (
        "Connect timeout on endpoint URL",
        ErrorClass::Unreachable(Reach::Timeout),
    ),
    (
        "Read timeout on endpoint URL",
        ErrorClass::Unreachable(Reach::Timeout),
    ),
    (
        "Failed to connect to proxy URL",
        ErrorClass::Unreachable(Reach::Proxy),
    ),
    ("SSL validation failed for", ErrorClass::Unreachable(Reach::Tls)),
    (
        "Could not find a suitable TLS CA certificate bundle",
        ErrorClass::Unreachable(Reach::Tls),
    ),
    ("Enter MFA code for ", ErrorClass::MfaNeeded),
    // A role's `credential_source` (Environment, Ec2InstanceMetadata, EcsContainer): a place, not a program.
    (
        "Error when retrieving credentials from Environment",
        ErrorClass::NoCredentials,
    ),
    (
        "Error when retrieving credentials from Ec",
        ErrorClass::NoCredentials,
    ),
    (
        "Error when retrieving credentials from ",
        ErrorClass::CredentialProcess,
    ),
    (
        "[Errno 2] No such file or directory:",
        ErrorClass::CredentialProcess,
    ),
    ("The source_profile ", ErrorClass::BadConfiguration),
    ("The source profile ", ErrorClass::BadConfiguration),
    ("The profile ", ErrorClass::BadConfiguration),
    (
        "The specified sso-session does not exist",
        ErrorClass::BadConfiguration,
    ),
    ("Provided region_name ", ErrorClass::BadConfiguration),
    (
        "Missing the following required SSO configuration",
        ErrorClass::BadConfiguration,
    ),
    (
        "An error occurred (InvalidConfiguration",
        ErrorClass::BadConfiguration,
    ),
    ("Unable to parse config file", ErrorClass::BadConfiguration),
];

/// The first line that begins as one of [`LOCAL`]: what comes after it is often another program's text.
pub(super) fn local(stderr: &str) -> ErrorClass {
    lines(stderr)
        .find_map(|line| LOCAL.iter().find(|(start, _)| line.starts_with(start)))
        .map_or(ErrorClass::Other, |(_, class)| *class)
}
