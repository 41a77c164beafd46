//! Check `namespace`: the install's namespace is not being deleted.

use super::Subject;
use super::access::unknown;
use crate::clients::CallError;
use crate::clients::kubectl::FoundNamespace;
use crate::model::Namespace;
use crate::report::{Code, Finding};
use crate::steps::preflight::checked::Checked;

/// The check's id.
pub const ID: &str = "namespace";

/// Judges the namespace.
#[must_use]
pub fn decide(
    found: &Result<Option<FoundNamespace>, CallError>,
    name: &Namespace,
    subject: &Subject<'_>,
) -> Checked {
    let cluster = subject.name;
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let what = format!("Whether the namespace `{name}` exists in the cluster `{cluster}`");
            return unknown(ID, &what, error, subject).into();
        }
    };
    let finding = match found.as_ref().map(|it| (it.phase.as_str(), &it.said)) {
        None => Finding::pass(
            ID,
            format!("There is no namespace `{name}` in the cluster `{cluster}` yet: install will make it."),
        ),
        Some(("Active", _)) => Finding::pass(
            ID,
            format!("The namespace `{name}` exists in the cluster `{cluster}`: install will use it."),
        ),
        Some(("Terminating", said)) => Finding::fail(
            ID,
            Code::NamespaceTerminating,
            format!("The namespace `{name}` of the cluster `{cluster}` is being deleted: nothing can be made in it until it is gone."),
        )
        .remedy(format!(
            "`kubectl get namespace {name} -o jsonpath='{{.status.conditions[*].message}}'` shows what holds it {}; mend that, wait until it is gone (`kubectl wait --for=delete namespace/{name} --timeout=10m`), then run again. Or choose another with `--namespace`.",
            subject.by_hand()
        ))
        .said(said.clone()),
        Some(_) => Finding::fail(
            ID,
            Code::ToolFailed,
            format!("The namespace `{name}` of the cluster `{cluster}` is in a phase that is not known to lakehouse."),
        )
        .remedy(format!("Look at it: `kubectl get namespace {name} -o yaml` {}.", subject.by_hand())),
    };
    finding.into()
}
