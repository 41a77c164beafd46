//! Step `balancer-controller`: what makes load balancers of Ingresses. Where somebody runs one already, that one is
//! used, or is in the way; it is never replaced.

use super::role::{is_install_s, is_own_release};
use super::{ANNOTATION, CLASS, CLASS_CONTROLLER, CONTROLLER, GROUP, NAMESPACE};
use crate::clients::CallError;
use crate::clients::kubectl::{Controller, Ingress, IngressClass, Kubectl};
use crate::model::{Phase, Scheme};
use crate::report::Code;
use crate::steps::install::chart_step::evidence_of;
use crate::steps::install::readiness::{self, Workload};
use crate::steps::install::release::{self, Found, Observed as Release, Wanted};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Verdict, Waiting, Waits, World};
use serde_json::{Value, json};

/// The step.
pub struct BalancerController;

/// What the chart makes that has to become ready.
pub const WORKLOADS: &[Workload] = &[Workload::deployment(CONTROLLER)];

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The cluster's VPC; none where there is no cluster yet, or EKS did not say.
    pub vpc: Option<String>,
    /// The release of that name.
    pub release: Release,
    /// The Ingress class.
    pub class: Option<IngressClass>,
    /// The scheme that the class's parameters lay upon all of its Ingresses.
    pub class_scheme: Option<String>,
    /// Every controller in the cluster.
    pub controllers: Vec<Controller>,
    /// All Ingresses.
    pub ingresses: Vec<Ingress>,
    /// The workloads of the release.
    pub workloads: Vec<readiness::Seen>,
}

/// The release. Region and VPC are given: pods of nodes that keep their metadata to themselves can't find them. Nothing
/// but Ingresses is its business: its webhook for Services would refuse every new Service while its pods start, or
/// after they went.
#[must_use]
pub fn wanted(desired: &Desired, vpc: Option<&str>) -> Wanted {
    let mut values = json!({
        "clusterName": desired.target.cluster.as_str(),
        "region": desired.target.region.as_str(),
        "serviceAccount": {"create": true, "name": CONTROLLER},
        "enableServiceMutatorWebhook": false,
    });
    if let Some(vpc) = vpc {
        values["vpcId"] = vpc.into();
    }
    if desired.site.scheme == Scheme::Internal {
        // The site's chart says `internet-facing` and has no value for it; the class's word comes before an Ingress's.
        values["ingressClassParams"] = json!({"spec": {"scheme": "internal"}});
    }
    Wanted {
        name: CONTROLLER,
        namespace: NAMESPACE.to_owned(),
        chart: CONTROLLER,
        values,
    }
}

