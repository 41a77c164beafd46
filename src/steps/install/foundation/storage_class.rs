//! Step `storage-class`: the default class of the install's volumes, by its chart.

use crate::clients::CallError;
use crate::clients::kubectl::Kubectl;
use crate::clients::kubectl::StorageClass;
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::release::{self, Observed as Release, Wanted};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Verdict, Waits, World};
use serde_json::json;
use std::fmt::Write as _;

/// The release, the chart and the class.
const NAME: &str = "ingext-aws-gp3";
/// The driver that makes its volumes.
const DRIVER: &str = "ebs.csi.aws.com";
const NAMESPACE: &str = "kube-system";

/// The step.
pub struct StorageClassStep;

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The release.
    pub release: Release,
    /// The class.
    pub class: Option<StorageClass>,
    /// Other classes that are a default one, by name.
    pub other_defaults: Vec<String>,
}

impl Observed {
    /// The release, and the cluster's classes.
    #[must_use]
    pub fn of(release: Release, classes: Vec<StorageClass>) -> Self {
        let (mut own, others): (Vec<_>, Vec<_>) = classes.into_iter().partition(|class| class.name == NAME);
        let defaults = others.into_iter().filter(|class| class.is_default);
        Self {
            release,
            class: own.pop(),
            other_defaults: defaults.map(|class| class.name).collect(),
        }
    }
}

/// The release as it should be: the chart's own values are what is wanted.
#[must_use]
pub fn wanted() -> Wanted {
    Wanted {
        name: NAME,
        namespace: NAMESPACE.to_owned(),
        chart: NAME,
        values: json!({}),
    }
}

impl Step for StorageClassStep {
    fn id(&self) -> &'static str {
        "storage-class"
    }

    fn phase(&self) -> Phase {
        Phase::Foundation
    }

    fn after(&self) -> &'static [&'static str] {
        &["cluster"]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let release = release::observe(world, &wanted())?;
        let classes = match world.standing()? {
            None => Vec::new(),
            Some(standing) => {
                let kubectl = Kubectl {
                    gateway: world.gateway,
                    access: &standing.access,
                };
                kubectl.storage_classes()?
            }
        };
        let decision = decide(world.desired, &Observed::of(release, classes));
        let installed = matches!(decision.verdict, Verdict::Settled);
        let cluster = world.desired.target.cluster.to_string();
        Ok(Look::of(decision).telling(move |evidence, _| {
            let eks = evidence.eks();
            eks.cluster_name.clone_from(&cluster);
            eks.storage_class_installed = installed;
        }))
    }

    fn waits(&self) -> Waits {
        Waits::new(10, 5 * 60, 1)
    }
}

/// What is to be done; where another class is a default one too, the plan says what that comes to.
#[must_use]
pub fn decide(desired: &Desired, seen: &Observed) -> Decision {
    let mut decision = of_class(desired, seen);
    if !decision.writes().is_empty() && !seen.other_defaults.is_empty() {
        let _ = write!(
            decision.detail,
            " In this cluster {} a default class too: claims without a class get the newest of them, which will be `{NAME}`.",
            all_of(&seen.other_defaults)
        );
    }
    decision
}

/// "`gp2` is", "`gp2`, `gp3` are".
fn all_of(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

fn of_class(desired: &Desired, seen: &Observed) -> Decision {
    let wanted = wanted();
    let decision = release::decide(desired, &wanted, &seen.release);
    let deployed = matches!(decision.verdict, Verdict::Settled);
    let Some(class) = &seen.class else {
        // Taken away by hand: helm puts it back, where the release is ours.
        return if deployed {
            amend(desired, decision, "the storage class is not there")
        } else {
            decision
        };
    };
    let writes = !decision.writes().is_empty();
    if writes && !is_of_release(class) {
        let stop = Stop::new(
            Code::OwnedByOthers,
            format!(
                "The storage class `{NAME}` is there and is not of the Helm release `{NAME}`: helm would refuse to take it over."
            ),
            format!(
                "`kubectl get storageclass {NAME} -o yaml` shows whose it is. Once nothing needs it, `kubectl delete storageclass {NAME}` (volumes that exist stay), then run the same command."
            ),
        );
        let mut blocked = Decision::blocked(
            "the storage class is somebody else's",
            decision.desired,
            vec![stop],
        );
        blocked.adopted = decision.adopted;
        return blocked;
    }
    if !deployed {
        return decision;
    }
    if class.provisioner != DRIVER {
        // A class's driver can't be changed.
        return conflict(
            decision,
            format!("its volumes are not made by `{DRIVER}`"),
            "delete it once nothing needs it",
        );
    }
    if !class.is_default {
        return amend(desired, decision, "the storage class is not the default one");
    }
    let mut settled = decision;
    settled.detail = format!("{}; the class `{NAME}` is the default one", settled.detail);
    settled
}

fn is_of_release(class: &StorageClass) -> bool {
    let is = |key: &str, value: &str| class.annotations.get(key).map(String::as_str) == Some(value);
    is("meta.helm.sh/release-name", NAME) && is("meta.helm.sh/release-namespace", NAMESPACE)
}

/// The release is as wanted and its class is not: ours is written again, somebody else's is told.
fn amend(desired: &Desired, decision: Decision, why: &str) -> Decision {
    if decision.adopted {
        return conflict(decision, why.to_owned(), "bring it back as the chart makes it");
    }
    let absent = release::decide(desired, &wanted(), &Release::Absent);
    Decision::update(why, decision.desired, absent.writes().to_vec())
}

fn conflict(decision: Decision, why: String, remedy: &str) -> Decision {
    let stop = Stop::new(
        Code::ReleaseConflict,
        format!(
            "The Helm release `{NAME}` is deployed, and the class `{NAME}` is not as its chart makes it: {why}."
        ),
        format!("`kubectl get storageclass {NAME} -o yaml` shows it; {remedy}, then run the same command."),
    );
    let mut blocked = Decision::blocked(why, decision.desired, vec![stop]);
    blocked.adopted = decision.adopted;
    blocked
}
