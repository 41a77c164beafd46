//! Step `site-ingress`: the site's Ingress by its chart, the Ingress of its redirect, and the load balancer that comes
//! of both, until it is active and every service behind it answers.

use super::balancer::{self, Seen as Balanced, named, of_site};
use super::redirect::{self, Due};
use super::{ANNOTATION, CLASS, GROUP};
use crate::clients::CallError;
use crate::clients::kubectl::Ingress;
use crate::model::{Phase, Scheme};
use crate::report::{Code, StepAction};
use crate::steps::install::chart_step::evidence_of;
use crate::steps::install::release::{self, Observed as Release, Wanted};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Verdict, Waiting, Waits, World};
use serde_json::json;

/// The chart and its release.
const CHART: &str = "ingext-community-ingress-aws";

/// The step.
pub struct SiteIngress;

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The chart's release.
    pub release: Release,
    /// All Ingresses of the cluster.
    pub ingresses: Vec<Ingress>,
    /// The load balancer.
    pub balanced: Balanced,
}

/// The release.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    Wanted {
        name: CHART,
        namespace: desired.target.namespace.to_string(),
        chart: CHART,
        values: json!({
            "siteDomain": desired.site.domain.as_str(),
            "certArn": desired.site.certificate.as_str(),
            "loadBalancerName": desired.balancer(),
        }),
    }
}

