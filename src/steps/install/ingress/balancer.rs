//! The site's load balancer: what is seen of it, whose it is, and why nobody gets through it yet.

use super::{CONTROLLER, GROUP, NAMESPACE};
use crate::clients::CallError;
use crate::clients::aws::Elbv2;
use crate::clients::aws::elbv2::{Balancer, Target};
use crate::clients::aws::tags::Tags;
use crate::clients::kubectl::{Event, Ingress, Kubectl, Resource};
use crate::model::balancer::plain_name;
use crate::report::{Code, TargetsEvidence};
use crate::steps::install::together::{each, side_by_side};
use crate::steps::install::{Desired, Reason, Stop, Waiting, World};
use jiff::{SignedDuration, Timestamp};

/// What the controller writes on all that it makes (its guide, `ingress/annotations`).
const TAGS: [&str; 2] = ["elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack"];

/// A target group and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its targets.
    pub targets: Vec<Target>,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The load balancer of that name.
    pub balancer: Option<Balancer>,
    /// Its tags.
    pub tags: Tags,
    /// Its target groups.
    pub groups: Vec<Group>,
    /// What happened to the site's Ingress lately, the newest last.
    pub events: Vec<Event>,
    /// When it was looked at.
    pub at: Timestamp,
}

/// The Ingresses of the cluster, what happened to the site's own lately, and the load balancer of the name that install
/// gives: the cluster and AWS are asked side by side, each question takes half a second.
///
/// # Errors
/// [`CallError`] where how it stands is unknown.
pub fn observe(world: &World<'_>) -> Result<(Vec<Ingress>, Seen), CallError> {
    let (told, found) = side_by_side(|| in_cluster(world), || in_account(world));
    let ((ingresses, events), seen) = (told?, found?);
    let at = (world.now)();
    Ok((ingresses, Seen { events, at, ..seen }))
}

fn in_cluster(world: &World<'_>) -> Result<(Vec<Ingress>, Vec<Event>), CallError> {
    let Some(standing) = world.standing()? else {
        return Ok((Vec::new(), Vec::new()));
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    let ingresses = kubectl.ingresses()?;
    let events = match of_site(world.desired, &ingresses) {
        None => Vec::new(),
        Some(own) => kubectl.events(&own.namespace, Resource::INGRESS, &own.name)?,
    };
    Ok((ingresses, events))
}

fn in_account(world: &World<'_>) -> Result<Seen, CallError> {
    let elbv2 = Elbv2 {
        gateway: world.gateway,
    };
    let mut seen = Seen {
        balancer: elbv2.balancer(&world.desired.balancer())?,
        ..Seen::default()
    };
    let Some(balancer) = &seen.balancer else {
        return Ok(seen);
    };
    let arn = balancer.arn.as_str();
    let (tags, groups) = side_by_side(|| elbv2.balancer_tags(arn), || elbv2.target_groups(arn));
    let Some(tags) = tags? else {
        // It went between the two questions: then there is none.
        seen.balancer = None;
        return Ok(seen);
    };
    seen.tags = tags;
    // Somebody else's is told, and not looked into.
    if is_of_cluster(world.desired, &seen) {
        let groups = groups?;
        let targets = each(&groups, |group| elbv2.targets(&group.arn));
        for (group, targets) in groups.into_iter().zip(targets) {
            let (name, targets) = (group.name, targets?);
            seen.groups.push(Group { name, targets });
        }
    }
    Ok(seen)
}

/// The site's Ingress.
#[must_use]
pub fn of_site<'a>(desired: &Desired, ingresses: &'a [Ingress]) -> Option<&'a Ingress> {
    named(desired, ingresses, &desired.ingress())
}

/// The Ingress of that name in the install's namespace.
#[must_use]
pub fn named<'a>(desired: &Desired, ingresses: &'a [Ingress], name: &str) -> Option<&'a Ingress> {
    ingresses
        .iter()
        .find(|one| one.namespace == desired.target.namespace.as_str() && one.name == name)
}

/// Whether the load balancer is the group's, by the marks of its controller.
fn is_of_cluster(desired: &Desired, seen: &Seen) -> bool {
    let wanted = [desired.target.cluster.as_str(), GROUP];
    TAGS.iter()
        .zip(wanted)
        .all(|(tag, value)| seen.tags.get(*tag).map(String::as_str) == Some(value))
}

