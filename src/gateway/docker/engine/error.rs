//! Why an engine did not do what it was asked for.

use crate::gateway::docker::address::Remote;
use crate::gateway::docker::release::{DownloadError, Trouble};
use crate::gateway::docker::room::NoRoom;

/// Why the engine did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// There is no `docker` on this machine.
    #[error("there is no docker client on PATH")]
    ClientMissing,
    /// The engine does not answer.
    #[error("the engine does not answer")]
    NotReady {
        /// The client's words.
        said: String,
    },
    /// It runs containers that the toolbox is not made for.
    #[error("the engine runs {os} containers on {architecture}; the toolbox is for linux on amd64 or arm64")]
    Unsupported {
        /// The engine's system.
        os: String,
        /// The engine's processor.
        architecture: String,
    },
    /// What we mount does not arrive.
    #[error("the engine runs on another machine{}: this machine's folders don't arrive in its containers", .0.why())]
    Remote(Remote),
    /// It maps users and would not leave one container out of that.
    #[error("the engine maps users (userns-remap) and does not let a container of this user go without")]
    UsersMapped {
        /// The engine's words.
        said: String,
    },
    /// The lock that was compiled in breaks a rule.
    #[error("{0}")]
    Lock(String),
    /// There is not enough room for a build.
    #[error("{0}")]
    NoRoom(NoRoom),
    /// A tool could not be downloaded.
    #[error("{0}")]
    Download(Box<DownloadError>),
    /// The run was asked to stop.
    #[error("the run was interrupted")]
    Interrupted,
    /// A command of the engine failed.
    #[error("failed to {purpose}")]
    Failed {
        /// What was asked for.
        purpose: String,
        /// The engine's words, redacted.
        said: String,
    },
}

impl EngineError {
    /// A download's error, an interrupt as such.
    #[must_use]
    pub fn of_download(error: Box<DownloadError>) -> Self {
        if error.trouble == Trouble::Interrupted {
            Self::Interrupted
        } else {
            Self::Download(error)
        }
    }
}
