//! Check `cluster-access`: the cluster's API server can be reached from where the tools run, and lets this identity in.

use super::Subject;
use crate::clients::explain::quoted;
use crate::clients::form::arn_fields;
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::kubectl::{Kubectl, Versions};
use crate::clients::{CallError, ErrorClass, Reach};
use crate::gateway::Gateway;
use crate::report::{Code, ExecMode, Finding};
use crate::steps::preflight::checked::{self, Checked};

/// The check's id.
pub const ID: &str = "cluster-access";

/// Why there is no way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shut {
    /// On this side: no token, or no private file. The API server was not asked.
    Here(CallError),
    /// The API server did not answer, or not so.
    There(CallError),
}

/// Opens a way into the cluster and asks the API server for its version.
///
/// # Errors
/// [`Shut`] with the side that failed.
pub fn enter(gateway: &dyn Gateway, subject: &Subject<'_>) -> Result<(ClusterAccess, Versions), Shut> {
    let access = ClusterAccess::open(gateway, subject.name, subject.cluster).map_err(Shut::Here)?;
    let kubectl = Kubectl {
        gateway,
        access: &access,
    };
    let versions = kubectl.versions().map_err(Shut::There)?;
    Ok((access, versions))
}

/// Judges the way in.
#[must_use]
pub fn decide(entered: &Result<(ClusterAccess, Versions), Shut>, subject: &Subject<'_>) -> Checked {
    let name = subject.name;
    match entered {
        Ok((_, versions)) => Finding::pass(
            ID,
            format!(
                "The API server of the cluster `{name}` answers and knows this identity (Kubernetes {}).",
                versions.server
            ),
        )
        .into(),
        Err(Shut::Here(error)) => {
            let what = format!("Whether the cluster `{name}` lets this identity in");
            checked::unknown(ID, &what, error, &subject.asker).into()
        }
        Err(Shut::There(error)) => unknown(
            ID,
            &format!("What stands in the cluster `{name}`"),
            error,
            subject,
        )
        .into(),
    }
}

/// As [`checked::unknown`], for a question to the cluster's API server: its refusals are not AWS's.
#[must_use]
pub fn unknown(id: &str, what: &str, error: &CallError, subject: &Subject<'_>) -> Finding {
    let Some((code, reason, remedy)) = explained(error, subject) else {
        return checked::unknown(id, what, error, &subject.asker);
    };
    Finding::fail(id, code, format!("{what} is unknown. {reason}"))
        .remedy(remedy)
        .said(error.said.clone())
}

/// Code, reason and remedy of a refusal by the cluster's API server, or of one that was not reached; nothing for any
/// other failure.
#[must_use]
pub fn explained(error: &CallError, subject: &Subject<'_>) -> Option<(Code, String, String)> {
    let forbidden = error.code.as_deref() == Some("Forbidden");
    Some(match error.class {
        ErrorClass::Denied if forbidden => (
            Code::ClusterAccessDenied,
            format!(
                "Its API server knows this identity (`{}`) and does not let it look.",
                subject.caller
            ),
            grant(subject, false),
        ),
        ErrorClass::Denied => (
            Code::ClusterAccessDenied,
            format!(
                "Its API server answers and does not know this identity (`{}`): most likely there is no access entry for it.",
                subject.caller
            ),
            grant(subject, true),
        ),
        ErrorClass::Unreachable(reach) => {
            let (reason, remedy) = unreachable(reach, subject);
            (Code::ClusterUnreachable, reason, remedy)
        }
        ErrorClass::Throttled | ErrorClass::ServiceFault => (
            Code::ClusterUnreachable,
            "Its API server answered with an error of its own.".to_owned(),
            "Wait a minute, then run again; https://health.aws.amazon.com shows whether AWS has trouble."
                .to_owned(),
        ),
        _ => return None,
    })
}

