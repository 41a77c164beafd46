//! The Lease in the cluster: `kube-system/lakehouse-install`, one a cluster. It keeps runs of other machines and users
//! away, and ends by itself where its holder is gone.

use super::super::site::Site;
use super::Holder;
use super::holder::HELD_SINCE;
pub use super::holder::{LEASE as NAME, LEASE_NAMESPACE as NAMESPACE};
use crate::clients::call::{Ask, ask, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::kubeconfig::ClusterAccess;
use crate::gateway::spec::Effect;
use crate::gateway::{Gateway, Tool};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json as value};
use std::time::Duration;

/// How long it holds without being renewed; it is renewed about every third of that. Longer than the longest command, an
/// eksctl of 45 minutes: while nothing else is looked at, nothing renews it.
pub const DURATION: Duration = Duration::from_secs(60 * 60);
/// How long one request may wait, as kubectl takes it.
const REQUEST_LIMIT: &str = "15s";
const COMMAND_LIMIT: Duration = Duration::from_secs(40);

/// The Lease as it was read: all of it, so that what others put there stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    document: Value,
}

/// Where it is read and written.
pub struct Leases<'a> {
    looking: &'a dyn Gateway,
    writing: &'a dyn Gateway,
    access: &'a ClusterAccess,
}

impl<'a> Leases<'a> {
    /// Those of the cluster that `access` leads to.
    #[must_use]
    pub const fn of(site: &Site<'a>, access: &'a ClusterAccess) -> Self {
        Self {
            looking: site.world.gateway,
            writing: site.gateway,
            access,
        }
    }

