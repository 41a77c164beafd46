//! Step `lake-association`: the lake's service account gets the lake's role, before any pod needs it.

use crate::clients::CallError;
use crate::model::Phase;
use crate::steps::install::association::{self, Wanted};
use crate::steps::install::{Desired, Look, Step, World};

/// The step.
pub struct LakeAssociation;

/// The association.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    Wanted {
        namespace: desired.target.namespace.as_str().to_owned(),
        service_account: desired.service_account(),
        role_arn: desired.target.role_arn(&desired.lake_role()),
    }
}

impl Step for LakeAssociation {
    fn id(&self) -> &'static str {
        "lake-association"
    }

    fn phase(&self) -> Phase {
        Phase::Storage
    }

    fn after(&self) -> &'static [&'static str] {
        &["addons", "lake-role"]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted(world.desired);
        let found = association::observe(world, &wanted)?;
        let decision = association::decide(world.desired, &wanted, found.as_ref());
        Ok(Look::of(decision).telling(move |evidence, _| {
            let storage = evidence.storage();
            storage.service_account = Some(wanted.subject());
            storage.pod_identity_associated = found.as_ref().is_some_and(|found| wanted.is_met_by(found));
            storage.association_id = found.as_ref().map(|found| found.id.clone());
        }))
    }
}
