//! A pod's containers, and how each stands.

use super::metadata::word;
use crate::gateway::redact::untrusted;
use serde::Deserialize;

/// A container, an init container among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image, as the pod names it.
    pub image: String,
    /// Whether it is ready; an init container that did its work is.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// What it waits for, where it does not run.
    pub waiting: Option<Told>,
    /// How it ended, where it does not run any more.
    pub ended: Option<Exit>,
    /// How it ended the time before.
    pub before: Option<Exit>,
}

/// A reason, and the words beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Kubernetes' own word: `ImagePullBackOff`; empty where it gave none.
    pub reason: String,
    /// What was said. Untrusted text: never part of a message.
    pub said: String,
}

impl Told {
    pub(super) fn of(reason: Option<String>, said: Option<&str>) -> Self {
        Self {
            reason: word(reason).unwrap_or_default(),
            said: untrusted(said.unwrap_or_default()),
        }
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code.
    pub code: i64,
    /// Why: `Error`, `OOMKilled`, `Completed`.
    pub told: Told,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawContainerStatus {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    pub(super) ready: bool,
    pub(super) restart_count: u32,
    #[serde(default)]
    pub(super) state: RawState,
    #[serde(default)]
    pub(super) last_state: RawState,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawState {
    pub(super) waiting: Option<RawWhy>,
    pub(super) terminated: Option<RawWhy>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawWhy {
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    #[serde(default)]
    exit_code: i64,
}

impl RawWhy {
    fn told(&self) -> Told {
        Told::of(self.reason.clone(), self.message.as_deref())
    }

    fn exit(&self) -> Exit {
        Exit {
            code: self.exit_code,
            told: self.told(),
        }
    }
}

impl RawContainerStatus {
    pub(super) fn container(&self) -> Container {
        Container {
            name: plain(&self.name, 63),
            image: plain(&self.image, 512),
            ready: self.ready,
            restarts: self.restart_count,
            waiting: self.state.waiting.as_ref().map(RawWhy::told),
            ended: self.state.terminated.as_ref().map(RawWhy::exit),
            before: self.last_state.terminated.as_ref().map(RawWhy::exit),
        }
    }
}

/// A name without blanks and quotes, as messages take it; `?` for anything else.
fn plain(text: &str, most: usize) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte);
    if !text.is_empty() && text.len() <= most && text.bytes().all(fits) {
        text.to_owned()
    } else {
        "?".to_owned()
    }
}