/// What is in the way, where a load balancer of the name is not this cluster's.
#[must_use]
pub fn taken(desired: &Desired, seen: &Seen) -> Option<Stop> {
    let balancer = seen.balancer.as_ref()?;
    if is_of_cluster(desired, seen) {
        return None;
    }
    let (name, arn, flag) = (&balancer.name, &balancer.arn, desired.place_flags());
    Some(Stop::new(
        Code::LoadBalancerNameTaken,
        format!(
            "The load balancer `{name}` is there and is not one of the cluster `{}` for the Ingress group `{GROUP}`: the controller can't make another of that name.",
            desired.target.cluster
        ),
        format!(
            "`aws elbv2 describe-tags --resource-arns {arn}{flag}` shows whose it is. If nobody needs it, `aws elbv2 delete-load-balancer --load-balancer-arn {arn}{flag}`, then run the same command; else choose another `--namespace` or `--cluster`."
        ),
    ))
}

/// How many targets are healthy, of those that are not on their way out.
#[must_use]
pub fn health(seen: &Seen) -> TargetsEvidence {
    let staying = || {
        seen.groups
            .iter()
            .flat_map(|group| group.targets.iter())
            .filter(|target| stays(target))
    };
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    TargetsEvidence {
        healthy: count(staying().filter(|target| target.state == "healthy").count()),
        total: count(staying().count()),
    }
}

fn stays(target: &Target) -> bool {
    target.state != "draining"
}

/// What is still waited for; nothing where the load balancer is active and every service behind it answers.
#[must_use]
pub fn judge(desired: &Desired, ingress: Option<&Ingress>, seen: &Seen) -> Option<Waiting> {
    let namespace = &desired.target.namespace;
    let name = desired.balancer();
    let waiting = |what: String, why: Vec<Reason>| Some(Waiting { what, why });
    let refused: Vec<Reason> = refused(desired, seen).into_iter().collect();
    let Some(ingress) = ingress else {
        return waiting(
            format!("the Ingress `{namespace}/{}`", desired.ingress()),
            refused,
        );
    };
    // What the controller says last outweighs what stands: it could not carry out what is wanted now.
    if !refused.is_empty() {
        let what = format!("the controller to make the load balancer `{name}`");
        return waiting(what, refused);
    }
    let Some(balancer) = &seen.balancer else {
        return waiting(format!("the load balancer `{name}`"), Vec::new());
    };
    if balancer.scheme != desired.site.scheme.name() {
        let what = format!(
            "the load balancer `{name}` to be made anew: {} → {}",
            balancer.scheme, desired.site.scheme
        );
        return waiting(what, Vec::new());
    }
    let address = ingress.address.as_deref().map(plain_name);
    if address != Some(plain_name(&balancer.dns_name)) {
        let what = format!(
            "the address of the Ingress `{}/{}`",
            ingress.namespace, ingress.name
        );
        return waiting(what, Vec::new());
    }
    if balancer.state != "active" {
        let what = format!("the load balancer `{name}`, which is `{}`", balancer.state);
        let why = (balancer.state != "provisioning").then(|| impaired(desired, balancer));
        return waiting(what, why.into_iter().collect());
    }
    if seen.groups.len() < ingress.services.len() {
        let what = format!(
            "the load balancer `{name}`: {} of {} services have a target group",
            seen.groups.len(),
            ingress.services.len()
        );
        return waiting(what, Vec::new());
    }
    let open: Vec<&Group> = seen.groups.iter().filter(|group| !answers(group)).collect();
    let first = open.first()?;
    let healthy = health(seen);
    let what = format!(
        "the targets of the load balancer `{name}`: {} of {} are healthy (`{}`)",
        healthy.healthy, healthy.total, first.name
    );
    let why = open
        .iter()
        .filter_map(|group| unhealthy(desired, group))
        .collect();
    waiting(what, why)
}

/// Whether somebody in the group answers, and nobody in it does not.
fn answers(group: &Group) -> bool {
    let mut staying = group.targets.iter().filter(|target| stays(target)).peekable();
    staying.peek().is_some() && staying.all(|target| target.state == "healthy")
}

fn impaired(desired: &Desired, balancer: &Balancer) -> Reason {
    let stop = Stop::new(
        Code::LoadBalancerNotMade,
        format!(
            "AWS says of the load balancer `{}`: `{}`.",
            balancer.name, balancer.state
        ),
        format!(
            "`aws elbv2 describe-load-balancers --names {}{}` shows why: often too few free addresses in a subnet, or a quota.",
            balancer.name,
            desired.place_flags()
        ),
    );
    Reason {
        stop: if balancer.said.is_empty() {
            stop
        } else {
            stop.said(&balancer.said)
        },
        hopeless: balancer.state == "failed",
    }
}

