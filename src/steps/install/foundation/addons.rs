//! Step `addons`: the cluster's add-ons are active, and the EBS driver has its role.

use super::cluster::is_ours;
use super::cluster_config::{ADDONS, AGENT, EBS_ACCOUNT, EBS_DRIVER, addons_config};
use super::stacks::{self, Meaning, SeenStack};
use crate::clients::CallError;
use crate::clients::aws::eks::{Addon, NewAddon, create_addon_ask};
use crate::clients::aws::{Eks, Iam};
use crate::clients::eksctl::create_addons_ask;
use crate::model::Phase;
use crate::report::{Code, StepAction};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Waits, World, Write};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a foreign cluster must have as an add-on; its network, names and proxy it may have by other means.
const OF_FOREIGN: [&str; 3] = [AGENT, EBS_DRIVER, "aws-mountpoint-s3-csi-driver"];
/// AWS's policies by which the EBS driver may make volumes (aws-ebs-csi-driver, `docs/install.md`).
const EBS_POLICIES: [&str; 3] = [
    "AmazonEBSCSIDriverPolicyV2",
    "AmazonEBSCSIDriverPolicy",
    "AmazonEBSCSIDriverEKSClusterScopedPolicy",
];
/// The output of eksctl's role stacks (eksctl `pkg/cfn/outputs`).
const ROLE_OUTPUT: &str = "Role1";

/// The step.
pub struct AddonsStep;

/// What was seen.
#[derive(Clone, Debug)]
pub enum Observed {
    /// There is no cluster, or none that is active yet.
    NoCluster,
    /// There is one.
    Standing(Box<Seen>),
}

/// What was seen of a cluster's add-ons.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Whether this installation made the cluster.
    pub ours: bool,
    /// The add-ons that are there, by name.
    pub addons: BTreeMap<&'static str, Addon>,
    /// With the EBS driver there: its role.
    pub role: Role,
    /// Without the EBS driver: the stack of its role, where there is one.
    pub stack: Option<SeenStack>,
}

/// The EBS driver's role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It has none, by a pod identity association or by OIDC.
    #[default]
    None,
    /// It has this one, with these managed policies; none where the role itself does not exist.
    Of(String, Option<Vec<String>>),
}

impl Step for AddonsStep {
    fn id(&self) -> &'static str {
        "addons"
    }

    fn phase(&self) -> Phase {
        Phase::Foundation
    }

    fn after(&self) -> &'static [&'static str] {
        // The drivers' controllers are pods: without a node an add-on stays degraded.
        &["cluster", "node-group"]
    }

    fn waits(&self) -> Waits {
        Waits::new(2 * 60, 20 * 60, 2)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world)?;
        let decision = decide(world.desired, &seen);
        let cluster = world.desired.target.cluster.to_string();
        Ok(Look::of(decision).telling(move |evidence, _| {
            let Observed::Standing(seen) = &seen else { return };
            let active = |name: &&str| {
                seen.addons
                    .get(name)
                    .is_some_and(|addon| addon.status == "ACTIVE")
            };
            let active = ADDONS.iter().copied().filter(active);
            let eks = evidence.eks();
            eks.cluster_name.clone_from(&cluster);
            eks.addons_installed = active.map(str::to_owned).collect();
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Observed, CallError> {
    let (desired, gateway) = (world.desired, world.gateway);
    let Some(cluster) = world
        .cluster()?
        .filter(|it| crate::steps::install::world::is_usable(&it.status))
    else {
        return Ok(Observed::NoCluster);
    };
    let name = &desired.target.cluster;
    let eks = Eks { gateway };
    let there = eks.addons(name)?;
    let mut seen = Seen {
        ours: is_ours(desired, &cluster),
        ..Seen::default()
    };
    let wanted = ADDONS.iter().filter(|it| there.iter().any(|found| found == *it));
    // Side by side: six questions of half a second each.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = wanted
            .map(|addon| {
                let ask = move || eks.addon(name, addon);
                (*addon, std::thread::Builder::new().spawn_scoped(scope, ask))
            })
            .collect();
        let answer = |addon| eks.addon(name, addon);
        asked
            .into_iter()
            .map(|(addon, thread)| {
                let joined = thread.ok().and_then(|thread| thread.join().ok());
                (addon, joined.unwrap_or_else(|| answer(addon)))
            })
            .collect()
    });
    for (addon, answer) in answers {
        // One that went between the two questions is absent.
        if let Some(found) = answer? {
            seen.addons.insert(addon, found);
        }
    }
    match seen.addons.get(EBS_DRIVER) {
        None => seen.stack = stacks::look(gateway, &stacks::of_ebs_role(desired))?,
        Some(addon) => seen.role = role(world, addon)?,
    }
    Ok(Observed::Standing(Box::new(seen)))
}

fn role(world: &World<'_>, addon: &Addon) -> Result<Role, CallError> {
    let name = &world.desired.target.cluster;
    let eks = Eks {
        gateway: world.gateway,
    };
    let found = eks.associations(name, "kube-system", EBS_ACCOUNT)?;
    let arn = match found.first() {
        Some(summary) => eks.association(name, &summary.id)?.role_arn,
        None => match &addon.service_account_role {
            Some(arn) => arn.clone(),
            None => return Ok(Role::None),
        },
    };
    let iam = Iam {
        gateway: world.gateway,
    };
    let role = arn.rsplit('/').next().unwrap_or_default().to_owned();
    let policies = iam.attached_policies(&role)?;
    Ok(Role::Of(role, policies))
}

fn wanted(ours: bool) -> &'static [&'static str] {
    if ours { &ADDONS } else { &OF_FOREIGN }
}

