//! Steps `karpenter-crd` and `karpenter`: Karpenter's kinds, and its controller, each by its chart.

use super::karpenter_template::{NAMESPACE, SERVICE_ACCOUNT};
use crate::clients::CallError;
use crate::clients::kubectl::{Crd, Deployment, Kubectl};
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::readiness::{self, Workload};
use crate::steps::install::release::{self, Observed, Wanted};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Verdict, Waiting, Waits, World};
use serde_json::json;

/// The kinds that the controller and the node pools' charts need.
pub const KINDS: [&str; 3] = [
    "ec2nodeclasses.karpenter.k8s.aws",
    "nodeclaims.karpenter.sh",
    "nodepools.karpenter.sh",
];

/// What the controller's chart makes that has to become ready.
const CONTROLLER: [Workload; 1] = [Workload::deployment("karpenter")];

/// The step of the kinds.
pub struct KarpenterCrd;

/// The step of the controller.
pub struct Karpenter;

/// The release of the kinds.
#[must_use]
pub fn wanted_kinds() -> Wanted {
    Wanted {
        name: "karpenter-crd",
        namespace: NAMESPACE.to_owned(),
        chart: "karpenter-crd",
        values: json!({}),
    }
}

/// The release of the controller. The chart's two replicas keep off each other's node, and off nodes that Karpenter
/// makes: with one node of its own, a cluster can hold only one. The cluster's endpoint is left out: the controller
/// asks EKS for it, and the values stay those of the plan.
#[must_use]
pub fn wanted_controller(desired: &Desired) -> Wanted {
    let size = json!({"cpu": "1", "memory": "1Gi"});
    Wanted {
        name: "karpenter",
        namespace: NAMESPACE.to_owned(),
        chart: "karpenter",
        values: json!({
            "replicas": if desired.node_count < 2 { 1 } else { 2 },
            "serviceAccount": {"name": SERVICE_ACCOUNT},
            "settings": {
                "clusterName": desired.target.cluster.as_str(),
                "interruptionQueue": desired.karpenter_queue(),
            },
            "controller": {"resources": {"requests": size, "limits": size}},
        }),
    }
}

impl Step for KarpenterCrd {
    fn id(&self) -> &'static str {
        "karpenter-crd"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        &["cluster"]
    }

    fn waits(&self) -> Waits {
        Waits::new(15, 300, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted_kinds();
        let observed = release::observe(world, &wanted)?;
        let kinds = match &observed {
            Observed::There(_) => kinds(world)?,
            Observed::NoCluster | Observed::Absent => Vec::new(),
        };
        let decision = decide_kinds(world.desired, &observed, &kinds);
        Ok(Look::of(decision).telling(move |evidence, _| {
            evidence.compute().crds = kinds
                .iter()
                .filter(|kind| kind.established)
                .map(|kind| kind.name.clone())
                .collect();
        }))
    }
}

