//! The on-demand vCPUs: of the nodes that install makes, and of those that Karpenter may add.

use super::ask::Answers;
use super::family::{Class, STANDARD, class_of};
use super::judge::{self, Question, Quota};
use super::{Plan, VCPU};
use crate::clients::Asker;
use crate::clients::aws::ec2::Running;
use crate::report::Finding;
use crate::steps::preflight::checked::{Checked, unknown_but_harmless};

/// How many vCPUs Karpenter's pools may ask for in all: the search pool's `cpuLimit` of 128, which install sets, and
/// the merge pool's 8, the default of the chart `ingext-eks-pool` (Ingext's install guide). On-demand at worst.
pub const KARPENTER_VCPUS: u32 = 136;

/// The quota that install meets, or why none is judged. Without nodes of its own it is Karpenter's.
pub(super) fn class(plan: &Plan<'_>) -> Result<Class, String> {
    if plan.nodes() == 0 {
        return Ok(STANDARD);
    }
    if plan.zones.as_ref().is_ok_and(Vec::is_empty) {
        return Err("Not asked: the check `instance-type` failed first.".to_owned());
    }
    class_of(plan.node_type.as_str()).ok_or_else(|| {
        format!(
            "Not asked: which on-demand quota the instance type {} counts against is not known to lakehouse.",
            plan.node_type
        )
    })
}

/// Judges it.
pub(super) fn decide(plan: &Plan<'_>, answers: &Answers, asker: &Asker<'_>) -> Checked {
    let class = match class(plan) {
        Ok(class) => class,
        Err(reason) => return Finding::skip(VCPU, reason).into(),
    };
    let nodes = plan.nodes();
    let each = match &answers.size {
        None => 0,
        Some(Ok(size)) => size.vcpus,
        Some(Err(error)) => {
            let what = format!("How many vCPUs nodes of the type {} need", plan.node_type);
            return unknown_but_harmless(VCPU, &what, error, asker).into();
        }
    };
    let Some(running) = &answers.running else {
        return Finding::skip(VCPU, "Not asked.").into();
    };
    let used = running.as_ref().map(|running| used(running, class));
    let limit = answers.limit(class.code);
    let value = limit.as_ref().ok().copied().flatten().map(|limit| limit.value);
    let standard = class == STANDARD;
    let question = Question {
        quota: Quota {
            id: VCPU,
            service: "ec2",
            code: class.code,
            name: if standard {
                "On-demand vCPU".to_owned()
            } else {
                format!("On-demand vCPU of the families {}", class.families)
            },
            unit: "vCPU",
            listing: "ec2 describe-instances --filters Name=instance-state-name,Values=pending,running",
        },
        limit: &limit,
        used: used.map_err(Clone::clone),
        needed: u64::from(nodes) * u64::from(each),
        // Karpenter's own nodes are of the standard families: they count against another quota than these nodes.
        headroom: if standard { u64::from(KARPENTER_VCPUS) } else { 0 },
        detail: format!(" ({nodes} × {}, {each} vCPU each)", plan.node_type),
        unsure: None,
        way_out: fewer(nodes, each, used.ok(), value),
    };
    judge::decide(&question, asker)
}

/// The vCPUs of `class` in use. Unused capacity reservations count too, and are not seen here.
fn used(running: &[Running], class: Class) -> u64 {
    let of_class = running
        .iter()
        .filter(|it| class_of(&it.instance_type) == Some(class));
    of_class.map(|it| u64::from(it.vcpus)).sum()
}

/// How many nodes would fit, where fewer would.
fn fewer(nodes: u32, each: u32, used: Option<u64>, limit: Option<f64>) -> Option<String> {
    if nodes == 0 {
        return None;
    }
    let left = limit? - f64::from(u32::try_from(used?).ok()?);
    let needs = |count: u32| f64::from(count) * f64::from(each);
    let fit = (1..nodes).rev().find(|count| needs(*count) <= left);
    Some(fit.map_or_else(
        || "Or choose a smaller `--node-type`, or stop instances that nothing needs.".to_owned(),
        |count| format!("Or make fewer or smaller nodes: `--node-count {count}`, `--node-type`."),
    ))
}
