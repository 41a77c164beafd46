//! Check `domain`: the names that will be used, and what was found for them. It repeats in one place what the
//! zone and certificate checks found, so that a person can confirm it; the blockers and warnings are theirs.

use super::checked::Checked;
use super::delegation;
use super::inputs::PreflightInputs;
use crate::report::preflight::DomainConfirmation;
use crate::report::{Code, Finding, Outcome, PreflightEvidence};

/// The check's id.
pub const ID: &str = "domain";

/// Puts together what `zone` and `certificate` found.
#[must_use]
pub fn decide(inputs: &PreflightInputs, zone: &Checked, certificate: &Checked) -> Checked {
    let (root, site) = (&inputs.root_domain, &inputs.site_domain);
    let origin = if inputs.site_domain_was_constructed {
        format!("made from the root domain `{root}`; `--domain` names another")
    } else {
        format!("as given, under the root domain `{root}`")
    };
    let message = format!(
        "The site is `{site}` ({origin}). {} {}",
        dns_words(inputs, zone),
        certificate_words(inputs, certificate)
    );
    Checked::from(Finding::pass(ID, message)).seen(confirmation(inputs))
}

/// The evidence of the domains, which needs no question.
#[must_use]
pub fn confirmation(inputs: &PreflightInputs) -> PreflightEvidence {
    PreflightEvidence {
        domain_confirmation: Some(DomainConfirmation {
            root_domain: inputs.root_domain.to_string(),
            site_domain: inputs.site_domain.to_string(),
            site_domain_was_constructed: inputs.site_domain_was_constructed,
        }),
        ..PreflightEvidence::default()
    }
}

fn dns_words(inputs: &PreflightInputs, zone: &Checked) -> String {
    let site = &inputs.site_domain;
    let by_hand = format!("You must make the DNS record of `{site}` by hand, after the install.");
    let undelegated = |finding: &Finding| finding.id == delegation::ID && finding.outcome == Outcome::Fail;
    if let Some(name) = &zone.evidence.route53_zone_name {
        if zone.findings.iter().any(undelegated) {
            return format!(
                "Route53 zone `{name}` found, and records in it are not known to be seen: see the check `delegation`."
            );
        }
        return format!("Route53 zone `{name}` found: DNS records can be made automatically.");
    }
    let finding = zone.findings.first();
    match finding.map(|finding| (finding.outcome, finding.code)) {
        Some((Outcome::Skip, _)) => by_hand,
        Some((_, Some(Code::NoRoute53Zone))) => format!("No Route53 zone found. {by_hand}"),
        Some((_, Some(Code::Route53ZonePrivate))) => format!("Only a private Route53 zone found. {by_hand}"),
        _ => "Whether DNS records can be made automatically is unknown.".to_owned(),
    }
}

fn certificate_words(inputs: &PreflightInputs, certificate: &Checked) -> String {
    let evidence = &certificate.evidence;
    if let (Some(arn), Some(name)) = (&evidence.cert_arn, &evidence.cert_domain) {
        let wildcard = if evidence.cert_is_wildcard == Some(true) {
            "wildcard"
        } else {
            "exact name"
        };
        let kind = evidence.cert_type.as_deref().unwrap_or("unknown type");
        return format!("Certificate found: {arn} ({wildcard} `{name}`, {kind}).");
    }
    let site = &inputs.site_domain;
    let finding = certificate.findings.first();
    match finding.and_then(|finding| finding.code) {
        Some(Code::NoCertificate) => {
            format!("No certificate for `{site}` found: request one, as the check `certificate` says.")
        }
        Some(Code::CertNotIssued) => {
            format!("A certificate for `{site}` exists and is not issued: see the check `certificate`.")
        }
        Some(Code::CertExpired) => format!(
            "The certificate for `{site}` has expired: request a new one, as the check `certificate` says."
        ),
        Some(Code::CertNotFound | Code::CertWrongRegion | Code::CertDomainMismatch) => {
            "The certificate that was named can't be used: see the check `certificate`.".to_owned()
        }
        _ => "Whether there is a certificate is unknown.".to_owned(),
    }
}
