//! What a builder leaves behind when its client ends in mid-build.

use crate::gateway::docker::engine::Engine;
use std::time::{Duration, Instant};

/// IDs and images of all containers; nothing where the engine does not say.
pub(super) fn containers(engine: &Engine) -> Vec<String> {
    let listed = engine.undisturbed().ask_within(
        Duration::from_secs(2),
        "list the containers",
        &["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Image}}"],
    );
    String::from_utf8_lossy(&listed.unwrap_or_default())
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Waits until no container of a build that began after `before` is left. The builder's containers run on images
/// that have no name yet.
pub(super) fn wait_for_builder(engine: &Engine, before: &[String]) {
    let until = Instant::now() + Duration::from_secs(4);
    let is_builders = |line: &String| {
        let image = line
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .trim_start_matches("sha256:");
        !before.contains(line) && image.len() >= 12 && image.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    while Instant::now() < until && containers(engine).iter().any(is_builders) {
        std::thread::sleep(Duration::from_millis(50));
    }
}
