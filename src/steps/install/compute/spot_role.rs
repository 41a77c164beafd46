//! Step `spot-role`: AWS's own role for spot instances, which an account has one of, whoever made it first.

use crate::clients::CallError;
use crate::clients::aws::Iam;
use crate::model::Phase;
use crate::steps::install::{Decision, Look, Step, World, Write, asks};
use serde_json::json;

/// The service.
pub const SERVICE: &str = "spot.amazonaws.com";
/// Its role's name, which AWS gives.
pub const ROLE: &str = "AWSServiceRoleForEC2Spot";

/// The step.
pub struct SpotRole;

impl Step for SpotRole {
    fn id(&self) -> &'static str {
        "spot-role"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        &[]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let iam = Iam {
            gateway: world.gateway,
        };
        let is_there = iam.role(ROLE, &world.desired.target.account)?.is_some();
        Ok(Look::of(decide(is_there)).telling(move |evidence, _| {
            evidence.compute().spot_role = is_there;
        }))
    }
}

/// What would have to be written. The role is the account's: it bears no mark, and never counts as adopted, so that a
/// plan is the same before and after it is made.
#[must_use]
pub fn decide(is_there: bool) -> Decision {
    let wanted = json!({ "serviceLinkedRole": SERVICE });
    if is_there {
        return Decision::settled("The account has AWS's own role for spot instances.", wanted);
    }
    Decision::create(
        "The account gets AWS's own role for spot instances.",
        wanted,
        vec![Write::account(asks::create_service_linked_role(SERVICE))],
    )
}
