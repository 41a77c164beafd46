//! A release in the middle of a change: whether anybody is still at work on it, and how one of ours that was cut short
//! is brought on. Pure, but for [`look`].
//!
//! helm 3.19 refuses `upgrade` on a `pending-…` release and on one that is `uninstalling`, whoever left it so
//! (`pkg/action/upgrade.go`). `rollback` asks for no status: to a revision that was deployed it undoes what was begun,
//! and loses nothing. Where none ever was, only helm's own record of the attempt is in the way: without that Secret
//! `upgrade --install` begins anew, hooks included, and takes over what the attempt made, which bears the release's
//! name (`pkg/action/validate.go`). `uninstall` would delete volumes and is never proposed.

use super::{Found, HELM_LIMIT, Wanted};
use crate::clients::helm::Helm;
use crate::clients::kubectl::releases::Record;
use crate::clients::kubectl::{Kubectl, Lease};
use crate::clients::{Ask, CallError};
use crate::gateway::{CommandSpec, Tool};
use crate::steps::install::holder::{
    HELD_SINCE, Holder, LEASE, LEASE_NAMESPACE, is_dead_here, is_this_process,
};
use crate::steps::install::{World, Write};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Older than this, no helm of an install is at work on it: each is stopped after five and a half minutes, and given
/// twenty seconds to say so.
pub const SURELY_OVER: SignedDuration = SignedDuration::from_mins(7);

/// Who holds the cluster's Lease, as far as that says whether a helm of an install may be at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// Nobody.
    Nobody,
    /// This run, or one of this machine that is dead; and nobody else since then.
    Ours {
        /// Since when.
        since: Option<Timestamp>,
    },
    /// One that lives, or can't be looked at; for people.
    Lives(String),
}

/// What is known of a change that has not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// helm's record of it.
    pub record: Record,
    /// The newest revision that is deployed.
    pub deployed: Option<u64>,
    /// How long ago helm wrote the record; none where it did not say.
    pub age: Option<SignedDuration>,
    /// Who holds the Lease.
    pub keeper: Keeper,
    /// The chart's hooks that helm had begun and that did not succeed, `Job/name` each.
    pub hooks: Vec<String>,
}

/// Whether the change may still be under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody is at work on it.
    Over,
    /// A run of lakehouse is at work; for people.
    Held(String),
    /// Nobody of lakehouse is, and it is too young for it to be sure that no helm is: for so long.
    Young(SignedDuration),
}

/// How a change that was cut short is brought on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// To this revision, which was deployed.
    RollBack(u64),
    /// Anew: no revision was ever deployed.
    Reinstall,
}

/// Whether helm calls a release of this status one that is being changed.
#[must_use]
pub fn is_cut(status: &str) -> bool {
    status.starts_with("pending-") || status == "uninstalling"
}

