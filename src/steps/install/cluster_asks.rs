//! The commands that steps write into the cluster with, as data: the runner adds the way into the cluster and runs them.
//! Objects go by stdin, and nothing of what an object holds is printed back.

use crate::clients::Ask;
use crate::clients::kubectl::Resource;
use crate::clients::kubectl::writes::FIELD_MANAGER;
use crate::gateway::Tool;
use serde_json::Value;
use std::time::Duration;

/// How long one request may take, and a whole command: kubectl asks what the API has before it asks for the thing.
const LIMITS: [&str; 2] = ["--request-timeout", "15s"];
const COMMAND_LIMIT: Duration = Duration::from_secs(90);

fn kubectl<'a>(purpose: &str, args: impl IntoIterator<Item = &'a str>) -> Ask {
    let mut ask = Ask::write(Tool::Kubectl, purpose, args.into_iter().chain(LIMITS));
    ask.spec.timeout = COMMAND_LIMIT;
    ask
}

/// Makes one object, and never changes one that stands. `secrets` are the texts in it that must not be seen.
#[must_use]
pub fn create(purpose: &str, object: &Value, secrets: Vec<String>) -> Ask {
    let args = [
        "create",
        "--field-manager",
        FIELD_MANAGER,
        "-f",
        "-",
        "-o",
        "name",
    ];
    let mut ask = kubectl(purpose, args).document(format!("{object:#}\n"));
    ask.spec.secrets = secrets;
    ask
}

/// Makes one object, or brings the fields that are named in it to what they say there: the API server merges by who owns
/// which field, so that what others set beside ours stays, and a field of ours that somebody else set is a conflict.
#[must_use]
pub fn apply(purpose: &str, object: &Value) -> Ask {
    server_side(purpose, &[], FIELD_MANAGER, format!("{object:#}\n"))
}

/// As [`apply`], for documents whose fields are `manager`'s whoever has set them since: they are taken back.
#[must_use]
pub fn take_back(purpose: &str, manager: &str, documents: String) -> Ask {
    server_side(purpose, &["--force-conflicts"], manager, documents)
}

fn server_side(purpose: &str, force: &[&str], manager: &str, documents: String) -> Ask {
    let begin = ["apply", "--server-side"];
    let end = ["--field-manager", manager, "-f", "-", "-o", "name"];
    let args = begin.into_iter().chain(force.iter().copied()).chain(end);
    kubectl(purpose, args).document(documents)
}

/// Deletes one object of a namespace and waits until it is gone; one that is gone already is as good.
#[must_use]
pub fn delete(purpose: &str, resource: Resource, namespace: &str, name: &str) -> Ask {
    // Its pods go with it: in the background they would stand beside those of the next one.
    let args = [
        "delete",
        resource.name,
        name,
        "-n",
        namespace,
        "--cascade=foreground",
        "--ignore-not-found",
        "--wait=true",
        "--timeout",
        "60s",
        "-o",
        "name",
    ];
    kubectl(purpose, args)
}

/// Sets one label of an object of a namespace; its other labels stay.
#[must_use]
pub fn label(
    purpose: &str,
    resource: Resource,
    namespace: &str,
    name: &str,
    (key, value): (&str, &str),
) -> Ask {
    let label = format!("{key}={value}");
    let args = [
        "label",
        resource.name,
        name,
        &label,
        "-n",
        namespace,
        "--overwrite",
        "-o",
        "name",
    ];
    kubectl(purpose, args)
}