/// Those of the kinds that the API has.
fn kinds(world: &World<'_>) -> Result<Vec<Crd>, CallError> {
    let Some(standing) = world.standing()? else {
        return Ok(Vec::new());
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    let mut found = Vec::new();
    for name in KINDS {
        found.extend(kubectl.crd(name)?);
    }
    Ok(found)
}

/// What would have to be written for the kinds; settled once the API serves them.
#[must_use]
pub fn decide_kinds(desired: &Desired, observed: &Observed, kinds: &[Crd]) -> Decision {
    let decision = release::decide(desired, &wanted_kinds(), observed);
    let gone: Vec<&str> = KINDS
        .into_iter()
        .filter(|name| !kinds.iter().any(|kind| kind.name == *name))
        .collect();
    if matches!(decision.verdict, Verdict::Settled) && !gone.is_empty() {
        return removed(decision, "karpenter-crd", &format!("`{}`", gone.join("`, `")));
    }
    let pending: Vec<&str> = KINDS
        .into_iter()
        .filter(|name| !kinds.iter().any(|kind| kind.name == *name && kind.established))
        .collect();
    not_before(
        decision,
        pending.is_empty(),
        &format!("the API to serve {}", pending.join(", ")),
    )
}

impl Step for Karpenter {
    fn id(&self) -> &'static str {
        "karpenter"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        // The association before the pods: one that is there already never gets its role.
        &[
            "node-group",
            "karpenter-crd",
            "karpenter-node-access",
            "karpenter-association",
            "discovery-tags",
        ]
    }

    fn waits(&self) -> Waits {
        Waits::new(60, 600, 1).seen(2)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let seen = readiness::observe(world, NAMESPACE, &CONTROLLER)?;
        Ok(readiness::judge(world.desired, NAMESPACE, &seen))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted_controller(world.desired);
        let observed = release::observe(world, &wanted)?;
        let deployment = match (&observed, world.standing()?) {
            (Observed::There(_), Some(standing)) => {
                let kubectl = Kubectl {
                    gateway: world.gateway,
                    access: &standing.access,
                };
                kubectl.deployment(NAMESPACE, wanted.name)?
            }
            _ => None,
        };
        let mut decision = decide_controller(world.desired, &observed, deployment.as_ref());
        if let Verdict::Waiting(waiting) = &mut decision.verdict
            && let Some(explained) = self.glance(world)?
        {
            *waiting = explained;
        }
        Ok(Look::of(decision).telling(move |evidence, _| {
            let compute = evidence.compute();
            if let Observed::There(found) = &observed {
                compute.karpenter_version = Some(found.version.clone());
                compute.namespace = Some(NAMESPACE.to_owned());
            }
            compute.controller_ready = deployment.as_ref().is_some_and(Deployment::is_ready);
        }))
    }
}

/// What would have to be written for the controller; settled once all of its pods are available in their newest form.
#[must_use]
pub fn decide_controller(
    desired: &Desired,
    observed: &Observed,
    deployment: Option<&Deployment>,
) -> Decision {
    let decision = release::decide(desired, &wanted_controller(desired), observed);
    if !matches!(decision.verdict, Verdict::Settled) {
        return decision;
    }
    match deployment {
        Some(deployment) if deployment.is_ready() => decision,
        Some(deployment) => {
            let what = format!(
                "the deployment `{NAMESPACE}/karpenter`: {} of {} pods are available",
                deployment.available, deployment.desired
            );
            let waiting = not_before(decision, false, &what);
            match &deployment.stuck {
                Some(_) => waiting.warn(Stop::new(
                    Code::KarpenterNotReady,
                    "Kubernetes says that the deployment of Karpenter does not go on.",
                    "`kubectl -n kube-system describe pods -l app.kubernetes.io/name=karpenter` says why: often there are fewer nodes than pods, or too little room on them (each asks for 1 CPU and 1 GiB).",
                )),
                None => waiting,
            }
        }
        None => removed(decision, "karpenter", "its deployment"),
    }
}

/// A release that is as wanted by helm's word, and of which something is gone. helm sees no difference and would do
/// nothing by itself.
fn removed(decision: Decision, release: &str, what: &str) -> Decision {
    let adopted = decision.adopted;
    let message = format!("The release `{release}` is there, and {what} is not: removed by hand.");
    let remedy = format!(
        "`helm history {release} -n {NAMESPACE}` names its last revision, `helm rollback {release} REVISION -n {NAMESPACE}` makes what is missing anew. Then run the same command again."
    );
    let stop = Stop::new(Code::KarpenterNotReady, message.clone(), remedy);
    let blocked = Decision::blocked(message, decision.desired, vec![stop]);
    if adopted { blocked.adopting() } else { blocked }
}

/// The decision; settled only if `is_ready`, else waiting for `what`.
fn not_before(mut decision: Decision, is_ready: bool, what: &str) -> Decision {
    if !is_ready && matches!(decision.verdict, Verdict::Settled) {
        decision.verdict = Verdict::Waiting(what.into());
    }
    decision
}
