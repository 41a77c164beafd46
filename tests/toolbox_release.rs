//! The toolbox source `release` and the choice of a source, by the program as users run it: a scripted engine, and a
//! server of our own in place of the official hosts. The lock is the real one, so no file of ours is ever the right one.

mod common;

use common::engine::{self, argv, kept};
use common::files::{Answer, FileServer};
use common::{Finished, World};
use serde_json::{Value, json};
use std::time::Duration;

const TOOLS: [&str; 4] = ["aws", "eksctl", "helm", "kubectl"];

/// The path of a tool's file for amd64, as the lock has it.
fn path_of(tool: &str) -> String {
    let text = include_str!("../docker/toolbox/toolbox.lock.json");
    let lock: Value = serde_json::from_str(text).unwrap();
    let path = &lock["sources"]["release"]["tools"][tool]["files"]["amd64"]["path"];
    path.as_str().unwrap().to_owned()
}

/// The first tool's.
fn aws_path() -> String {
    path_of("aws")
}

/// A world whose mirrors are all this server.
fn mirrored(server: &FileServer) -> World {
    let mut world = engine::world();
    for tool in TOOLS {
        world.set(
            &format!("LAKEHOUSE_TOOLBOX_MIRROR_{}", tool.to_ascii_uppercase()),
            server.url(),
        );
    }
    world
}

/// The failure of a build from `release`, which must have left nothing and asked for no build.
#[track_caller]
fn failed(world: &World, code: &str) -> Value {
    let done = world.run(&["toolbox", "build", "--toolbox-source", "release"]);
    failure(world, &done, code)
}

#[track_caller]
fn failure(world: &World, done: &Finished, code: &str) -> Value {
    let report = done.expect(1).report();
    assert_eq!(report["failure"]["code"], code, "{report:#}");
    assert!(!argv(world).contains("build --force-rm"), "{}", argv(world));
    assert_eq!(kept(world), Vec::<String>::new());
    let failure = report["failure"].clone();
    assert!(
        failure["message"]
            .as_str()
            .unwrap()
            .contains("aws 2.36.7 from the mirror 127.0.0.1:"),
        "{failure:#}"
    );
    failure
}

fn text<'a>(failure: &'a Value, field: &str) -> &'a str {
    failure[field].as_str().unwrap()
}

#[test]
fn a_file_with_another_hash_stops_the_build_and_both_hashes_are_named() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Whole(b"not aws".to_vec()));
    let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_WRONG");
    let message = text(&failure, "message");
    assert!(message.contains(&common::files::sha256(b"not aws")), "{message}");
    assert!(
        message.contains("d641283d37f1a2168457a9f26a20d4e29167652e9ab1719b37114ef1ebe859f4"),
        "{message}"
    );
    assert!(
        text(&failure, "remediation").starts_with("Do not go on with this file"),
        "{failure:#}"
    );
}

#[test]
fn a_server_that_dies_half_way_stops_the_build() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Cut(b"half of".to_vec(), 4000));
    let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_FAILED");
    let message = text(&failure, "message");
    assert!(message.contains("was cut after 7 bytes of 4000"), "{message}");
    server.set(&aws_path(), Answer::CutChunks(b"half of".to_vec()));
    let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_FAILED");
    assert!(
        text(&failure, "message").contains("was cut after 7 bytes"),
        "{failure:#}"
    );
}

#[test]
fn a_redirect_to_elsewhere_is_not_followed_and_names_the_host() {
    let (server, other) = (FileServer::new(), FileServer::new());
    for (to, shown) in [
        (other.url(), format!("http://{}", other.address)),
        (
            "https://evil.example/x".to_owned(),
            "https://evil.example".to_owned(),
        ),
        ("//evil.example/x".to_owned(), "http://evil.example".to_owned()),
        ("ftp://evil.example/x".to_owned(), "ftp://evil.example".to_owned()),
    ] {
        server.set(&aws_path(), Answer::Redirect(to));
        let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_WRONG");
        assert!(
            text(&failure, "message").contains(&format!("sends to {shown},")),
            "{failure:#}"
        );
    }
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[test]
fn a_redirect_that_never_ends_is_given_up() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Redirect(format!("/{}", aws_path())));
    let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_FAILED");
    assert!(
        text(&failure, "message").contains("more than 5 times"),
        "{failure:#}"
    );
    assert_eq!(server.asked().len(), 6);
}