    /// The Lease; none where the API server itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where that is unknown.
    pub fn look(&self) -> Result<Option<Lease>, CallError> {
        let args = ["get", "lease", NAME, "--namespace", NAMESPACE, "-o", "json"];
        let question = self.ask("look who installs into the cluster", &args);
        match ask(self.looking, &question, parse_lease) {
            Ok(lease) => Ok(Some(lease)),
            Err(error) if error.class == ErrorClass::Absent => {
                let own =
                    format!("Error from server (NotFound): leases.coordination.k8s.io \"{NAME}\" not found");
                if error.said.lines().any(|line| line.trim() == own) {
                    return Ok(None);
                }
                Err(CallError {
                    class: ErrorClass::Other,
                    ..error
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes it, held by `holder`.
    ///
    /// # Errors
    /// [`CallError`]; see [`was_quicker`].
    pub fn create(&self, holder: &Holder, now: Timestamp) -> Result<Lease, CallError> {
        let args = ["create", "-f", "-", "-o", "json"];
        self.write("take the cluster's Lease", &args, &Lease::new(holder, now), None)
    }

    /// Puts `lease` in the place of the one that it was made of, and of no other.
    ///
    /// # Errors
    /// [`CallError`]; see [`was_quicker`].
    pub fn replace(&self, lease: &Lease, limit: Option<Duration>) -> Result<Lease, CallError> {
        let purpose = match lease.holder() {
            "" => "give the cluster's Lease back",
            _ => "take or renew the cluster's Lease",
        };
        self.write(purpose, &["replace", "-f", "-", "-o", "json"], lease, limit)
    }

    fn write(
        &self,
        purpose: &str,
        args: &[&str],
        lease: &Lease,
        limit: Option<Duration>,
    ) -> Result<Lease, CallError> {
        let mut question = self.ask(purpose, args);
        question.spec.effect = Effect::Write;
        question.spec.stdin = Some(lease.document.to_string().into_bytes());
        question.spec.timeout = limit.unwrap_or(COMMAND_LIMIT);
        ask(self.writing, &question, parse_lease)
    }

    fn ask(&self, purpose: &str, args: &[&str]) -> Ask {
        let access = [
            "--kubeconfig",
            &self.access.kubeconfig,
            "--context",
            &self.access.context,
            "--request-timeout",
            REQUEST_LIMIT,
        ];
        let mut question = Ask::tool(Tool::Kubectl, purpose, args.iter().chain(&access).copied());
        question.spec.timeout = COMMAND_LIMIT;
        question
    }
}

/// Whether a write failed because somebody else made or changed the Lease since the look.
#[must_use]
pub fn was_quicker(error: &CallError) -> bool {
    error.class == ErrorClass::Exists
        || ["(AlreadyExists)", "(Conflict)"]
            .iter()
            .any(|word| error.said.contains(&format!("Error from server {word}")))
}

/// Reads `kubectl … lease -o json`.
///
/// # Errors
/// [`ParseFailure`] where it is not this Lease.
pub fn parse_lease(bytes: &[u8]) -> Result<Lease, ParseFailure> {
    let document: Value = json(bytes)?;
    let text = |path: &str| document.pointer(path).and_then(Value::as_str);
    if text("/kind") != Some("Lease") || text("/metadata/name") != Some(NAME) {
        return Err(ParseFailure::Form("Lease"));
    }
    if text("/metadata/resourceVersion").is_none_or(str::is_empty) {
        return Err(ParseFailure::Form("metadata.resourceVersion"));
    }
    let holder = document.pointer("/spec/holderIdentity");
    if holder.is_some_and(|holder| !holder.is_string() && !holder.is_null()) {
        return Err(ParseFailure::Form("spec.holderIdentity"));
    }
    Ok(Lease { document })
}

impl Lease {
    fn new(holder: &Holder, now: Timestamp) -> Self {
        let bare = Self {
            document: value!({
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": { "name": NAME, "namespace": NAMESPACE },
                "spec": {}
            }),
        };
        bare.taken(holder, now)
    }

    /// Who holds it, as it says; empty: nobody.
    #[must_use]
    pub fn holder(&self) -> &str {
        self.text("/spec/holderIdentity").unwrap_or_default()
    }

    /// Since when.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        self.time("/spec/acquireTime")
    }

    /// When it ends, unless it is renewed; none where it does not say.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        let seconds = self.document.pointer("/spec/leaseDurationSeconds")?.as_i64()?;
        let renewed = self.time("/spec/renewTime").or_else(|| self.since())?;
        renewed.checked_add(SignedDuration::from_secs(seconds)).ok()
    }

    /// Who holds it against `me`: nobody where it is free, has ended, is ours, or is held by a process of this very
    /// machine and user that is dead, by `lives`.
    #[must_use]
    pub fn held_against(
        &self,
        me: &Holder,
        now: Timestamp,
        lives: impl Fn(&Holder) -> bool,
    ) -> Option<String> {
        let holder = self.holder();
        if holder.is_empty() || holder == me.identity() {
            return None;
        }
        if self.ends().is_some_and(|ends| ends <= now) {
            return None;
        }
        let is_dead = Holder::parse(holder)
            .is_some_and(|by| by.machine == me.machine && by.user == me.user && !lives(&by));
        (!is_dead).then(|| holder.to_owned())
    }

    /// The same, held by `holder` from `now` on; renewed where it was held by `holder` already.
    #[must_use]
    pub fn taken(&self, holder: &Holder, now: Timestamp) -> Self {
        let (identity, time) = (holder.identity(), micro_time(now));
        let renewed = self.holder() == identity;
        let since = self.since_of_our_dead(holder, now);
        let mut spec = self.document.get("spec").cloned().unwrap_or_default();
        let turns = spec
            .get("leaseTransitions")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        if !renewed {
            let had_one = !self.holder().is_empty();
            spec["acquireTime"] = time.clone().into();
            spec["leaseTransitions"] = (turns + i64::from(had_one)).into();
        }
        spec["holderIdentity"] = identity.into();
        spec["leaseDurationSeconds"] = DURATION.as_secs().into();
        spec["renewTime"] = time.into();
        let mut taken = self.with(spec);
        if !renewed {
            taken.mark(since);
        }
        taken
    }

    /// Since when only runs of `holder`'s user on this machine have held it, where the one that holds it has died: who
    /// takes over from it has looked, and it is none that lives ([`Self::held_against`]).
    fn since_of_our_dead(&self, holder: &Holder, now: Timestamp) -> Option<String> {
        let before = Holder::parse(self.holder())?;
        let ours = before.machine == holder.machine && before.user == holder.user;
        if !ours || self.ends().is_some_and(|ends| ends <= now) {
            return None;
        }
        let marked = self.document.get("metadata")?.get("annotations");
        marked
            .and_then(|marks| marks.get(HELD_SINCE)?.as_str())
            .or_else(|| self.text("/spec/acquireTime"))
            .map(str::to_owned)
    }

    fn mark(&mut self, since: Option<String>) {
        match since {
            Some(since) => self.document["metadata"]["annotations"][HELD_SINCE] = since.into(),
            None => {
                if let Some(marks) = self
                    .document
                    .pointer_mut("/metadata/annotations")
                    .and_then(Value::as_object_mut)
                {
                    marks.remove(HELD_SINCE);
                }
            }
        }
    }

    /// The same, held by nobody.
    #[must_use]
    pub fn given_back(&self) -> Self {
        let mut spec = self.document.get("spec").cloned().unwrap_or_default();
        spec["holderIdentity"] = "".into();
        self.with(spec)
    }

    fn with(&self, spec: Value) -> Self {
        let mut document = self.document.clone();
        document["spec"] = spec;
        Self { document }
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.document.pointer(path).and_then(Value::as_str)
    }

    fn time(&self, path: &str) -> Option<Timestamp> {
        self.text(path)?.parse().ok()
    }
}

/// As Kubernetes' `MicroTime` reads it: with exactly six decimals.
fn micro_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// To the second, for people.
#[must_use]
pub fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests;
