//! The objects that a chart makes and that may be somebody else's: whose they are, by helm's own marks, and what that
//! means for the release.
//!
//! helm takes over an object that stands only where label and annotations say that it is of the very release
//! (helm `pkg/action/validate.go`), and makes anew what is gone of a release that it writes again.

use super::release::live::leaving;
use super::release::{self, Observed, Wanted, by_hand};
use super::{Decision, Desired, Stop, Verdict, World};
use crate::clients::CallError;
use crate::clients::form::is_dns_name;
use crate::clients::kubectl::{Kubectl, Resource};
use crate::report::{Code, StepAction};
use serde_json::Value;

/// An object that a release makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its kind.
    pub resource: Resource,
    /// Its namespace; none of an object of the whole cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// A part, and the object as it stands; none where it is absent.
pub type SeenPart = (Part, Option<Value>);

/// Whose an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of the release that is wanted.
    Ours,
    /// Of another release: its name and namespace, where they are such.
    Release(String, String),
    /// Of none that helm would know.
    Nobody,
}

impl Part {
    /// In a namespace.
    #[must_use]
    pub fn of(resource: Resource, namespace: &str, name: impl Into<String>) -> Self {
        Self {
            resource,
            namespace: Some(namespace.to_owned()),
            name: name.into(),
        }
    }

    /// Of the whole cluster.
    #[must_use]
    pub fn of_cluster(resource: Resource, name: impl Into<String>) -> Self {
        Self {
            resource,
            namespace: None,
            name: name.into(),
        }
    }

    /// `` `NodePool` `pool-merge` `` for a sentence.
    fn shown(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{} `{namespace}/{}`", self.resource.kind, self.name),
            None => format!("{} `{}`", self.resource.kind, self.name),
        }
    }

    /// The words that name it to kubectl.
    fn words(&self) -> String {
        let place = self
            .namespace
            .as_ref()
            .map_or_else(String::new, |namespace| format!(" -n {namespace}"));
        format!("{} {}{place}", self.resource.name, self.name)
    }
}

/// Looks at the parts. A kind that the cluster does not know has no objects.
///
/// # Errors
/// [`CallError`] where how one stands is unknown.
pub fn observe(world: &World<'_>, parts: Vec<Part>) -> Result<Vec<SeenPart>, CallError> {
    let Some(standing) = world.standing()? else {
        return Ok(parts.into_iter().map(|part| (part, None)).collect());
    };
    let kubectl = Kubectl {
        gateway: world.gateway,
        access: &standing.access,
    };
    parts
        .into_iter()
        .map(|part| {
            let answer = kubectl.get_object(part.resource, part.namespace.as_deref(), &part.name);
            match answer {
                Ok(found) => Ok((part, found)),
                Err(error) if error.code.as_deref() == Some(NO_SUCH_KIND) => Ok((part, None)),
                Err(error) => Err(error),
            }
        })
        .collect()
}

/// Whether the object is there and stays.
#[must_use]
pub fn stays(object: Option<&Value>) -> bool {
    object.is_some_and(|object| leaving(object).is_none())
}

/// The code of a kind that the API server does not have.
const NO_SUCH_KIND: &str = "NoResourceType";

