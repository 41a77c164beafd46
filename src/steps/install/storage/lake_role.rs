//! Step `lake-role`: the role by which the lake's pods use the bucket, in a stack of its own.

use super::bucket::{MAKES_BUCKET, promises};
use super::lake_template::template;
use crate::clients::CallError;
use crate::clients::aws::S3;
use crate::clients::aws::s3::Bucket;
use crate::model::Phase;
use crate::steps::install::stack::{self, Memory, Observed, Wanted};
use crate::steps::install::{Desired, Look, Step, Waits, World};

/// The step.
#[derive(Default)]
pub struct LakeRole {
    memory: Memory,
}

/// The stack. `makes_bucket`: whether the bucket's name is free, so that the bucket will be the installation's own.
#[must_use]
pub fn wanted(desired: &Desired, makes_bucket: bool) -> Wanted {
    let mut tags = desired.created_tags();
    if makes_bucket {
        tags.insert(MAKES_BUCKET.to_owned(), desired.bucket.to_string());
    }
    Wanted {
        name: desired.storage_stack(),
        purpose: format!(
            "the role `{}` for the service account `{}/{}`, with the least rights on the bucket `{}`",
            desired.lake_role(),
            desired.target.namespace,
            desired.service_account(),
            desired.bucket
        ),
        template: template(desired),
        tags,
        capabilities: vec!["CAPABILITY_NAMED_IAM"],
        roles: vec![desired.lake_role()],
        queue: None,
    }
}

impl Step for LakeRole {
    fn id(&self) -> &'static str {
        "lake-role"
    }

    fn phase(&self) -> Phase {
        Phase::Storage
    }

    fn after(&self) -> &'static [&'static str] {
        &[]
    }

    fn waits(&self) -> Waits {
        Waits::new(30, 600, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let desired = world.desired;
        let plain = wanted(desired, false);
        let observed = stack::observe(world, &plain, &self.memory)?;
        let wanted = wanted(desired, makes_bucket(world, &observed)?);
        let decision = stack::decide(desired, &wanted, &observed, false);
        let name = plain.name;
        Ok(Look::of(decision).telling(move |evidence, _| {
            let storage = evidence.storage();
            if let Some(stack) = &observed.stack {
                storage.stack = Some(name.clone());
                storage.role_arn = stack.outputs.get("RoleArn").cloned();
            }
        }))
    }
}

/// Whether the stack has to say that the bucket is ours to make. Once said it stays said, for the bucket's own step.
fn makes_bucket(world: &World<'_>, observed: &Observed) -> Result<bool, CallError> {
    let desired = world.desired;
    if observed
        .stack
        .as_ref()
        .is_some_and(|stack| promises(&stack.tags, desired))
    {
        return Ok(true);
    }
    let s3 = S3 {
        gateway: world.gateway,
    };
    let found = s3.bucket(&desired.bucket, &desired.target.account)?;
    Ok(found == Bucket::Absent)
}
