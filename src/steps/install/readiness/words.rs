//! What is in the way, in words for a person, with the command that looks or mends. Pure.

use super::refusal::Refusal;
use super::scheduling::Constraint;
use super::trouble::{Absent, ClaimWhy, ImageWhy, Trouble, Why};
use super::{Kind, Workload};
use crate::clients::explain::quoted;
use crate::steps::install::{Desired, Reason, Stop};

/// Where a trouble was seen.
struct Place<'a> {
    desired: &'a Desired,
    namespace: &'a str,
    workload: Workload,
    trouble: &'a Trouble,
}

/// The reason for a report.
#[must_use]
pub fn reason(desired: &Desired, namespace: &str, workload: Workload, trouble: &Trouble) -> Reason {
    let place = Place {
        desired,
        namespace,
        workload,
        trouble,
    };
    let (message, remedy) = place.words();
    let remedy = format!("{remedy} Then run the same command ({}).", by_hand(desired));
    let mut stop = Stop::new(trouble.why.code(), message, remedy);
    stop.said = Some(trouble.said.clone()).filter(|said| !said.is_empty());
    Reason {
        stop,
        hopeless: trouble.is_hopeless(),
    }
}

/// How a person's own kubectl comes to mean this cluster.
fn by_hand(desired: &Desired) -> String {
    format!(
        "kubectl with a kubeconfig from `aws eks update-kubeconfig --name {} --region {}{}`",
        quoted(desired.target.cluster.as_str()),
        desired.target.region,
        desired.asker().flag()
    )
}