/// What gives this identity its rights in the cluster. These are questions to AWS, not to the cluster: an account's
/// administrator can let itself in.
fn grant(subject: &Subject<'_>, entry_too: bool) -> String {
    let (name, region, flag) = (subject.name, subject.asker.region, subject.asker.flag());
    let (principal, partition) = principal(subject.caller, &flag);
    let target = format!("--cluster-name {name} --principal-arn {principal} --region {region}{flag}");
    let mut steps = Vec::new();
    if subject.cluster.authentication_mode.as_deref() == Some("CONFIG_MAP") {
        steps.push(format!(
            "`aws eks update-cluster-config --name {name} --region {region}{flag} --access-config authenticationMode=API_AND_CONFIG_MAP` (this cluster has no access entries yet)"
        ));
    }
    if entry_too {
        steps.push(format!("`aws eks create-access-entry {target}`"));
    }
    steps.push(format!(
        "`aws eks associate-access-policy {target} --policy-arn arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy --access-scope type=cluster`"
    ));
    format!(
        "{}; then run again. Where AWS refuses that to this identity, whoever made the cluster or administers EKS in the account runs it, with a profile of their own.",
        steps.join(", then ")
    )
}

/// Whom an access entry is for, as a word of a shell, and the partition. A role's session has the role's entry, and
/// its ARN may have a path that the session's does not tell (single sign-on): AWS is asked for it.
fn principal<'a>(caller: &'a str, flag: &str) -> (String, &'a str) {
    let Some([partition, service, _, _, resource]) = arn_fields(caller) else {
        return ("ARN".to_owned(), "aws");
    };
    let role = resource
        .strip_prefix("assumed-role/")
        .and_then(|rest| rest.split('/').next())
        .filter(|_| service == "sts");
    let word = role.map_or_else(
        || quoted(caller),
        |role| {
            format!(
                "\"$(aws iam get-role --role-name {} --query Role.Arn --output text{flag})\"",
                quoted(role)
            )
        },
    );
    (word, partition)
}

fn unreachable(reach: Reach, subject: &Subject<'_>) -> (String, String) {
    let (name, region, flag) = (subject.name, subject.asker.region, subject.asker.flag());
    let from = match subject.asker.mode {
        ExecMode::Docker => "from the toolbox container",
        ExecMode::Local => "from this machine",
    };
    let open = |ranges: &str| {
        format!(
            "`aws eks update-cluster-config --name {name} --region {region}{flag} --resources-vpc-config endpointPublicAccess=true,publicAccessCidrs={ranges}` opens it to this network's address"
        )
    };
    match reach {
        Reach::Tls => (
            format!("What answers {from} at its API server's address does not have the cluster's certificate: something stands between."),
            "A proxy that opens TLS must let the cluster's endpoint through: name it in NO_PROXY, then run again.".to_owned(),
        ),
        Reach::Proxy => (
            "The proxy on the way to its API server could not be reached.".to_owned(),
            "Check HTTPS_PROXY and NO_PROXY (`env | grep -i proxy`), then run again.".to_owned(),
        ),
        Reach::Connect | Reach::Timeout if subject.cluster.public_access == Some(false) => (
            format!("Its API server answers inside its VPC alone (private endpoint), and can't be reached {from}."),
            format!("Run lakehouse inside the VPC, or by a VPN into it; or {} (`curl -s https://checkip.amazonaws.com` shows it).", open("ADDRESS/32")),
        ),
        Reach::Connect | Reach::Timeout if is_limited(subject) => {
            let ranges = subject.cluster.public_cidrs.as_deref().unwrap_or_default().join(",");
            (
                format!("Its API server did not answer {from}: it lets in {ranges} alone."),
                format!("Run from one of these networks; or {} (`curl -s https://checkip.amazonaws.com` shows it).", open(&format!("{ranges},ADDRESS/32"))),
            )
        }
        Reach::Connect | Reach::Timeout => (
            format!("Its API server did not answer {from}."),
            format!("Check the network and the proxy there: `curl -sk {}/version && echo reached`, then run again.", subject.cluster.endpoint.as_deref().unwrap_or("https://ENDPOINT")),
        ),
    }
}

fn is_limited(subject: &Subject<'_>) -> bool {
    let everybody = |range: &String| range == "0.0.0.0/0";
    subject
        .cluster
        .public_cidrs
        .as_ref()
        .is_some_and(|ranges| !ranges.is_empty() && !ranges.iter().any(everybody))
}
