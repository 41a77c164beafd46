//! Where an engine is, by its address: what runs on another machine sees none of this machine's folders.

use crate::gateway::environment::Env;
use serde::Deserialize;
use std::ffi::OsStr;
use url::{Host, Url};

/// How it is known that an engine runs on another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// `DOCKER_HOST` names it.
    Variable {
        /// Scheme and host.
        address: String,
    },
    /// A context of the client names it.
    Context {
        /// The context.
        name: String,
        /// Scheme and host.
        address: String,
        /// Whether `DOCKER_CONTEXT` chose it, and not the client's settings.
        by_variable: bool,
    },
    /// What was mounted did not arrive.
    Mounts,
}

impl Remote {
    /// The reason, as a part of a sentence.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::Variable { address } => format!(" (DOCKER_HOST is {address})"),
            Self::Context { name, address, .. } => {
                format!(
                    " (the docker context {} is {address})",
                    crate::model::shown_name(name)
                )
            }
            Self::Mounts => String::new(),
        }
    }
}

/// What `DOCKER_HOST` says, if that is another machine. It goes before every context (Docker's documentation, "Docker
/// contexts").
#[must_use]
pub fn of_variable(env: &Env) -> Option<Remote> {
    let host = env.get(OsStr::new("DOCKER_HOST"))?.to_str()?;
    Some(Remote::Variable {
        address: remote_address(host)?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    name: String,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Endpoint,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(default)]
    host: String,
}

/// What a context (`docker context inspect --format '{{json .}}'`) says, if that is another machine.
#[must_use]
pub fn of_context(context: &[u8], env: &Env) -> Option<Remote> {
    let context: Context = serde_json::from_slice(context).ok()?;
    Some(Remote::Context {
        address: remote_address(&context.endpoints.docker.host)?,
        name: context.name,
        by_variable: env
            .get(OsStr::new("DOCKER_CONTEXT"))
            .is_some_and(|value| !value.is_empty()),
    })
}

/// Scheme and host of an address on another machine; nothing for a socket, a pipe or this machine's loopback. Those may
/// lead elsewhere too: the session's nonce has the last word.
fn remote_address(host: &str) -> Option<String> {
    let url = Url::parse(host).ok()?;
    if !["tcp", "ssh", "http", "https"].contains(&url.scheme()) {
        return None;
    }
    // Only the web's schemes have hosts that are read as addresses.
    let name = url.host_str().filter(|name| !name.is_empty())?;
    let loopback = match Host::parse(name) {
        Ok(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Ok(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => false,
    };
    (!loopback).then(|| format!("{}://{name}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(host: &str) -> Option<String> {
        of_variable(&Env::from([("DOCKER_HOST".into(), host.into())])).map(|remote| remote.why())
    }

    #[test]
    fn another_machines_address_is_known_without_asking_it() {
        for (host, shown) in [
            ("ssh://me@build.example:2222", "ssh://build.example"),
            ("tcp://10.1.2.3:2376", "tcp://10.1.2.3"),
            ("https://engine.example", "https://engine.example"),
            ("tcp://[2001:db8::1]:2376", "tcp://[2001:db8::1]"),
        ] {
            assert_eq!(
                variable(host),
                Some(format!(" (DOCKER_HOST is {shown})")),
                "{host}"
            );
        }
    }

    #[test]
    fn sockets_and_loopback_may_be_this_machine() {
        for host in [
            "unix:///var/run/docker.sock",
            "unix:///run/user/1000/docker.sock",
            "npipe:////./pipe/docker_engine",
            "fd://",
            "tcp://127.0.0.1:2375",
            "tcp://localhost:2375",
            "tcp://[::1]:2375",
            "",
            "nonsense",
        ] {
            assert_eq!(variable(host), None, "{host}");
        }
        assert_eq!(of_variable(&Env::new()), None);
    }

    /// As `docker context inspect --format '{{json .}}'` of Docker 28.2 prints it, with this name and host.
    fn context(name: &str, host: &str) -> Vec<u8> {
        format!(
            r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}},"TLSMaterial":{{}},"Storage":{{"MetadataPath":"\u003cIN MEMORY\u003e","TLSPath":"\u003cIN MEMORY\u003e"}}}}"#
        )
        .into_bytes()
    }

    #[test]
    fn a_context_is_judged_by_its_endpoint() {
        let local = context("desktop-linux", "unix:///home/me/.docker/desktop/docker.sock");
        let far = context("far", "ssh://ops@far.example");
        assert_eq!(of_context(&local, &Env::new()), None);
        let remote = of_context(&far, &Env::new()).unwrap();
        assert_eq!(remote.why(), " (the docker context far is ssh://far.example)");
        let env = Env::from([("DOCKER_CONTEXT".into(), "far".into())]);
        assert!(matches!(
            of_context(&far, &env),
            Some(Remote::Context {
                by_variable: true,
                ..
            })
        ));
        assert_eq!(of_context(b"[]", &Env::new()), None);
    }
}
