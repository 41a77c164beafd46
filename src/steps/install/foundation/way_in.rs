//! Why the cluster's API server can't be worked with, for a person.

use crate::clients::aws::eks::Cluster;
use crate::clients::{CallError, ErrorClass, explain};
use crate::report::Code;
use crate::steps::install::{Desired, Stop};
use crate::steps::preflight::inside::{Subject, access};

/// The preflight's own words for it, where it has some; else those for any call.
#[must_use]
pub fn explained(desired: &Desired, cluster: &Cluster, error: &CallError) -> Stop {
    let name = &desired.target.cluster;
    let subject = Subject {
        name,
        cluster,
        caller: &desired.caller_arn,
        asker: desired.asker(),
    };
    let found = access::unknown(
        access::ID,
        &format!("What stands in the cluster `{name}`"),
        error,
        &subject,
    );
    let explained = explain(error, &desired.asker());
    let code = match error.class {
        ErrorClass::Unreachable(_) => Code::ClusterUnreachable,
        _ => found.code.unwrap_or(explained.code),
    };
    let remedy = found.remediation.unwrap_or(explained.remedy);
    let stop = Stop::new(code, found.message, remedy);
    if error.said.is_empty() {
        stop
    } else {
        stop.said(error.said.clone())
    }
}
