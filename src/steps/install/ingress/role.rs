//! Step `balancer-role`: the load balancer controller's role by eksctl's own policy for it, and its association, before
//! its pods start.
//!
//! eksctl makes both by one command: a stack of the role, then the association. It takes well-known policies only here
//! (`iam.podIdentityAssociations`), not beside an add-on (tried with 0.230), and never twice.

use super::{CONTROLLER, NAMESPACE};
use crate::clients::CallError;
use crate::clients::aws::eks::Association;
use crate::clients::eksctl::create_associations_ask;
use crate::clients::explain::quoted;
use crate::clients::kubectl::{Controller, Kubectl};
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::association::{self, Wanted};
use crate::steps::install::foundation::cluster_config::AGENT;
use crate::steps::install::foundation::stacks::{self, Meaning, SeenStack};
use crate::steps::install::marks::{Owner, owner};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Waits, World, Write, asks};
use serde_json::{Value, json};

/// The output of eksctl's role stacks (eksctl `pkg/cfn/outputs`).
const ROLE_OUTPUT: &str = "Role1";

/// The step.
pub struct BalancerRole;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The service account's association.
    pub association: Option<Association>,
    /// The stack of eksctl's role for it.
    pub stack: Option<SeenStack>,
    /// The controllers that run already.
    pub controllers: Vec<Controller>,
}

/// The stack of the role (facts: `aws-facts.md`, section 1).
#[must_use]
pub fn stack_of(desired: &Desired) -> String {
    format!(
        "eksctl-{}-podidentityrole-{NAMESPACE}-{CONTROLLER}",
        desired.target.cluster
    )
}

/// The `ClusterConfig` for `eksctl create podidentityassociation`: the same for the same wishes, byte by byte. eksctl
/// takes a pod identity association only beside the agent's add-on. The tags stand at the association alone: eksctl
/// 0.230 gives the role's stack those of `metadata` and of the association one after the other, so that one named in
/// both stands there twice.
#[must_use]
pub fn config(desired: &Desired) -> String {
    let tags = desired.created_tags();
    let config = json!({
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": {
            "name": desired.target.cluster.as_str(),
            "region": desired.target.region.as_str(),
        },
        "addons": [{"name": AGENT}],
        "iam": {"podIdentityAssociations": [{
            "namespace": NAMESPACE,
            "serviceAccountName": CONTROLLER,
            "wellKnownPolicies": {"awsLoadBalancerController": true},
            "tags": tags,
        }]},
    });
    format!("{config:#}\n")
}

