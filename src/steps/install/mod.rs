//! The install, step by step. Each step looks, decides by a pure function what would have to be written, and nothing
//! else: the runner writes exactly what was decided, and has the step look again until it is settled. So the plan that
//! a person approves and what is run are one thing, and a run that was killed goes on where the account stands.

pub mod asks;
pub mod association;
pub mod chart_step;
pub mod cluster_asks;
pub mod compute;
pub mod core;
pub mod datalake;
pub mod decision;
pub mod desired;
pub mod foundation;
pub mod holder;
pub mod ingress;
pub mod looks;
pub mod marks;
pub mod parts;
pub mod readiness;
pub mod release;
pub mod set_values;
pub mod stack;
pub mod storage;
pub mod stream;
mod together;
pub mod world;

pub use chart_step::ChartStep;
pub use decision::{Decision, History, Look, Reason, Stop, Upgrade, Verdict, Waiting, Waits, Write, WriteTo};
pub use desired::{Desired, Dns, Site};
pub use holder::Holder;
pub use world::{Ground, Standing, World};

use crate::clients::CallError;
use crate::model::Phase;

/// One thing that the install makes, and how it stands.
pub trait Step: Send + Sync {
    /// Its stable name, `cluster`: letters, digits and `-`.
    fn id(&self) -> &'static str;

    /// Its phase.
    fn phase(&self) -> Phase;

    /// The steps that must be settled before this one begins. Steps without an order between them run side by side.
    fn after(&self) -> &'static [&'static str];

    /// How long it usually takes, and when it is given up.
    fn waits(&self) -> Waits {
        Waits::SHORT
    }

    /// Looks, and decides. Reads only, and is asked many times: by the plan, right before the writes, and until what
    /// was written is seen. Where the cluster is not there yet, it decides what there will be to write.
    ///
    /// # Errors
    /// [`CallError`] where it could not be looked at: how it stands is then unknown, and nothing is written.
    fn look(&self, world: &World<'_>) -> Result<Look, CallError>;

    /// Is told what a write of this step printed, where it ended well: what AWS hands out only once, the number of a
    /// change.
    fn wrote(&self, _answer: &[u8]) {}

    /// A cheaper look while it waits: what it still waits for, of what its last whole look waited for. Nothing has the
    /// runner look whole; so it is asked between two whole looks, and settles nothing.
    ///
    /// # Errors
    /// As [`Self::look`].
    fn glance(&self, _world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        Ok(None)
    }
}

/// All steps of the phases up to and with `last`, in the order of a report; a step stands behind those it comes after.
#[must_use]
pub fn steps(last: Phase) -> Vec<Box<dyn Step>> {
    let mut all = foundation::steps();
    all.extend(storage::steps());
    all.extend(compute::steps());
    all.extend(core::steps());
    all.extend(stream::steps());
    all.extend(datalake::steps());
    all.extend(ingress::steps());
    all.retain(|step| step.phase() <= last);
    all
}

/// The last phase that this version installs.
pub const LAST_PHASE: Phase = Phase::Ingress;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_stands_behind_those_it_comes_after_and_has_a_name_of_its_own() {
        let mut seen: Vec<&str> = Vec::new();
        for step in steps(LAST_PHASE) {
            assert!(!seen.contains(&step.id()), "{} is there twice", step.id());
            for before in step.after() {
                assert!(seen.contains(before), "{} comes after {before}", step.id());
            }
            seen.push(step.id());
        }
    }

    #[test]
    fn a_phase_needs_nothing_of_a_later_one() {
        for last in [Phase::Foundation, Phase::Storage, Phase::Compute] {
            let chosen = steps(last);
            for step in &chosen {
                for before in step.after() {
                    assert!(
                        chosen.iter().any(|it| it.id() == *before),
                        "{} needs {before}",
                        step.id()
                    );
                }
            }
        }
    }
}
