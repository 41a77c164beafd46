//! Whole builds from the source `release` with a lock of the test's own, so that files of ours are the right ones: by the
//! library, since the program has only the lock that was compiled in. A build runs behind a guard, which is the running
//! binary itself: hence a harness of its own.

mod common;

use common::engine::{self, argv, kept};
use common::files::{Answer, FileServer, OurFile, Release};
use common::{World, rehearsal};
use lakehouse::gateway::docker::image::{Image, Recipe};
use lakehouse::gateway::docker::lock::Lock;
use lakehouse::gateway::docker::release::http::Limits;
use lakehouse::gateway::docker::release::{Downloads, Trouble};
use lakehouse::gateway::docker::{Engine, EngineError};
use lakehouse::gateway::environment::{self, Env};
use lakehouse::gateway::guard;
use lakehouse::gateway::interrupt::Interrupt;
use lakehouse::gateway::redact::Redactor;
use lakehouse::model::ToolboxMirrors;
use libtest_mimic::{Arguments, Trial};
use std::collections::BTreeMap;
use std::io::Read;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if args.get(1).is_some_and(|word| word == guard::GUARD_WORD) {
        return ExitCode::from(u8::try_from(guard::main(&args[2..])).unwrap_or(1));
    }
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = vec![
        trial(
            "the_builder_gets_exactly_the_files_of_the_lock",
            the_builder_gets_exactly_the_files_of_the_lock,
        ),
        trial(
            "proxies_and_certificates_reach_the_build_and_no_password_does",
            proxies_and_certificates_reach_the_build_and_no_password_does,
        ),
        trial("a_second_build_asks_no_host", a_second_build_asks_no_host),
        trial(
            "a_kept_file_that_was_changed_is_fetched_anew",
            a_kept_file_that_was_changed_is_fetched_anew,
        ),
        trial(
            "each_tool_is_named_by_what_is_wrong_with_it",
            each_tool_is_named_by_what_is_wrong_with_it,
        ),
        trial(
            "a_host_that_falls_silent_is_given_up",
            a_host_that_falls_silent_is_given_up,
        ),
        trial(
            "a_version_edited_with_its_path_is_caught_by_its_hash",
            a_version_edited_with_its_path_is_caught_by_its_hash,
        ),
        trial(
            "a_release_of_ours_becomes_a_toolbox",
            a_release_of_ours_becomes_a_toolbox,
        )
        .with_ignored_flag(true),
        trial(
            "a_tool_that_says_another_version_makes_no_toolbox",
            a_tool_that_says_another_version_makes_no_toolbox,
        )
        .with_ignored_flag(true),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

const TOOLS: [&str; 4] = ["aws", "eksctl", "helm", "kubectl"];

/// A build and the lines that it showed.
struct Built {
    image: Result<Image, EngineError>,
    lines: String,
}

/// Builds by `lock`, with every tool's mirror at `server`.
fn build(world: &World, lock: &serde_json::Value, server: &FileServer) -> Built {
    let env: Env = world
        .command(&[])
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let redactor = Arc::new(Redactor::new(environment::secrets(&env)));
    let engine = Engine::probe(env, redactor, Interrupt::default()).unwrap();
    let mirrors: ToolboxMirrors = TOOLS
        .map(|tool| (tool.to_owned(), server.url().parse().unwrap()))
        .into();
    let lock = Lock::read(&lock.to_string()).unwrap();
    let recipe = Recipe::of(&lock, &engine, "release", &mirrors).unwrap();
    let lines = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&lines);
    let on_line: lakehouse::gateway::docker::engine::OnLine = Arc::new(move |line: &str| {
        let mut lines = seen.lock().unwrap();
        lines.push_str(line);
        lines.push('\n');
    });
    let image = recipe.build(&engine, Instant::now() + Duration::from_secs(600), &on_line);
    let lines = lines.lock().unwrap().clone();
    Built { image, lines }
}

/// The files that the scripted builder got, by path.
fn context(world: &World) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(std::fs::File::open(world.path("context.tar")).unwrap());
    archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (path, bytes)
        })
        .collect()
}

fn the_builder_gets_exactly_the_files_of_the_lock() {
    for (machine, arch) in [("x86_64", "amd64"), ("aarch64", "arm64")] {
        let release = Release::new();
        let (world, server) = (engine::world(), FileServer::of(&release));
        engine::set(
            &world,
            "info.json",
            &engine::info(&serde_json::json!({ "Architecture": machine })),
        );
        let image = build(&world, &release.lock(), &server).image.unwrap();
        assert_eq!(image.source.as_deref(), Some("release"));
        let context = context(&world);
        for (tool, name) in [
            ("aws", "release/aws.zip"),
            ("eksctl", "release/eksctl.tar.gz"),
            ("helm", "release/helm.tar.gz"),
            ("kubectl", "release/kubectl"),
        ] {
            let OurFile { bytes, .. } = &release.files[&(tool.to_owned(), arch.to_owned())];
            assert_eq!(&context[name], bytes, "{tool} for {arch}");
        }
        let dockerfile = String::from_utf8(context["Dockerfile"].clone()).unwrap();
        assert!(dockerfile.contains("COPY release /tmp/release") && context.contains_key("host-ca.crt"));
        assert_eq!(context.len(), 6);
        let argv = argv(&world);
        assert!(
            argv.contains(&format!("TOOLBOX_ARCH={arch}")) && argv.contains("AWSCLI_VERSION=2.99.1"),
            "{argv}"
        );
        assert!(
            !argv.contains(&server.address),
            "no address reaches the engine: {argv}"
        );
        assert_eq!(kept(&world).len(), 4, "the files are kept, the context is not");
    }
}

