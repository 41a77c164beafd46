//! Step `s3-lake`: the volume by which the lake's pods see the bucket, and its claim, by their chart.

use super::super::core::plain;
use crate::clients::CallError;
use crate::clients::kubectl::Resource;
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::chart_step::evidence_of;
use crate::steps::install::parts::{self, Part, SeenPart, Whose, whose};
use crate::steps::install::release::{self, Observed, Wanted, by_hand};
use crate::steps::install::{Decision, Desired, Look, Reason, Step, Stop, Verdict, Waiting, Waits, World};
use serde_json::{Value, json};

/// The volume: an object of the whole cluster.
pub const VOLUME: &str = "s3-lake";

/// The step.
pub struct S3Lake;

/// The release.
#[must_use]
pub fn wanted(desired: &Desired) -> Wanted {
    Wanted {
        values: json!({
            "bucket": { "name": desired.bucket.as_str(), "region": desired.target.region.as_str() },
        }),
        ..plain("ingext-s3-lake", desired)
    }
}

/// The claim's name.
#[must_use]
pub fn claim(desired: &Desired) -> String {
    format!("cloud-storage-{}", desired.target.namespace)
}

/// What it makes: the volume, and its claim.
#[must_use]
pub fn made(desired: &Desired) -> [Part; 2] {
    [
        Part::of_cluster(Resource::VOLUME, VOLUME),
        Part::of(Resource::CLAIM, desired.target.namespace.as_str(), claim(desired)),
    ]
}

impl Step for S3Lake {
    fn id(&self) -> &'static str {
        "s3-lake"
    }

    fn phase(&self) -> Phase {
        Phase::Datalake
    }

    fn after(&self) -> &'static [&'static str] {
        &["namespace", "bucket", "addons"]
    }

    fn waits(&self) -> Waits {
        Waits::new(10, 300, 1)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let parts = parts::observe(world, made(world.desired).into())?;
        Ok(object_of(&parts, Resource::CLAIM).and_then(|claim| unbound(world.desired, claim)))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let wanted = wanted(world.desired);
        let observed = release::observe(world, &wanted)?;
        let parts = parts::observe(world, made(world.desired).into())?;
        let decision = decide(world.desired, &observed, &parts);
        // Both stay bound to their end while pods hold them.
        let stay = parts.iter().all(|(_, object)| parts::stays(object.as_ref()));
        let bound = object_of(&parts, Resource::CLAIM).is_some_and(|claim| phase(claim) == "Bound") && stay;
        Ok(Look::of(decision).telling(move |evidence, _| {
            if let Some(release) = evidence_of(&wanted, &observed) {
                evidence.add_release(Phase::Datalake, release);
            }
            evidence.datalake().volume = bound.then(|| VOLUME.to_owned());
        }))
    }
}

fn object_of(parts: &[SeenPart], resource: Resource) -> Option<&Value> {
    parts
        .iter()
        .find(|(part, _)| part.resource == resource)?
        .1
        .as_ref()
}

fn phase(object: &Value) -> &str {
    object
        .pointer("/status/phase")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// What is to be done. Settled once the claim is bound to the volume, and both stay.
#[must_use]
pub fn decide(desired: &Desired, observed: &Observed, parts: &[SeenPart]) -> Decision {
    let wanted = wanted(desired);
    let mut decision = parts::decide(desired, &wanted, observed, parts);
    let volume = object_of(parts, Resource::VOLUME);
    let is_ours = volume.is_some_and(|volume| whose(&wanted, volume) == Whose::Ours);
    if let Some(stop) = volume.and_then(|volume| unusable(desired, volume, is_ours)) {
        let mut stops = match &decision.verdict {
            Verdict::Blocked(stops) => stops.clone(),
            _ => Vec::new(),
        };
        stops.push(stop);
        return parts::blocked(decision, stops);
    }
    if matches!(decision.verdict, Verdict::Settled)
        && let Some(waiting) = object_of(parts, Resource::CLAIM).and_then(|claim| unbound(desired, claim))
    {
        decision.verdict = Verdict::Waiting(waiting);
    }
    decision
}

/// Why no claim can be bound to the volume that stands, or not for this lake.
fn unusable(desired: &Desired, volume: &Value, is_ours: bool) -> Option<Stop> {
    let by_hand = by_hand(desired);
    if phase(volume) == "Released" {
        return Some(Stop::new(
            Code::VolumeReleased,
            format!(
                "The PersistentVolume `{VOLUME}` is left over: the claim that it was bound to is gone (`Released`), and no new claim can be bound to it."
            ),
            format!(
                "`kubectl delete persistentvolume {VOLUME}` ({by_hand}): that removes the object alone, the bucket and all that it holds stay. Then run the same command: it makes volume and claim anew."
            ),
        ));
    }
    let bucket = volume
        .pointer("/spec/csi/volumeAttributes/bucketName")
        .and_then(Value::as_str);
    // Of somebody else's volume it is enough to say whose it is.
    (is_ours && bucket != Some(desired.bucket.as_str())).then(|| {
        Stop::new(
            Code::VolumeDiffers,
            format!(
                "The PersistentVolume `{VOLUME}` is not of the bucket `{}`, and a volume can't be changed.",
                desired.bucket
            ),
            format!(
                "`kubectl get persistentvolume {VOLUME} -o jsonpath='{{.spec.csi.volumeAttributes.bucketName}}'` names its bucket ({by_hand}): give that with `--bucket`. To move the lake to another bucket, copy what it holds, stop the lake's services, `helm uninstall ingext-s3-lake -n {}`, and run the same command.",
                desired.target.namespace
            ),
        )
    })
}

/// The claim waits for its volume, or has lost it; nothing where it is bound.
fn unbound(desired: &Desired, object: &Value) -> Option<Waiting> {
    if phase(object) == "Bound" {
        return None;
    }
    let (namespace, name) = (&desired.target.namespace, claim(desired));
    let lost = phase(object) == "Lost";
    let why = if lost {
        vec![Reason {
            stop: Stop::new(
                Code::VolumeReleased,
                format!(
                    "The claim `{namespace}/{name}` has lost its volume `{VOLUME}`: somebody deleted that."
                ),
                format!(
                    "`kubectl delete persistentvolumeclaim {name} -n {namespace}` ({}), then run the same command: it makes volume and claim anew. The bucket and all that it holds stay.",
                    by_hand(desired)
                ),
            ),
            hopeless: true,
        }]
    } else {
        Vec::new()
    };
    Some(Waiting {
        what: format!("the claim `{namespace}/{name}` to be bound to the volume `{VOLUME}`"),
        why,
    })
}
