//! Step `karpenter-association`: Karpenter's service account gets its controller's role, before its pods start.

use super::karpenter_template::{NAMESPACE, SERVICE_ACCOUNT};
use crate::clients::CallError;
use crate::model::Phase;
use crate::steps::install::association::{self, Wanted};
use crate::steps::install::{Desired, Look, Step, World};

/// The step.
pub struct KarpenterAssociation;

/// The association.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    Wanted {
        namespace: NAMESPACE.to_owned(),
        service_account: SERVICE_ACCOUNT.to_owned(),
        role_arn: desired.target.role_arn(&desired.karpenter_role()),
    }
}

impl Step for KarpenterAssociation {
    fn id(&self) -> &'static str {
        "karpenter-association"
    }

    fn phase(&self) -> Phase {
        Phase::Compute
    }

    fn after(&self) -> &'static [&'static str] {
        &["addons", "karpenter-stack"]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted(world.desired);
        let found = association::observe(world, &wanted)?;
        let decision = association::decide(world.desired, &wanted, found.as_ref());
        Ok(Look::of(decision).telling(move |evidence, _| {
            evidence.compute().pod_identity_associated =
                found.as_ref().is_some_and(|found| wanted.is_met_by(found));
        }))
    }
}
