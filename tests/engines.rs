//! Engines that can't be had here: on other machines, rootless, with users of their own. By the program as users run it,
//! with a scripted `docker`; what it says is what Docker 28 and 20.10 say.

mod common;

use common::World;
use common::engine::{self, argv, info, set};
use serde_json::{Value, json};

/// The failure of a preflight in docker mode.
#[track_caller]
fn blocker(world: &World) -> (String, String, String) {
    let done = world.run(&["preflight", "--exec", "docker", "--root-domain", "a.example"]);
    let report = done.expect(3).report();
    let text = |list: &str, field: &str| report["preflight"][list][0][field].as_str().unwrap().to_owned();
    assert_eq!(report["preflight"]["okToInstall"], false);
    (
        text("blockers", "code"),
        text("blockers", "message"),
        text("remediation", "message"),
    )
}

/// A world with a region and a toolbox image, so that a session is the next thing.
fn ready(more: &Value) -> World {
    let mut world = engine::world();
    world.set("AWS_REGION", "us-east-2");
    set(&world, "info.json", &info(more));
    let report = world.run(&["toolbox", "info"]).expect(0).report();
    set(
        &world,
        "images",
        &format!("{}\n", report["toolbox"]["image"].as_str().unwrap()),
    );
    set(&world, "docker.argv", "");
    world
}

#[test]
fn an_engine_on_another_machine_is_refused_before_it_is_asked() {
    for (host, shown) in [
        ("ssh://ops:pass-word@far.example", "ssh://far.example"),
        ("tcp://10.1.2.3:2376", "tcp://10.1.2.3"),
    ] {
        let mut world = ready(&json!({}));
        world.set("DOCKER_HOST", host);
        let (code, message, remedy) = blocker(&world);
        assert_eq!(code, "ENGINE_REMOTE");
        assert!(message.contains(&format!("DOCKER_HOST is {shown})")), "{message}");
        assert!(
            remedy.contains("`unset DOCKER_HOST`") && remedy.contains("--exec local"),
            "{remedy}"
        );
        assert_eq!(argv(&world), "");
        let done = world.run(&["toolbox", "build"]);
        assert_eq!(done.expect(1).report()["failure"]["code"], "ENGINE_REMOTE");
        assert_eq!(argv(&world), "");
    }
}

/// What the client says of a context on another machine.
const FAR: &str = r#"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"ssh://ops@far.example","SkipTLSVerify":false}}}"#;

#[test]
fn an_engine_far_away_that_is_down_is_remote_all_the_same() {
    let world = ready(&json!({}));
    set(
        &world,
        "info.json",
        r#"{"ServerErrors":["Cannot connect to the Docker daemon at http://docker.example."],"ClientInfo":{"Context":"far"}}"#,
    );
    set(&world, "context.json", FAR);
    assert_eq!(blocker(&world).0, "ENGINE_REMOTE");
    // One of this machine that is down is not.
    set(
        &world,
        "context.json",
        r#"{"Name":"default","Endpoints":{"docker":{"Host":"unix:///var/run/docker.sock"}}}"#,
    );
    assert_eq!(blocker(&world).0, "DOCKER_NOT_READY");
}

#[test]
fn a_context_of_another_machine_is_refused_before_anything_is_built() {
    let mut world = ready(&json!({ "ClientInfo": { "Context": "far" } }));
    set(&world, "context.json", FAR);
    let (code, message, remedy) = blocker(&world);
    assert_eq!(code, "ENGINE_REMOTE");
    assert!(
        message.contains("the docker context far is ssh://far.example"),
        "{message}"
    );
    assert!(remedy.contains("`docker context use default`"), "{remedy}");
    let asked = argv(&world);
    assert_eq!(
        asked.lines().count(),
        2,
        "info and the context, nothing else: {asked}"
    );
    world.set("DOCKER_CONTEXT", "far");
    assert!(blocker(&world).2.contains("`unset DOCKER_CONTEXT`"));
}

#[test]
fn a_context_of_this_machine_is_an_engine_like_any_other() {
    let world = ready(&json!({ "ClientInfo": { "Context": "desktop-linux" } }));
    set(
        &world,
        "context.json",
        r#"{"Name":"desktop-linux","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///run/user/1000/docker.sock","SkipTLSVerify":false}}}"#,
    );
    set(&world, "refuse", "docker: no.\n");
    assert_eq!(blocker(&world).0, "TOOLBOX_MISSING");
    assert!(argv(&world).contains("run --interactive"), "{}", argv(&world));
}

/// The session's command line on an engine that says this of itself.
fn session(more: &Value) -> String {
    let world = ready(more);
    set(&world, "refuse", "docker: no.\n");
    blocker(&world);
    let asked = argv(&world);
    asked
        .lines()
        .find(|line| line.starts_with("run --interactive"))
        .unwrap()
        .to_owned()
}

#[test]
fn users_keep_their_own_ids_on_every_kind_of_engine() {
    let own = format!(
        " --user {}:{} ",
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw()
    );
    let plain = session(&json!({}));
    assert!(plain.contains(&own) && !plain.contains("--userns"), "{plain}");
    // Root in a rootless engine is the caller.
    let rootless = session(
        &json!({ "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"] }),
    );
    assert!(
        rootless.contains(" --user 0:0 ") && !rootless.contains("--userns"),
        "{rootless}"
    );
    // Mapped users could not read the settings, and what they write would be nobody's.
    let mapped = session(&json!({ "SecurityOptions": ["name=seccomp,profile=default", "name=userns"] }));
    assert!(
        mapped.contains(&own) && mapped.contains(" --userns host "),
        "{mapped}"
    );
}

#[test]
fn an_engine_that_insists_on_mapped_users_is_refused_with_a_word() {
    let world = ready(&json!({ "SecurityOptions": ["name=userns"] }));
    set(
        &world,
        "refuse",
        "docker: Error response from daemon: authorization denied by plugin opa: userns.\n",
    );
    let (code, message, remedy) = blocker(&world);
    assert_eq!(code, "DOCKER_NOT_READY");
    assert!(message.contains("userns-remap"), "{message}");
    assert!(remedy.contains("--exec local"), "{remedy}");
}

#[test]
fn a_full_disk_is_its_own_code() {
    let world = ready(&json!({}));
    set(
        &world,
        "refuse",
        "docker: Error response from daemon: mkdir: no space left on device.\n",
    );
    let (code, _, remedy) = blocker(&world);
    assert_eq!(code, "TOOLBOX_NO_ROOM");
    assert!(remedy.contains("lakehouse toolbox prune"), "{remedy}");
}

#[test]
fn a_proxy_that_the_container_does_not_see_is_said() {
    let mut world = ready(&json!({}));
    world.set("HTTPS_PROXY", "http://me:pass-word@127.0.0.1:3128");
    set(&world, "refuse", "docker: no.\n");
    let done = world.run(&["preflight", "--exec", "docker", "--root-domain", "a.example"]);
    done.expect(3);
    assert!(
        done.stderr
            .contains("HTTPS_PROXY names a proxy on this machine's loopback"),
        "{}",
        done.stderr
    );
    assert!(!done.stderr.contains("pass-word"), "{}", done.stderr);
}