fn digested() -> Value {
    json!({ "addons": ADDONS })
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Observed) -> Decision {
    match seen {
        Observed::NoCluster => {
            let detail = format!("add-ons {}, made with the cluster", ADDONS.join(", "));
            let what = "the add-ons, which are made with the cluster";
            let mut decision = Decision::waiting(detail, digested(), what);
            decision.action = StepAction::Create;
            decision
        }
        Observed::Standing(seen) => {
            let decision = standing(desired, seen);
            if seen.ours { decision } else { decision.adopting() }
        }
    }
}

fn standing(desired: &Desired, seen: &Seen) -> Decision {
    let wanted = wanted(seen.ours);
    let (mut stops, mut coming) = (Vec::new(), Vec::new());
    for name in wanted {
        let Some(addon) = seen.addons.get(name) else {
            continue;
        };
        match addon.status.as_str() {
            "ACTIVE" => {}
            // Degraded is also one whose pods have not started yet.
            "CREATING" | "UPDATING" | "DEGRADED" => coming.push(state(addon)),
            _ => stops.push(failed(desired, addon, seen.ours)),
        }
    }
    let mut warning = None;
    if seen.addons.contains_key(EBS_DRIVER) {
        match judge_role(desired, seen) {
            Ok(found) => warning = found,
            Err(stop) => stops.push(stop),
        }
    }
    let missing: Vec<&'static str> = wanted
        .iter()
        .copied()
        .filter(|name| !seen.addons.contains_key(name))
        .collect();
    let writes = match writes(desired, seen, &missing) {
        Ok(writes) => writes,
        Err(Held::Coming(what)) => {
            coming.push(what);
            Vec::new()
        }
        Err(Held::Stop(stop)) => {
            stops.push(stop);
            Vec::new()
        }
    };
    let mut decision = if !stops.is_empty() {
        Decision::blocked("an add-on is in the way", digested(), stops)
    } else if !writes.is_empty() {
        Decision::create(format!("add-ons {}", missing.join(", ")), digested(), writes)
    } else if !coming.is_empty() {
        let what = format!("the add-ons {}", coming.join(", "));
        Decision::waiting("add-ons that are not active yet", digested(), what)
    } else {
        let detail = format!("add-ons {} are active", wanted.join(", "));
        Decision::settled(detail, digested())
    };
    decision.warnings.extend(warning);
    decision
}

fn state(addon: &Addon) -> String {
    let codes: Vec<&str> = addon
        .health_issues
        .iter()
        .flatten()
        .map(|issue| issue.code.as_str())
        .collect();
    if codes.is_empty() {
        format!("`{}` ({})", addon.name, addon.status)
    } else {
        format!("`{}` ({}: {})", addon.name, addon.status, codes.join(", "))
    }
}

fn failed(desired: &Desired, addon: &Addon, ours: bool) -> Stop {
    let (name, cluster) = (&addon.name, &desired.target.cluster);
    let (region, flag) = (&desired.target.region, desired.asker().flag());
    let target = format!("--cluster-name {cluster} --addon-name {name} --region {region}{flag}");
    let again = if ours {
        format!(
            " Once that is mended, `aws eks delete-addon {target} --preserve` and the same command make it anew."
        )
    } else {
        " It is not install's own: mend it, then run the same command.".to_owned()
    };
    let said: Vec<&str> = addon
        .health_issues
        .iter()
        .flatten()
        .map(|issue| issue.said.as_str())
        .collect();
    let mut stop = Stop::new(
        Code::AddonFailed,
        format!("The add-on {} failed.", state(addon)),
        format!("`aws eks describe-addon {target} --query addon.health` shows why.{again}"),
    );
    stop.said = (!said.is_empty()).then(|| said.join("\n"));
    stop
}

