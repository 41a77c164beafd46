//! The phase stream: the site's configuration, its first run, and the community services.

pub mod init;

use super::core::plain;
use super::readiness::Workload;
use super::release::Wanted;
use super::{ChartStep, Desired, Look, Step, Verdict, Waits, World};
use crate::clients::CallError;
use crate::model::Phase;
use serde_json::json;

/// The site's configuration, which the pods read when they start.
const CONFIG: ChartStep = ChartStep {
    id: "community-config",
    phase: Phase::Stream,
    after: &["namespace"],
    waits: Waits::new(5, 300, 1),
    wanted: wanted_config,
    workloads: &[],
};

/// The community services.
pub const COMMUNITY: ChartStep = ChartStep {
    id: "community",
    phase: Phase::Stream,
    after: &["community-init", "manager-role"],
    waits: Waits::new(120, 15 * 60, 1),
    wanted: |desired| plain("ingext-community", desired),
    workloads: &[
        Workload::stateful_set("api"),
        Workload::stateful_set("platform"),
        Workload::deployment("fluency8"),
        // Where the site's Ingress leads to.
        Workload::service("api"),
        Workload::service("platform-service"),
        Workload::service("fluency8"),
    ],
};

/// The release of the site's configuration.
#[must_use]
pub fn wanted_config(desired: &Desired) -> Wanted {
    Wanted {
        values: json!({ "siteDomain": desired.site.domain.as_str() }),
        ..plain("ingext-community-config", desired)
    }
}

/// The step of the site's configuration.
pub struct CommunityConfig;

impl Step for CommunityConfig {
    fn id(&self) -> &'static str {
        CONFIG.id
    }

    fn phase(&self) -> Phase {
        CONFIG.phase
    }

    fn after(&self) -> &'static [&'static str] {
        CONFIG.after
    }

    fn waits(&self) -> Waits {
        CONFIG.waits
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let look = CONFIG.look(world)?;
        let is_told = matches!(look.decision.verdict, Verdict::Settled);
        let domain = world.desired.site.domain.to_string();
        Ok(look.telling(move |evidence, _| {
            evidence.stream().site_domain = is_told.then(|| domain.clone());
        }))
    }
}

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(CommunityConfig),
        Box::new(init::CommunityInit),
        Box::new(COMMUNITY),
    ]
}
