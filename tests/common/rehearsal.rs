//! The rehearsal account, as `scripts/rehearse env` gives it.

use super::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A world in the rehearsal account.
#[track_caller]
pub fn world() -> World {
    let script = format!(
        "eval \"$('{}' env)\" && env -0",
        root().join("scripts/rehearse").display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(
        output.status.success(),
        "the account is not up: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut world = World::new();
    for pair in String::from_utf8(output.stdout).unwrap().split('\0') {
        if let Some((name, value)) = pair.split_once('=')
            && (name.starts_with("AWS_") || name.starts_with("LAKEHOUSE_") || name == "SSL_CERT_FILE")
        {
            world.set(name, value);
        }
    }
    world
}

/// Containers of this product's runs, by name.
pub fn session_containers() -> Vec<String> {
    docker(&[
        "ps",
        "--all",
        "--filter",
        "label=io.ingext.lakehouse.run",
        "--format",
        "{{.Names}}",
    ])
    .lines()
    .map(str::to_owned)
    .collect()
}

/// A command of the engine; its standard output.
#[track_caller]
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    assert!(
        output.status.success(),
        "docker {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// This machine's address on the rehearsal's network: where containers of that network reach it.
pub fn own_address(world: &World) -> std::net::IpAddr {
    let endpoint = world
        .get("AWS_ENDPOINT_URL")
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    // Connecting a datagram socket sends nothing; it only chooses the way.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect(endpoint).unwrap();
    socket.local_addr().unwrap().ip()
}

/// Copies the account's settings into `home/.aws`, so that they are the user's own.
pub fn settings_into(world: &World, home: &Path) {
    let folder = home.join(".aws");
    std::fs::create_dir_all(&folder).unwrap();
    for (variable, name) in [
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ] {
        std::fs::copy(world.get(variable).unwrap(), folder.join(name)).unwrap();
    }
}
