//! Step `site`: the site is asked as its visitors would ask it, from this machine. It writes nothing. What can't be
//! seen from here is told as unknown, and is neither a failure nor "answers".

use super::HEALTH_PATH;
use crate::clients::CallError;
use crate::clients::aws::Elbv2;
use crate::clients::dns::Lookup;
use crate::clients::site::{Chain, Reply, Secure, Unreached};
use crate::model::{Phase, Scheme};
use crate::report::{Code, SiteEvidence};
use crate::steps::install::{Decision, Desired, Dns, Look, Reason, Step, Stop, Waiting, Waits, World};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;

/// How often somebody who does not take the connection is asked, and how long it is waited between: a load balancer
/// that has just become active may not be everywhere yet.
const TRIES: usize = 3;
const BETWEEN: Duration = Duration::from_secs(3);

/// The step.
pub struct SiteStep;

/// What was seen; none before there is a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The site's name in DNS.
    pub name: Lookup,
    /// The load balancer's own name in DNS.
    pub balancer: Lookup,
    /// What the health path answered.
    pub health: Result<Secure, Unreached>,
    /// What `/` answered.
    pub root: Result<Secure, Unreached>,
    /// What plain HTTP answered.
    pub plain: Result<Reply, Unreached>,
}

impl Step for SiteStep {
    fn id(&self) -> &'static str {
        "site"
    }

    fn phase(&self) -> Phase {
        Phase::Ingress
    }

    fn after(&self) -> &'static [&'static str] {
        &["site-record"]
    }

    fn waits(&self) -> Waits {
        Waits::new(10, 5 * 60, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, seen.as_ref());
        let told = seen.as_ref().map(|seen| evidence(world.desired, seen));
        Ok(Look::of(decision).telling(move |evidence, _| {
            evidence.ingress().site.clone_from(&told);
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Option<Seen>, CallError> {
    let elbv2 = Elbv2 {
        gateway: world.gateway,
    };
    let Some(balancer) = elbv2.balancer(&world.desired.balancer())? else {
        return Ok(None);
    };
    let site = world.desired.site.domain.as_str();
    let outside = world.outside;
    let (name, balancer) = std::thread::scope(|scope| {
        let other = std::thread::Builder::new()
            .spawn_scoped(scope, || outside.look_up(&balancer.dns_name))
            .ok();
        let name = outside.look_up(site);
        let other = other.and_then(|thread| thread.join().ok());
        (name, other.unwrap_or_else(|| outside.look_up(&balancer.dns_name)))
    });
    let asked = asked(&name, &balancer);
    let health = patiently(world, || outside.https(site, &asked, HEALTH_PATH));
    let root = match &health {
        Ok(_) => outside.https(site, &asked, "/"),
        Err(why) => Err(why.clone()),
    };
    let plain = match &health {
        Err(why) if is_far(why) => Err(why.clone()),
        _ => outside.http(site, &asked, "/"),
    };
    Ok(Some(Seen {
        name,
        balancer,
        health,
        root,
        plain,
    }))
}

/// Asks once more where nobody took the connection; of an internal load balancer that is the answer.
fn patiently(world: &World<'_>, ask: impl Fn() -> Result<Secure, Unreached>) -> Result<Secure, Unreached> {
    let mut answer = ask();
    for _ in 1..TRIES {
        let again = matches!(&answer, Err(why) if is_far(why) && *why != Unreached::NoAddress)
            && world.desired.site.scheme == Scheme::InternetFacing;
        if !again || !world.gateway.pause(BETWEEN) {
            break;
        }
        answer = ask();
    }
    answer
}

/// Whether there was no connection at all: then it may be this machine that does not get there.
const fn is_far(why: &Unreached) -> bool {
    matches!(
        why,
        Unreached::NoAddress | Unreached::Silent | Unreached::Refused | Unreached::NoWay
    )
}

/// Whether the site's name leads to the load balancer; none where DNS did not say.
fn leads(name: &Lookup, balancer: &Lookup) -> Option<bool> {
    match (name, balancer) {
        (Lookup::Absent, _) => Some(false),
        (Lookup::Present(some), Lookup::Present(own)) => Some(some.iter().any(|one| own.contains(one))),
        _ => None,
    }
}

/// Who is asked: the site's name where it leads to the load balancer, or may; else the load balancer's own.
fn asked(name: &Lookup, balancer: &Lookup) -> Vec<IpAddr> {
    match (leads(name, balancer), name, balancer) {
        (Some(true) | None, Lookup::Present(addresses), _) | (_, _, Lookup::Present(addresses)) => {
            addresses.clone()
        }
        _ => Vec::new(),
    }
}

/// Whether what plain HTTP answered leads to the site by HTTPS.
fn redirects(desired: &Desired, reply: &Reply) -> bool {
    let site = desired.site.domain.as_str();
    let to = reply
        .location
        .as_deref()
        .and_then(|to| to.strip_prefix("https://"));
    let host = to.map(|to| to.split(['/', '?', '#']).next().unwrap_or_default());
    let host = host.map(|host| host.strip_suffix(":443").unwrap_or(host));
    matches!(reply.status, 301 | 302 | 307 | 308) && host.is_some_and(|host| host.eq_ignore_ascii_case(site))
}

const fn is_well(status: u16) -> bool {
    status >= 200 && status < 300
}

/// For the report.
#[must_use]
pub fn evidence(desired: &Desired, seen: &Seen) -> SiteEvidence {
    let site = desired.site.domain.as_str();
    let leads = leads(&seen.name, &seen.balancer);
    let shown = seen.health.as_ref().ok();
    let chain = shown.and_then(|shown| match shown.certificate.chain {
        Chain::Holds => Some(true),
        Chain::NobodyTrusted => None,
        _ => Some(false),
    });
    let fits = shown.is_some_and(|shown| shown.certificate.fits_name);
    let status = |answer: &Result<Secure, Unreached>| answer.as_ref().ok().map(|secure| secure.reply.status);
    let health = status(&seen.health);
    let redirect = seen.plain.as_ref().ok().map(|reply| redirects(desired, reply));
    let well = health.is_some_and(is_well) && status(&seen.root).is_some_and(|status| status < 500);
    SiteEvidence {
        url: format!("https://{site}/"),
        answers: leads == Some(true) && fits && chain == Some(true) && well && redirect == Some(true),
        resolved_to: match &seen.name {
            Lookup::Present(addresses) => Some(addresses.iter().map(ToString::to_string).collect()),
            Lookup::Absent => Some(Vec::new()),
            Lookup::Unknown(_) => None,
        },
        leads_to_load_balancer: leads,
        asked_at: shown.map(|shown| shown.reply.from.to_string()),
        tls_name: fits.then(|| site.to_owned()),
        chain_verified: chain,
        status: status(&seen.root),
        health_status: health,
        redirects_to_https: redirect,
        unknown: unknown(desired, seen)
            .into_iter()
            .map(|stop| stop.message)
            .collect(),
    }
}

/// What is to be done: nothing, or to wait.
#[must_use]
pub fn decide(desired: &Desired, seen: Option<&Seen>) -> Decision {
    let url = format!("https://{}/", desired.site.domain);
    let digest: Value = json!({"url": url});
    let Some(seen) = seen else {
        let detail = format!("`{url}` is asked for its name, certificate, status and health");
        return Decision::waiting(
            detail,
            digest,
            format!("the load balancer `{}`", desired.balancer()),
        );
    };
    let wrong = wrong(desired, seen);
    if let Some(first) = wrong.first() {
        let what = format!("`{url}` to answer as it should: {}", first.stop.message);
        return Decision::waiting(
            format!("`{url}` does not answer as it should"),
            digest,
            Waiting { what, why: wrong },
        );
    }
    let told = evidence(desired, seen);
    let unknown = unknown(desired, seen);
    let detail = if told.answers {
        format!("`{url}` answers")
    } else {
        format!("whether `{url}` answers is not known in whole")
    };
    let mut decision = Decision::settled(detail, digest);
    decision.warnings = unknown;
    decision
}

/// What was seen and is not as it should be, the gravest first.
fn wrong(desired: &Desired, seen: &Seen) -> Vec<Reason> {
    let site = &desired.site.domain;
    let namespace = &desired.target.namespace;
    let mut reasons = Vec::new();
    // Nothing of it is hopeless: a load balancer takes a minute to show another certificate, or to follow a listener.
    let mut found = |code: Code, message: String, remedy: String| {
        reasons.push(Reason {
            stop: Stop::new(code, message, remedy),
            hopeless: false,
        });
    };
    let pods = format!(
        "`kubectl get pods -n {namespace}` shows how the services are, `kubectl logs -n {namespace} POD` what they say."
    );
    match &seen.health {
        Ok(shown) => {
            let trouble = match (shown.certificate.fits_name, shown.certificate.chain) {
                (false, _) => Some("is not for that name"),
                (_, Chain::Expired) => Some("has expired"),
                (_, Chain::NotYetValid) => Some("is not valid yet (by this machine's clock)"),
                (_, Chain::Revoked) => Some("was revoked"),
                _ => None,
            };
            if let Some(trouble) = trouble {
                found(
                    Code::SiteCertificateWrong,
                    format!("The certificate that the load balancer shows for `{site}` {trouble}."),
                    format!(
                        "Name one that covers `{site}` with `--cert-arn`, then run the same command. `openssl s_client -connect {}:443 -servername {site} </dev/null | openssl x509 -noout -text` shows the one that is shown.",
                        shown.reply.from
                    ),
                );
            }
            if !is_well(shown.reply.status) {
                found(
                    Code::SiteFails,
                    format!("`https://{site}{HEALTH_PATH}` answers {}.", shown.reply.status),
                    pods.clone(),
                );
            }
        }
        Err(Unreached::NameUnknown) => found(
            Code::SiteCertificateWrong,
            format!("The load balancer has no certificate for `{site}`, or does not listen for HTTPS yet."),
            format!("`kubectl get ingress -n {namespace} -o yaml` shows the certificate that it was told."),
        ),
        Err(why) if !is_far(why) => found(
            Code::SiteFails,
            format!(
                "The load balancer takes the connection for `{site}`, and {}.",
                why.words()
            ),
            pods.clone(),
        ),
        Err(_) => {}
    }
    if let Ok(shown) = &seen.root
        && shown.reply.status >= 500
    {
        let message = format!("`https://{site}/` answers {}.", shown.reply.status);
        found(Code::SiteFails, message, pods);
    }
    if let Ok(reply) = &seen.plain
        && !redirects(desired, reply)
    {
        found(
            Code::SiteNotRedirected,
            format!(
                "`http://{site}/` answers {} and does not lead to HTTPS.",
                reply.status
            ),
            format!(
                "`kubectl describe ingress {} -n {namespace}` shows whether the redirect was taken in.",
                super::redirect::name(desired)
            ),
        );
    }
    reasons
}

/// What can't be known from here, and why.
fn unknown(desired: &Desired, seen: &Seen) -> Vec<Stop> {
    let site = &desired.site.domain;
    let mut stops = Vec::new();
    let by_hand = desired.site.dns == Dns::External;
    let later = if by_hand {
        "Make the record where the domain is hosted; the evidence has it. Then run the same command, which asks again."
    } else {
        "An answer that a resolver keeps from before the install ends within 15 minutes: run the same command then, or ask another resolver with `--dns-server`."
    };
    match (&seen.name, leads(&seen.name, &seen.balancer)) {
        (Lookup::Absent, _) => {
            let why = if by_hand {
                "its record is to be made by hand"
            } else {
                "this machine's DNS may keep an older answer"
            };
            let message = format!("`{site}` has no address in DNS yet, as asked from here: {why}.");
            stops.push(Stop::new(Code::SiteNotSeen, message, later));
        }
        (Lookup::Unknown(why), _) => {
            let message = format!("Whether `{site}` leads to the load balancer is unknown: {why}.");
            stops.push(Stop::new(Code::SiteNotSeen, message, later));
        }
        (Lookup::Present(_), Some(false)) => {
            let message = format!(
                "`{site}` leads to other addresses than the load balancer's, as asked from here: an older answer, a proxy before the site, or another zone that answers for it."
            );
            stops.push(Stop::new(Code::SiteNotSeen, message, later));
        }
        (Lookup::Present(_), None) => {
            let message = format!(
                "Whether the addresses of `{site}` are the load balancer's is unknown: its own name was not found in DNS."
            );
            stops.push(Stop::new(Code::SiteNotSeen, message, later));
        }
        (Lookup::Present(_), Some(true)) => {}
    }
    match &seen.health {
        Err(why) if is_far(why) => {
            let (message, remedy) = if desired.site.scheme == Scheme::Internal {
                (
                    format!(
                        "Whether `https://{site}/` answers is unknown: its load balancer is internal, and from here {}.",
                        why.words()
                    ),
                    "Open it from inside the VPC, or from a network that is routed into it.",
                )
            } else {
                (
                    format!(
                        "Whether `https://{site}/` answers is unknown: from here {}.",
                        why.words()
                    ),
                    "Open it from where its users are. This machine may have no way out but a proxy, which is not asked.",
                )
            };
            stops.push(Stop::new(Code::SiteNotReached, message, remedy));
        }
        Ok(shown) => {
            let why = match shown.certificate.chain {
                Chain::UnknownIssuer => "its issuer is not trusted here",
                Chain::Broken => "it can't be followed to its issuer",
                Chain::NobodyTrusted => "this machine has no bundle of trusted certificates",
                _ => return stops,
            };
            stops.push(Stop::new(
                Code::SiteCertificateUntrusted,
                format!("Whether visitors trust the certificate of `{site}` is unknown: {why}."),
                "A private authority's certificate is trusted where that is installed. `SSL_CERT_FILE=BUNDLE` has this machine trust another bundle.",
            ));
        }
        Err(_) => {}
    }
    stops
}
