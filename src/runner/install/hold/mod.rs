//! One install at a time: a lock on this machine, and a Lease in the cluster.

pub mod lease;
mod local;

pub use crate::steps::install::holder::{self, Holder};

use super::failure::{Ended, Refusal, is_lost, own};
use super::site::Site;
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::{CallError, ErrorClass};
use crate::model::Target;
use crate::report::Code;
use crate::steps::install::WriteTo;
use lease::{Lease, Leases};
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the Lease is taken anew while others take it at the same time.
const TURNS: usize = 4;
/// How long giving it back may take: the run is over.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What keeps others away while this run writes.
pub struct Hold {
    holder: Holder,
    /// The lock of this machine; it goes with the process, however that ends.
    _lock: Option<File>,
    lease: Mutex<Held>,
}

/// How often giving it back is tried, and after which pause.
const GIVING_BACK: usize = 3;
const BETWEEN: Duration = Duration::from_secs(1);

/// Whether the Lease is ours.
enum Held {
    No,
    Since {
        lease: Lease,
        access: ClusterAccess,
        at: Duration,
    },
}

impl Hold {
    /// Takes the lock of this machine in `folder`; nothing is written in the account.
    ///
    /// # Errors
    /// [`Ended`] with who holds it, or why it can't be taken.
    pub fn take(folder: &Path, target: &Target, holder: Holder) -> Result<Self, Ended> {
        let lock = local::take(folder, target, &holder)?;
        Ok(Self {
            holder,
            _lock: Some(lock),
            lease: Mutex::new(Held::No),
        })
    }

    /// Makes sure, before a write, that the Lease in the cluster is ours, where the cluster stands.
    ///
    /// # Errors
    /// [`Refusal`] with who holds it, or why that is unknown: nothing may be written then.
    pub fn before_write(&self, site: &Site<'_>, to: WriteTo) -> Result<(), Refusal> {
        let mut held = self.held();
        if !Self::is_due(&held, site) {
            return Ok(());
        }
        match self.hold_on(&mut held, site) {
            // Who may not look into the cluster can't hold others off there; and a write to the account or by EKS's API
            // may be the very one that lets them in.
            Err(Refusal::Before(error) | Refusal::Write(error))
                if error.class == ErrorClass::Denied && to != WriteTo::Cluster =>
            {
                Ok(())
            }
            Err(Refusal::Write(error)) => Err(Refusal::Before(error)),
            other => other,
        }
    }

    /// Renews the Lease where it is ours and a third of its time is over. That it could not be renewed this time is told
    /// by the next write.
    ///
    /// # Errors
    /// [`Ended`] where somebody else has it now.
    pub fn keep_up(&self, site: &Site<'_>) -> Result<(), Ended> {
        let mut held = self.held();
        if matches!(*held, Held::No) || !Self::is_due(&held, site) {
            return Ok(());
        }
        match self.hold_on(&mut held, site) {
            Err(Refusal::Ended(ended)) => Err(ended),
            _ => Ok(()),
        }
    }

    /// Gives the Lease back, as well as that can be done: also after a signal, and within seconds.
    pub fn release(&self, site: &Site<'_>) {
        let held = std::mem::replace(&mut *self.held(), Held::No);
        let Held::Since {
            mut lease, access, ..
        } = held
        else {
            return;
        };
        // Who asked the run to stop waits for one try.
        let tries = if site.interrupt.is_set() { 1 } else { GIVING_BACK };
        let _aside = site.interrupt.aside();
        let leases = Leases::of(site, &access);
        for left in (0..tries).rev() {
            if leases.replace(&lease.given_back(), Some(LAST_WORDS)).is_ok() {
                return;
            }
            if left == 0 {
                break;
            }
            site.gateway.pause(BETWEEN);
            match leases.look() {
                // The answer was lost, or somebody renewed nothing of ours but changed the Lease.
                Ok(Some(found)) if found.holder() == self.holder.identity() => lease = found,
                Ok(_) => return,
                Err(_) => {}
            }
        }
        let until = lease
            .ends()
            .map_or_else(String::new, |ends| format!(" until {}", lease::shown(ends)));
        site.world.listener.note(&format!(
            "The Lease `{}/{}` of the cluster could not be given back: it keeps other machines and users from installing{until}. \
             The next run of this user on this machine takes it over at once.",
            lease::NAMESPACE,
            lease::NAME
        ));
    }