impl Place<'_> {
    /// ``the StatefulSet `ingext/api` ``.
    fn workload(&self) -> String {
        let (kind, name) = (self.workload.resource().kind, self.workload.name);
        format!("the {kind} `{}/{name}`", self.namespace)
    }

    /// ``The pod `ingext/api-0` ``, and how many more.
    fn pod(&self) -> String {
        let Some(pod) = &self.trouble.pod else {
            return format!("A pod of {}", self.workload());
        };
        let more = match self.trouble.more {
            0 => String::new(),
            1 => " (and one more)".to_owned(),
            more => format!(" (and {more} more)"),
        };
        format!("The pod `{}/{pod}`{more}", self.namespace)
    }

    /// `kubectl -n ingext VERB`, as a command.
    fn kubectl(&self, rest: &str) -> String {
        format!("`kubectl -n {} {rest}`", self.namespace)
    }

    fn describe_pod(&self) -> String {
        match &self.trouble.pod {
            Some(pod) => self.kubectl(&format!("describe pod {pod}")),
            None => self.kubectl("describe pods"),
        }
    }

    fn named(&self) -> String {
        let kind = match self.workload.kind {
            Kind::Deployment => "deployment",
            Kind::StatefulSet => "statefulset",
            Kind::Job => "job",
            Kind::Service => "service",
        };
        format!("{kind}/{}", self.workload.name)
    }

    fn log(&self, container: &str, previous: bool) -> String {
        let pod = self.trouble.pod.as_deref().unwrap_or(self.workload.name);
        let previous = if previous { " --previous" } else { "" };
        self.kubectl(&format!("logs {pod} -c {container}{previous}"))
    }

    /// What it means, and what mends it.
    fn words(&self) -> (String, String) {
        let (workload, pod, describe) = (self.workload(), self.pod(), self.describe_pod());
        match &self.trouble.why {
            Why::Missing => (
                format!(
                    "{} is not there: it was removed by hand, or its chart does not make it.",
                    upper(&workload)
                ),
                format!(
                    "`helm list -n {ns}` names the release, `helm rollback RELEASE -n {ns}` makes what is missing of its newest revision anew.",
                    ns = self.namespace
                ),
            ),
            Why::NoPods => (
                format!("{} is scaled to no pods: nobody starts one.", upper(&workload)),
                format!(
                    "{} starts one again.",
                    self.kubectl(&format!("scale {} --replicas=1", self.named()))
                ),
            ),
            Why::Held => self.held(),
            Why::JobFailed(reason) => self.job_failed(reason),
            Why::JobRetries(failed) => (
                format!("{failed} pods of {workload} have failed, and it tries again."),
                format!(
                    "{} has its last lines.",
                    self.kubectl(&format!("logs {}", self.named()))
                ),
            ),
            Why::Refused(refusal) => self.refused(refusal),
            Why::Image(image, why) => self.image(image, *why),
            Why::Memory(container, restarts) => (
                format!(
                    "{pod}: the container `{container}` used more memory than it may and was killed; it was started again {}.",
                    times(*restarts)
                ),
                format!(
                    "{describe} shows its limit; give it more by `--set-values`, or find out what it needs it for: {}.",
                    self.log(container, true)
                ),
            ),
            Why::Crash(container, restarts, code) => (
                format!(
                    "{pod}: the container `{container}` ends with exit code {code} again and again; it was started again {}.",
                    times(*restarts)
                ),
                format!(
                    "{} has its last lines: mend what they name.",
                    self.log(container, true)
                ),
            ),
            Why::Config(container, absent) => self.config(container, absent.as_ref()),
            Why::Start(container) => (
                format!(
                    "{pod}: the container `{container}` can't be started: its command, its mounts or its node refuse it."
                ),
                format!("{describe} says why."),
            ),
            Why::Claim(claim, why) => self.claim(claim, why),
            Why::Mount(Some(Absent { kind, name })) => (
                format!("{pod} can't mount a volume: the {kind} `{name}` is not there."),
                format!(
                    "{} shows whether it is there now; the step that makes it comes before this one.",
                    self.kubectl(&format!("get {kind} {name}"))
                ),
            ),
            Why::Mount(None) => (
                format!("{pod} can't mount a volume."),
                format!(
                    "{describe} says which and why; `kubectl -n kube-system get pods -o wide` shows whether the driver runs on its node (ebs-csi-node, s3-csi-node)."
                ),
            ),
            Why::Unschedulable(constraints) => self.unschedulable(constraints),
            Why::Evicted => (
                format!("{pod} was put out by its node, which ran short of memory or disk."),
                format!("{describe} says of what; give the nodes more by `--node-type`."),
            ),
            Why::Unready(container) => (
                format!("{pod}: the container `{container}` runs, and its readiness probe fails."),
                format!(
                    "{describe} shows the probe's answer, {} what the container does.",
                    self.log(container, false)
                ),
            ),
            Why::NoEndpoints => (
                format!("{} reaches no pod that is ready.", upper(&workload)),
                format!(
                    "{} shows its selector, {} the pods.",
                    self.kubectl(&format!("describe service {}", self.workload.name)),
                    self.kubectl("get pods --show-labels")
                ),
            ),
        }
    }

    fn held(&self) -> (String, String) {
        let workload = upper(&self.workload());
        if self.workload.kind == Kind::Job {
            let patch = format!(
                "patch {} --type=merge -p '{{\"spec\":{{\"suspend\":false}}}}'",
                self.named()
            );
            return (
                format!("{workload} is suspended: nobody starts its pods."),
                format!("{} has it go on.", self.kubectl(&patch)),
            );
        }
        (
            format!("{workload} is paused: its new form is not brought to its pods."),
            format!(
                "{} has it go on.",
                self.kubectl(&format!("rollout resume {}", self.named()))
            ),
        )
    }

    fn job_failed(&self, reason: &str) -> (String, String) {
        let why = match reason {
            "BackoffLimitExceeded" => "its pods failed as often as they may",
            "DeadlineExceeded" => "it did not end in the time that it has",
            "PodFailurePolicy" => "a pod failed in a way that is not tried again",
            _ => "its controller gave it up",
        };
        (
            format!("{} has failed for good: {why}.", upper(&self.workload())),
            format!(
                "{} has its last lines. Mend what they name, and remove it so that it is made anew: {}.",
                self.kubectl(&format!("logs {}", self.named())),
                self.kubectl(&format!("delete {}", self.named()))
            ),
        )
    }

    fn refused(&self, refusal: &Refusal) -> (String, String) {
        let (of, describe) = (
            self.workload(),
            self.kubectl(&format!("describe {}", self.named())),
        );
        match refusal {
            Refusal::Quota { quota, never } => {
                let named = quota.as_deref().map_or_else(
                    || format!("a ResourceQuota of the namespace `{}`", self.namespace),
                    |quota| format!("the ResourceQuota `{}/{quota}`", self.namespace),
                );
                let how = if *never {
                    "it never fits, even with nothing else there"
                } else {
                    "the rest of the namespace uses it up"
                };
                let show = quota
                    .as_deref()
                    .map_or("describe resourcequotas".to_owned(), |quota| {
                        format!("describe resourcequota {quota}")
                    });
                (
                    format!("The pods of {of} can't be made: {named} does not allow them, and {how}."),
                    format!(
                        "{} shows what is used and allowed; have it raised ({}), or choose another `--namespace`.",
                        self.kubectl(&show),
                        self.kubectl(&format!(
                            "edit resourcequota {}",
                            quota.as_deref().unwrap_or("NAME")
                        ))
                    ),
                )
            }
            Refusal::Limits => (
                format!(
                    "The pods of {of} can't be made: a LimitRange of the namespace `{}` does not allow what they ask for.",
                    self.namespace
                ),
                format!(
                    "{} shows it; have it changed, or choose another `--namespace`.",
                    self.kubectl("describe limitranges")
                ),
            ),
            Refusal::PodSecurity => (
                format!(
                    "The pods of {of} can't be made: the pod security level of the namespace `{}` does not allow them.",
                    self.namespace
                ),
                format!(
                    "`kubectl get namespace {} --show-labels` shows the level; have it lowered, or choose another `--namespace`.",
                    self.namespace
                ),
            ),
            Refusal::Webhook(name) => (
                format!(
                    "The pods of {of} can't be made: {} refuses them.",
                    webhook(name.as_deref())
                ),
                format!(
                    "{describe} has its words; ask whoever runs it (`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`)."
                ),
            ),
            Refusal::WebhookSilent(name) => (
                format!(
                    "The pods of {of} can't be made: {}, which is asked first, does not answer.",
                    webhook(name.as_deref())
                ),
                format!(
                    "{describe} has the words; `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o wide` names its service: see that its pods run."
                ),
            ),
            Refusal::ServiceAccount(name) => {
                let account = name.as_deref().unwrap_or("NAME");
                (
                    format!(
                        "The pods of {of} can't be made: their service account `{account}` is not there."
                    ),
                    format!(
                        "{} shows those that are; the step that makes it comes before this one.",
                        self.kubectl("get serviceaccounts")
                    ),
                )
            }
            Refusal::Other => (
                format!("The pods of {of} can't be made: the cluster's API server refuses them."),
                format!("{describe} has its words."),
            ),
        }
    }

    fn image(&self, image: &str, why: ImageWhy) -> (String, String) {
        let (pod, describe) = (self.pod(), self.describe_pod());
        match why {
            ImageWhy::NotFound => (
                format!("{pod}: the registry does not have the image `{image}`."),
                format!(
                    "{describe} has its words; see that the name and the tag are right in the values (`--set-values`), and that a mirror holds it."
                ),
            ),
            ImageWhy::Name => (
                format!("{pod}: `{image}` is not an image that can be pulled."),
                format!("Name another in the values (`--set-values`); {describe} shows what was asked for."),
            ),
            ImageWhy::Denied => (
                format!("{pod}: the registry does not give the image `{image}` to the nodes."),
                format!(
                    "{describe} has its words; give the nodes' role the right to pull from it (AmazonEC2ContainerRegistryPullOnly for ECR of this account), or the service account a pull secret."
                ),
            ),
            ImageWhy::Unreachable => (
                format!(
                    "{pod}: the image `{image}` is not pulled yet: its registry did not answer the node."
                ),
                format!(
                    "{describe} has the words; see that the nodes' subnets have a way out (NAT gateway, or endpoints for ECR and S3)."
                ),
            ),
        }
    }

    fn config(&self, container: &str, absent: Option<&Absent>) -> (String, String) {
        let (pod, describe) = (self.pod(), self.describe_pod());
        match absent {
            Some(Absent { kind, name }) => (
                format!(
                    "{pod}: the container `{container}` can't be made: the {kind} `{name}` that it reads is not there."
                ),
                format!(
                    "{} shows whether it is there now; the step that makes it comes before this one.",
                    self.kubectl(&format!("get {kind} {name}"))
                ),
            ),
            None => (
                format!("{pod}: the container `{container}` can't be made as it is configured."),
                format!(
                    "{describe} says what of its configuration can't be: often a key that a Secret or ConfigMap lacks."
                ),
            ),
        }
    }

    fn claim(&self, claim: &str, why: &ClaimWhy) -> (String, String) {
        let pod = self.pod();
        let describe = self.kubectl(&format!("describe pvc {claim}"));
        let cluster = quoted(self.desired.target.cluster.as_str());
        match why {
            ClaimWhy::Absent => (
                format!("{pod} mounts the claim `{claim}`, which is not there."),
                format!("{} shows those that are; the step that makes it comes before this one.", self.kubectl("get pvc")),
            ),
            ClaimWhy::Lost => (
                format!("{pod} mounts the claim `{claim}`, whose volume is gone, and what it held with it."),
                format!("{describe} names the volume. A claim does not get another: look for a snapshot (`aws ec2 describe-snapshots --owner-ids self{}`) before you remove it.", self.desired.place_flags()),
            ),
            ClaimWhy::NoClass(Some(class)) => (
                format!("{pod}: the claim `{claim}` asks for the storage class `{class}`, which is not there."),
                "`kubectl get storageclasses` shows those that are; the step `storage-class` makes install's own.".to_string(),
            ),
            ClaimWhy::NoClass(None) => (
                format!("{pod}: the claim `{claim}` names no storage class, and none is the cluster's default."),
                "`kubectl get storageclasses` shows those that are; the step `storage-class` makes the default one.".to_owned(),
            ),
            ClaimWhy::Denied => (
                format!("{pod}: the claim `{claim}` has no volume: AWS does not let the EBS driver make one."),
                format!("`aws eks list-pod-identity-associations --cluster-name {cluster} --namespace kube-system{}` names the driver's role; it needs AmazonEBSCSIDriverPolicyV2, and its pods a restart after they got it: `kubectl -n kube-system rollout restart deployment/ebs-csi-controller`.", self.desired.place_flags()),
            ),
            ClaimWhy::Failed => (
                format!("{pod}: the claim `{claim}` has no volume: its driver failed to make one."),
                format!("{describe} has the driver's words."),
            ),
            ClaimWhy::NoDriver => (
                format!("{pod}: the claim `{claim}` waits for its driver to make a volume."),
                format!("{describe} names the driver; `kubectl -n kube-system get pods -l app=ebs-csi-controller` shows whether EBS's runs, `aws eks describe-addon --cluster-name {cluster} --addon-name aws-ebs-csi-driver{}` whether its add-on is well.", self.desired.place_flags()),
            ),
            ClaimWhy::Unbound => (
                format!("{pod}: the claim `{claim}` has no volume yet."),
                format!("{describe} says why."),
            ),
        }
    }

    fn unschedulable(&self, constraints: &[Constraint]) -> (String, String) {
        let why: Vec<String> = constraints.iter().map(constraint).collect();
        let mends = constraints
            .iter()
            .find_map(|it| self.mends(it))
            .unwrap_or_default();
        (
            format!("{} has no node: {}.", self.pod(), why.join("; ")),
            format!("{} has the scheduler's words.{mends}", self.describe_pod()),
        )
    }

    /// What makes room for it, after the command that shows why.
    fn mends(&self, constraint: &Constraint) -> Option<String> {
        let Desired {
            target, node_count, ..
        } = self.desired;
        let (cluster, more) = (quoted(target.cluster.as_str()), node_count + 1);
        let group = self.desired.node_group();
        Some(match constraint {
            Constraint::NoNodes | Constraint::Insufficient(_) | Constraint::TooManyPods => format!(
                " `kubectl describe nodes` shows what is used; one node more gives room: `eksctl scale nodegroup --cluster {cluster} --name {group} --nodes {more} --nodes-max {more}{}`.",
                self.desired.place_flags()
            ),
            Constraint::Cordoned => " `kubectl get nodes` shows which, `kubectl uncordon NODE` opens one again.".to_owned(),
            Constraint::Taint(_) => " `kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints` shows the taints: a node of the node group has none.".to_owned(),
            Constraint::Selector => " `kubectl get nodes --show-labels` shows what the nodes have.".to_owned(),
            Constraint::Apart => " It needs a node of its own, or one in another zone: `kubectl get nodes -L topology.kubernetes.io/zone`.".to_owned(),
            Constraint::VolumePlace => " `kubectl get nodes -L topology.kubernetes.io/zone` shows the nodes' zones, `kubectl get pv -o wide` the volumes'.".to_owned(),
            Constraint::Claim => format!(" {} shows its claims.", self.kubectl("get pvc")),
            Constraint::Other => return None,
        })
    }
}

fn constraint(constraint: &Constraint) -> String {
    match constraint {
        Constraint::NoNodes => "the cluster has none".to_owned(),
        Constraint::Insufficient(what) => match what.as_str() {
            "cpu" => "too little CPU is free".to_owned(),
            "memory" => "too little memory is free".to_owned(),
            other => format!("too little `{other}` is free"),
        },
        Constraint::TooManyPods => "the nodes take no more pods".to_owned(),
        Constraint::Taint(key) => format!("nodes have the taint `{key}`, which it does not tolerate"),
        Constraint::Selector => "its node selector or affinity fits none".to_owned(),
        Constraint::Apart => "its rules about pods side by side leave none".to_owned(),
        Constraint::Cordoned => "nodes are closed for new pods".to_owned(),
        Constraint::VolumePlace => "its volume can't be had on the nodes that have room".to_owned(),
        Constraint::Claim => "a claim of it has no volume".to_owned(),
        Constraint::Other => "the scheduler finds none".to_owned(),
    }
}

fn webhook(name: Option<&str>) -> String {
    name.map_or_else(
        || "an admission webhook".to_owned(),
        |name| format!("the admission webhook `{name}`"),
    )
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

/// With a capital.
fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