impl Cut {
    /// Whether anybody may be at work on it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let begun_before = |since: &Option<Timestamp>| {
            // helm's record has whole seconds.
            let second = SignedDuration::from_secs(1);
            match (self.record.written, since) {
                (Some(written), Some(since)) => written
                    .saturating_add(second)
                    .is_ok_and(|written| written < *since),
                _ => true,
            }
        };
        match &self.keeper {
            Keeper::Lives(who) => return Standing::Held(who.clone()),
            // Begun by this run, whose helm has ended, or by one that is dead, and its helm with it.
            Keeper::Ours { since } if !begun_before(since) => return Standing::Over,
            Keeper::Ours { .. } | Keeper::Nobody => {}
        }
        match self.age {
            Some(age) if age >= SURELY_OVER => Standing::Over,
            // A clock that is ahead of this one's tells no age.
            Some(age) => Standing::Young((SURELY_OVER - age).min(SURELY_OVER)),
            None => Standing::Young(SURELY_OVER),
        }
    }

    /// How it is brought on.
    #[must_use]
    pub fn way(&self) -> Way {
        self.deployed.map_or(Way::Reinstall, Way::RollBack)
    }

    /// The command that takes the stuck change out of the way; after it `upgrade --install` goes through.
    #[must_use]
    pub fn write(&self, wanted: &Wanted) -> Write {
        match self.way() {
            Way::RollBack(revision) => roll_back(wanted, revision),
            Way::Reinstall => forget(wanted, &self.record),
        }
    }

    /// ` at its hook Job/init`, where helm had begun one.
    #[must_use]
    pub fn at_hooks(&self) -> String {
        if self.hooks.is_empty() {
            return String::new();
        }
        let hooks: Vec<String> = self.hooks.iter().map(|hook| format!("`{hook}`")).collect();
        format!(", at the chart's hook {}", hooks.join(", "))
    }

    /// Who began it, as far as that is known, for people.
    #[must_use]
    pub const fn whose(&self) -> &'static str {
        match self.keeper {
            Keeper::Ours { .. } => "left by a helm that is gone",
            // A person's own helm holds no Lease.
            _ => {
                "left by a helm of no run that goes on (a person's own, with a longer limit, may still be at work)"
            }
        }
    }

    /// What that does, for people.
    #[must_use]
    pub fn words(&self) -> String {
        match self.way() {
            Way::RollBack(revision) => format!("rolled back to its revision {revision}, then brought on"),
            Way::Reinstall => format!(
                "installed anew over what it made: no revision was ever deployed, and only helm's record of revision {} is taken away",
                self.record.revision
            ),
        }
    }
}

/// Brings a release back to one of its revisions.
pub(super) fn roll_back(wanted: &Wanted, revision: u64) -> Write {
    let revision = revision.to_string();
    let args = [
        "rollback",
        wanted.name,
        &revision,
        "-n",
        &wanted.namespace,
        "--history-max",
        "10",
        "--timeout",
        HELM_LIMIT.0,
    ];
    let purpose = format!(
        "bring the release `{}` back to its revision {revision}",
        wanted.name
    );
    let mut ask = Ask::write(Tool::Helm, &purpose, args);
    ask.spec.timeout = HELM_LIMIT.1;
    Write::cluster(ask)
}

/// Takes helm's record of one revision away, where it is still the very record that was seen: a helm that lives writes
/// it, and then this is refused.
fn forget(wanted: &Wanted, record: &Record) -> Write {
    let path = format!("/api/v1/namespaces/{}/secrets/{}", wanted.namespace, record.name);
    let purpose = format!(
        "take away helm's record of the unfinished release `{}`",
        wanted.name
    );
    let args = ["delete", "--raw", &path, "-f", "-"];
    let mut ask = Ask {
        spec: CommandSpec::read(Tool::Kubectl, &purpose, args),
        action: "",
    };
    ask.spec.effect = crate::gateway::spec::Effect::Write;
    let options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": record.uid, "resourceVersion": record.resource_version},
    });
    ask.spec.stdin = Some(options.to_string().into_bytes());
    Write::cluster(ask)
}

/// What is known of the change that a release of ours is in the middle of; none where it has just come to its end.
///
/// # Errors
/// [`CallError`] where that is unknown.
pub(super) fn look(
    world: &World<'_>,
    kubectl: &Kubectl<'_>,
    wanted: &Wanted,
) -> Result<Option<Cut>, CallError> {
    let records = kubectl.release_records(&wanted.namespace, wanted.name)?;
    let deployed = records.iter().rev().find(|record| record.status == "deployed");
    let deployed = deployed.map(|record| record.revision);
    let Some(record) = records.last().filter(|record| is_cut(&record.status)).cloned() else {
        return Ok(None);
    };
    let now = (world.now)();
    let lease = kubectl.lease(LEASE_NAMESPACE, LEASE)?;
    let client = Helm {
        gateway: world.gateway,
        access: kubectl.access,
    };
    let hooks = client.hooks_not_done(&wanted.namespace, wanted.name)?;
    Ok(Some(Cut {
        hooks: hooks.unwrap_or_default(),
        age: record.written.map(|written| now.duration_since(written)),
        keeper: keeper(lease.as_ref(), now),
        record,
        deployed,
    }))
}