    fn is_due(held: &Held, site: &Site<'_>) -> bool {
        match held {
            Held::No => true,
            Held::Since { at, .. } => (site.clock)().saturating_sub(*at) >= lease::DURATION / 3,
        }
    }

    /// Takes or renews the Lease. Nothing where there is no cluster yet.
    fn hold_on(&self, held: &mut Held, site: &Site<'_>) -> Result<(), Refusal> {
        let Some(standing) = site.world.standing().map_err(Refusal::Before)? else {
            return Ok(());
        };
        site.place.check(site.world, WriteTo::Eks)?;
        let leases = Leases::of(site, &standing.access);
        let mut lost: Vec<CallError> = Vec::new();
        for _ in 0..TURNS {
            let now = (site.world.now)();
            let found = leases.look().map_err(Refusal::Before)?;
            // A write whose answer was lost may have been carried out: then the Lease is ours, and must be given back.
            if let (Some(found), false) = (&found, lost.is_empty())
                && found.holder() == self.holder.identity()
            {
                *held = Held::Since {
                    lease: found.clone(),
                    access: standing.access.clone(),
                    at: (site.clock)(),
                };
                return Ok(());
            }
            if lost.len() > 1 {
                return Err(Refusal::Write(lost.remove(0)));
            }
            let written = match &found {
                None => leases.create(&self.holder, now),
                Some(found) => {
                    if let Some(by) = found.held_against(&self.holder, now, holder::lives) {
                        return Err(self.refused(site, found, &by).into());
                    }
                    leases.replace(&found.taken(&self.holder, now), None)
                }
            };
            match written {
                Ok(lease) => {
                    let at = (site.clock)();
                    let access = standing.access.clone();
                    *held = Held::Since { lease, access, at };
                    return Ok(());
                }
                // Somebody else was quicker: who, tells another look.
                Err(error) if lease::was_quicker(&error) => {}
                Err(error) if is_lost(error.class) => lost.push(error),
                Err(error) => return Err(Refusal::Write(error)),
            }
        }
        Err(held_by(
            &format!(
                "Others take the Lease of the cluster `{}` all the time.",
                site.world.desired.target.cluster
            ),
            Code::InstallHeld.remedy().to_owned(),
        )
        .into())
    }

    fn refused(&self, site: &Site<'_>, found: &Lease, by: &str) -> Ended {
        let who = Holder::parse(by).map_or_else(
            || "something that is not a run of lakehouse".to_owned(),
            |by| by.shown(&self.holder),
        );
        let until = found
            .ends()
            .map_or_else(String::new, |ends| format!(" until {}", lease::shown(ends)));
        let since = found
            .since()
            .map_or_else(String::new, |since| format!(" since {}", lease::shown(since)));
        held_by(
            &format!(
                "Another run installs into the cluster `{}`: {who}, by the Lease `{}/{}`{since}.",
                site.world.desired.target.cluster,
                lease::NAMESPACE,
                lease::NAME
            ),
            format!(
                "Wait for its end, then run the same command. If that run is dead, its Lease ends by itself{until}; `kubectl get \
                 lease {} --namespace {}` shows it.",
                lease::NAME,
                lease::NAMESPACE
            ),
        )
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody else holds it.
fn held_by(message: &str, remedy: String) -> Ended {
    own(Code::InstallHeld, "begin the install alone", message, remedy)
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self::Before(error)
    }
}