#[test]
fn a_mirror_without_the_file_is_told_what_it_must_have() {
    let server = FileServer::new();
    for status in [404, 403, 500] {
        server.set(&aws_path(), Answer::Status(status));
        let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_FAILED");
        assert!(
            text(&failure, "message").contains(&format!("HTTP status {status}")),
            "{failure:#}"
        );
        assert!(
            text(&failure, "remediation").contains("LAKEHOUSE_TOOLBOX_MIRROR_AWS"),
            "{failure:#}"
        );
    }
}

#[test]
fn a_host_that_says_nothing_ends_with_the_runs_limit() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Silence);
    let world = mirrored(&server);
    let done = world.run(&[
        "toolbox",
        "build",
        "--toolbox-source",
        "release",
        "--timeout",
        "1s",
    ]);
    let failure = failure(&world, &done, "TOOLBOX_DOWNLOAD_FAILED");
    assert!(text(&failure, "message").contains("time limit"), "{failure:#}");
}

#[test]
fn a_host_that_hangs_up_is_named() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::HangUp);
    let failure = failed(&mirrored(&server), "TOOLBOX_DOWNLOAD_FAILED");
    assert!(
        text(&failure, "message").contains("did not answer"),
        "{failure:#}"
    );
    assert!(failure["toolOutput"].is_string(), "{failure:#}");
}

#[test]
fn ctrl_c_in_the_middle_of_a_download_ends_it_and_leaves_nothing() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Silence);
    let world = mirrored(&server);
    let running = world.start(&["toolbox", "build", "--toolbox-source", "release"]);
    common::until(Duration::from_secs(20), || {
        (!server.asked().is_empty()).then_some(())
    })
    .unwrap();
    running.signal("INT");
    let (status, stdout, stderr) = running.wait(Duration::from_secs(10));
    assert_eq!(status.code(), Some(130), "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["failure"]["code"], "INTERRUPTED", "{report:#}");
    assert_eq!(kept(&world), Vec::<String>::new());
}

#[test]
fn a_mirrors_password_reaches_the_mirror_and_nothing_else() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Whole(b"not aws".to_vec()));
    let mut world = mirrored(&server);
    world.set(
        "LAKEHOUSE_TOOLBOX_MIRROR_AWS",
        format!("http://mirror-user:pass-word%2Fof-mirror@{}/", server.address),
    );
    let args = [
        "toolbox",
        "build",
        "--toolbox-source",
        "release",
        "--log-level",
        "debug",
    ];
    let done = world.run(&args);
    failure(&world, &done, "TOOLBOX_DOWNLOAD_WRONG");
    let sent = "bWlycm9yLXVzZXI6cGFzcy13b3JkL29mLW1pcnJvcg==";
    assert_eq!(server.asked(), [format!("GET /{} Basic {sent}", aws_path())]);
    let env = std::fs::read_to_string(world.path("docker.env")).unwrap();
    for place in [&done.stdout, &done.stderr, &argv(&world), &env] {
        for secret in ["pass-word", "of-mirror", "mirror-user", sent] {
            assert!(!place.contains(secret), "{secret} in {place}");
        }
    }
}