/// Whose the object is, by helm's marks.
#[must_use]
pub fn whose(wanted: &Wanted, object: &Value) -> Whose {
    let mark = |path: &str| {
        object
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let name = mark("/metadata/annotations/meta.helm.sh~1release-name");
    let namespace = mark("/metadata/annotations/meta.helm.sh~1release-namespace");
    let by_helm = mark("/metadata/labels/app.kubernetes.io~1managed-by") == "Helm";
    if !by_helm {
        // helm takes annotations without its label for nothing.
        Whose::Nobody
    } else if name == wanted.name && namespace == wanted.namespace {
        Whose::Ours
    } else if is_dns_name(&name) && is_dns_name(&namespace) {
        Whose::Release(name, namespace)
    } else {
        Whose::Nobody
    }
}

/// What is to be done with the release, whose parts stand so. As [`release::decide`]; and what helm would refuse is a
/// blocker of the plan, every object of it, as is one that is being deleted: helm's patch does not keep it, and nothing
/// can be made in its place. What was taken away by hand is made anew where the release is ours.
#[must_use]
pub fn decide(desired: &Desired, wanted: &Wanted, observed: &Observed, parts: &[SeenPart]) -> Decision {
    let decision = release::decide(desired, wanted, observed);
    let makes = decision.action == StepAction::Create;
    let mut stops = match &decision.verdict {
        Verdict::Blocked(stops) => stops.clone(),
        _ => Vec::new(),
    };
    // An object of the whole cluster that is another release's is in use there, whatever this release's state is; in
    // the own namespace, helm minds it only where it makes it.
    stops.extend(parts.iter().filter_map(|(part, object)| {
        let object = object.as_ref()?;
        let whose = whose(wanted, object);
        if whose != Whose::Ours && (makes || part.namespace.is_none()) {
            return Some(in_the_way(desired, wanted, part, &whose));
        }
        leaving(object).map(|how| on_its_way(desired, part, &how))
    }));
    if !stops.is_empty() {
        return blocked(decision, stops);
    }
    let gone: Vec<String> = parts
        .iter()
        .filter(|(_, object)| object.is_none())
        .map(|(part, _)| part.shown())
        .collect();
    if gone.is_empty() || !matches!(decision.verdict, Verdict::Settled) {
        return decision;
    }
    let why = format!("of the release `{}` is gone: {}", wanted.name, gone.join(", "));
    if decision.adopted {
        let stop = removed(desired, wanted, &gone.join(", "));
        return blocked(decision, vec![stop]);
    }
    again(desired, wanted, decision.desired, why)
}

/// The decision to have helm write the release once more.
#[must_use]
pub fn again(desired: &Desired, wanted: &Wanted, digested: Value, why: impl Into<String>) -> Decision {
    let absent = release::decide(desired, wanted, &Observed::Absent);
    Decision::update(why, digested, absent.writes().to_vec())
}

/// The same decision, blocked.
#[must_use]
pub fn blocked(decision: Decision, stops: Vec<Stop>) -> Decision {
    let adopted = decision.adopted;
    let detail = match &decision.verdict {
        Verdict::Blocked(_) => decision.detail,
        _ => "something that it needs is somebody else's, or not as it can be used".to_owned(),
    };
    let blocked = Decision::blocked(detail, decision.desired, stops);
    if adopted { blocked.adopting() } else { blocked }
}

/// The blocker of a part that is not the release's.
#[must_use]
pub fn in_the_way(desired: &Desired, wanted: &Wanted, part: &Part, whose: &Whose) -> Stop {
    let (shown, words, by_hand) = (part.shown(), part.words(), by_hand(desired));
    let of_cluster = part.namespace.is_none();
    let owner = match whose {
        Whose::Release(name, namespace) => format!("the Helm release `{name}` in `{namespace}`"),
        Whose::Ours | Whose::Nobody => "no Helm release".to_owned(),
    };
    let message = if of_cluster {
        format!(
            "The {shown} stands in the cluster already and is of {owner}. It is an object of the whole cluster: there is room for one of its name, and the release `{}` in `{}` needs it.",
            wanted.name, wanted.namespace
        )
    } else {
        format!(
            "The {shown} stands already and is of {owner}: helm would refuse to take it over for the release `{}`.",
            wanted.name
        )
    };
    let remove = match whose {
        Whose::Release(name, namespace) => format!("`helm uninstall {name} -n {namespace}`"),
        Whose::Ours | Whose::Nobody => format!("`kubectl delete {words}`"),
    };
    let elsewhere = if of_cluster {
        "Choose another cluster (`--cluster`): two lakehouses can't share this object."
    } else {
        "Choose another `--namespace`."
    };
    let code = if of_cluster {
        Code::ClusterObjectTaken
    } else {
        Code::OwnedByOthers
    };
    Stop::new(
        code,
        message,
        format!(
            "{elsewhere} Or look whose it is (`kubectl get {words} -o yaml`, {by_hand}), remove it once nobody needs it ({remove}), and run the same command."
        ),
    )
}

/// The blocker of a part that is being deleted.
fn on_its_way(desired: &Desired, part: &Part, how: &str) -> Stop {
    let (words, by_hand) = (part.words(), by_hand(desired));
    Stop::new(
        Code::OperationInProgress,
        format!("The {} {how}.", part.shown()),
        format!(
            "A deletion that was begun can't be taken back. `kubectl describe {words}` shows what holds it ({by_hand}): a claim or a volume is held by the pods that mount it, a node pool by its nodes, a node class by its pools. Let that go, wait until it is gone, then run the same command."
        ),
    )
}

/// Something of a release that is somebody else's was taken away by hand.
fn removed(desired: &Desired, wanted: &Wanted, gone: &str) -> Stop {
    let (name, namespace) = (wanted.name, &wanted.namespace);
    Stop::new(
        Code::ReleaseConflict,
        format!(
            "The Helm release `{name}` in `{namespace}` is deployed, this installation did not make it, and of what it makes is gone: {gone}."
        ),
        format!(
            "`helm history {name} -n {namespace}` names its last revision, `helm rollback {name} REVISION -n {namespace}` makes what is missing anew ({}). Then run the same command.",
            by_hand(desired)
        ),
    )
}
