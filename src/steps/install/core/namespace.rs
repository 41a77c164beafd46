//! Step `namespace`: the namespace of the install.

use crate::clients::CallError;
use crate::clients::kubectl::{Kubectl, Resource};
use crate::gateway::redact::untrusted;
use crate::model::{CREATED_BY, Phase};
use crate::report::Code;
use crate::steps::install::release::by_hand;
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Waits, World, Write, cluster_asks};
use serde_json::{Value, json};

/// The step.
pub struct TheNamespace;

/// The namespace as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it is being deleted.
    pub leaving: bool,
    /// Our mark of creation, an installation's id.
    pub created_by: Option<String>,
    /// What still holds a namespace that is being deleted, in the cluster's own words. Untrusted.
    pub said: String,
}

impl Step for TheNamespace {
    fn id(&self) -> &'static str {
        "namespace"
    }

    fn phase(&self) -> Phase {
        Phase::Core
    }

    fn after(&self) -> &'static [&'static str] {
        &["cluster"]
    }

    fn waits(&self) -> Waits {
        Waits::SHORT
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let name = world.desired.target.namespace.as_str().to_owned();
        let found = match world.standing()? {
            None => None,
            Some(standing) => {
                let kubectl = Kubectl {
                    gateway: world.gateway,
                    access: &standing.access,
                };
                kubectl
                    .get_object(Resource::NAMESPACE, None, &name)?
                    .map(|it| read(&it))
            }
        };
        let stands = found.as_ref().is_some_and(|found| !found.leaving);
        Ok(
            Look::of(decide(world.desired, found.as_ref())).telling(move |evidence, history| {
                let core = evidence.core();
                core.namespace = stands.then(|| name.clone());
                core.namespace_created = history.created;
            }),
        )
    }
}

/// Reads what is needed of a namespace.
#[must_use]
pub fn read(object: &Value) -> Found {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str);
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let held = conditions.into_iter().flatten().filter_map(|condition| {
        let holds = condition["status"] == "True";
        condition["message"].as_str().filter(|_| holds)
    });
    Found {
        leaving: text("/metadata/deletionTimestamp").is_some()
            || text("/status/phase") == Some("Terminating"),
        created_by: object["metadata"]["labels"][CREATED_BY]
            .as_str()
            .map(str::to_owned),
        said: untrusted(&held.collect::<Vec<_>>().join("\n")),
    }
}

/// What would have to be written. One that is there is used, whoever made it.
#[must_use]
pub fn decide(desired: &Desired, found: Option<&Found>) -> Decision {
    let name = &desired.target.namespace;
    let wanted = json!({ "namespace": name.as_str() });
    let Some(found) = found else {
        let id = desired.installation();
        let object = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name.as_str(), "labels": { CREATED_BY: id.as_str() } },
        });
        let ask = cluster_asks::create(&format!("make the namespace `{name}`"), &object, Vec::new());
        let write = Write::cluster(ask).showing("namespace.yaml");
        return Decision::create(format!("the namespace `{name}`"), wanted, vec![write]);
    };
    let ours = found.created_by.as_deref() == Some(desired.installation().as_str());
    let decision = if found.leaving {
        let stop = Stop::new(
            Code::NamespaceTerminating,
            format!("The namespace `{name}` is being deleted: nothing can be made in it until it is gone."),
            format!(
                "`kubectl get namespace {name} -o jsonpath='{{.status.conditions[*].message}}'` shows what holds it ({}); mend that, wait until it is gone (`kubectl wait --for=delete namespace/{name} --timeout=10m`), then run the same command. Or choose another with `--namespace`.",
                by_hand(desired)
            ),
        );
        let stop = if found.said.is_empty() {
            stop
        } else {
            stop.said(&found.said)
        };
        Decision::blocked("it is being deleted", wanted, vec![stop])
    } else if ours {
        Decision::settled(format!("the namespace `{name}` is there"), wanted)
    } else {
        let detail =
            format!("the namespace `{name}` is there; this installation did not make it and uses it");
        Decision::settled(detail, wanted)
    };
    if ours { decision } else { decision.adopting() }
}