impl Step for BalancerRole {
    fn id(&self) -> &'static str {
        "balancer-role"
    }

    fn phase(&self) -> Phase {
        Phase::Ingress
    }

    fn after(&self) -> &'static [&'static str] {
        &["addons"]
    }

    fn waits(&self) -> Waits {
        Waits::new(60, 15 * 60, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, &seen);
        Ok(Look::of(decision).telling(move |evidence, _| {
            evidence.ingress().controller_role_arn =
                seen.association.as_ref().map(|found| found.role_arn.clone());
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Seen, CallError> {
    let wanted = Wanted {
        namespace: NAMESPACE.to_owned(),
        service_account: CONTROLLER.to_owned(),
        role_arn: String::new(),
    };
    let association = association::observe(world, &wanted)?;
    let stack = stacks::look(world.gateway, &stack_of(world.desired))?;
    let controllers = match world.standing()? {
        None => Vec::new(),
        Some(standing) => {
            let kubectl = Kubectl {
                gateway: world.gateway,
                access: &standing.access,
            };
            kubectl.controllers(CONTROLLER)?
        }
    };
    Ok(Seen {
        association,
        stack,
        controllers,
    })
}

fn digested() -> Value {
    json!({
        "serviceAccount": format!("{NAMESPACE}/{CONTROLLER}"),
        "policy": "eksctl's awsLoadBalancerController",
    })
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Seen) -> Decision {
    match &seen.association {
        Some(found) => associated(desired, found, seen.stack.as_ref()),
        None => match seen.controllers.iter().find(|one| !is_install_s(one)) {
            // Whose pods act by an annotation of their account, or by the nodes' role: an association would change that.
            Some(other) => Decision::settled(
                format!(
                    "the controller `{}/{}` is somebody else's and has its rights in its own way",
                    other.namespace, other.name
                ),
                digested(),
            )
            .adopting(),
            None => missing(desired, seen.stack.as_ref()),
        },
    }
}

/// Whether the controller is made by the release that an install makes.
#[must_use]
pub fn is_install_s(controller: &Controller) -> bool {
    is_own_release(controller.release.as_deref())
}

/// Whether this is the release by which an install makes the controller and its class, `NAMESPACE/NAME`.
#[must_use]
pub fn is_own_release(release: Option<&str>) -> bool {
    release == Some(&format!("{NAMESPACE}/{CONTROLLER}"))
}

fn what() -> String {
    format!("the role of `{NAMESPACE}/{CONTROLLER}`")
}

fn missing(desired: &Desired, stack: Option<&SeenStack>) -> Decision {
    let Some(stack) = stack else {
        let detail =
            format!("a role by eksctl's own policy for it, for the pods of `{NAMESPACE}/{CONTROLLER}`");
        let write = Write::eks(create_associations_ask(&config(desired))).showing("balancer-role.yaml");
        return Decision::create(detail, digested(), vec![write]);
    };
    let in_the_way = |stop: Stop| {
        Decision::blocked(
            "the stack of the controller's role is in the way",
            digested(),
            vec![stop],
        )
    };
    match stacks::meaning(desired, &what(), stack) {
        Meaning::Coming => Decision::waiting(
            "the controller's role is being made",
            digested(),
            format!("the stack `{}`", stack.stack.name),
        ),
        Meaning::InTheWay(stop) => in_the_way(*stop),
        // Cut short between the two that eksctl makes.
        Meaning::Whole => match role_of(stack) {
            None => in_the_way(stacks::left_over(desired, &what(), stack)),
            Some(role) => Decision::create(
                format!("the pods of `{NAMESPACE}/{CONTROLLER}` get the role `{role}`"),
                digested(),
                vec![Write::eks(asks::create_association(
                    &desired.target.cluster,
                    NAMESPACE,
                    CONTROLLER,
                    role,
                    &desired.created_tags(),
                ))],
            ),
        },
    }
}

fn role_of(stack: &SeenStack) -> Option<&str> {
    let role = stack.stack.outputs.get(ROLE_OUTPUT)?;
    let [_, service, _, _, resource] = crate::clients::form::arn_fields(role)?;
    (service == "iam" && resource.starts_with("role/")).then_some(role.as_str())
}

fn associated(desired: &Desired, found: &Association, stack: Option<&SeenStack>) -> Decision {
    let subject = format!("{NAMESPACE}/{CONTROLLER}");
    let whose = owner(&found.tags, &desired.installation());
    if whose != Owner::Ours {
        let maker = if whose == Owner::OtherInstallation {
            "another installation of lakehouse"
        } else {
            "somebody else"
        };
        let detail = format!(
            "the pods of `{subject}` have the role `{}`, given by {maker}",
            found.role_arn
        );
        return Decision::settled(detail, digested()).adopting();
    }
    let plain = found.target_role_arn.is_none() && found.owner_arn.is_none();
    let role = stack
        .filter(|stack| stacks::meaning(desired, &what(), stack) == Meaning::Whole)
        .and_then(role_of);
    match role {
        Some(role) if plain && role == found.role_arn => Decision::settled(
            format!("the pods of `{subject}` have the role `{role}`"),
            digested(),
        ),
        Some(role) if plain => Decision::update(
            format!(
                "the pods of `{subject}` have the role `{}` and get `{role}`",
                found.role_arn
            ),
            digested(),
            vec![Write::eks(asks::update_association(
                &desired.target.cluster,
                &found.id,
                role,
            ))],
        ),
        _ => Decision::blocked(
            "the controller's role is not as install makes it",
            digested(),
            vec![stray(desired, found, role.is_some())],
        ),
    }
}

/// An association of ours without the role that it was made with, or one that goes on to another role.
fn stray(desired: &Desired, found: &Association, has_role: bool) -> Stop {
    let (cluster, flag) = (quoted(desired.target.cluster.as_str()), desired.place_flags());
    let (subject, stack) = (format!("{NAMESPACE}/{CONTROLLER}"), stack_of(desired));
    let message = if has_role {
        format!(
            "The pods of `{subject}` go on from their role to another, or an add-on has taken their association over."
        )
    } else {
        format!(
            "The pods of `{subject}` have the role `{}`, and its stack `{stack}` is not there or not whole: removed by hand.",
            found.role_arn
        )
    };
    // eksctl's own command: it knows the stack, which is protected against deletion by hand.
    Stop::new(
        Code::AssociationTaken,
        message,
        format!(
            "`eksctl delete podidentityassociation --cluster {cluster} --namespace {NAMESPACE} --service-account-name {CONTROLLER}{flag}`, then run the same command: it makes both anew."
        ),
    )
}
