//! What an engine says of itself.

use serde::Deserialize;

/// `docker info`, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EngineInfo {
    /// The engine's version.
    pub server_version: String,
    /// `x86_64`, `aarch64`, …
    pub architecture: String,
    /// `linux` or `windows`.
    #[serde(rename = "OSType")]
    pub os_type: String,
    /// For example `name=rootless`, or `name=userns` where the engine maps users.
    pub security_options: Vec<String>,
    /// Where it keeps images, on its own machine.
    pub docker_root_dir: String,
    /// Its system's name, for example `Docker Desktop`.
    pub operating_system: String,
    /// The client that asked.
    pub client_info: ClientInfo,
    /// Why the engine could not be asked, where the client says so with exit code 0.
    pub server_errors: Vec<String>,
}

/// What `docker info` says of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClientInfo {
    /// The context by which the engine was chosen.
    pub context: String,
}

impl EngineInfo {
    /// The architecture in Docker's and Go's words, if the toolbox exists for it.
    #[must_use]
    pub fn arch(&self) -> Option<&'static str> {
        match self.architecture.as_str() {
            "x86_64" | "amd64" => Some("amd64"),
            "aarch64" | "arm64" => Some("arm64"),
            _ => None,
        }
    }

    /// Whether root inside a container is the calling user outside.
    #[must_use]
    pub fn is_rootless(&self) -> bool {
        self.security_options
            .iter()
            .any(|option| option.contains("name=rootless"))
    }

    /// Whether the engine gives its containers users of their own (dockerd's `userns-remap`): what they make in a
    /// mount would belong to nobody, and what only the user may read they could not.
    #[must_use]
    pub fn maps_users(&self) -> bool {
        self.security_options
            .iter()
            .any(|option| option.split(',').any(|part| part == "name=userns"))
    }
}

#[cfg(test)]
mod tests {
    use super::EngineInfo;

    /// What `docker info --format '{{json .}}'` printed, cut to what is near the fields that are read: Docker 20.10 on
    /// Debian, asked by a client of 28.2.
    const RECORDED: &str = r#"{"ID":"CJUP:37NV","Driver":"overlay2","OperatingSystem":"Debian GNU/Linux 12 (bookworm)",
        "OSVersion":"12","OSType":"linux","Architecture":"x86_64","DockerRootDir":"/var/lib/docker",
        "ServerVersion":"20.10.24+dfsg1","SecurityOptions":["name=seccomp,profile=default"],"CDISpecDirs":null,
        "Warnings":null,"ClientInfo":{"Debug":false,"Version":"28.2.2","Context":"default","Plugins":[]}}"#;

    fn with(options: &[&str]) -> EngineInfo {
        let mut info: EngineInfo = serde_json::from_str(RECORDED).unwrap();
        info.security_options = options.iter().map(|&option| option.to_owned()).collect();
        info
    }

    #[test]
    fn a_recorded_answer_is_read() {
        let info: EngineInfo = serde_json::from_str(RECORDED).unwrap();
        assert_eq!((info.arch(), info.os_type.as_str()), (Some("amd64"), "linux"));
        assert_eq!(info.docker_root_dir, "/var/lib/docker");
        assert_eq!(info.client_info.context, "default");
        assert!(!info.is_rootless() && !info.maps_users());
    }

    /// The options as Docker's documentation has them ("Rootless mode", "Isolate containers with a user namespace").
    #[test]
    fn rootless_and_mapped_users_are_told_apart() {
        let rootless = with(&["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]);
        assert!(rootless.is_rootless() && !rootless.maps_users());
        let mapped = with(&["name=apparmor", "name=seccomp,profile=builtin", "name=userns"]);
        assert!(mapped.maps_users() && !mapped.is_rootless());
        assert!(!with(&["name=usernsx"]).maps_users());
    }

    #[test]
    fn an_older_client_that_says_less_is_understood() {
        let info: EngineInfo = serde_json::from_str(r#"{"ServerVersion":"18.09","OSType":"linux"}"#).unwrap();
        assert_eq!(
            (info.client_info.context.as_str(), info.docker_root_dir.as_str()),
            ("", "")
        );
    }
}
