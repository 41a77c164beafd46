//! Holds the certificate of `--cert-arn` to the rules of a found one, each with its own code.

use super::cover::{Cover, best_name};
use super::look::Look;
use super::standing::{Standing, chosen, pending, standing, untold, usable, validation_remedy};
use super::{ID, request};
use crate::clients::aws::Acm;
use crate::clients::aws::acm::Certificate;
use crate::clients::form::certificate_region;
use crate::clients::{CallError, ErrorClass};
use crate::model::CertArn;
use crate::report::{Code, Finding, PreflightEvidence};
use crate::steps::preflight::checked::{Checked, unknown};

/// Describes the named certificate and judges it.
#[must_use]
pub fn run(acm: Acm<'_>, arn: &CertArn, look: &Look<'_>) -> Checked {
    // Region and account stand in the ARN: no question is needed, and ACM could only say "not found" or "denied".
    match wrong_region(arn, look).or_else(|| wrong_account(arn, look)) {
        Some(finding) => finding.into(),
        None => decide(acm.certificate(arn.as_str()), arn, look),
    }
}

/// The finding for an ARN of another region.
#[must_use]
pub fn wrong_region(arn: &CertArn, look: &Look<'_>) -> Option<Finding> {
    let region = look.asker.region.as_str();
    let theirs = certificate_region(arn.as_str());
    if theirs == Some(region) {
        return None;
    }
    let where_it_is = theirs.map_or_else(|| "none of ACM's regions".to_owned(), ToOwned::to_owned);
    let message = format!(
        "The certificate {arn} is of {where_it_is}, and the load balancer will stand in {region}: it takes only certificates of its own region."
    );
    Some(Finding::fail(ID, Code::CertWrongRegion, message).remedy(format!(
        "Name one of {region} with `--cert-arn`, or {} to have one found; {}",
        look.named.undo,
        new_one(look)
    )))
}

/// The finding for an ARN of another account.
#[must_use]
pub fn wrong_account(arn: &CertArn, look: &Look<'_>) -> Option<Finding> {
    if arn.account() == look.account {
        return None;
    }
    let message = format!(
        "The certificate {arn} is of account {}, and this caller acts in account {}: a load balancer can't use another account's certificate.",
        arn.account(),
        look.account
    );
    Some(Finding::fail(ID, Code::CertNotFound, message).remedy(format!(
        "Choose a profile of account {} with `--profile`. Or: {}",
        arn.account(),
        another(look)
    )))
}

/// Judges the description.
#[must_use]
pub fn decide(found: Result<Certificate, CallError>, arn: &CertArn, look: &Look<'_>) -> Checked {
    let (site, asker, by) = (look.site.as_str(), &look.asker, &look.named.by);
    let certificate = match found {
        Ok(certificate) => certificate,
        Err(error) if error.class == ErrorClass::Absent => {
            return Finding::fail(
                ID,
                Code::CertNotFound,
                format!("There is no certificate {arn} in this account."),
            )
            .remedy(format!(
                "`aws acm list-certificates --region {}{}` shows what there is; or {} to have one found.",
                asker.region,
                asker.flag(),
                look.named.undo
            ))
            .said(error.said)
            .into();
        }
        Err(error) => {
            return unknown(ID, &format!("Whether the certificate {arn} fits"), &error, asker).into();
        }
    };
    let Some((cover, name)) = best_name(&certificate, site) else {
        return mismatch(&certificate, look).into();
    };
    match standing(&certificate, look.now) {
        Standing::Usable(until) => {
            let wildcard = cover == Cover::Wildcard;
            let sentence = format!("The certificate {arn}, named {by}, covers `{site}` by `{name}`.");
            usable(&sentence, &certificate, until, None, look).seen(chosen(
                &certificate,
                name,
                wildcard,
                false,
            ))
        }
        Standing::Pending => {
            let message = format!("The certificate {arn}, named {by}, waits for its validation.");
            let remedy = validation_remedy(&certificate, &asker.flag(), asker.region.as_str());
            Checked::from(Finding::fail(ID, Code::CertNotIssued, message).remedy(remedy)).seen(
                PreflightEvidence {
                    cert_pending: vec![pending(&certificate)],
                    ..PreflightEvidence::default()
                },
            )
        }
        Standing::Expired => {
            let when = certificate
                .not_after
                .map_or_else(String::new, |until| format!(" on {until}"));
            let message = format!("The certificate {arn}, named {by}, expired{when}.");
            Finding::fail(ID, Code::CertExpired, message)
                .remedy(another(look))
                .into()
        }
        Standing::Unknown => untold(&certificate, look).into(),
        Standing::Lost => {
            let status = certificate.status.as_deref().unwrap_or("not told");
            let message = format!("The certificate {arn}, named {by}, is not issued (status {status}).");
            Finding::fail(ID, Code::CertNotIssued, message)
                .remedy(another(look))
                .into()
        }
    }
}

fn mismatch(certificate: &Certificate, look: &Look<'_>) -> Finding {
    let names: Vec<String> = certificate
        .names
        .iter()
        .take(5)
        .map(|name| format!("`{name}`"))
        .collect();
    let rest = certificate.names.len().saturating_sub(names.len());
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    let message = format!(
        "The certificate {}, named {}, covers {}{more}, not the site `{}` (`*` stands for exactly one label).",
        certificate.arn,
        look.named.by,
        if names.is_empty() {
            "no DNS name".to_owned()
        } else {
            names.join(", ")
        },
        look.site
    );
    Finding::fail(ID, Code::CertDomainMismatch, message).remedy(another(look))
}

fn another(look: &Look<'_>) -> String {
    format!(
        "Name another with `--cert-arn`, or {} to have one found; {}",
        look.named.undo,
        new_one(look)
    )
}

fn new_one(look: &Look<'_>) -> String {
    format!("a new one: {}.", request::command(look))
}
