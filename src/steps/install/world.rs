//! Where a step looks: the door to the tools, what is wanted, and what is known of the cluster.

use super::Desired;
use super::looks::Looks;
use crate::clients::aws::Eks;
use crate::clients::aws::eks::Cluster;
use crate::clients::kubeconfig::ClusterAccess;
use crate::clients::site::Outside;
use crate::clients::{CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::report::Progress;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A token is replaced when it ends within this time: a chart may be waited for as long.
const TOKEN_LEFT: SignedDuration = SignedDuration::from_mins(4);

/// A cluster that is active, and the way into it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What EKS says of it.
    pub cluster: Cluster,
    /// The private kubeconfig and its context.
    pub access: ClusterAccess,
}

/// Whether the cluster was looked at, and what was found.
#[derive(Clone, Debug, Default)]
enum Known {
    /// Nobody has asked, or it was written since.
    #[default]
    Nothing,
    /// It is absent.
    Absent,
    /// It is there.
    There(Box<Cluster>),
}

impl Known {
    fn of(found: Option<&Cluster>) -> Self {
        found.map_or(Self::Absent, |cluster| Self::There(Box::new(cluster.clone())))
    }
}

/// What is known of the cluster, shared by all steps of a run.
#[derive(Default)]
pub struct Ground {
    /// What runs in the cluster, as it was asked a moment ago.
    pub looks: Looks,
    cluster: Mutex<Known>,
    access: Mutex<Option<ClusterAccess>>,
    /// What was looked at and need not be so soon again, and when: by its own name.
    looked: Mutex<BTreeMap<String, Timestamp>>,
    /// The revision of each release as this run first saw it.
    first: Mutex<BTreeMap<String, Option<u64>>>,
    /// Texts that do not change within a run: a chart's kinds, by its reference.
    texts: Mutex<BTreeMap<String, Arc<str>>>,
}

impl Ground {
    /// Whether `what` was looked at, and found well, within `age` before `now`.
    #[must_use]
    pub fn is_fresh(&self, what: &str, now: Timestamp, age: SignedDuration) -> bool {
        locked(&self.looked)
            .get(what)
            .is_some_and(|at| now.duration_since(*at) < age)
    }

    /// `what` was looked at and found well.
    pub fn found_well(&self, what: &str, now: Timestamp) {
        locked(&self.looked).insert(what.to_owned(), now);
    }

    /// Whether `revision` is the one of the release `name` that this run saw first.
    #[must_use]
    pub fn is_first_seen(&self, name: &str, revision: Option<u64>) -> bool {
        *locked(&self.first).entry(name.to_owned()).or_insert(revision) == revision
    }

    /// The text `what`, asked for by `ask` where it is not known yet.
    ///
    /// # Errors
    /// That of `ask`.
    pub fn text<E>(&self, what: &str, ask: impl FnOnce() -> Result<String, E>) -> Result<Arc<str>, E> {
        if let Some(text) = locked(&self.texts).get(what) {
            return Ok(Arc::clone(text));
        }
        let text: Arc<str> = ask()?.into();
        locked(&self.texts).insert(what.to_owned(), Arc::clone(&text));
        Ok(text)
    }
}

/// Where a step looks.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The door to the tools. Reads only.
    pub gateway: &'a dyn Gateway,
    /// What is wanted.
    pub desired: &'a Desired,
    /// What is known of the cluster.
    pub ground: &'a Ground,
    /// Who answers outside of the tools: DNS, and the site.
    pub outside: &'a dyn Outside,
    /// Who is told what a look that takes long is doing.
    pub listener: &'a dyn Progress,
    /// The clock.
    pub now: fn() -> Timestamp,
}

impl World<'_> {
    /// Asks EKS for the cluster, anew; none where it is absent.
    ///
    /// # Errors
    /// [`CallError`] where that is unknown.
    pub fn look_at_cluster(&self) -> Result<Option<Cluster>, CallError> {
        let eks = Eks {
            gateway: self.gateway,
        };
        let found = eks.cluster(&self.desired.target.cluster)?;
        *locked(&self.ground.cluster) = Known::of(found.as_ref());
        Ok(found)
    }

    /// The cluster as it was last seen; asks where nobody has asked yet.
    ///
    /// # Errors
    /// As [`Self::look_at_cluster`].
    pub fn cluster(&self) -> Result<Option<Cluster>, CallError> {
        let mut known = locked(&self.ground.cluster);
        match &*known {
            Known::Nothing => {}
            Known::Absent => return Ok(None),
            Known::There(cluster) => return Ok(Some((**cluster).clone())),
        }
        let eks = Eks {
            gateway: self.gateway,
        };
        // Under the lock: steps that look side by side ask once.
        let found = eks.cluster(&self.desired.target.cluster)?;
        *known = Known::of(found.as_ref());
        Ok(found)
    }

    /// The cluster and the way into it; none where it is absent or not active yet.
    ///
    /// # Errors
    /// [`CallError`] where that is unknown, or there is no token.
    pub fn standing(&self) -> Result<Option<Standing>, CallError> {
        let Some(cluster) = self.cluster()?.filter(|cluster| is_usable(&cluster.status)) else {
            return Ok(None);
        };
        let access = self.access(&cluster)?;
        Ok(Some(Standing { cluster, access }))
    }

    /// The way into `cluster`, with a token that lives long enough.
    ///
    /// # Errors
    /// [`CallError`] where there is no token or no place for it.
    pub fn access(&self, cluster: &Cluster) -> Result<ClusterAccess, CallError> {
        let mut known = locked(&self.ground.access);
        let until = (self.now)().checked_add(TOKEN_LEFT).unwrap_or(Timestamp::MAX);
        if let Some(access) = known.as_ref().filter(|access| access.expires > until) {
            return Ok(access.clone());
        }
        let access = ClusterAccess::open(self.gateway, &self.desired.target.cluster, cluster)?;
        *known = Some(access.clone());
        Ok(access)
    }

    /// Forgets what is known of the cluster: it was just written.
    pub fn forget_cluster(&self) {
        *locked(&self.ground.cluster) = Known::Nothing;
    }
}

/// Whether the API of a cluster in this state can be worked with.
#[must_use]
pub fn is_usable(status: &str) -> bool {
    matches!(status, "ACTIVE" | "UPDATING")
}

/// A failure of a step's own: something that can't be asked for.
#[must_use]
pub fn cannot(purpose: &str, said: &str) -> CallError {
    CallError {
        purpose: purpose.to_owned(),
        action: "",
        class: ErrorClass::Other,
        code: None,
        said: said.to_owned(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