impl Step for SiteIngress {
    fn id(&self) -> &'static str {
        "site-ingress"
    }

    fn phase(&self) -> Phase {
        Phase::Ingress
    }

    fn after(&self) -> &'static [&'static str] {
        // The controller's webhook looks at each Ingress that is made; who is to answer behind it is there.
        &["balancer-controller", "community"]
    }

    fn waits(&self) -> Waits {
        Waits::new(180, 15 * 60, 1).seen(2)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let (ingresses, balanced) = balancer::observe(world)?;
        let own = of_site(world.desired, &ingresses);
        Ok(balancer::judge(world.desired, own, &balanced))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, &seen);
        let certificate = world.desired.site.certificate.to_string();
        let wanted = wanted(world.desired);
        Ok(Look::of(decision).telling(move |evidence, _| {
            if let Some(release) = evidence_of(&wanted, &seen.release) {
                evidence.add_release(Phase::Ingress, release);
            }
            let ingress = evidence.ingress();
            if let Some(balancer) = &seen.balanced.balancer {
                ingress.load_balancer_name = Some(balancer.name.clone());
                ingress.load_balancer_arn = Some(balancer.arn.clone());
                ingress.address = Some(balancer.dns_name.clone());
                ingress.hosted_zone_id = Some(balancer.zone_id.clone());
                ingress.scheme = Some(balancer.scheme.clone());
                ingress.certificate_arn = Some(certificate.clone());
                ingress.targets = Some(balancer::health(&seen.balanced));
            }
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Seen, CallError> {
    let release = release::observe(world, &wanted(world.desired))?;
    let (ingresses, balanced) = balancer::observe(world)?;
    Ok(Seen {
        release,
        ingresses,
        balanced,
    })
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Seen) -> Decision {
    let mut decision = judged(desired, seen);
    decision.desired = json!({
        "release": wanted(desired).digested(desired),
        "redirect": redirect::object(desired),
        "scheme": desired.site.scheme.name(),
    });
    decision
}

fn judged(desired: &Desired, seen: &Seen) -> Decision {
    let own = of_site(desired, &seen.ingresses);
    let mut decision = release::decide(desired, &wanted(desired), &seen.release);
    let redirect = redirect::due(desired, named(desired, &seen.ingresses, &redirect::name(desired)));
    let mut stops: Vec<Stop> = in_the_group(desired, &seen.ingresses);
    stops.extend(balancer::taken(desired, &seen.balanced));
    if let Some(own) = own.filter(|own| !decision.writes().is_empty() && !is_of_release(desired, own)) {
        stops.push(taken(own));
    }
    let mut writes = decision.writes().to_vec();
    match redirect {
        Due::Nothing => {}
        Due::Write(write) => writes.push(*write),
        Due::Stop(stop) => stops.push(*stop),
    }
    match decision.verdict {
        Verdict::Blocked(found) => {
            stops.splice(0..0, found);
            decision.verdict = Verdict::Blocked(stops);
            return decision;
        }
        _ if !stops.is_empty() => {
            let blocked = Decision::blocked("something stands in the site's way", json!(null), stops);
            return if decision.adopted {
                blocked.adopting()
            } else {
                blocked
            };
        }
        _ => {}
    }
    if !writes.is_empty() {
        if decision.action == StepAction::Unchanged {
            decision.action = StepAction::Update;
        }
        decision.detail = format!(
            "{}; plain HTTP leads to HTTPS by the Ingress `{}`; the load balancer `{}`, {}",
            decision.detail,
            redirect::name(desired),
            desired.balancer(),
            desired.site.scheme
        );
        decision.verdict = Verdict::Write(writes);
    } else if let Some(waiting) = balancer::judge(desired, own, &seen.balanced) {
        decision.detail = format!("{}, and its load balancer is not ready", decision.detail);
        decision.verdict = Verdict::Waiting(waiting);
    } else {
        let health = balancer::health(&seen.balanced);
        decision.detail = format!(
            "{}; the load balancer `{}` ({}) is active, {} of {} targets are healthy",
            decision.detail,
            desired.balancer(),
            desired.site.scheme,
            health.healthy,
            health.total
        );
    }
    match changed_scheme(desired, seen) {
        Some(warning) => decision.warn(warning),
        None => decision,
    }
}

fn is_of_release(desired: &Desired, ingress: &Ingress) -> bool {
    let is = |key: &str, value: &str| ingress.annotations.get(key).map(String::as_str) == Some(value);
    is("meta.helm.sh/release-name", CHART)
        && is(
            "meta.helm.sh/release-namespace",
            desired.target.namespace.as_str(),
        )
}

fn taken(found: &Ingress) -> Stop {
    let (namespace, name) = (&found.namespace, &found.name);
    Stop::new(
        Code::OwnedByOthers,
        format!(
            "The Ingress `{namespace}/{name}` is there and is not of the Helm release `{CHART}`: helm would refuse to take it over."
        ),
        format!(
            "`kubectl get ingress {name} -n {namespace} -o yaml` shows whose it is. Once nothing needs it, `kubectl delete ingress {name} -n {namespace}`, then run the same command."
        ),
    )
}

/// Others' Ingresses in the group that want something else of its one load balancer: the controller then makes nothing
/// for anybody in the group. One that wants nothing of it is a guest.
fn in_the_group(desired: &Desired, ingresses: &[Ingress]) -> Vec<Stop> {
    let own = [desired.ingress(), redirect::name(desired)];
    let balancer = desired.balancer();
    let mut stops = Vec::new();
    for other in ingresses {
        let note = |name: &str| {
            other
                .annotations
                .get(&format!("{ANNOTATION}{name}"))
                .map(String::as_str)
        };
        let is_own = other.namespace == desired.target.namespace.as_str() && own.contains(&other.name);
        if is_own || note("group.name") != Some(GROUP) || other.class.as_deref() != Some(CLASS) {
            continue;
        }
        let wishes = if note("load-balancer-name").is_some_and(|name| name != balancer) {
            "another name for its load balancer"
        } else if desired.site.scheme == Scheme::InternetFacing
            && note("scheme").is_some_and(|scheme| scheme != desired.site.scheme.name())
        {
            "another scheme"
        } else if note("ssl-redirect").is_some_and(|port| port != "443") {
            "another redirect"
        } else {
            continue;
        };
        let (namespace, name) = (&other.namespace, &other.name);
        stops.push(Stop::new(
            Code::IngressGroupTaken,
            format!(
                "The Ingress `{namespace}/{name}` stands in the group `{GROUP}`, in which the site's own Ingress is by its chart, and wants {wishes}. A group has one load balancer: the controller would make none, and the one that `{namespace}/{name}` has would no longer follow its Ingress."
            ),
            format!(
                "A cluster has room for one lakehouse with a load balancer of this group: choose another `--cluster`; or, once nothing needs it, `kubectl delete ingress {name} -n {namespace}` and run the same command."
            ),
        ));
    }
    stops
}

/// A load balancer can't change who reaches it: another takes its place, and the site is gone meanwhile.
fn changed_scheme(desired: &Desired, seen: &Seen) -> Option<Stop> {
    let balancer = seen.balanced.balancer.as_ref()?;
    let wanted = desired.site.scheme;
    if balancer.scheme == wanted.name() {
        return None;
    }
    let who = match wanted {
        Scheme::InternetFacing => "everybody",
        Scheme::Internal => "nobody outside of its VPC",
    };
    Some(Stop::new(
        Code::LoadBalancerScheme,
        format!(
            "The load balancer `{}` is {} and shall be {wanted}: the controller deletes it and makes another, which {who} reaches. The site does not answer for some minutes.",
            balancer.name, balancer.scheme
        ),
        format!("To keep it: `--scheme {}`.", balancer.scheme),
    ))
}
