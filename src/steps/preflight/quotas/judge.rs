//! Holds one quota against its use and what install adds.

use crate::clients::aws::service_quotas::Limit;
use crate::clients::{Asker, CallError};
use crate::report::{Code, Finding, PreflightEvidence, QuotaUse};
use crate::steps::preflight::checked::{Checked, unknown_but_harmless};

/// A quota that install meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The check's id.
    pub id: &'static str,
    /// The service's code.
    pub service: &'static str,
    /// The quota's code.
    pub code: &'static str,
    /// Its name, at the beginning of a sentence.
    pub name: String,
    /// The unit of its figures.
    pub unit: &'static str,
    /// The aws command that lists what is in use, without region and profile.
    pub listing: &'static str,
}

/// What is held against each other.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The quota.
    pub quota: Quota,
    /// Its value, nothing where Service Quotas names none, or why it is unknown.
    pub limit: &'a Result<Option<Limit>, CallError>,
    /// How much is in use.
    pub used: Result<u64, CallError>,
    /// How much install adds.
    pub needed: u64,
    /// How much Karpenter may ask for later.
    pub headroom: u64,
    /// What the need is made of, for example ` (2 × t3.large, 2 vCPU each)`; may be empty.
    pub detail: String,
    /// A sentence why a shortage may be none: then it does not block.
    pub unsure: Option<String>,
    /// Another way out, a sentence.
    pub way_out: Option<String>,
}

/// Judges one quota.
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts of an account's things are far below 2^52
pub fn decide(question: &Question<'_>, asker: &Asker<'_>) -> Checked {
    let Quota { id, name, code, .. } = &question.quota;
    let what = format!("Whether the quota for {} leaves room", lower(name));
    let limit = match question.limit {
        Ok(Some(limit)) => *limit,
        Ok(None) => {
            let region = asker.region;
            return Finding::skip(
                id,
                format!("{name}: Service Quotas names no quota {code} in {region}."),
            )
            .into();
        }
        Err(error) => return not_known(id, &what, error, asker).into(),
    };
    let (needed, headroom) = (question.needed as f64, question.headroom as f64);
    let used = question.used.as_ref().ok().map(|used| *used as f64);
    let seen = PreflightEvidence {
        quotas: vec![QuotaUse {
            service: question.quota.service.to_owned(),
            code: (*code).to_owned(),
            name: name.clone(),
            unit: question.quota.unit.to_owned(),
            limit: limit.value,
            is_default: limit.is_default,
            used,
            needed,
            headroom,
        }],
        ..PreflightEvidence::default()
    };
    let finding = match (&question.used, used) {
        // More than the whole quota fits in no case.
        (Err(error), _) if needed <= limit.value => not_known(id, &what, error, asker),
        (Err(_), _) | (Ok(_), None) => short(question, limit, None, asker),
        // A quota that others overdraw already is no shortage of an install that adds nothing.
        (Ok(_), Some(used)) if needed > 0.0 && used + needed > limit.value => {
            short(question, limit, Some(used), asker)
        }
        (Ok(_), Some(used)) => fits(question, limit, used, asker),
    };
    Checked::from(finding).seen(seen)
}

/// Unknown, which is no reason not to install: reading quotas is a right of its own, and install needs it nowhere.
fn not_known(id: &str, what: &str, error: &CallError, asker: &Asker<'_>) -> Finding {
    let mut finding = unknown_but_harmless(id, what, error, asker);
    finding
        .message
        .push_str(" Install can begin without the answer, and ends half way where the quota is too low.");
    finding
}

/// Install asks for more than there is.
fn short(question: &Question<'_>, limit: Limit, used: Option<f64>, asker: &Asker<'_>) -> Finding {
    let missing = (used.unwrap_or_default() + whole(question.needed) - limit.value).ceil();
    let mut message = format!("{}: {missing} too few.", figures(question, limit, used));
    if let Some(unsure) = &question.unsure {
        message = format!("{message} {unsure}");
    }
    let finding = if question.unsure.is_some() {
        Finding::warn(question.quota.id, Code::QuotaTooLow, message)
    } else {
        Finding::fail(question.quota.id, Code::QuotaTooLow, message)
    };
    finding.remedy(remedy(question, limit, used.unwrap_or_default(), asker))
}

/// Install gets what it asks for; little left is said.
fn fits(question: &Question<'_>, limit: Limit, used: f64, asker: &Asker<'_>) -> Finding {
    let left = (limit.value - used - whole(question.needed)).max(0.0);
    let mut message = format!("{}; {left} left", figures(question, limit, Some(used)));
    let cramped = left < whole(question.headroom);
    if question.headroom > 0 {
        let what = if cramped { ", fewer than the" } else { ", and" };
        message = format!(
            "{message}{what} {} that Karpenter may ask for later",
            question.headroom
        );
        message.push_str(if cramped { "" } else { " fit" });
    }
    message.push('.');
    if cramped || left < limit.value / 5.0 {
        return Finding::warn(question.quota.id, Code::QuotaNearlyUsed, message)
            .remedy(remedy(question, limit, used, asker));
    }
    Finding::pass(question.quota.id, message)
}

/// `On-demand vCPU: 254 of 256 in use, install needs 4 (2 × t3.large, 2 vCPU each)`.
fn figures(question: &Question<'_>, limit: Limit, used: Option<f64>) -> String {
    let used = used.map_or_else(|| "an unknown part".to_owned(), |used| used.to_string());
    let default = if limit.is_default { " (AWS's default)" } else { "" };
    let needs = match question.needed {
        0 => "install needs none more".to_owned(),
        needed => format!("install needs {needed}{}", question.detail),
    };
    format!(
        "{}: {used} of {}{default} in use, {needs}",
        question.quota.name, limit.value
    )
}

fn remedy(question: &Question<'_>, limit: Limit, used: f64, asker: &Asker<'_>) -> String {
    let Quota {
        service,
        code,
        listing,
        ..
    } = &question.quota;
    let (region, flag) = (asker.region, asker.flag());
    let then = used + whole(question.needed);
    // Enough for what is known to come, and a fifth of it free as the check wants.
    let desired = (then / 0.8)
        .max(then + whole(question.headroom))
        .max(limit.value + 1.0)
        .ceil();
    let mut text = if limit.adjustable {
        format!(
            "Ask AWS for {desired} (it may take hours): `aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} --desired-value {desired} --region {region}{flag}`."
        )
    } else {
        "AWS does not raise this quota: choose another region with `--region`, or free what is not needed."
            .to_owned()
    };
    if let Some(way_out) = &question.way_out {
        text = format!("{text} {way_out}");
    }
    format!("{text} What is in use: `aws {listing} --region {region}{flag}`.")
}

#[allow(clippy::cast_precision_loss)] // as in `decide`
const fn whole(count: u64) -> f64 {
    count as f64
}

/// A name inside a sentence; abbreviations stay as they are.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), name.chars().nth(1)) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + letters.as_str()
        }
        _ => name.to_owned(),
    }
}
