//! The phase storage: the bucket, and who may use it.

pub mod bucket;
pub mod lake_association;
pub mod lake_role;
pub mod lake_template;
pub mod policy;

use super::Step;

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(lake_role::LakeRole::default()),
        Box::new(bucket::TheBucket),
        Box::new(lake_association::LakeAssociation),
    ]
}
