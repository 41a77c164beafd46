//! A scripted `docker`: it keeps its command lines, its environment and what a build gets, and answers as told.

use super::World;
use std::os::unix::fs::PermissionsExt;

/// `images` holds the names that there are, `info.json` what the engine says of itself, `context.json` what its
/// context says, `users` the containers that stand on any image, `refuse` the words with which a `run` is refused.
const DOCKER: &str = r#"#!/bin/sh
here=$(dirname "$0")/..
printf '%s\n' "$*" >>"$here/docker.argv"
env >>"$here/docker.env"
for last; do :; done
case "$1 $2" in
'info --format') cat "$here/info.json" ;;
'context inspect') cat "$here/context.json" ;;
'image ls') cat "$here/images" ;;
'image inspect')
    if grep -qxF "$last" "$here/images"; then
        echo '{"Id":"sha256:1111111111111111111111111111111111111111111111111111111111111111","RepoDigests":[],"Size":12345}'
    else
        echo "Error: No such image: $last" >&2; exit 1
    fi ;;
'image rm') echo "$last" >>"$here/removed" ;;
'build --force-rm') cat >"$here/context.tar"; echo "$4" >>"$here/images" ;;
'ps --all') case "$*" in *ancestor=*) case "$*" in *"$(cat "$here/used" 2>/dev/null || echo none)"*) cat "$here/users" 2>/dev/null ;; esac ;; esac ;;
'run --interactive') cat "$here/refuse" >&2; exit 125 ;;
*) echo "fake docker: no answer to $*" >&2; exit 99 ;;
esac
"#;

/// What `docker info --format '{{json .}}'` of Docker 28 says, as far as it matters; the fields of other cases replace it.
pub fn info(more: &serde_json::Value) -> String {
    let mut info = serde_json::json!({
        "ServerVersion": "28.2.2", "Architecture": "x86_64", "OSType": "linux",
        "OperatingSystem": "Debian GNU/Linux 13 (trixie)", "DockerRootDir": "/nowhere/docker",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
        "ClientInfo": { "Context": "default" }
    });
    for (name, value) in more.as_object().unwrap() {
        info[name] = value.clone();
    }
    info.to_string()
}

/// The base image that the pulled lock names, so that nothing is pulled.
const BASE: &str = "debian@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f";

/// A world whose engine is the scripted one.
pub fn world() -> World {
    let mut world = World::new();
    std::fs::create_dir(world.path("bin")).unwrap();
    let docker = world.path("bin/docker");
    std::fs::write(&docker, DOCKER).unwrap();
    std::fs::set_permissions(&docker, PermissionsExt::from_mode(0o755)).unwrap();
    set(&world, "info.json", &info(&serde_json::json!({})));
    set(&world, "images", &format!("{BASE}\n"));
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    let cache = world.path("cache").display().to_string();
    world.set("PATH", path).set("XDG_CACHE_HOME", cache);
    for name in ["DOCKER_HOST", "SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
        world.set(name, "");
    }
    world
}

pub fn set(world: &World, file: &str, text: &str) {
    std::fs::write(world.path(file), text).unwrap();
}

/// What was asked of the engine so far.
pub fn argv(world: &World) -> String {
    std::fs::read_to_string(world.path("docker.argv")).unwrap_or_default()
}

/// What is in the folder of downloads.
pub fn kept(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.path("cache/lakehouse/downloads"));
    let mut names: Vec<String> = entries
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}