impl Step for BalancerController {
    fn id(&self) -> &'static str {
        "balancer-controller"
    }

    fn phase(&self) -> Phase {
        Phase::Ingress
    }

    fn after(&self) -> &'static [&'static str] {
        // The association before the pods: one that is there already never gets its role.
        &["node-group", "balancer-role"]
    }

    fn waits(&self) -> Waits {
        Waits::new(60, 600, 1).seen(2)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let seen = readiness::observe(world, NAMESPACE, WORKLOADS)?;
        Ok(readiness::judge(world.desired, NAMESPACE, &seen))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, &seen);
        let wanted = wanted(world.desired, None);
        Ok(Look::of(decision).telling(move |evidence, _| {
            let used = used(&seen.controllers);
            evidence.ingress().controller =
                used.map(|controller| format!("{}/{}", controller.namespace, controller.name));
            if let Some(release) = evidence_of(&wanted, &seen.release) {
                evidence.add_release(Phase::Ingress, release);
            }
            for workload in &seen.workloads {
                evidence.add_workload(Phase::Ingress, workload.evidence());
            }
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Seen, CallError> {
    let vpc = world.cluster()?.and_then(|cluster| cluster.vpc);
    let wanted = wanted(world.desired, vpc.as_deref());
    let release = release::observe(world, &wanted)?;
    let mut seen = Seen {
        vpc,
        release,
        class: None,
        class_scheme: None,
        controllers: Vec::new(),
        ingresses: Vec::new(),
        workloads: Vec::new(),
    };
    let Some(standing) = world.standing()? else {
        return Ok(seen);
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    seen.class = kubectl.ingress_class(CLASS)?;
    if let Some(class) = seen
        .class
        .as_ref()
        .filter(|class| class.controller == CLASS_CONTROLLER)
        && let Some(parameters) = &class.parameters
    {
        seen.class_scheme = kubectl.class_scheme(parameters)?;
    }
    seen.controllers = kubectl.controllers(CONTROLLER)?;
    seen.ingresses = kubectl.ingresses()?;
    if matches!(seen.release, Release::There(_)) {
        seen.workloads = readiness::observe(world, NAMESPACE, WORKLOADS)?;
    }
    Ok(seen)
}

/// The controller that makes the site's load balancer: install's own where it is there.
fn used(controllers: &[Controller]) -> Option<&Controller> {
    let own = controllers.iter().find(|one| is_install_s(one));
    own.or_else(|| controllers.first())
}

/// What is wanted, without what only the standing cluster can tell: the VPC is the cluster's own, whichever that is.
fn digested(desired: &Desired) -> Value {
    wanted(desired, None).digested(desired)
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Seen) -> Decision {
    let mut decision = judged(desired, seen);
    decision.desired = digested(desired);
    decision
}

fn judged(desired: &Desired, seen: &Seen) -> Decision {
    if let Some(class) = seen
        .class
        .as_ref()
        .filter(|class| class.controller != CLASS_CONTROLLER)
    {
        return blocked("the Ingress class is another controller's", class_taken(class));
    }
    let wanted = wanted(desired, seen.vpc.as_deref());
    let decision = release::decide(desired, &wanted, &seen.release);
    match &seen.release {
        Release::There(found) if found.created_by.as_deref() != Some(desired.installation().as_str()) => {
            // Of another installation, or of somebody else: its version and values are theirs to choose.
            let is_controller = found.chart == CONTROLLER && found.status == "deployed";
            match used(&seen.controllers).filter(|_| is_controller) {
                Some(controller) => adopted(desired, seen, controller, Some(found)),
                None if matches!(decision.verdict, Verdict::Settled) => {
                    blocked("the controller's release has no deployment", no_deployment()).adopting()
                }
                None => decision,
            }
        }
        Release::There(_) => own(desired, seen, decision, &wanted),
        // What our release made, and a recovery that was cut short left without its record, helm takes over again.
        Release::NoCluster | Release::Absent => {
            match seen.controllers.iter().find(|one| !is_install_s(one)) {
                Some(controller) => adopted(desired, seen, controller, None),
                None if seen
                    .class
                    .as_ref()
                    .is_some_and(|class| !is_own_release(class.release.as_deref())) =>
                {
                    blocked("a left Ingress class is in the way", class_left())
                }
                None => own(desired, seen, decision, &wanted),
            }
        }
    }
}

/// A release of ours, there or to be made.
fn own(desired: &Desired, seen: &Seen, mut decision: Decision, wanted: &Wanted) -> Decision {
    let others = others_reached(desired, seen);
    if let Some(other) = others.first().filter(|_| !decision.writes().is_empty()) {
        return blocked("others' Ingresses would become internal", would_change(other));
    }
    if !matches!(decision.verdict, Verdict::Settled) {
        return decision;
    }
    if seen.class.is_none() {
        let again = release::decide(desired, wanted, &Release::Absent);
        let detail = format!("the Ingress class `{CLASS}` was removed by hand");
        return Decision::update(detail, decision.desired, again.writes().to_vec());
    }
    if let Some(waiting) = readiness::judge(desired, NAMESPACE, &seen.workloads) {
        decision.verdict = Verdict::Waiting(waiting);
    }
    decision
}

/// Ingresses of the class, not of the site, that the internet reaches, where the class shall become internal.
fn others_reached<'a>(desired: &Desired, seen: &'a Seen) -> Vec<&'a Ingress> {
    let changes = desired.site.scheme == Scheme::Internal && seen.class_scheme.as_deref() != Some("internal");
    let is_other = |ingress: &&Ingress| {
        let note = |name: &str| ingress.annotations.get(&format!("{ANNOTATION}{name}"));
        let of_site = ingress.namespace == desired.target.namespace.as_str()
            && note("group.name").map(String::as_str) == Some(GROUP);
        changes
            && ingress.class.as_deref() == Some(CLASS)
            && !of_site
            && note("scheme").map(String::as_str) == Some("internet-facing")
    };
    seen.ingresses.iter().filter(is_other).collect()
}

/// A controller that this installation did not make.
fn adopted(desired: &Desired, seen: &Seen, controller: &Controller, release: Option<&Found>) -> Decision {
    let name = format!("{}/{}", controller.namespace, controller.name);
    let of_lakehouse = release.is_some_and(|found| found.created_by.is_some());
    let maker = if of_lakehouse {
        "another installation of lakehouse"
    } else {
        "somebody else"
    };
    let unusable = |why: &str| {
        let stop = Stop::new(
            Code::LoadBalancerControllerUnusable,
            format!(
                "The load balancer controller `{name}` was made by {maker}, and {why}. Install does not change it."
            ),
            format!(
                "`kubectl describe deployment -n {} {}` shows it. Mend it, then run the same command. Or remove it with all that it made, once nobody needs that: install then brings its own.",
                controller.namespace, controller.name
            ),
        );
        blocked("the cluster's load balancer controller can't be used", stop).adopting()
    };
    let cluster = desired.target.cluster.as_str();
    if controller.cluster.as_deref().is_some_and(|told| told != cluster) {
        return unusable(&format!(
            "it is told to work for another cluster than `{cluster}`"
        ));
    }
    if seen.class.is_none() {
        return unusable(&format!("there is no Ingress class `{CLASS}` of it"));
    }
    let internal = seen.class_scheme.as_deref() == Some("internal");
    match (desired.site.scheme, internal) {
        (Scheme::Internal, false) => {
            return unusable(&format!(
                "its Ingress class `{CLASS}` does not make load balancers internal: the site would be reached by everybody (the class's IngressClassParams want `spec.scheme: internal`)"
            ));
        }
        (Scheme::InternetFacing, true) => {
            return unusable(&format!(
                "its Ingress class `{CLASS}` makes all load balancers internal, and the site shall be reached by everybody (`--scheme internal` takes it as it is)"
            ));
        }
        _ => {}
    }
    if controller.available == 0 {
        if !of_lakehouse {
            return unusable("none of its pods is available");
        }
        let what = format!("the deployment `{name}`: none of its pods is available");
        return Decision::waiting("another installation's controller starts", Value::Null, what).adopting();
    }
    let version = release.map_or_else(String::new, |found| {
        format!(
            ", by the chart `{}` {}",
            plain(&found.chart),
            plain(&found.version)
        )
    });
    let detail = format!("the controller `{name}` of {maker} is used as it is{version}");
    Decision::settled(detail, Value::Null).adopting()
}

/// A word of somebody's, where it is a plain one.
fn plain(word: &str) -> &str {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    if word.len() <= 64 && word.bytes().all(fits) {
        word
    } else {
        "?"
    }
}

fn blocked(detail: &str, stop: Stop) -> Decision {
    Decision::blocked(detail, Value::Null, vec![stop])
}

fn class_taken(class: &IngressClass) -> Stop {
    Stop::new(
        Code::IngressClassTaken,
        format!(
            "The cluster's Ingress class `{CLASS}` belongs to the controller `{}` and not to `{CLASS_CONTROLLER}`: the site's Ingress would be that one's.",
            class.controller
        ),
        format!(
            "`kubectl get ingress -A` shows who uses it. If nobody does, `kubectl delete ingressclass {CLASS}`, then run the same command; else choose another `--cluster`. (EKS Auto Mode has a class of its own, `eks.amazonaws.com/alb`: give that another name.)"
        ),
    )
}

fn class_left() -> Stop {
    Stop::new(
        Code::IngressClassTaken,
        format!(
            "The Ingress class `{CLASS}` of a load balancer controller is there, and no controller: helm would refuse to take it over."
        ),
        format!(
            "`kubectl get ingress -A` shows whether an Ingress still waits for it. If none does, `kubectl delete ingressclass {CLASS}` and `kubectl delete ingressclassparams {CLASS}`, then run the same command."
        ),
    )
}

fn no_deployment() -> Stop {
    Stop::new(
        Code::LoadBalancerControllerUnusable,
        format!(
            "The release `{CONTROLLER}` in `{NAMESPACE}` was made by somebody else, and its deployment is gone: nobody makes load balancers."
        ),
        format!(
            "`helm history {CONTROLLER} -n {NAMESPACE}` names its last revision, `helm rollback {CONTROLLER} REVISION -n {NAMESPACE}` makes what is missing anew. Then run the same command."
        ),
    )
}

fn would_change(other: &Ingress) -> Stop {
    let (namespace, name) = (&other.namespace, &other.name);
    Stop::new(
        Code::LoadBalancerScheme,
        format!(
            "`--scheme internal` is a setting of the Ingress class `{CLASS}`, and the Ingress `{namespace}/{name}`, which is not the site's, is of that class and reached by everybody: its load balancer would be made anew as an internal one."
        ),
        format!(
            "Give `{namespace}/{name}` a class of its own, or leave `--scheme internal` out, or choose another `--cluster`."
        ),
    )
}
