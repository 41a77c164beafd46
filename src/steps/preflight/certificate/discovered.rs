//! Chooses among the account's certificates of the region.

use super::cover::{Cover, best_name};
use super::look::Look;
use super::standing::{
    Standing, chosen, ends_soon, is_private, pending, standing, untold, usable, validation_remedy,
};
use super::{ID, UNREAD_ID, request};
use crate::clients::CallError;
use crate::clients::aws::acm::Certificate;
use crate::clients::form::certificate_region;
use crate::report::{Code, Finding, PreflightEvidence};
use crate::steps::preflight::checked::{Checked, unknown, unknown_but_harmless};
use std::cmp::Reverse;

/// What ACM told of the region's certificates.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Those that are known well enough.
    pub certificates: Vec<Certificate>,
    /// Those whose description failed, though it matters.
    pub unread: Vec<Unread>,
}

/// A certificate that could not be read whole.
#[derive(Clone, Debug)]
pub struct Unread {
    /// As the list had it.
    pub listed: Certificate,
    /// Why its description failed.
    pub error: CallError,
}

/// A certificate that covers the site.
struct Fit<'a> {
    certificate: &'a Certificate,
    cover: Cover,
    name: &'a str,
    standing: Standing,
}

/// Judges the catalogue: exact name before wildcard, then public before private, then the longest validity, then the smallest ARN.
#[must_use]
pub fn decide(catalogue: Result<Catalogue, CallError>, look: &Look<'_>) -> Checked {
    let site = look.site.as_str();
    let catalogue = match catalogue {
        Ok(catalogue) => catalogue,
        Err(error) => {
            let what = format!("Whether a certificate of {} covers `{site}`", look.asker.region);
            return unknown(ID, &what, &error, &look.asker).into();
        }
    };
    let mut fits: Vec<Fit<'_>> = catalogue
        .certificates
        .iter()
        .filter(|certificate| certificate_region(&certificate.arn) == Some(look.asker.region.as_str()))
        .filter_map(|certificate| {
            let (cover, name) = best_name(certificate, site)?;
            Some(Fit {
                certificate,
                cover,
                name,
                standing: standing(certificate, look.now),
            })
        })
        .collect();
    fits.sort_by(|one, other| {
        // Browsers trust a public one everywhere, so a private one's longer time is no gain.
        let rank = |fit: &Fit<'_>| {
            (
                fit.cover,
                is_private(fit.certificate),
                Reverse(fit.certificate.not_after),
            )
        };
        rank(one)
            .cmp(&rank(other))
            .then_with(|| one.certificate.arn.cmp(&other.certificate.arn))
    });
    let waiting = PreflightEvidence {
        cert_pending: fits
            .iter()
            .filter(|fit| fit.standing == Standing::Pending)
            .map(|fit| pending(fit.certificate))
            .collect(),
        ..PreflightEvidence::default()
    };
    let best = fits.iter().find_map(|fit| match fit.standing {
        Standing::Usable(until) => Some((fit, until)),
        _ => None,
    });
    let checked = if let Some((fit, until)) = best {
        let wildcard = fit.cover == Cover::Wildcard;
        let how = if wildcard {
            "by the wildcard"
        } else {
            "by the exact name"
        };
        let sentence = format!(
            "The certificate {} covers `{site}` {how} `{}`.",
            fit.certificate.arn, fit.name
        );
        usable(&sentence, fit.certificate, until, instead(&fits, fit, look), look)
            .seen(chosen(fit.certificate, fit.name, wildcard, true))
            .and(unread_finding(&catalogue.unread, look))
    } else {
        none_usable(&fits, &catalogue.unread, look).into()
    };
    checked.seen(waiting)
}

/// A usable one without the trouble of the chosen one: a public one for a private one, or one that lasts longer.
fn instead<'a>(fits: &[Fit<'a>], chosen: &Fit<'_>, look: &Look<'_>) -> Option<&'a Certificate> {
    let good = |fit: &&Fit<'_>| match fit.standing {
        Standing::Usable(until) => !is_private(fit.certificate) && !ends_soon(until, look.now),
        _ => false,
    };
    fits.iter()
        .filter(|fit| fit.certificate.arn != chosen.certificate.arn)
        .find(good)
        .map(|fit| fit.certificate)
}

/// With a usable one at hand, those that could not be read only matter as a better choice.
fn unread_finding(unread: &[Unread], look: &Look<'_>) -> Checked {
    let Some(first) = unread.first() else {
        return Checked::default();
    };
    let arns: Vec<&str> = unread.iter().map(|one| one.listed.arn.as_str()).collect();
    let what = format!("Whether a better certificate is among {}", arns.join(", "));
    unknown_but_harmless(UNREAD_ID, &what, &first.error, &look.asker).into()
}

fn none_usable(fits: &[Fit<'_>], unread: &[Unread], look: &Look<'_>) -> Finding {
    let (site, region, flag) = (look.site.as_str(), look.asker.region.as_str(), look.asker.flag());
    let request = format!(
        "{}, make the validation record that `aws acm describe-certificate --certificate-arn ARN --region {region}{flag}` then shows, and run again.",
        request::command(look)
    );
    // An unread one may be the one that fits: then nothing is known to be missing.
    if let Some(first) = unread.first() {
        let what = format!("Whether the certificate {} covers `{site}`", first.listed.arn);
        return unknown(ID, &what, &first.error, &look.asker);
    }
    let with = |wanted: Standing| {
        fits.iter()
            .find(|fit| fit.standing == wanted)
            .map(|fit| fit.certificate)
    };
    if let Some(certificate) = with(Standing::Unknown) {
        return untold(certificate, look);
    }
    if let Some(certificate) = with(Standing::Pending) {
        let message = format!(
            "The certificate {} for `{site}` waits for its validation.",
            certificate.arn
        );
        return Finding::fail(ID, Code::CertNotIssued, message).remedy(validation_remedy(
            certificate,
            &flag,
            region,
        ));
    }
    if let Some(certificate) = with(Standing::Expired) {
        let when = certificate
            .not_after
            .map_or_else(String::new, |until| format!(" on {until}"));
        let message = format!("The certificate {} for `{site}` expired{when}.", certificate.arn);
        return Finding::fail(ID, Code::CertExpired, message).remedy(request);
    }
    if let Some(certificate) = with(Standing::Lost) {
        let status = certificate.status.as_deref().unwrap_or("not told");
        let message = format!(
            "The certificate {} for `{site}` is not issued and will not be by itself (status {status}).",
            certificate.arn
        );
        return Finding::fail(ID, Code::CertNotIssued, message).remedy(request);
    }
    Finding::fail(ID, Code::NoCertificate, format!("No certificate of {region} in this account covers `{site}`."))
        .remedy(format!("{request} A certificate of another account or authority can be imported into ACM and named with `--cert-arn`."))
}
