//! The phase datalake: the lake's configuration, node pools, storage and services.

pub mod pool;
pub mod s3_lake;

use super::core::plain;
use super::readiness::Workload;
use super::release::Wanted;
use super::{ChartStep, Desired, Look, Step, Verdict, Waits, World};
use crate::clients::CallError;
use crate::model::Phase;
use serde_json::json;

/// The lake's configuration, which the pods read when they start.
const CONFIG: ChartStep = ChartStep {
    id: "lake-config",
    phase: Phase::Datalake,
    after: &["namespace"],
    waits: Waits::new(5, 300, 1),
    wanted: wanted_config,
    workloads: &[],
};

/// The lake's services. They make pods on the pools, see the bucket by the volume, and call the community services.
pub const LAKE: ChartStep = ChartStep {
    id: "lake",
    phase: Phase::Datalake,
    after: &["community", "lake-config", "merge-pool", "search-pool", "s3-lake"],
    waits: Waits::new(120, 15 * 60, 1),
    wanted: |desired| plain("ingext-lake", desired),
    workloads: &[
        Workload::stateful_set("lake-mgr"),
        Workload::deployment("search-service"),
        Workload::deployment("lake-worker"),
    ],
};

/// The release of the lake's configuration.
#[must_use]
pub fn wanted_config(desired: &Desired) -> Wanted {
    Wanted {
        values: json!({
            "storageType": "s3",
            "s3": { "bucket": desired.bucket.as_str(), "region": desired.target.region.as_str() },
        }),
        ..plain("ingext-lake-config", desired)
    }
}

/// The step of the lake's configuration.
pub struct LakeConfig;

impl Step for LakeConfig {
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
        let bucket = world.desired.bucket.to_string();
        Ok(look.telling(move |evidence, _| {
            evidence.datalake().bucket_name = is_told.then(|| bucket.clone());
        }))
    }
}

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(LakeConfig),
        Box::new(pool::MERGE),
        Box::new(pool::SEARCH),
        Box::new(s3_lake::S3Lake),
        Box::new(LAKE),
    ]
}
