//! What may keep a workload from being ready, how grave it is, and when waiting can't help any more.

use super::refusal::Refusal;
use super::scheduling::Constraint;
use crate::report::Code;
use std::time::Duration;

/// Something that keeps a workload from being ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub why: Why,
    /// The pod that it was seen at; none where it is the workload's own.
    pub pod: Option<String>,
    /// How many pods of the workload have the same beside that one.
    pub more: usize,
    /// The cluster's own words, and a container's last lines. Untrusted text, redacted.
    pub said: String,
    /// For how long it has been seen in this run.
    pub lasted: Duration,
}

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The workload is not there.
    Missing,
    /// It shall have no pods.
    NoPods,
    /// Its controller leaves it alone: paused, or suspended.
    Held,
    /// A Job that has failed for good: `BackoffLimitExceeded`, `DeadlineExceeded`.
    JobFailed(String),
    /// Its pods, or their claims, can't be made.
    Refused(Refusal),
    /// An image.
    Image(String, ImageWhy),
    /// A container was killed because it used more memory than it may, this often.
    Memory(String, u32),
    /// A container ends again and again: how often it was started anew, and its exit code.
    Crash(String, u32, i64),
    /// A container can't be made: a Secret or `ConfigMap` that it reads is not there, where that is known.
    Config(String, Option<Absent>),
    /// A container can't be started.
    Start(String),
    /// A claim has no volume.
    Claim(String, ClaimWhy),
    /// A volume can't be mounted; what it is made of is not there, where that is known.
    Mount(Option<Absent>),
    /// No node takes it.
    Unschedulable(Vec<Constraint>),
    /// A pod was put out by its node.
    Evicted,
    /// Pods of a Job failed, and it tries again.
    JobRetries(u32),
    /// A container runs and says itself that it is not ready.
    Unready(String),
    /// A service reaches no ready pod.
    NoEndpoints,
}

/// What is wrong with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageWhy {
    /// The registry does not have it.
    NotFound,
    /// The registry does not give it.
    Denied,
    /// Its name is none.
    Name,
    /// The registry was not reached, or asked to slow down; or nothing more is known.
    Unreachable,
}

/// Why a claim has no volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimWhy {
    /// The claim is not there.
    Absent,
    /// Its volume is gone.
    Lost,
    /// Its storage class is not there; none where it names none and no class is the default.
    NoClass(Option<String>),
    /// The driver may not make the volume.
    Denied,
    /// The driver failed to make the volume.
    Failed,
    /// The driver has not answered.
    NoDriver,
    /// Nothing more is known.
    Unbound,
}

/// A Secret or `ConfigMap` that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// `secret` or `configmap`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What only a person mends, and no step that runs beside: some looks are enough for a controller to be late.
const BRIEFLY: Duration = seconds(10);
/// What something that is on its way may still bring: an object of a step beside, a permission that spreads.
const A_MINUTE: Duration = seconds(60);
/// The kubelet asks for an image again after 10, 20, 40 … seconds (kubernetes `concepts/containers/images`): it has
/// then asked four times.
const FOUR_PULLS: Duration = seconds(75);
/// What recovers by itself as a rule, given time: a node that joins, a driver that starts.
const FIVE_MINUTES: Duration = seconds(300);
/// A container is started anew after 10, 20, 40 … seconds, five minutes at most (kubernetes
/// `concepts/workloads/pods/pod-lifecycle`): five times is after five minutes, in which whatever it needs at its start
/// should have come.
const RESTARTS: u32 = 5;
/// Memory that did not suffice three times does not suffice.
const OUT_OF_MEMORY: u32 = 3;

