//! The Ingress by which plain HTTP leads to HTTPS. The site's chart listens at 443 alone, so a second Ingress of the
//! same group adds port 80; `ssl-redirect` on one Ingress holds for its whole group, and an HTTP listener then has no
//! rule but that (the controller's guide, `tasks/ssl_redirect` and `ingress/annotations`). So it needs no backend, and
//! no certificate: the group's port 443 is the other Ingress's.

use super::{ANNOTATION, CLASS, GROUP};
use crate::clients::kubectl::Ingress;
use crate::model::CREATED_BY;
use crate::report::Code;
use crate::steps::install::release::by_hand;
use crate::steps::install::{Desired, Stop, Write, cluster_asks};
use serde_json::{Value, json};

/// Its name.
#[must_use]
pub fn name(desired: &Desired) -> String {
    format!("{}-https-redirect", desired.target.namespace)
}

fn annotations() -> [(String, &'static str); 3] {
    [
        ("group.name", GROUP),
        ("listen-ports", r#"[{"HTTP":80}]"#),
        ("ssl-redirect", "443"),
    ]
    .map(|(name, value)| (format!("{ANNOTATION}{name}"), value))
}

/// The object, whole.
#[must_use]
pub fn object(desired: &Desired) -> Value {
    let annotations: serde_json::Map<String, Value> = annotations()
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name(desired),
            "namespace": desired.target.namespace.as_str(),
            "labels": {CREATED_BY: desired.installation().as_str()},
            "annotations": annotations,
        },
        "spec": {
            "ingressClassName": CLASS,
            "rules": [{"host": desired.site.domain.as_str()}],
        },
    })
}

/// What there is to do about it.
#[derive(Clone, Debug)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// This.
    Write(Box<Write>),
    /// Nothing can be done.
    Stop(Box<Stop>),
}

/// What there is to do about it, with `found` in its place.
#[must_use]
pub fn due(desired: &Desired, found: Option<&Ingress>) -> Due {
    let Some(found) = found else {
        return Due::Write(Box::new(write(desired)));
    };
    if found.labels.get(CREATED_BY).map(String::as_str) != Some(desired.installation().as_str()) {
        return Due::Stop(Box::new(taken(desired)));
    }
    if found.leaving {
        return Due::Stop(Box::new(leaving(desired)));
    }
    let annotated = annotations()
        .iter()
        .all(|(name, value)| found.annotations.get(name).map(String::as_str) == Some(*value));
    let same = annotated
        && found.class.as_deref() == Some(CLASS)
        && found.hosts == [desired.site.domain.as_str()]
        && found.services.is_empty();
    if same {
        Due::Nothing
    } else {
        Due::Write(Box::new(write(desired)))
    }
}

fn write(desired: &Desired) -> Write {
    let purpose = format!("make the Ingress `{}`", name(desired));
    Write::cluster(cluster_asks::apply(&purpose, &object(desired))).showing("https-redirect.yaml")
}

/// What is applied to an object that is being deleted goes with it.
fn leaving(desired: &Desired) -> Stop {
    let (name, namespace) = (name(desired), &desired.target.namespace);
    Stop::new(
        Code::OperationInProgress,
        format!(
            "The Ingress `{namespace}/{name}`, which leads plain HTTP to HTTPS, is being deleted, and its finalizers hold it."
        ),
        format!(
            "A deletion that was begun can't be taken back. `kubectl describe ingress {name} -n {namespace}` shows what holds it ({}): as a rule the load balancer controller, which has to be at work to let it go. Once it is gone, run the same command: it makes it anew.",
            by_hand(desired)
        ),
    )
}

fn taken(desired: &Desired) -> Stop {
    let (name, namespace) = (name(desired), &desired.target.namespace);
    Stop::new(
        Code::OwnedByOthers,
        format!("The Ingress `{namespace}/{name}` is there and was not made by this installation."),
        format!(
            "`kubectl get ingress {name} -n {namespace} -o yaml` shows whose it is. Once nothing needs it, `kubectl delete ingress {name} -n {namespace}`, then run the same command."
        ),
    )
}
