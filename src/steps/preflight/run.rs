//! Makes the whole preflight: what needs no identity at once, then everything else at once, all blockers together.

use super::checked::{Checked, merge, told};
use super::inputs::PreflightInputs;
use super::making::{self, Making};
use super::{
    account, bucket, certificate, cluster, cluster_version, cost, domain, identity, inside, instance_type,
    permissions, quotas, readiness, tools, zone,
};
use super::{chart_registry, delegation, dns_record, hosted, sso_session};
use crate::clients::aws::Ec2;
use crate::clients::aws::sts::Caller;
use crate::gateway::{Gateway, Tool};
use crate::model::{AccountId, BucketName};
use crate::report::{Code, Finding, PreflightEvidence, Progress, Unseen};
use std::collections::BTreeMap;
use std::io;
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

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
    run_all_told(inputs, gateway, &Unseen)
}

/// The same; `listener` is told of each finding as soon as it is judged, from the check's own thread.
#[must_use]
pub fn run_all_told(
    inputs: &PreflightInputs,
    gateway: &dyn Gateway,
    listener: &dyn Progress,
) -> PreflightOutcome {
    std::thread::scope(|scope| {
        // The identity first, since all else waits for it; aws's own version last, since it takes the longest.
        let identity = start(scope, || {
            told(
                listener,
                identity::run(gateway, &inputs.asker(), &inputs.credentials),
            )
        });
        let mut tools: Vec<_> = Tool::ALL
            .iter()
            .rev()
            .map(|tool| {
                (
                    *tool,
                    start(scope, move || {
                        told(listener, tools::run(gateway, *tool, &inputs.asker()))
                    }),
                )
            })
            .collect();
        tools.reverse();
        let charts = start(scope, || {
            let started = Instant::now();
            let found = chart_registry::ask(gateway, inputs.charts, inputs.chart_mirror.as_ref());
            (found, started.elapsed())
        });
        let dns = start(scope, || {
            let started = Instant::now();
            let found = dns_record::look(inputs.dns_check, &inputs.site_domain, inputs.dns_server);
            (found, started.elapsed())
        });
        let (identity, caller) = finish(identity, || (broken(identity::ID), None));
        // What needs the identity begins as soon as it stands, beside tools and DNS.
        let (account, bucket, records) = if let Some(caller) = &caller {
            of_account(inputs, gateway, caller, listener)
        } else {
            let skipped = told(listener, without_identity(inputs, &identity));
            (skipped, inputs.bucket.clone(), None)
        };
        let mut versions = BTreeMap::new();
        let mut all = Checked::default();
        for (tool, thread) in tools {
            let (checked, version) = finish(thread, || (broken(tools::id(tool)), None));
            versions.extend(version.map(|version| (tool.program().to_owned(), version.to_string())));
            all = all.and(checked);
        }
        let dns = match dns.ok().and_then(|thread| thread.join().ok()) {
            None => broken(dns_record::ID),
            Some((found, spent)) => dns_record::decide(found, records.as_ref(), &site_of(inputs)).took(spent),
        };
        let charts = match charts.ok().and_then(|thread| thread.join().ok()) {
            None | Some((None, _)) => broken(chart_registry::ID),
            Some((Some(asked), spent)) => {
                let aws = chart_registry::Aws::of(&identity);
                chart_registry::decide(&asked, aws, &inputs.asker()).took(spent)
            }
        };
        let (dns, charts) = (told(listener, dns), told(listener, charts));
        all = all.and(identity).and(account).and(dns).and(charts);
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
    listener: &dyn Progress,
) -> (Checked, Option<BucketName>, Option<dns_record::ZoneRecords>) {
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
    let expected = inputs.expected_account.as_ref();
    let account = Checked::from(account::decide(expected, &caller.account, &asker));
    let account = told(listener, account);
    let (checked, records) = std::thread::scope(|scope| {
        // These first: they ask several times, one question after the other.
        let zone = start(scope, || {
            let hosted = hosted::run(gateway, inputs);
            let checked = told(listener, hosted.checked);
            hosted::Hosted { checked, ..hosted }
        });
        let certificate = start(scope, || {
            told(
                listener,
                certificate::run(gateway, inputs.cert_arn.as_ref(), &look),
            )
        });
        let store = start(scope, || {
            told(
                listener,
                bucket::run(gateway, bucket.as_ref(), &caller.account, &asker),
            )
        });
        let allowed = start(scope, || {
            told(
                listener,
                permissions::run(gateway, inputs, caller, bucket.as_ref().ok()),
            )
        });
        let offered = start(scope, move || {
            let started = Instant::now();
            (cluster_version::offered(gateway), started.elapsed())
        });
        let offers = start(scope, move || {
            let started = Instant::now();
            let zones = Ec2 { gateway }.zones(&inputs.node_type, asker.region);
            (zones, started.elapsed())
        });
        let (cluster, seen) = cluster::run(
            gateway,
            &inputs.cluster,
            &inputs.installation(&caller.account),
            &asker,
        );
        let cluster = told(listener, cluster);
        let into = seen.clone();
        let inside = start(scope, move || {
            told(listener, inside::run(gateway, inputs, caller, &into))
        });
        let offers = finish(offers, || (Err(making::not_begun()), Duration::ZERO));
        let making = Making::of(
            &seen.found,
            cluster.evidence.eks_node_groups.as_deref(),
            inputs.has_subnets,
        );
        let made = making::run(inputs, gateway, &caller.account, making, &offers);
        let made = told(listener, made);
        let zone = finish(zone, || hosted::Hosted {
            checked: broken(zone::ID),
            records: None,
        });
        let (zone, records) = (zone.checked, zone.records);
        let certificate = finish(certificate, || broken(certificate::ID));
        let domain = told(listener, domain::decide(inputs, &zone, &certificate));
        let version = match offered.ok().and_then(|thread| thread.join().ok()) {
            None => broken(cluster_version::ID),
            Some((offered, spent)) => {
                let judged = cluster_version::decide(&seen.found, offered, &inputs.cluster, &asker);
                judged.took(spent)
            }
        };
        let version = told(listener, version);
        let signed_on = sso_session::decide(&inputs.credentials, inputs.now, &asker);
        let checked = account
            .and(told(listener, signed_on))
            .and(finish(allowed, || broken(permissions::ID)))
            .and(zone)
            .and(certificate)
            .and(domain)
            .and(finish(store, || broken(bucket::ID)))
            .and(cluster)
            .and(version)
            .and(finish(inside, || broken(inside::access::ID)))
            .and(made);
        (checked, records)
    });
    (checked, bucket.ok(), records)
}

fn site_of(inputs: &PreflightInputs) -> dns_record::Site<'_> {
    dns_record::Site {
        name: &inputs.site_domain,
        cluster: &inputs.cluster,
        namespace: &inputs.namespace,
        server: inputs.dns_server,
        asker: inputs.asker(),
    }
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
        permissions::ID,
        zone::ID,
        delegation::ID,
        certificate::ID,
        domain::ID,
        bucket::ID,
        cluster::ID,
        cluster_version::ID,
        instance_type::ID,
    ]
    .iter()
    .chain(&quotas::IDS)
    .chain(&[cost::ID])
    .map(|id| Finding::skip(id, reason.clone()))
    .collect();
    Checked {
        findings,
        evidence: domain::confirmation(inputs),
    }
}

pub(super) fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, work)
}

/// The thread's result; where there was none, a check that says so rather than a crash.
pub(super) fn finish<T>(thread: io::Result<ScopedJoinHandle<'_, T>>, otherwise: impl FnOnce() -> T) -> T {
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
