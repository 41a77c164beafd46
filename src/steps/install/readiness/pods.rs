//! What is in the way of one pod. Pure.

use super::Kind;
use super::scheduling::{Constraint, constraints};
use super::trouble::{Absent, ClaimWhy, ImageWhy, Trouble, Why};
use crate::clients::form::is_dns_name;
use crate::clients::kubectl::{Claim, Container, Event, Pod, Surroundings};

/// What is in the way of a pod that is not ready.
#[must_use]
pub fn trouble(pod: &Pod, of: Kind, around: Option<&Surroundings>) -> Option<Trouble> {
    if pod.phase == "Failed" {
        let fate = pod.fate.clone().unwrap_or_default();
        return (fate.reason == "Evicted").then(|| Trouble::new(Why::Evicted, fate.said));
    }
    if pod.node.is_none() {
        return of_claims(pod, around).or_else(|| unscheduled(pod, around));
    }
    let mut containers = pod.containers.iter().filter(|it| !it.ready);
    let told = containers.find_map(|it| of_container(pod, it, around));
    told.or_else(|| mount(pod, around))
        .or_else(|| (of != Kind::Job).then(|| unready(pod, around)).flatten())
}

/// Why no node takes it: the scheduler's words, and Karpenter's own, which knows why it makes no node for it.
fn unscheduled(pod: &Pod, around: Option<&Surroundings>) -> Option<Trouble> {
    let told = pod.unscheduled.as_ref()?;
    if told.reason == "SchedulingGated" {
        return Some(Trouble::new(
            Why::Unschedulable(vec![Constraint::Other]),
            told.said.clone(),
        ));
    }
    let mut said = told.said.clone();
    let karpenter = around.and_then(|around| {
        let mut events = around.of("Pod", &pod.name).rev();
        events.find(|event| event.source == "karpenter" && event.kind == "Warning")
    });
    if let Some(event) = karpenter {
        said = format!("{said}\nkarpenter: {}", event.said);
    }
    Some(Trouble::new(Why::Unschedulable(constraints(&told.said)), said))
}

/// The first of its claims that keeps it from a node.
fn of_claims(pod: &Pod, around: Option<&Surroundings>) -> Option<Trouble> {
    let around = around?;
    pod.claims.iter().find_map(|name| {
        let (why, said) = of_claim(name, around)?;
        Some(Trouble::new(Why::Claim(name.clone(), why), said))
    })
}

fn of_claim(name: &str, around: &Surroundings) -> Option<(ClaimWhy, String)> {
    let Some(claim) = around.claims.iter().find(|it| it.name == name) else {
        return Some((ClaimWhy::Absent, String::new()));
    };
    match claim.phase.as_str() {
        "Bound" => return None,
        "Lost" => return Some((ClaimWhy::Lost, String::new())),
        _ => {}
    }
    if let Some(class) = missing_class(claim, around) {
        return Some((ClaimWhy::NoClass(class), String::new()));
    }
    let last = around.of("PersistentVolumeClaim", name).next_back()?;
    match last.reason.as_str() {
        "ProvisioningFailed" => Some((of_driver(&last.said), last.said.clone())),
        // The driver is told, and its answer has not come (kubernetes `pkg/controller/volume/persistentvolume`).
        "ExternalProvisioning" | "Provisioning" => {
            let failed = around
                .of("PersistentVolumeClaim", name)
                .rev()
                .find(|event| event.reason == "ProvisioningFailed");
            Some(failed.map_or_else(
                || (ClaimWhy::NoDriver, last.said.clone()),
                |event| (of_driver(&event.said), event.said.clone()),
            ))
        }
        // It waits for its pod to have a node, and that for something else.
        "WaitForFirstConsumer" | "WaitForPodScheduled" => None,
        _ => Some((ClaimWhy::Unbound, last.said.clone())),
    }
}

/// The class that a claim asks for and that is not there; none in it where it asks for none and there is no default.
#[allow(
    clippy::option_option,
    reason = "the outer one says whether a class is missing, the inner one whether it has a name"
)]
fn missing_class(claim: &Claim, around: &Surroundings) -> Option<Option<String>> {
    match claim.class.as_deref() {
        // An empty one is bound to a volume that somebody makes.
        Some("") => None,
        Some(class) => {
            let there = around.classes.iter().any(|it| it.name == class);
            (!there).then(|| Some(class.to_owned()))
        }
        None => (!around.classes.iter().any(|it| it.is_default)).then_some(None),
    }
}

/// Whether AWS refused the driver.
fn of_driver(said: &str) -> ClaimWhy {
    let refused = [
        "UnauthorizedOperation",
        "not authorized",
        "AccessDenied",
        "no EC2 IMDS role found",
        "NoCredentialProviders",
        "get credentials",
        "EncodedAuthorizationFailure",
    ];
    if refused.iter().any(|word| said.contains(word)) {
        ClaimWhy::Denied
    } else {
        ClaimWhy::Failed
    }
}

