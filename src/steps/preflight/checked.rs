//! What a check gives back, and how results come together.

use crate::clients::{Asker, CallError, ErrorClass, explain};
use crate::report::{Finding, Outcome, PreflightEvidence, Progress};
use std::time::{Duration, Instant};

/// A check's findings and what it saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// The fields that this check fills.
    pub evidence: PreflightEvidence,
}

impl From<Finding> for Checked {
    fn from(finding: Finding) -> Self {
        Self {
            findings: vec![finding],
            evidence: PreflightEvidence::default(),
        }
    }
}

/// What holds a check's findings: its result, alone or with what the next checks need of it.
pub(super) trait Judged {
    /// The findings.
    fn findings(&self) -> &[Finding];
}

impl Judged for Checked {
    fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl<T> Judged for (Checked, T) {
    fn findings(&self) -> &[Finding] {
        &self.0.findings
    }
}

/// Gives a check's result back, and tells its findings: each check does so at once when it ends, in its own thread.
pub(super) fn told<T: Judged>(listener: &dyn Progress, result: T) -> T {
    result
        .findings()
        .iter()
        .for_each(|finding| listener.finding(finding));
    result
}

impl Checked {
    /// Adds what was seen.
    #[must_use]
    pub fn seen(mut self, evidence: PreflightEvidence) -> Self {
        self.evidence = merge(self.evidence, evidence);
        self
    }

    /// Adds another check's result after this one's.
    #[must_use]
    pub fn and(mut self, other: impl Into<Self>) -> Self {
        let other = other.into();
        self.findings.extend(other.findings);
        self.evidence = merge(self.evidence, other.evidence);
        self
    }

    /// Notes how long the check took, on each finding.
    #[must_use]
    pub fn timed(self, start: Instant) -> Self {
        self.took(start.elapsed())
    }

    /// The same, where the time was taken elsewhere.
    #[must_use]
    pub fn took(mut self, spent: Duration) -> Self {
        let spent = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        for finding in &mut self.findings {
            finding.duration_ms = spent;
        }
        self
    }
}

/// A check that could not be made: it blocks, under the code that says why. `what` is a phrase that "is unknown"
/// follows, for example "Whether the bucket `b` is free".
#[must_use]
pub fn unknown(id: &str, what: &str, error: &CallError, asker: &Asker<'_>) -> Finding {
    let explained = explain(error, asker);
    Finding::fail(
        id,
        explained.code,
        format!("{what} is unknown. {}", explained.reason),
    )
    .remedy(explained.remedy)
    .said(error.said.clone())
}

/// The same, where install can go on without the answer. Not where the failure is none of the question's: keys that
/// have ended, a stopped run or an engine that is gone would end an install as well.
#[must_use]
pub fn unknown_but_harmless(id: &str, what: &str, error: &CallError, asker: &Asker<'_>) -> Finding {
    let finding = unknown(id, what, error, asker);
    if is_everybodys(error.class) {
        return finding;
    }
    Finding {
        outcome: Outcome::Warn,
        ..finding
    }
}

/// Whether every other question fails for the same reason.
#[must_use]
pub const fn is_everybodys(class: ErrorClass) -> bool {
    use ErrorClass as C;
    matches!(
        class,
        C::ExpiredKeys
            | C::SsoExpired
            | C::LoginExpired
            | C::NoCredentials
            | C::PartialCredentials
            | C::InvalidKeys
            | C::RoleDenied
            | C::ClockSkew
            | C::Interrupted
            | C::Engine
            | C::MissingTool
    )
}

/// Both evidences as one; where both have a field, the first one's stays.
#[must_use]
pub fn merge(first: PreflightEvidence, second: PreflightEvidence) -> PreflightEvidence {
    let PreflightEvidence {
        mut cert_pending,
        mut quotas,
        ..
    } = first.clone();
    cert_pending.extend(second.cert_pending);
    quotas.extend(second.quotas);
    PreflightEvidence {
        aws_account_id: first.aws_account_id.or(second.aws_account_id),
        aws_arn: first.aws_arn.or(second.aws_arn),
        sso_session_expires_at: first.sso_session_expires_at.or(second.sso_session_expires_at),
        route53_zone_id: first.route53_zone_id.or(second.route53_zone_id),
        route53_zone_name: first.route53_zone_name.or(second.route53_zone_name),
        cert_arn: first.cert_arn.or(second.cert_arn),
        cert_domain: first.cert_domain.or(second.cert_domain),
        cert_type: first.cert_type.or(second.cert_type),
        cert_is_wildcard: first.cert_is_wildcard.or(second.cert_is_wildcard),
        cert_auto_discovered: first.cert_auto_discovered.or(second.cert_auto_discovered),
        cert_not_after: first.cert_not_after.or(second.cert_not_after),
        cert_pending,
        domain_confirmation: first.domain_confirmation.or(second.domain_confirmation),
        s3_bucket_exists: first.s3_bucket_exists.or(second.s3_bucket_exists),
        s3_bucket_region: first.s3_bucket_region.or(second.s3_bucket_region),
        eks_cluster_status: first.eks_cluster_status.or(second.eks_cluster_status),
        eks_version: first.eks_version.or(second.eks_version),
        eks_node_groups: first.eks_node_groups.or(second.eks_node_groups),
        eks_addons: first.eks_addons.or(second.eks_addons),
        dns_a_record: first.dns_a_record.or(second.dns_a_record),
        docker_version: first.docker_version.or(second.docker_version),
        quotas,
        instance_type_zones: first.instance_type_zones.or(second.instance_type_zones),
        permissions: first.permissions.or(second.permissions),
        delegation: first.delegation.or(second.delegation),
        site_record: first.site_record.or(second.site_record),
        chart_registry: first.chart_registry.or(second.chart_registry),
        cluster_inside: first.cluster_inside.or(second.cluster_inside),
        cost_estimate: first.cost_estimate.or(second.cost_estimate),
    }
}