fn proxies_and_certificates_reach_the_build_and_no_password_does() {
    let release = Release::new();
    let (mut world, server) = (engine::world(), FileServer::of(&release));
    engine::set(&world, "ca.crt", "# the certificates of this machine\n");
    let bundle = world.path("ca.crt").display().to_string();
    world
        .set("LAKEHOUSE_CA_BUNDLE", bundle)
        .set("HTTPS_PROXY", "http://me:pass-word@proxy.example:3128")
        .set("NO_PROXY", "localhost")
        .set("GOPROXY", "https://me:pass-word@go.example");
    build(&world, &release.lock(), &server).image.unwrap();
    let argv = argv(&world);
    for words in ["--build-arg HTTPS_PROXY ", "--build-arg NO_PROXY "] {
        assert!(argv.contains(words), "{words} in {argv}");
    }
    assert!(!argv.contains("pass-word") && !argv.contains("GOPROXY"), "{argv}");
    let context = context(&world);
    assert_eq!(context["host-ca.crt"], b"# the certificates of this machine\n");
    for (name, bytes) in &context {
        assert!(!String::from_utf8_lossy(bytes).contains("pass-word"), "{name}");
    }
}

fn a_second_build_asks_no_host() {
    let release = Release::new();
    let (world, server) = (engine::world(), FileServer::of(&release));
    build(&world, &release.lock(), &server).image.unwrap();
    assert_eq!(server.asked().len(), 4);
    let again = build(&world, &release.lock(), &server);
    again.image.unwrap();
    assert_eq!(server.asked().len(), 4);
    assert!(
        again
            .lines
            .contains("helm 3.99.3 is kept from an earlier download"),
        "{}",
        again.lines
    );
}

fn a_kept_file_that_was_changed_is_fetched_anew() {
    let release = Release::new();
    let (world, server) = (engine::world(), FileServer::of(&release));
    build(&world, &release.lock(), &server).image.unwrap();
    for name in kept(&world) {
        std::fs::write(world.path("cache/lakehouse/downloads").join(name), "another").unwrap();
    }
    build(&world, &release.lock(), &server).image.unwrap();
    assert_eq!(server.asked().len(), 8);
}

/// What stopped a build, by tool.
#[track_caller]
fn stopped(world: &World, lock: &serde_json::Value, server: &FileServer) -> (String, Trouble) {
    match build(world, lock, server).image {
        Err(EngineError::Download(error)) => (error.tool, error.trouble),
        other => panic!("{other:?}"),
    }
}

fn each_tool_is_named_by_what_is_wrong_with_it() {
    for tool in TOOLS {
        let release = Release::new();
        let (world, server) = (engine::world(), FileServer::of(&release));
        let path = release.path(tool, "amd64");
        let right = release.files[&(tool.to_owned(), "amd64".to_owned())]
            .bytes
            .clone();
        let half = right[..right.len() / 2].to_vec();
        let mut flipped = right.clone();
        flipped[7] ^= 1;
        server.set(path, Answer::Whole(flipped));
        let (named, trouble) = stopped(&world, &release.lock(), &server);
        assert!(
            named == tool && matches!(trouble, Trouble::WrongHash { .. }),
            "{named}: {trouble}"
        );
        server.set(path, Answer::Cut(half.clone(), right.len()));
        let (named, trouble) = stopped(&world, &release.lock(), &server);
        let expected = Some(right.len() as u64);
        assert_eq!(
            (named.as_str(), trouble),
            (
                tool,
                Trouble::Cut {
                    got: half.len() as u64,
                    expected
                }
            )
        );
        // A length that was cut along with the file: only the hash can tell.
        server.set(path, Answer::Whole(half));
        let (named, trouble) = stopped(&world, &release.lock(), &server);
        assert!(
            named == tool && matches!(trouble, Trouble::WrongHash { .. }),
            "{named}: {trouble}"
        );
        server.set(path, Answer::Redirect("http://elsewhere.example/".to_owned()));
        let (named, trouble) = stopped(&world, &release.lock(), &server);
        assert_eq!(
            (named.as_str(), trouble),
            (
                tool,
                Trouble::Elsewhere {
                    to: "http://elsewhere.example".to_owned()
                }
            )
        );
        server.set(path, Answer::Status(404));
        assert_eq!(
            stopped(&world, &release.lock(), &server),
            (tool.to_owned(), Trouble::Status(404))
        );
        assert!(!argv(&world).contains("build --force-rm"));
        // What came whole before it is kept; mended, the build goes on from there.
        server.set(path, Answer::Whole(right));
        build(&world, &release.lock(), &server).image.unwrap();
    }
}

