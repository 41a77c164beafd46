//! Step `set-values`: the user's own values of the charts, kept in a Secret of the cluster, so that a later run without
//! `--set-values` does not set them back. One Secret an installation, beside the Lease: it must be there before the
//! first release, and the install's own namespace is not.

use super::marks::{Owner, owner};
use super::release::by_hand;
use super::{Decision, Desired, Look, Step, Stop, Waits, World, Write, cluster_asks};
use crate::clients::kubectl::writes::FIELD_MANAGER;
use crate::clients::kubectl::{Kubectl, Marks, Resource};
use crate::clients::{CallError, ErrorClass};
use crate::gateway::journal::sha256_hex;
use crate::model::{CREATED_BY, Phase, SetValues, fitted};
use crate::report::Code;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The step's name.
pub const ID: &str = "set-values";
/// Where the Secret stands.
pub const NAMESPACE: &str = "kube-system";
/// The Secret's one key.
const KEY: &str = "values.json";

/// The step. It is a part of an install that was given values, or finds some that were kept.
pub struct KeptValues {
    /// Whether the wish is known: not where the Secret could not be read when the plan was begun.
    pub known: bool,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// There is no cluster yet.
    NoCluster,
    /// There is no such Secret.
    Absent,
    /// It is there.
    There {
        /// Whether this installation made it.
        ours: bool,
        /// What it keeps; why that can't be read, where it can't.
        values: Result<SetValues, String>,
    },
}

/// The Secret's name.
#[must_use]
pub fn name(desired: &Desired) -> String {
    fitted(&format!("lakehouse-values-{}", desired.target.namespace), 253)
}

/// Looks at the Secret.
///
/// # Errors
/// [`CallError`] where that is unknown.
pub fn observe(world: &World<'_>) -> Result<Observed, CallError> {
    let Some(standing) = world.standing()? else {
        return Ok(Observed::NoCluster);
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    let found = kubectl.get_object(Resource::SECRET, Some(NAMESPACE), &name(world.desired))?;
    Ok(found.map_or(Observed::Absent, |secret| read(world.desired, &secret)))
}

/// Reads the Secret.
#[must_use]
pub fn read(desired: &Desired, secret: &Value) -> Observed {
    let labels: Marks = secret
        .pointer("/metadata/labels")
        .and_then(|labels| serde_json::from_value(labels.clone()).ok())
        .unwrap_or_default();
    let bytes = secret
        .pointer("/data")
        .and_then(|data| data.get(KEY)?.as_str())
        .ok_or_else(|| format!("has no `{KEY}`"))
        .and_then(|text| STANDARD.decode(text).map_err(|_| "is not base64".to_owned()));
    Observed::There {
        ours: owner(&labels, &desired.installation()) == Owner::Ours,
        values: bytes.and_then(|bytes| SetValues::kept(&bytes)),
    }
}

/// The values that an earlier run kept for this installation; none where there are none.
///
/// # Errors
/// [`CallError`] where that is unknown.
pub fn kept(world: &World<'_>) -> Result<Option<SetValues>, CallError> {
    match observe(world)? {
        Observed::There {
            ours: true,
            values: Ok(values),
        } => Ok(Some(values)),
        Observed::There {
            ours: true,
            values: Err(why),
        } => Err(CallError {
            purpose: format!(
                "read the values that are kept in the Secret `{}`",
                name(world.desired)
            ),
            action: "",
            class: ErrorClass::BadOutput,
            code: None,
            said: why,
        }),
        _ => Ok(None),
    }
}

impl Step for KeptValues {
    fn id(&self) -> &'static str {
        ID
    }

    fn phase(&self) -> Phase {
        Phase::Foundation
    }

    fn after(&self) -> &'static [&'static str] {
        &["cluster"]
    }

    fn waits(&self) -> Waits {
        Waits::SHORT
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let observed = observe(world)?;
        if !self.known
            && let Observed::There {
                ours: true,
                values: Err(why),
            } = &observed
        {
            return Ok(Look::of(unreadable(world.desired, why)));
        }
        if !self.known && matches!(observed, Observed::There { ours: true, .. }) {
            // It could not be read when the plan was begun: what the other steps want is made without it.
            let purpose = format!(
                "read the values that are kept in the Secret `{}`",
                name(world.desired)
            );
            return Err(super::world::cannot(
                &purpose,
                "it could be read only now: run the same command",
            ));
        }
        Ok(Look::of(decide(world.desired, &observed)))
    }
}

/// Our own Secret holds no values, and nobody gave any: what the releases were given is not known.
#[must_use]
pub fn unreadable(desired: &Desired, why: &str) -> Decision {
    let name = name(desired);
    let stop = Stop::new(
        Code::SetValuesUnreadable,
        format!(
            "The Secret `{name}` in `{NAMESPACE}`, in which an earlier run kept your own values of the charts, {why}: somebody changed it."
        ),
        format!(
            "Give the values anew with `--set-values FILE`; a file of `{{}}` takes them all away. `kubectl get secret {name} -n {NAMESPACE} -o yaml` shows what is in it ({}).",
            by_hand(desired)
        ),
    );
    Decision::blocked("your own values can't be read", Value::Null, vec![stop])
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, observed: &Observed) -> Decision {
    let wanted = SetValues::from(desired.set_values.clone());
    let name = name(desired);
    let digested = json!({"secret": name, "values": sha256_hex(wanted.text().as_bytes())});
    let releases: Vec<String> = desired
        .set_values
        .keys()
        .map(|release| format!("`{release}`"))
        .collect();
    let of = if releases.is_empty() {
        "no values of your own".to_owned()
    } else {
        format!("your own values of {}", releases.join(", "))
    };
    let writes = || vec![write(desired, &name, &wanted)];
    match observed {
        Observed::NoCluster | Observed::Absent if releases.is_empty() => Decision::settled(of, digested),
        Observed::NoCluster | Observed::Absent => Decision::create(
            format!("{of}, kept in the Secret `{NAMESPACE}/{name}`"),
            digested,
            writes(),
        ),
        Observed::There { ours: false, .. } => {
            let stop = Stop::new(
                Code::OwnedByOthers,
                format!(
                    "The Secret `{name}` in `{NAMESPACE}`, in which this installation keeps your values, was made by somebody else."
                ),
                format!(
                    "`kubectl get secret {name} -n {NAMESPACE} --show-labels` shows whose it is. Once nobody needs it, `kubectl delete secret {name} -n {NAMESPACE}`, then run the same command."
                ),
            );
            Decision::blocked(
                "the Secret of the values is somebody else's",
                digested,
                vec![stop],
            )
        }
        Observed::There {
            values: Ok(values), ..
        } if *values == wanted => {
            Decision::settled(format!("{of}, kept in the Secret `{NAMESPACE}/{name}`"), digested)
        }
        Observed::There { .. } => Decision::update(
            format!("{of}, in place of what the Secret `{NAMESPACE}/{name}` keeps"),
            digested,
            writes(),
        ),
    }
}

/// Keeps the values, whatever was kept before: the Secret is ours.
fn write(desired: &Desired, name: &str, values: &SetValues) -> Write {
    let encoded = STANDARD.encode(values.text());
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {CREATED_BY: desired.installation().to_string()},
        },
        "type": "Opaque",
        "data": {KEY: encoded},
    });
    let mut ask = cluster_asks::take_back(
        "keep your own values for later runs",
        FIELD_MANAGER,
        secret.to_string(),
    );
    ask.spec.secrets = vec![encoded];
    Write::cluster(ask)
}