/// Who holds the Lease.
fn keeper(lease: Option<&Lease>, now: Timestamp) -> Keeper {
    let Some((lease, holder)) = lease.and_then(|lease| Some((lease, lease.holder.as_deref()?))) else {
        return Keeper::Nobody;
    };
    let ends = lease.renewed.or(lease.acquired).and_then(|from| {
        let lasts = SignedDuration::from_secs(i64::from(lease.duration?));
        from.checked_add(lasts).ok()
    });
    let Some(by) = Holder::parse(holder) else {
        return if ends.is_some_and(|ends| ends <= now) {
            Keeper::Nobody
        } else {
            Keeper::Lives("something that is not a run of lakehouse holds the cluster's Lease".to_owned())
        };
    };
    if is_this_process(&by) || is_dead_here(&by) {
        let marked = lease
            .annotations
            .get(HELD_SINCE)
            .and_then(|since| since.parse().ok());
        return Keeper::Ours {
            since: marked.or(lease.acquired),
        };
    }
    if ends.is_some_and(|ends| ends <= now) {
        return Keeper::Nobody;
    }
    Keeper::Lives(format!(
        "process {} of the user `{}`, run {}, holds the cluster's Lease",
        by.pid, by.user, by.run
    ))
}

/// How old a state is, for people: ` since 2026-11-24T03:08:49Z, 12 min ago`; nothing where helm told no time.
#[must_use]
pub fn aged(found: &Found) -> String {
    let since = found
        .since
        .as_deref()
        .and_then(|since| since.parse::<Timestamp>().ok())
        .map_or_else(String::new, |since| format!(" since {since:.0}"));
    let age = found.cut.as_ref().map_or(found.age, |cut| cut.age);
    match age.map(|age| age.as_secs()) {
        Some(seconds) if seconds >= 0 && !since.is_empty() => format!("{since}, {} ago", lasting(seconds)),
        _ => since,
    }
}

/// `40 s`, `12 min`, `5 h`, `3 days`.
#[must_use]
pub fn lasting(seconds: i64) -> String {
    match seconds {
        ..90 => format!("{seconds} s"),
        90..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, acquired: &str) -> Lease {
        Lease {
            holder: Some(holder.to_owned()),
            renewed: acquired.parse().ok(),
            acquired: acquired.parse().ok(),
            duration: Some(1800),
            transitions: 0,
            resource_version: "1".to_owned(),
            uid: "u".to_owned(),
            labels: std::collections::BTreeMap::new(),
            annotations: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_lease_of_a_dead_run_of_this_machine_is_ours_and_keeps_the_time_since_which_it_was() {
        let now: Timestamp = "2026-11-24T03:10:00Z".parse().unwrap();
        let begun = "2026-11-24T03:00:00Z";
        let me = Holder::of_process("r1", Some("ann"), 1000);
        let since = |text: &str| Keeper::Ours {
            since: text.parse().ok(),
        };
        assert_eq!(keeper(None, now), Keeper::Nobody);
        assert_eq!(keeper(Some(&lease(&me.identity(), begun)), now), since(begun));
        if me.start != "-" {
            let dead = Holder {
                start: format!("{}1", me.start),
                ..me.clone()
            };
            let mut held = lease(&dead.identity(), begun);
            assert_eq!(keeper(Some(&held), now), since(begun));
            let earlier = "2026-11-24T02:00:00Z";
            held.annotations.insert(HELD_SINCE.to_owned(), earlier.to_owned());
            assert_eq!(keeper(Some(&held), now), since(earlier));
        }
        let elsewhere = Holder {
            machine: "000000000000".to_owned(),
            ..me
        };
        for holder in [elsewhere.identity(), "kube-controller_1".to_owned()] {
            let held = lease(&holder, begun);
            assert!(matches!(keeper(Some(&held), now), Keeper::Lives(_)), "{holder}");
            let later = "2026-11-24T03:30:00Z".parse().unwrap();
            assert_eq!(keeper(Some(&held), later), Keeper::Nobody, "it has ended");
        }
    }
}