/// What is in the way of a container that is not ready. The reasons are the kubelet's (kubernetes
/// `pkg/kubelet/images/types.go`, `pkg/kubelet/kuberuntime`, 1.34).
fn of_container(pod: &Pod, it: &Container, around: Option<&Surroundings>) -> Option<Trouble> {
    let last = it
        .ended
        .as_ref()
        .or(it.before.as_ref())
        .filter(|exit| exit.code != 0);
    let crash = || {
        let exit = last?;
        let why = if exit.told.reason == "OOMKilled" {
            Why::Memory(it.name.clone(), it.restarts)
        } else {
            Why::Crash(it.name.clone(), it.restarts, exit.code)
        };
        Some(Trouble::new(why, exit.told.said.clone()))
    };
    let Some(waiting) = &it.waiting else {
        // It runs again after a crash, or has just ended.
        return crash();
    };
    let said = waiting.said.clone();
    match waiting.reason.as_str() {
        "CrashLoopBackOff" => Some(crash().unwrap_or_else(|| {
            let code = it.before.as_ref().map_or(0, |exit| exit.code);
            Trouble::new(Why::Crash(it.name.clone(), it.restarts, code), said)
        })),
        "ImagePullBackOff"
        | "ErrImagePull"
        | "RegistryUnavailable"
        | "ImageInspectError"
        | "SignatureValidationFailed" => {
            let words = format!("{said}\n{}", pull_words(pod, around));
            let why = Why::Image(it.image.clone(), of_image(&words));
            Some(Trouble::new(why, words.trim().to_owned()))
        }
        "InvalidImageName" | "ErrImageNeverPull" => {
            Some(Trouble::new(Why::Image(it.image.clone(), ImageWhy::Name), said))
        }
        "CreateContainerConfigError" => Some(Trouble::new(Why::Config(it.name.clone(), absent(&said)), said)),
        "CreateContainerError" | "RunContainerError" | "StartError" | "PostStartHookError" => {
            Some(Trouble::new(Why::Start(it.name.clone()), said))
        }
        // The first moment, or a volume: see there.
        _ => None,
    }
}

/// Why an image was not pulled, which older kubelets say in the event alone.
fn pull_words(pod: &Pod, around: Option<&Surroundings>) -> String {
    let events = around.map(|around| around.of("Pod", &pod.name));
    let failed = events.and_then(|mut events| {
        events.rfind(|event| event.reason == "Failed" && event.said.starts_with("Failed to pull image"))
    });
    failed.map(|event| event.said.clone()).unwrap_or_default()
}

/// By containerd's words, which hold the registry's answer.
fn of_image(said: &str) -> ImageWhy {
    let said = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    // "not found" is also what is said of a name that does not resolve.
    if has(&[
        "timeout",
        "timed out",
        "no such host",
        "connection refused",
        "dial tcp",
        "too many requests",
        "toomanyrequests",
        "tls:",
    ]) {
        ImageWhy::Unreachable
    } else if has(&[
        "403 forbidden",
        "401 unauthorized",
        "unauthorized",
        "denied",
        "no basic auth credentials",
    ]) {
        ImageWhy::Denied
    } else if has(&["not found", "manifest unknown", "name unknown"]) {
        ImageWhy::NotFound
    } else {
        ImageWhy::Unreachable
    }
}

/// A volume that can't be attached or mounted, where the kubelet came no further since.
fn mount(pod: &Pod, around: Option<&Surroundings>) -> Option<Trouble> {
    let further = ["Pulling", "Pulled", "Created", "Started"];
    let mut events = around?
        .of("Pod", &pod.name)
        .rev()
        .take_while(|event| !further.contains(&event.reason.as_str()));
    let failed: &Event = events.find(|event| {
        matches!(
            event.reason.as_str(),
            "FailedMount" | "FailedAttachVolume" | "FailedMapVolume"
        )
    })?;
    Some(Trouble::new(
        Why::Mount(absent(&failed.said)),
        failed.said.clone(),
    ))
}

/// A container that runs and is not ready by its own probe.
fn unready(pod: &Pod, around: Option<&Surroundings>) -> Option<Trouble> {
    let container = pod
        .containers
        .iter()
        .find(|it| !it.ready && it.waiting.is_none())?;
    let said = around.and_then(|around| {
        let mut events = around.of("Pod", &pod.name);
        events.rfind(|event| event.reason == "Unhealthy")
    });
    Some(Trouble::new(
        Why::Unready(container.name.clone()),
        said?.said.clone(),
    ))
}

/// The Secret or `ConfigMap` that is not there: `secret "app-secret" not found`, `references non-existent secret key`.
fn absent(said: &str) -> Option<Absent> {
    ["secret", "configmap"].into_iter().find_map(|kind| {
        let rest = said.split_once(&format!("{kind} \""))?.1;
        let (name, rest) = rest.split_once('"')?;
        (rest.trim_start().starts_with("not found") && is_dns_name(name)).then(|| Absent {
            kind,
            name: name.to_owned(),
        })
    })
}
