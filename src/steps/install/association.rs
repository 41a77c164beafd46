//! One pod identity association: which role the pods of a service account get.

use super::marks::{Owner, owner};
use super::world::is_usable;
use super::{Decision, Desired, Stop, World, Write, asks};
use crate::clients::CallError;
use crate::clients::aws::Eks;
use crate::clients::aws::eks::Association;
use crate::clients::explain::quoted;
use crate::report::Code;
use serde_json::{Value, json};

/// An association as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role.
    pub role_arn: String,
}

/// Looks at the service account's association; none where it has none, or the cluster is not there yet.
///
/// # Errors
/// [`CallError`] where that is unknown.
pub fn observe(world: &World<'_>, wanted: &Wanted) -> Result<Option<Association>, CallError> {
    let name = &world.desired.target.cluster;
    if world.cluster()?.is_none_or(|cluster| !is_usable(&cluster.status)) {
        return Ok(None);
    }
    let eks = Eks {
        gateway: world.gateway,
    };
    let found = eks.associations(name, &wanted.namespace, &wanted.service_account)?;
    found
        .first()
        .map(|one| eks.association(name, &one.id))
        .transpose()
}

impl Wanted {
    fn value(&self) -> Value {
        json!({
            "serviceAccount": self.subject(),
            "role": self.role_arn,
        })
    }

    /// `NAMESPACE/NAME`.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}/{}", self.namespace, self.service_account)
    }

    /// Whether `found` gives the pods this role and no other.
    #[must_use]
    pub fn is_met_by(&self, found: &Association) -> bool {
        found.role_arn == self.role_arn && found.target_role_arn.is_none() && found.owner_arn.is_none()
    }
}

/// What would have to be written.
#[must_use]
pub fn decide(desired: &Desired, wanted: &Wanted, found: Option<&Association>) -> Decision {
    let cluster = &desired.target.cluster;
    let subject = wanted.subject();
    let Some(found) = found else {
        let ask = asks::create_association(
            cluster,
            &wanted.namespace,
            &wanted.service_account,
            &wanted.role_arn,
            &desired.created_tags(),
        );
        return Decision::create(
            format!("The pods of `{subject}` get the role `{}`.", wanted.role_arn),
            wanted.value(),
            vec![Write::eks(ask)],
        );
    };
    let whose = owner(&found.tags, &desired.installation());
    if wanted.is_met_by(found) {
        let settled = Decision::settled(
            format!("The pods of `{subject}` have the role `{}`.", wanted.role_arn),
            wanted.value(),
        );
        return if whose == Owner::Ours {
            settled
        } else {
            settled.adopting()
        };
    }
    if whose == Owner::Ours && found.target_role_arn.is_none() && found.owner_arn.is_none() {
        return Decision::update(
            format!(
                "The pods of `{subject}` have the role `{}` and get `{}`.",
                found.role_arn, wanted.role_arn
            ),
            wanted.value(),
            vec![Write::eks(asks::update_association(
                cluster,
                &found.id,
                &wanted.role_arn,
            ))],
        );
    }
    Decision::blocked(
        format!("The service account `{subject}` has another role."),
        wanted.value(),
        vec![taken(desired, wanted, found)],
    )
}

fn taken(desired: &Desired, wanted: &Wanted, found: &Association) -> Stop {
    let subject = wanted.subject();
    let (cluster, flag) = (quoted(desired.target.cluster.as_str()), desired.place_flags());
    let id = quoted(&found.id);
    let message = match (&found.owner_arn, &found.target_role_arn) {
        (Some(add_on), _) => format!(
            "The pod identity association of `{subject}` belongs to the add-on `{add_on}` and can be changed only through it."
        ),
        (None, Some(target)) => format!(
            "The pods of `{subject}` go on from the role `{}` to `{target}`: they would act as that one.",
            found.role_arn
        ),
        (None, None) => format!(
            "The pods of `{subject}` have the role `{}` by an association that this installation did not make; a service account has room for one.",
            found.role_arn
        ),
    };
    let remedy = if found.owner_arn.is_some() {
        format!(
            "Take the association off that add-on (`aws eks update-addon --cluster-name {cluster} --addon-name NAME --pod-identity-associations '[]'{flag}`), then run the same command again."
        )
    } else {
        format!(
            "If nothing needs it any more: `aws eks delete-pod-identity-association --cluster-name {cluster} --association-id {id}{flag}`, then run the same command again. Or choose another `--namespace`."
        )
    };
    Stop::new(Code::AssociationTaken, message, remedy)
}