/// Why a group does not answer; nothing where its targets are only being registered.
fn unhealthy(desired: &Desired, group: &Group) -> Option<Reason> {
    let namespace = &desired.target.namespace;
    let reason = |message: String, said: &str| {
        let remedy = format!(
            "`kubectl get pods -n {namespace} -o wide` shows the pods by their addresses, `kubectl logs -n {namespace} POD` why one does not answer."
        );
        let stop = Stop::new(Code::TargetsUnhealthy, message, remedy);
        let stop = if said.is_empty() { stop } else { stop.said(said) };
        Some(Reason {
            stop,
            hopeless: false,
        })
    };
    let staying: Vec<&Target> = group.targets.iter().filter(|target| stays(target)).collect();
    if staying.is_empty() {
        let message = format!(
            "The target group `{}` has no targets: no pod of its service is ready.",
            group.name
        );
        return reason(message, "");
    }
    let sick = staying
        .iter()
        .find(|target| matches!(target.state.as_str(), "unhealthy" | "unavailable" | "unused"))?;
    let port = sick.port.map_or_else(String::new, |port| format!(":{port}"));
    let why = sick.reason.as_deref().unwrap_or("no reason");
    let message = format!(
        "The target {}{port} of the group `{}` is {}: {why}.",
        sick.id, group.name, sick.state
    );
    reason(message, &sick.said)
}

/// What the controller's words mean, by a part of them; and whether waiting can help.
const REFUSALS: [(&str, &str, bool); 9] = [
    (
        "conflicting load balancer name",
        "another Ingress of the group wants another name for the load balancer",
        true,
    ),
    (
        "conflicting scheme",
        "another Ingress of the group wants another scheme",
        true,
    ),
    (
        "couldn't auto-discover subnets",
        "no two subnets of the VPC, in two zones and with 8 free addresses each, carry the role tag (`kubernetes.io/role/elb`, for an internal one `kubernetes.io/role/internal-elb`)",
        true,
    ),
    ("CertificateNotFound", "the certificate is gone", true),
    (
        "UnsupportedCertificate",
        "load balancers don't take the certificate",
        true,
    ),
    (
        "DuplicateLoadBalancerName",
        "a load balancer of that name is there already",
        true,
    ),
    (
        "TooManyLoadBalancers",
        "the account's quota of load balancers is used up",
        true,
    ),
    (
        "no EC2 IMDS role found",
        "its pods have no role: they were there before their association, or the add-on `eks-pod-identity-agent` is not",
        false,
    ),
    (
        "AccessDenied",
        "its role does not allow what it asks of AWS",
        false,
    ),
];

/// How old the controller's word may be to count for what it would say now. It pauses longer and longer between its
/// tries, up to a quarter of an hour: what it could not do may have been mended since.
const FRESH: SignedDuration = SignedDuration::from_mins(2);

/// Why the controller could not make it, where that is the last that it said. Of two words of the same second the good
/// one is the later: after a success it begins anew only when something has changed.
fn refused(desired: &Desired, seen: &Seen) -> Option<Reason> {
    let newest = |is: fn(&str) -> bool| seen.events.iter().rev().find(|event| is(&event.reason));
    let last = newest(|reason| matches!(reason, "FailedBuildModel" | "FailedDeployModel"))?;
    if newest(|reason| reason == "SuccessfullyReconciled").is_some_and(|good| good.last >= last.last) {
        return None;
    }
    let fresh = last.last.is_none_or(|last| seen.at.duration_since(last) <= FRESH);
    let denied = last.said.contains("UnauthorizedOperation");
    let known = REFUSALS
        .iter()
        .find(|(words, ..)| last.said.contains(words) || (denied && *words == "AccessDenied"));
    let (why, hopeless) = known.map_or(("its own words say why", false), |(_, why, hopeless)| {
        (*why, *hopeless)
    });
    let namespace = &desired.target.namespace;
    let remedy = if why.starts_with("its pods have no role") {
        format!(
            "`kubectl rollout restart deployment {CONTROLLER} -n {NAMESPACE}`, then run the same command."
        )
    } else {
        format!(
            "`kubectl describe ingress {} -n {namespace}` shows what it says; mend that, then run the same command.",
            desired.ingress()
        )
    };
    let stop = Stop::new(
        Code::LoadBalancerNotMade,
        format!(
            "The load balancer controller could not make the site's load balancer ({}): {why}.",
            last.reason
        ),
        remedy,
    );
    Some(Reason {
        stop: stop.said(&last.said),
        hopeless: hopeless && fresh,
    })
}