/// Whether the EBS driver that is there may make volumes; a warning where that can't be told.
fn judge_role(desired: &Desired, seen: &Seen) -> Result<Option<Stop>, Stop> {
    let (cluster, region, flag) = (
        &desired.target.cluster,
        &desired.target.region,
        desired.asker().flag(),
    );
    let give = format!(
        "`eksctl create podidentityassociation --cluster {cluster} --namespace kube-system --service-account-name {EBS_ACCOUNT} --permission-policy-arns arn:{}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy --region {region}{flag}`, then `kubectl rollout restart deployment/ebs-csi-controller -n kube-system`, then run the same command.",
        desired.target.partition()
    );
    let (role, policies) = match &seen.role {
        Role::None => {
            return Err(Stop::new(
                Code::AddonWithoutRole,
                format!(
                    "The add-on `{EBS_DRIVER}` has no role: no pod identity association for `kube-system/{EBS_ACCOUNT}`, and none by OIDC. Volumes would depend on whatever the nodes' role allows."
                ),
                give,
            ));
        }
        Role::Of(role, policies) => (role, policies),
    };
    let Some(policies) = policies else {
        return Err(Stop::new(
            Code::AddonWithoutRole,
            format!("The role `{role}` of the add-on `{EBS_DRIVER}` does not exist: no volume can be made."),
            format!(
                "`aws eks list-pod-identity-associations --cluster-name {cluster} --namespace kube-system --region {region}{flag}` names the association; delete it (`aws eks delete-pod-identity-association`). Then {give}"
            ),
        ));
    };
    let known = |arn: &String| EBS_POLICIES.iter().any(|name| arn.ends_with(&format!("/{name}")));
    if policies.iter().any(known) {
        return Ok(None);
    }
    Ok(Some(Stop::new(
        Code::AddonWithoutRole,
        format!(
            "The role `{role}` of the add-on `{EBS_DRIVER}` has none of AWS's policies for it; whether it may make volumes by others is not known."
        ),
        format!(
            "`aws iam attach-role-policy --role-name {role} --policy-arn arn:{}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicyV2{flag}`, if it may not.",
            desired.target.partition()
        ),
    )))
}

/// Why what is missing is not made now.
enum Held {
    Coming(String),
    Stop(Stop),
}

/// Each missing add-on by a call of its own: one that was made is there, and a run that was killed between two goes on
/// with the next. The EBS driver's role is eksctl's, as in the cluster that it makes whole.
fn writes(desired: &Desired, seen: &Seen, missing: &[&'static str]) -> Result<Vec<Write>, Held> {
    let cluster = &desired.target.cluster;
    let create = |name: &str, associations: Vec<(String, String)>| {
        let addon = NewAddon {
            name: name.to_owned(),
            version: None,
            configuration: None,
            associations,
            tags: desired.created_tags(),
        };
        Write::eks(create_addon_ask(cluster, &addon))
    };
    let others = missing.iter().filter(|name| **name != EBS_DRIVER);
    let mut writes: Vec<Write> = others.map(|name| create(name, Vec::new())).collect();
    if !missing.contains(&EBS_DRIVER) {
        return Ok(writes);
    }
    let what = format!("the add-on `{EBS_DRIVER}`");
    let Some(stack) = &seen.stack else {
        let config = addons_config(desired, &[AGENT, EBS_DRIVER]);
        writes.push(Write::eks(create_addons_ask(&config)).showing("addons.yaml"));
        return Ok(writes);
    };
    match stacks::meaning(desired, &what, stack) {
        // What does not wait for the role is made all the same.
        Meaning::Coming if writes.is_empty() => Err(Held::Coming(format!("{what} (its role is being made)"))),
        Meaning::Coming => Ok(writes),
        Meaning::InTheWay(stop) => Err(Held::Stop(*stop)),
        Meaning::Whole => match stack.stack.outputs.get(ROLE_OUTPUT).filter(|arn| is_role(arn)) {
            Some(role) => {
                writes.push(create(EBS_DRIVER, vec![(EBS_ACCOUNT.to_owned(), role.clone())]));
                Ok(writes)
            }
            None => Err(Held::Stop(stacks::left_over(desired, &what, stack))),
        },
    }
}

fn is_role(arn: &str) -> bool {
    crate::clients::form::arn_fields(arn)
        .is_some_and(|[_, service, _, _, resource]| service == "iam" && resource.starts_with("role/"))
}
