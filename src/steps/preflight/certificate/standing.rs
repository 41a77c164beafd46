//! Where a certificate stands: usable, waiting, expired, or lost.

use super::look::Look;
use super::{ID, PRIVATE_ID, request};
use crate::clients::aws::acm::Certificate;
use crate::report::preflight::PendingCertificate;
use crate::report::{Code, Finding, PreflightEvidence};
use crate::steps::preflight::checked::Checked;
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
    /// Not told, or in a word that is not known.
    Unknown,
}

/// Where `certificate` stands at `now`.
#[must_use]
pub fn standing(certificate: &Certificate, now: Timestamp) -> Standing {
    match (certificate.status.as_deref(), certificate.not_after) {
        (Some("ISSUED"), Some(until)) if until > now => Standing::Usable(until),
        (Some("ISSUED"), Some(_)) | (Some("EXPIRED"), _) => Standing::Expired,
        (Some("PENDING_VALIDATION"), _) => Standing::Pending,
        (Some("FAILED" | "REVOKED" | "VALIDATION_TIMED_OUT" | "INACTIVE"), _) => Standing::Lost,
        _ => Standing::Unknown,
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

/// A certificate of a private authority.
#[must_use]
pub fn is_private(certificate: &Certificate) -> bool {
    certificate.kind.as_deref() == Some("PRIVATE")
}

/// Whether a certificate that is valid until then is in its last 30 days.
#[must_use]
pub fn ends_soon(until: Timestamp, now: Timestamp) -> bool {
    until.duration_since(now) <= SignedDuration::from_hours(30 * 24)
}

/// What is said of a usable certificate: a warning in its last 30 days, and one where browsers don't trust it.
/// `instead` is one without the trouble.
#[must_use]
pub fn usable(
    sentence: &str,
    certificate: &Certificate,
    until: Timestamp,
    instead: Option<&Certificate>,
    look: &Look<'_>,
) -> Checked {
    let (arn, region, flag) = (&certificate.arn, look.asker.region, look.asker.flag());
    let kind = certificate.kind.as_deref().unwrap_or("unknown type");
    let instead = instead.map_or_else(String::new, |other| {
        let end = other
            .not_after
            .map_or_else(String::new, |until| format!(", valid until {until}"));
        format!(
            " Or use the certificate of `{}`{end}: `--cert-arn {}`.",
            other.domain, other.arn
        )
    });
    let finding = if ends_soon(until, look.now) {
        let remedy = if kind == "AMAZON_ISSUED" {
            format!(
                "ACM renews it by itself only while it is in use and its validation record stands in DNS: `aws acm describe-certificate --certificate-arn {arn} --query Certificate.DomainValidationOptions --region {region}{flag}`."
            )
        } else {
            format!(
                "ACM does not renew this one: import its successor (`aws acm import-certificate --certificate-arn {arn} --region {region}{flag} …`), or request one that ACM renews."
            )
        };
        let days = until.duration_since(look.now).as_hours() / 24;
        let message = format!("{sentence} It is {kind} and expires in {days} days, on {until}.");
        Finding::warn(ID, Code::CertExpiresSoon, message).remedy(format!("{remedy}{instead}"))
    } else {
        Finding::pass(ID, format!("{sentence} It is {kind} and valid until {until}."))
    };
    if !is_private(certificate) {
        return finding.into();
    }
    let message = format!(
        "The certificate {arn} is of a private authority: browsers trust it only where that authority is installed."
    );
    let remedy = format!(
        "Request a public one: {}, then run again.{instead}",
        request::command(look)
    );
    Checked::from(finding).and(Finding::warn(PRIVATE_ID, Code::CertPrivate, message).remedy(remedy))
}

/// One whose standing ACM does not tell: it may be usable, so nothing else is claimed and no other one is advised.
#[must_use]
pub fn untold(certificate: &Certificate, look: &Look<'_>) -> Finding {
    let (arn, region, flag) = (&certificate.arn, look.asker.region, look.asker.flag());
    let why = match certificate.status.as_deref() {
        Some("ISSUED") => "ACM calls it ISSUED and does not tell until when".to_owned(),
        Some(status) => format!("its status {status} is not known to lakehouse"),
        None => "ACM did not tell its status".to_owned(),
    };
    let message = format!(
        "Whether the certificate {arn} can be used for `{}` is unknown: {why}.",
        look.site
    );
    Finding::fail(ID, Code::AwsUnexpected, message).remedy(format!(
        "`aws acm describe-certificate --certificate-arn {arn} --region {region}{flag}` shows how it stands; run again, or name another with `--cert-arn`."
    ))
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