fn a_host_that_falls_silent_is_given_up() {
    let release = Release::new();
    let (world, server) = (engine::world(), FileServer::of(&release));
    server.set(release.path("eksctl", "amd64"), Answer::Silence);
    let cache = world.path("cache").into_os_string();
    let env = Env::from([("XDG_CACHE_HOME".into(), cache)]);
    let mirrors: ToolboxMirrors = TOOLS
        .map(|tool| (tool.to_owned(), server.url().parse().unwrap()))
        .into();
    let downloads = Downloads {
        env: &env,
        ca: b"",
        mirrors: &mirrors,
        redactor: &Redactor::new([]),
        interrupt: &Interrupt::default(),
        deadline: Instant::now() + Duration::from_secs(600),
        limits: Limits {
            connect: Duration::from_secs(15),
            silence: Duration::from_millis(300),
        },
    };
    let lock = Lock::read(&release.lock().to_string()).unwrap();
    let source = lock.source("release").unwrap();
    let error = downloads.fetch(source, "amd64", &|_| ()).unwrap_err();
    assert!(
        error.tool == "eksctl" && matches!(error.trouble, Trouble::Silent { .. }),
        "{error}"
    );
    // The one before it came whole.
    assert_eq!(kept(&world).len(), 1);
}

fn a_version_edited_with_its_path_is_caught_by_its_hash() {
    let release = Release::new();
    let (world, server) = (engine::world(), FileServer::of(&release));
    let mut lock = release.lock();
    let helm = &mut lock["sources"]["release"]["tools"]["helm"];
    helm["version"] = "3.99.4".into();
    for arch in ["amd64", "arm64"] {
        helm["files"][arch]["path"] = format!("helm-v3.99.4-linux-{arch}.tar.gz").into();
    }
    server.set(
        "helm-v3.99.4-linux-amd64.tar.gz",
        Answer::Whole(b"the next version".to_vec()),
    );
    let (tool, trouble) = stopped(&world, &lock, &server);
    assert!(
        tool == "helm" && matches!(trouble, Trouble::WrongHash { .. }),
        "{tool}: {trouble}"
    );
}

/// A world with the real engine, and without the downloads of others.
fn real() -> World {
    let mut world = World::new();
    let cache = world.path("cache").display().to_string();
    world.set("XDG_CACHE_HOME", cache);
    // Which builder, where the caller chose one.
    if let Ok(builder) = std::env::var("DOCKER_BUILDKIT") {
        world.set("DOCKER_BUILDKIT", builder);
    }
    world
}

fn a_release_of_ours_becomes_a_toolbox() {
    let release = Release::new();
    let (world, server) = (real(), FileServer::of(&release));
    let built = build(&world, &release.lock(), &server);
    let image = built
        .image
        .unwrap_or_else(|error| panic!("{error:?}\n{}", built.lines));
    let said = rehearsal::docker(&[
        "run",
        "--rm",
        "--network",
        "none",
        &image.id,
        "sh",
        "-c",
        "aws --version; eksctl version; helm version; echo; kubectl version; id -u; \
         readlink -f /usr/local/aws-cli/v2/current/dist/awscli/botocore/cacert.pem; \
         ls /usr/local/bin /usr/local/aws-cli/v2/current/dist/awscli /usr/local/aws-cli/v2/current/dist/awscli/data; \
         command -v unzip || echo no unzip",
    ]);
    rehearsal::docker(&["image", "rm", &image.name]);
    for words in [
        "aws-cli/2.99.1 ",
        "0.99.2\n",
        "v3.99.3\n",
        "\"v1.99.4\"",
        "\n65532\n",
        "/etc/ssl/certs/ca-certificates.crt\n",
        "no unzip",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    for word in ["aws_completer", "examples", "ac.index"] {
        assert!(!said.contains(word), "{word:?} in {said}");
    }
    for line in [
        "download aws 2.99.1 from 127.0.0.1",
        "lakehouse-step: unpack",
        "lakehouse-step: verify",
    ] {
        assert!(built.lines.contains(line), "{line:?} in {}", built.lines);
    }
}

fn a_tool_that_says_another_version_makes_no_toolbox() {
    let release = Release::new();
    let (world, server) = (real(), FileServer::of(&release));
    // Version, path and hash were all edited, to a file that is another version's.
    let mut lock = release.lock();
    let kubectl = &mut lock["sources"]["release"]["tools"]["kubectl"];
    kubectl["version"] = "1.99.5".into();
    for arch in ["amd64", "arm64"] {
        let path = format!("release/v1.99.5/bin/linux/{arch}/kubectl");
        let bytes = &release.files[&("kubectl".to_owned(), arch.to_owned())].bytes;
        server.set(&path, Answer::Whole(bytes.clone()));
        kubectl["files"][arch]["path"] = path.into();
    }
    let built = build(&world, &lock, &server);
    let Err(EngineError::Failed { said, .. }) = built.image else {
        panic!("built");
    };
    assert!(
        said.contains("lakehouse: kubectl says") && said.contains("1.99.5"),
        "{said}"
    );
}