#[test]
fn a_mirror_that_is_no_base_url_is_wrong_usage_without_its_password() {
    for (value, shown) in [
        ("ftp://me:pass-word@m.example/", "ftp://[redacted]@m.example/"),
        ("me:pass-word@m.example", "[redacted]@m.example"),
        (
            "https://m.example/?token=pass-word",
            "https://m.example/?[redacted]",
        ),
    ] {
        let mut world = engine::world();
        world.set("LAKEHOUSE_TOOLBOX_MIRROR_HELM", value);
        let done = world.run(&["toolbox", "info"]);
        done.expect(2);
        assert!(
            done.stderr.contains("LAKEHOUSE_TOOLBOX_MIRROR_HELM"),
            "{}",
            done.stderr
        );
        assert!(
            done.stderr.contains(shown) && !done.stderr.contains("pass-word"),
            "{}",
            done.stderr
        );
        assert_eq!(argv(&world), "");
    }
}

#[test]
fn an_env_file_may_not_name_a_mirror() {
    let mut world = engine::world();
    world.set("AWS_REGION", "us-east-2");
    engine::set(
        &world,
        "work/lakehouse_ingext.env",
        "LAKEHOUSE_TOOLBOX_MIRROR_AWS=http://m.example/\n",
    );
    let done = world.run(&["preflight", "--exec", "docker", "--root-domain", "a.example"]);
    done.expect(2);
    assert!(
        done.stderr.contains("chooses how tools are run"),
        "{}",
        done.stderr
    );
}

#[test]
fn where_a_host_is_silent_the_default_is_registry_and_the_host_is_named() {
    let (server, other) = (FileServer::new(), FileServer::new());
    other.set(&path_of("helm"), Answer::HangUp);
    let mut world = mirrored(&server);
    world.set("LAKEHOUSE_TOOLBOX_MIRROR_HELM", other.url());
    let done = world.run(&["toolbox", "build"]);
    let report = done.expect(0).report();
    assert_eq!(
        (&report["toolbox"]["source"], &report["toolbox"]["status"]),
        (&json!("registry"), &json!("built"))
    );
    assert!(
        done.stderr
            .contains(&format!("no answer from {} (helm)", other.address)),
        "{}",
        done.stderr
    );
    // The other three were asked, and asked for no file.
    let asked = server.asked();
    assert!(
        asked.len() == 3 && asked.iter().all(|line| line.starts_with("HEAD ")),
        "{asked:?}"
    );
    let again = world.run(&["toolbox", "build"]).expect(0).report();
    assert_eq!(again["toolbox"]["status"], "ready");
    assert_eq!(server.asked().len(), 3, "an image that is there needs no host");
}

#[test]
fn a_proxy_that_cannot_reach_the_host_is_silence_too() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Status(503));
    let report = mirrored(&server).run(&["toolbox", "build"]).expect(0).report();
    assert_eq!(report["toolbox"]["source"], "registry", "{report:#}");
}

#[test]
fn a_wrong_file_never_leads_to_the_other_source() {
    let server = FileServer::new();
    server.set(&aws_path(), Answer::Whole(b"not aws".to_vec()));
    let world = mirrored(&server);
    let done = world.run(&["toolbox", "build"]);
    failure(&world, &done, "TOOLBOX_DOWNLOAD_WRONG");
    server.set(&aws_path(), Answer::Status(404));
    let done = world.run(&["toolbox", "build"]);
    failure(&world, &done, "TOOLBOX_DOWNLOAD_FAILED");
}

