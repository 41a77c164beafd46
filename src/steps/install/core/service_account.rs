//! Step `service-account`: the account that the lake's pods run as, by its chart.

use crate::clients::CallError;
use crate::clients::kubectl::Resource;
use crate::model::Phase;
use crate::steps::install::chart_step::evidence_of;
use crate::steps::install::parts::{self, Part};
use crate::steps::install::release::{self, Wanted};
use crate::steps::install::{Desired, Look, Step, Waits, World};
use serde_json::json;

/// The step.
pub struct TheServiceAccount;

/// The release.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    Wanted {
        name: "ingext-serviceaccount",
        namespace: desired.target.namespace.as_str().to_owned(),
        chart: "ingext-serviceaccount",
        values: json!({}),
    }
}

/// What it makes: the name that the pod identity association gives the lake's role to.
#[must_use]
pub fn part(desired: &Desired) -> Part {
    Part::of(
        Resource::SERVICE_ACCOUNT,
        desired.target.namespace.as_str(),
        desired.service_account(),
    )
}

impl Step for TheServiceAccount {
    fn id(&self) -> &'static str {
        "service-account"
    }

    fn phase(&self) -> Phase {
        Phase::Core
    }

    fn after(&self) -> &'static [&'static str] {
        &["namespace"]
    }

    fn waits(&self) -> Waits {
        Waits::new(5, 300, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted(world.desired);
        let observed = release::observe(world, &wanted)?;
        let parts = parts::observe(world, vec![part(world.desired)])?;
        let decision = parts::decide(world.desired, &wanted, &observed, &parts);
        let stands = parts.iter().all(|(_, object)| parts::stays(object.as_ref()));
        let name = world.desired.service_account();
        Ok(Look::of(decision).telling(move |evidence, _| {
            if let Some(release) = evidence_of(&wanted, &observed) {
                evidence.add_release(Phase::Core, release);
            }
            evidence.core().service_account = stands.then(|| name.clone());
        }))
    }
}