impl Why {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Missing => Code::WorkloadMissing,
            Self::NoPods | Self::Held => Code::WorkloadStopped,
            Self::JobFailed(_) | Self::JobRetries(_) => Code::JobFailed,
            Self::Refused(Refusal::Quota { .. }) => Code::NamespaceQuotaExceeded,
            Self::Refused(_) => Code::PodRefused,
            Self::Image(_, ImageWhy::NotFound | ImageWhy::Name) => Code::ImageNotFound,
            Self::Image(_, ImageWhy::Denied) => Code::ImageDenied,
            Self::Image(_, ImageWhy::Unreachable) => Code::ImageNotPulled,
            Self::Memory(..) => Code::ContainerOutOfMemory,
            Self::Crash(..) => Code::ContainerCrashes,
            Self::Config(..) | Self::Start(_) => Code::ContainerNotStarted,
            Self::Claim(..) => Code::VolumeClaimUnbound,
            Self::Mount(_) => Code::VolumeNotMounted,
            Self::Unschedulable(_) => Code::PodUnschedulable,
            Self::Evicted => Code::PodEvicted,
            Self::Unready(_) => Code::ContainerNotReady,
            Self::NoEndpoints => Code::ServiceWithoutEndpoints,
        }
    }

    /// After what time waiting can't help any more; none where it always may. What Kubernetes itself keeps trying may
    /// recover, and has to last: an install that would have come up is worse to lose than a minute.
    #[must_use]
    pub const fn hopeless_after(&self) -> Option<Duration> {
        match self {
            // Nobody tries any more: the Job's controller has given it up (kubernetes `concepts/workloads/controllers/job`).
            Self::JobFailed(_) => Some(Duration::ZERO),
            Self::Missing
            | Self::NoPods
            | Self::Held
            | Self::Image(_, ImageWhy::Name)
            | Self::Claim(_, ClaimWhy::Lost)
            | Self::Refused(
                Refusal::Quota { never: true, .. }
                | Refusal::Limits
                | Refusal::PodSecurity
                | Refusal::Webhook(_),
            ) => Some(BRIEFLY),
            // A quota that other pods of ours use up is never freed by them: an install removes none.
            Self::Refused(Refusal::Quota { .. } | Refusal::ServiceAccount(_) | Refusal::Other)
            | Self::Config(_, Some(_))
            | Self::Mount(Some(_))
            | Self::Claim(_, ClaimWhy::Absent | ClaimWhy::NoClass(_)) => Some(A_MINUTE),
            Self::Image(_, ImageWhy::NotFound | ImageWhy::Denied) => Some(FOUR_PULLS),
            Self::Memory(_, restarts) if *restarts >= OUT_OF_MEMORY => Some(Duration::ZERO),
            Self::Crash(_, restarts, _) if *restarts >= RESTARTS => Some(Duration::ZERO),
            Self::Memory(..)
            | Self::Crash(..)
            | Self::Config(..)
            | Self::Start(_)
            | Self::Mount(_)
            | Self::Refused(Refusal::WebhookSilent(_))
            | Self::Claim(_, ClaimWhy::Denied | ClaimWhy::Failed | ClaimWhy::NoDriver)
            | Self::Unschedulable(_) => Some(FIVE_MINUTES),
            // A registry that is not reached may be reached; a container that runs may become ready; a claim waits for
            // its pod; a Job says itself when it has failed for good.
            Self::Image(_, ImageWhy::Unreachable)
            | Self::Claim(_, ClaimWhy::Unbound)
            | Self::Evicted
            | Self::JobRetries(_)
            | Self::Unready(_)
            | Self::NoEndpoints => None,
        }
    }

    /// How grave it is, the gravest the least: the order in which this type names them.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Missing | Self::NoPods | Self::Held => 0,
            Self::JobFailed(_) => 1,
            Self::Refused(_) => 2,
            Self::Image(..) => 3,
            Self::Memory(..) => 4,
            Self::Crash(..) => 5,
            Self::Config(..) | Self::Start(_) => 6,
            Self::Claim(..) => 7,
            Self::Mount(_) => 8,
            Self::Unschedulable(_) => 9,
            Self::Evicted => 10,
            Self::JobRetries(_) => 11,
            Self::Unready(_) => 12,
            Self::NoEndpoints => 13,
        }
    }
}

impl Trouble {
    /// Of a workload.
    #[must_use]
    pub fn new(why: Why, said: impl Into<String>) -> Self {
        Self {
            why,
            pod: None,
            more: 0,
            said: said.into(),
            lasted: Duration::ZERO,
        }
    }

    /// The same, seen at a pod.
    #[must_use]
    pub fn at(mut self, pod: &str) -> Self {
        self.pod = Some(pod.to_owned());
        self
    }

    /// Whether waiting can't help any more.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.why
            .hopeless_after()
            .is_some_and(|after| self.lasted >= after)
    }
}
