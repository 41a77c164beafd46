//! Steps `merge-pool` and `search-pool`: the node pools of the lake's short-lived pods, each by its chart. Their nodes
//! come and go with the pods: a pool without nodes is as it should be.

use super::super::core::plain;
use crate::clients::CallError;
use crate::clients::kubectl::Resource;
use crate::gateway::redact::untrusted;
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::chart_step::evidence_of;
use crate::steps::install::parts::{self, Part, SeenPart};
use crate::steps::install::release::{self, Observed, Wanted, by_hand};
use crate::steps::install::{Decision, Desired, Look, Reason, Step, Stop, Verdict, Waiting, Waits, World};
use serde_json::{Value, json};

/// One pool.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// The step's name.
    pub id: &'static str,
    /// The release.
    pub release: &'static str,
    /// The pool's own name, which is the whole cluster's; its node class has the same.
    pub name: &'static str,
    /// The most that its nodes may have in all, CPUs and memory, where that is not the chart's own.
    pub limits: Option<(u32, &'static str)>,
}

/// Where the lake's files are merged.
pub const MERGE: Pool = Pool {
    id: "merge-pool",
    release: "ingext-merge-pool",
    name: "pool-merge",
    limits: None,
};

/// Where searches run.
pub const SEARCH: Pool = Pool {
    id: "search-pool",
    release: "ingext-search-pool",
    name: "pool-search",
    limits: Some((128, "512Gi")),
};

impl Pool {
    /// The release.
    #[must_use]
    pub fn wanted(&self, desired: &Desired) -> Wanted {
        let mut values = json!({
            "poolName": self.name,
            "clusterName": desired.target.cluster.as_str(),
        });
        if let Some((cpu, memory)) = self.limits {
            values["cpuLimit"] = cpu.into();
            values["memoryLimit"] = memory.into();
        }
        Wanted {
            name: self.release,
            values,
            ..plain("ingext-eks-pool", desired)
        }
    }

    /// What it makes.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        [Resource::NODE_CLASS, Resource::NODE_POOL]
            .into_iter()
            .map(|resource| Part::of_cluster(resource, self.name))
            .collect()
    }
}

impl Step for Pool {
    fn id(&self) -> &'static str {
        self.id
    }

    fn phase(&self) -> Phase {
        Phase::Datalake
    }

    fn after(&self) -> &'static [&'static str] {
        &["namespace", "karpenter"]
    }

    fn waits(&self) -> Waits {
        Waits::new(20, 10 * 60, 1)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let parts = parts::observe(world, self.parts())?;
        Ok(not_ready(world.desired, self, &parts))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = self.wanted(world.desired);
        let observed = release::observe(world, &wanted)?;
        let parts = parts::observe(world, self.parts())?;
        let decision = decide(world.desired, self, &observed, &parts);
        let is_ready = parts
            .iter()
            .all(|(_, object)| object.as_ref().is_some_and(|object| why_not(object).is_none()));
        let name = self.name;
        Ok(Look::of(decision).telling(move |evidence, _| {
            if let Some(release) = evidence_of(&wanted, &observed) {
                evidence.add_release(Phase::Datalake, release);
            }
            if is_ready {
                evidence.datalake().node_pools.push(name.to_owned());
            }
        }))
    }
}

/// What is to be done. Settled once Karpenter says that it can make nodes of the pool.
#[must_use]
pub fn decide(desired: &Desired, pool: &Pool, observed: &Observed, parts: &[SeenPart]) -> Decision {
    let mut decision = parts::decide(desired, &pool.wanted(desired), observed, parts);
    if matches!(decision.verdict, Verdict::Settled)
        && let Some(waiting) = not_ready(desired, pool, parts)
    {
        decision.verdict = Verdict::Waiting(waiting);
    }
    decision
}

/// What is waited for, and why; nothing where all that stands is ready.
fn not_ready(desired: &Desired, pool: &Pool, parts: &[SeenPart]) -> Option<Waiting> {
    let (part, why) = parts.iter().find_map(|(part, object)| {
        let why = why_not(object.as_ref()?)?;
        Some((part, why))
    })?;
    let kind = part.resource.kind;
    let stop = Stop::new(
        Code::NodePoolNotReady,
        format!(
            "Karpenter does not take the {kind} `{}` for ready{}.",
            pool.name, why.reason
        ),
        format!(
            "`kubectl describe {} {}` says more ({}). Often no subnet or security group has the tag `karpenter.sh/discovery={}`, or the role of the nodes is missing.",
            part.resource.name,
            pool.name,
            by_hand(desired),
            desired.target.cluster
        ),
    );
    Some(Waiting {
        what: format!("the {kind} `{}` to be ready", pool.name),
        why: vec![Reason {
            stop: if why.said.is_empty() {
                stop
            } else {
                stop.said(why.said)
            },
            hopeless: false,
        }],
    })
}

/// Why an object of Karpenter's is not ready.
struct WhyNot {
    /// For a sentence: ` (``SubnetsNotFound``)`, or nothing.
    reason: String,
    /// Karpenter's own words.
    said: String,
}

/// Nothing where Karpenter says of the newest form that it is ready.
fn why_not(object: &Value) -> Option<WhyNot> {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Some(WhyNot {
            reason: ": it is being deleted".to_owned(),
            said: String::new(),
        });
    }
    let generation = object
        .pointer("/metadata/generation")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let conditions: Vec<&Value> = conditions.into_iter().flatten().collect();
    let ready = conditions.iter().copied().find(|it| it["type"] == "Ready");
    let is_ready = ready.is_some_and(|it| {
        // Karpenter writes for which form of the object a condition holds.
        let seen = it["observedGeneration"].as_u64().unwrap_or(generation);
        it["status"] == "True" && seen >= generation
    });
    if is_ready {
        return None;
    }
    // The first that is false is the cause; `Ready` itself only names it.
    let cause = conditions
        .iter()
        .copied()
        .find(|it| it["status"] == "False" && it["type"] != "Ready")
        .or(ready);
    let text = |field: &str| {
        cause
            .and_then(|it| it[field].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let reason = text("reason");
    let plain =
        !reason.is_empty() && reason.len() <= 64 && reason.bytes().all(|it| it.is_ascii_alphanumeric());
    Some(WhyNot {
        reason: if plain {
            format!(" (`{reason}`)")
        } else {
            String::new()
        },
        said: untrusted(&text("message")),
    })
}
