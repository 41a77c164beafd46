//! Where a certificate stands: usable, waiting, expired, or lost.

use crate::clients::aws::acm::Certificate;
use crate::report::preflight::PendingCertificate;
use crate::report::{Code, Finding, PreflightEvidence};
use jiff::{SignedDuration, Timestamp};

/// Where a certificate stands at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Issued, and valid until then.
    Usable(Timestamp),
    /// Waits for its validation.
    Pending,
    /// Its time is over.
    Expired,
    /// Failed, revoked, timed out or inactive: it will never be issued.
    Lost,
    /// Not told.
    Unknown,
}

/// Where `certificate` stands at `now`.
#[must_use]
pub fn standing(certificate: &Certificate, now: Timestamp) -> Standing {
    match (certificate.status.as_deref(), certificate.not_after) {
        (Some("ISSUED"), Some(until)) if until > now => Standing::Usable(until),
        (Some("ISSUED"), Some(_)) | (Some("EXPIRED"), _) => Standing::Expired,
        (Some("PENDING_VALIDATION"), _) => Standing::Pending,
        (Some("ISSUED"), None) | (None, _) => Standing::Unknown,
        (Some(_), _) => Standing::Lost,
    }
}

/// The evidence of the certificate that will be used.
#[must_use]
pub fn chosen(certificate: &Certificate, name: &str, wildcard: bool, discovered: bool) -> PreflightEvidence {
    PreflightEvidence {
        cert_arn: Some(certificate.arn.clone()),
        cert_domain: Some(name.to_owned()),
        cert_type: certificate.kind.clone(),
        cert_is_wildcard: Some(wildcard),
        cert_auto_discovered: Some(discovered),
        cert_not_after: certificate.not_after.map(|until| until.to_string()),
        ..PreflightEvidence::default()
    }
}

/// The evidence of one that waits.
#[must_use]
pub fn pending(certificate: &Certificate) -> PendingCertificate {
    PendingCertificate {
        arn: certificate.arn.clone(),
        domain: certificate.domain.clone(),
        validation_records: certificate.validation_records.clone(),
    }
}

/// What is said of a usable certificate: a warning in its last 30 days.
#[must_use]
pub fn usable(
    id: &str,
    sentence: &str,
    certificate: &Certificate,
    until: Timestamp,
    now: Timestamp,
) -> Finding {
    let left = until.duration_since(now);
    let kind = certificate.kind.as_deref().unwrap_or("unknown type");
    let private = match kind {
        "PRIVATE" => " It is of a private authority: browsers trust it only where that is installed.",
        _ => "",
    };
    if left > SignedDuration::from_hours(30 * 24) {
        return Finding::pass(
            id,
            format!("{sentence} It is {kind} and valid until {until}.{private}"),
        );
    }
    let days = left.as_hours() / 24;
    let remedy = match kind {
        "AMAZON_ISSUED" => format!(
            "ACM renews it by itself only while it is in use and its validation record stands in DNS: `aws acm describe-certificate --certificate-arn {} --query Certificate.DomainValidationOptions`.",
            certificate.arn
        ),
        _ => format!(
            "ACM does not renew this one: import its successor (`aws acm import-certificate --certificate-arn {} …`), or request one that ACM renews.",
            certificate.arn
        ),
    };
    let message = format!("{sentence} It is {kind} and expires in {days} days, on {until}.{private}");
    Finding::warn(id, Code::CertExpiresSoon, message).remedy(remedy)
}

/// What makes a waiting certificate issued.
#[must_use]
pub fn validation_remedy(certificate: &Certificate, flag: &str, region: &str) -> String {
    let arn = &certificate.arn;
    let wait =
        format!("`aws acm wait certificate-validated --certificate-arn {arn} --region {region}{flag}`");
    if certificate.by_email {
        return format!(
            "Click the link in the mail that ACM sent to the domain's owners, then {wait}, and run again."
        );
    }
    match certificate.validation_records.as_slice() {
        [] => format!(
            "ACM has not made its validation record yet: `aws acm describe-certificate --certificate-arn {arn} --region {region}{flag}` shows it within a minute."
        ),
        [record] => format!("Make this DNS record: `{record}`. Then {wait}, and run again."),
        records => format!(
            "Make these DNS records: {}. Then {wait}, and run again.",
            records
                .iter()
                .map(|record| format!("`{record}`"))
                .collect::<Vec<_>>()
                .join("; ")
        ),
    }
}
