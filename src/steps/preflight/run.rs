//! Makes the whole preflight: what needs no identity at once, then everything else at once, all blockers together.

use super::checked::{Checked, merge};
use super::inputs::PreflightInputs;
use super::{
    account, bucket, certificate, cluster, cluster_version, dns_record, domain, identity, instance_type,
};
use super::{readiness, sso_session, tools, zone};
use crate::clients::aws::sts::Caller;
use crate::gateway::{Gateway, Tool};
use crate::model::{AccountId, BucketName};
use crate::report::{Code, Finding, PreflightEvidence};
use std::collections::BTreeMap;
use std::io;
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Instant;

/// What the preflight found.
#[derive(Clone, Debug)]
pub struct PreflightOutcome {
    /// Every check, in a fixed order.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub evidence: PreflightEvidence,
    /// Each tool's version, where it told one.
    pub tools: BTreeMap<String, String>,
    /// The caller's account, where AWS told it.
    pub account: Option<AccountId>,
    /// The bucket that was named, or the default one; none without an account.
    pub bucket: Option<BucketName>,
}

/// Makes every check. Commands run side by side; the gateway bounds how many.
#[must_use]
pub fn run_all(inputs: &PreflightInputs, gateway: &dyn Gateway) -> PreflightOutcome {
    std::thread::scope(|scope| {
        // The identity first, since all else waits for it; aws's own version last, since it takes the longest.
        let identity = start(scope, || {
            identity::run(gateway, &inputs.asker(), &inputs.credentials)
        });
        let mut tools: Vec<_> = Tool::ALL
            .iter()
            .rev()
            .map(|tool| {
                (
                    *tool,
                    start(scope, move || tools::run(gateway, *tool, &inputs.asker())),
                )
            })
            .collect();
        tools.reverse();
        let dns = start(scope, || {
            dns_record::run(inputs.dns_check, &inputs.site_domain, inputs.dns_server)
        });
        let (identity, caller) = finish(identity, || (broken(identity::ID), None));
        // What needs the identity begins as soon as it stands, beside tools and DNS.
        let (account, bucket) = match &caller {
            Some(caller) => of_account(inputs, gateway, caller),
            None => (without_identity(inputs, &identity), inputs.bucket.clone()),
        };
        let mut versions = BTreeMap::new();
        let mut all = Checked::default();
        for (tool, thread) in tools {
            let (checked, version) = finish(thread, || (broken(tools::id(tool)), None));
            versions.extend(version.map(|version| (tool.program().to_owned(), version.to_string())));
            all = all.and(checked);
        }
        all = all
            .and(identity)
            .and(account)
            .and(finish(dns, || broken(dns_record::ID)));
        all.findings.extend(readiness::decide(
            inputs.has_billing,
            inputs.has_admin,
            inputs.has_dns,
        ));
        PreflightOutcome {
            findings: all.findings,
            evidence: merge(all.evidence, domain::confirmation(inputs)),
            tools: versions,
            account: caller.map(|caller| caller.account),
            bucket,
        }
    })
}

/// The checks that ask the caller's account, side by side.
fn of_account(
    inputs: &PreflightInputs,
    gateway: &dyn Gateway,
    caller: &Caller,
) -> (Checked, Option<BucketName>) {
    let asker = inputs.asker();
    let bucket = match &inputs.bucket {
        Some(bucket) => Ok(bucket.clone()),
        None => bucket::default_bucket(&inputs.cluster, &caller.account),
    };
    let look = certificate::Look {
        site: &inputs.site_domain,
        account: &caller.account,
        now: inputs.now,
        asker,
        named: &inputs.cert_named,
    };
    let checked = std::thread::scope(|scope| {
        let (root, site) = (&inputs.root_domain, &inputs.site_domain);
        // The certificate first: it asks twice, one question after the other.
        let certificate = start(scope, || {
            certificate::run(gateway, inputs.cert_arn.as_ref(), &look)
        });
        let zone = start(scope, move || {
            zone::run(gateway, root, site, inputs.dns_provider, &asker)
        });
        let store = start(scope, || {
            bucket::run(gateway, bucket.as_ref(), &caller.account, &asker)
        });
        let offered = start(scope, move || {
            let started = Instant::now();
            (cluster_version::offered(gateway), started.elapsed())
        });
        let instance = start(scope, move || {
            instance_type::run(gateway, &inputs.node_type, &asker)
        });
        let (cluster, found) = cluster::run(gateway, &inputs.cluster, &asker);
        let zone = finish(zone, || broken(zone::ID));
        let certificate = finish(certificate, || broken(certificate::ID));
        let domain = domain::decide(inputs, &zone, &certificate);
        let version = match offered.ok().and_then(|thread| thread.join().ok()) {
            None => broken(cluster_version::ID),
            Some((offered, spent)) => {
                let mut judged = cluster_version::decide(&found, offered, &inputs.cluster, &asker);
                for finding in &mut judged.findings {
                    finding.duration_ms = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
                }
                judged
            }
        };
        Checked::from(account::decide(
            inputs.expected_account.as_ref(),
            &caller.account,
            &asker,
        ))
        .and(sso_session::decide(&inputs.credentials, inputs.now, &asker))
        .and(zone)
        .and(certificate)
        .and(domain)
        .and(finish(store, || broken(bucket::ID)))
        .and(cluster)
        .and(version)
        .and(finish(instance, || broken(instance_type::ID)))
    });
    (checked, bucket.ok())
}

/// Without an identity nothing is asked of AWS, and nothing is claimed.
fn without_identity(inputs: &PreflightInputs, identity: &Checked) -> Checked {
    let code = identity
        .findings
        .first()
        .and_then(|finding| finding.code)
        .unwrap_or(Code::Internal);
    let reason = format!("Not asked: the check `identity` failed first ({}).", code.name());
    let findings = [
        account::ID,
        sso_session::ID,
        zone::ID,
        certificate::ID,
        domain::ID,
        bucket::ID,
        cluster::ID,
        cluster_version::ID,
        instance_type::ID,
    ]
    .iter()
    .map(|id| Finding::skip(id, reason.clone()))
    .collect();
    Checked {
        findings,
        evidence: domain::confirmation(inputs),
    }
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, work)
}

/// The thread's result; where there was none, a check that says so rather than a crash.
fn finish<T>(thread: io::Result<ScopedJoinHandle<'_, T>>, otherwise: impl FnOnce() -> T) -> T {
    thread
        .ok()
        .and_then(|thread| thread.join().ok())
        .unwrap_or_else(otherwise)
}

fn broken(id: &str) -> Checked {
    Finding::fail(
        id,
        Code::Internal,
        "The check broke off; nothing is known of what it asks.",
    )
    .remedy("Run again; if it stays, report it with the run's journal.")
    .into()
}
