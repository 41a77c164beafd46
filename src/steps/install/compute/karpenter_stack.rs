//! Step `karpenter-stack`: what Karpenter needs of AWS, in one stack. A second installation of the same cluster uses
//! the first one's.

use super::karpenter_template::{RULES, template};
use crate::clients::CallError;
use crate::clients::aws::cloudformation::StackKind;
use crate::model::Phase;
use crate::steps::install::stack::{self, Memory, Wanted};
use crate::steps::install::{Desired, Look, Step, Waits, World};

/// The step.
#[derive(Default)]
pub struct KarpenterStack {
    memory: Memory,
}

/// The stack.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    Wanted {
        name: desired.karpenter_stack(),
        purpose: format!(
            "Karpenter's roles `{}` and `{}`, its policy, its queue `{}` and the rules that fill it",
            desired.karpenter_node_role(),
            desired.karpenter_role(),
            desired.karpenter_queue()
        ),
        template: template(desired),
        tags: desired.created_tags(),
        capabilities: vec!["CAPABILITY_NAMED_IAM"],
        roles: vec![desired.karpenter_node_role(), desired.karpenter_role()],
        queue: Some(desired.karpenter_queue()),
    }
}

impl Step for KarpenterStack {
    fn id(&self) -> &'static str {
        "karpenter-stack"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        &[]
    }

    fn waits(&self) -> Waits {
        // A queue's name is free again a minute after it was deleted, and its stack takes its time.
        Waits::new(90, 900, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted(world.desired);
        let observed = stack::observe(world, &wanted, &self.memory)?;
        let decision = stack::decide(world.desired, &wanted, &observed, true);
        Ok(Look::of(decision).telling(move |evidence, _| {
            let compute = evidence.compute();
            let Some(found) = &observed.stack else { return };
            compute.stack = Some(wanted.name.clone());
            let output = |name: &str| found.outputs.get(name).cloned();
            compute.node_role_arn = output("NodeRoleArn");
            compute.controller_role_arn = output("ControllerRoleArn");
            compute.interruption_queue = output("QueueName");
            if matches!(
                found.status.kind(),
                StackKind::Complete | StackKind::UpdateRolledBack
            ) && observed.template.as_ref() == Some(&wanted.template)
            {
                compute.rules = RULES.iter().map(|(name, ..)| (*name).to_owned()).collect();
            }
        }))
    }
}