#[test]
fn registry_by_name_asks_no_host() {
    let server = FileServer::new();
    let world = mirrored(&server);
    let report = world
        .run(&["toolbox", "build", "--toolbox-source", "registry"])
        .expect(0)
        .report();
    assert_eq!(report["toolbox"]["source"], "registry");
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn a_cache_that_cannot_be_made_is_named() {
    let server = FileServer::new();
    let mut world = mirrored(&server);
    engine::set(&world, "file", "");
    let inside = world.path("file/cache").display().to_string();
    world.set("XDG_CACHE_HOME", &inside);
    let done = world.run(&["toolbox", "build", "--toolbox-source", "release"]);
    let failure = failure(&world, &done, "TOOLBOX_DOWNLOAD_FAILED");
    assert!(text(&failure, "message").contains(&inside), "{failure:#}");
    assert!(
        text(&failure, "remediation").contains("XDG_CACHE_HOME"),
        "{failure:#}"
    );
}

#[test]
fn downloads_go_through_the_proxy_of_the_environment() {
    // A proxy that refuses: who asks it at all asks nobody else.
    let (server, proxy) = (FileServer::new(), FileServer::new());
    let mut world = mirrored(&server);
    world.set("http_proxy", proxy.url());
    failed(&world, "TOOLBOX_DOWNLOAD_FAILED");
    assert!(
        proxy.asked()[0].starts_with(&format!("CONNECT {} ", server.address)),
        "{:?}",
        proxy.asked()
    );
    assert_eq!(server.asked(), Vec::<String>::new());
    world.set("no_proxy", "127.0.0.1");
    failed(&world, "TOOLBOX_DOWNLOAD_FAILED");
    assert_eq!((proxy.asked().len(), server.asked().len()), (1, 1));
}

#[test]
fn a_certificate_of_this_machines_own_authority_is_trusted_where_it_is_named() {
    let (server, authority) = FileServer::of_own_authority();
    server.set(&aws_path(), Answer::Whole(b"not aws".to_vec()));
    let mut world = mirrored(&server);
    world.set(
        "LAKEHOUSE_TOOLBOX_MIRROR_AWS",
        format!("https://{}/", server.address),
    );
    let failure = failed(&world, "TOOLBOX_DOWNLOAD_FAILED");
    assert!(
        text(&failure, "toolOutput").contains("certificate"),
        "{failure:#}"
    );
    assert!(
        text(&failure, "remediation").contains("SSL_CERT_FILE"),
        "{failure:#}"
    );
    assert_eq!(server.asked(), Vec::<String>::new());
    engine::set(&world, "authority.crt", &authority);
    let bundle = world.path("authority.crt").display().to_string();
    world.set("LAKEHOUSE_CA_BUNDLE", bundle);
    // It is asked now: only the file is still another one.
    failed(&world, "TOOLBOX_DOWNLOAD_WRONG");
    // What came by https never goes on without it, and to no other host.
    server.set(
        &aws_path(),
        Answer::Redirect(format!("http://{}/", server.address)),
    );
    failed(&world, "TOOLBOX_DOWNLOAD_WRONG");
}

#[test]
fn prune_keeps_this_locks_images_of_both_sources_and_what_a_container_stands_on() {
    let world = engine::world();
    let names = |source: &str| {
        let report = world
            .run(&["toolbox", "info", "--toolbox-source", source])
            .expect(0)
            .report();
        assert_eq!(report["toolbox"]["source"], source);
        report["toolbox"]["image"].as_str().unwrap().to_owned()
    };
    let (one, other) = (names("release"), names("registry"));
    assert_ne!(one, other);
    let (old, used) = (
        "lakehouse-toolbox:0123456789abcdef",
        "lakehouse-toolbox:fedcba9876543210",
    );
    let images = [&one, &other, old, used, "lakehouse-toolbox:mine"].join("\n");
    engine::set(&world, "images", &format!("{images}\n"));
    engine::set(&world, "used", used);
    engine::set(&world, "users", "lakehouse-some-run\n");
    let done = world.run(&["toolbox", "prune", "--toolbox-source", "registry"]);
    let report = done.expect(0).report();
    assert_eq!(
        (&report["toolbox"]["removed"], &report["toolbox"]["inUse"]),
        (&json!([old]), &json!([used])),
        "{report:#}"
    );
    assert_eq!(
        std::fs::read_to_string(world.path("removed")).unwrap(),
        format!("{old}\n")
    );
    assert!(done.stderr.contains("lakehouse-some-run"), "{}", done.stderr);
}
