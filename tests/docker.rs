//! Docker mode against the rehearsal account: the same answers as local mode, and nothing left behind.

mod common;

use common::rehearsal::{self, docker, session_containers};
use common::{World, blockers, check, until, verified_journal, warnings};
use lakehouse::gateway::docker::Engine;
use lakehouse::gateway::docker::image::{self, Recipe};
use lakehouse::gateway::docker::mounts::Mounts;
use lakehouse::gateway::docker::session::{Session, SessionPlan};
use lakehouse::gateway::interrupt::Interrupt;
use lakehouse::gateway::redact::Redactor;
use lakehouse::gateway::settings_copy::SettingsCopy;
use lakehouse::gateway::{CommandSpec, Gateway, LineListener, PrivateFile, Stream, Tool};
use serde_json::Value;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

/// A preflight of the rehearsal's domain, with more flags.
fn preflight<'a>(exec: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        "--exec",
        exec,
        "--action",
        "preflight",
        "--root-domain",
        "rehearsal.test",
    ]
    .iter()
    .chain(more)
    .copied()
    .collect()
}

/// A report without what differs between two runs for a reason: names, times and paths.
fn without_run(report: &Value) -> Value {
    let mut report = report.clone();
    report.as_object_mut().unwrap().remove("run");
    let preflight = report["preflight"].as_object_mut().unwrap();
    preflight.remove("envFile");
    preflight["evidence"]
        .as_object_mut()
        .unwrap()
        .remove("dockerVersion");
    for check in preflight["checks"].as_array_mut().unwrap() {
        let check = check.as_object_mut().unwrap();
        check.remove("durationMs");
        // Another kubectl is had in another way in each mode.
        if check["id"] == "version-skew" {
            check.remove("remediation");
        }
    }
    for note in preflight["remediation"].as_array_mut().unwrap() {
        if note["code"] == "CLUSTER_VERSION_SKEW" {
            note.as_object_mut().unwrap().remove("message");
        }
    }
    report
}

/// A journal's records without what differs for a reason. Reads run side by side and end in any order.
fn comparable(records: &[Value]) -> Vec<String> {
    let mut lines: Vec<String> = records
        .iter()
        .map(|record| {
            let mut record = record.clone();
            for name in ["seq", "run", "mode", "startedAt", "durationMs", "prev", "hash"] {
                record.as_object_mut().unwrap().remove(name);
            }
            // A private file stands in another place in each mode, and a token has the time in it.
            let argv = record["argv"].as_array_mut().unwrap();
            if let Some(at) = argv.iter().position(|word| word == "--kubeconfig") {
                argv[at + 1] = "PRIVATE".into();
            }
            if argv.iter().any(|word| word == "get-token") {
                record.as_object_mut().unwrap().remove("stdoutSha256");
            }
            record.to_string()
        })
        .collect();
    lines.sort();
    lines
}

/// A report with its journal, the chain checked.
fn with_journal(report: Value, world: &World) -> (Value, Vec<Value>) {
    common::assert_valid(&report);
    let (records, last) = verified_journal(&world.journal(), report["run"]["id"].as_str().unwrap());
    assert_eq!(report["run"]["journalHash"], last.as_str());
    assert_eq!(report["run"]["journalRecords"], records.len());
    (report, records)
}

/// Runs the program in local mode where the tools are: inside a container of the toolbox image.
fn local_in_toolbox(image: &str, more: &[&str]) -> (Value, Vec<Value>) {
    let world = rehearsal::world();
    let folder = world.folder.path().display().to_string();
    let binary = format!("{}:/usr/local/bin/lakehouse:ro", env!("CARGO_BIN_EXE_lakehouse"));
    let user = format!(
        "{}:{}",
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw()
    );
    let mut command = Command::new("docker");
    command.args([
        "run",
        "--rm",
        "--init",
        "--user",
        &user,
        "--cap-drop",
        "ALL",
        "--network",
        "lakehouse-rehearsal",
    ]);
    command.args([
        "--volume",
        &binary,
        "--volume",
        &format!("{folder}:{folder}"),
        "--workdir",
        &format!("{folder}/work"),
    ]);
    for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        let file = world.get(variable).unwrap();
        command.args(["--volume", &format!("{file}:{file}:ro")]);
    }
    for name in [
        "HOME",
        "XDG_STATE_HOME",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_EC2_METADATA_DISABLED",
        "LAKEHOUSE_DNS_SERVER",
        "LAKEHOUSE_CHART_REGISTRY",
    ] {
        command.args(["--env", &format!("{name}={}", world.get(name).unwrap())]);
    }
    let _alone = ONE_BUILD
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let output = command
        .args([image, "lakehouse"])
        .args(preflight("local", more))
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    with_journal(report, &world)
}

/// Runs both modes and holds them against each other; gives docker mode's exit code and report.
fn equal_in_both_modes(more: &[&str]) -> (i32, Value) {
    let world = rehearsal::world();
    let done = world.run(&preflight("docker", more));
    let (report, records) = with_journal(done.report(), &world);
    let image = report["run"]["exec"]["imageDigest"].as_str().unwrap();
    let (local, local_records) = local_in_toolbox(image, more);
    assert_eq!(without_run(&report), without_run(&local));
    assert_eq!(comparable(&records), comparable(&local_records));
    assert_eq!(report["run"]["exec"]["tools"], local["run"]["exec"]["tools"]);
    assert_eq!(
        (&report["run"]["exec"]["mode"], &local["run"]["exec"]["mode"]),
        (&"docker".into(), &"local".into())
    );
    assert!(!session_containers().contains(&format!("lakehouse-{}", report["run"]["id"].as_str().unwrap())));
    (done.code.unwrap(), report)
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_ready_account_is_ok_in_both_modes_with_equal_evidence() {
    let (code, report) = equal_in_both_modes(&[]);
    assert_eq!(
        (code, &report["preflight"]["okToInstall"]),
        (0, &Value::Bool(true)),
        "{report:#}"
    );
    let evidence = &report["preflight"]["evidence"];
    assert_eq!(evidence["certDomain"], "*.k8.rehearsal.test");
    assert_eq!(evidence["route53ZoneName"], "rehearsal.test");
    assert_eq!(evidence["eksClusterStatus"], "ABSENT");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn all_blockers_come_at_once_and_equal_in_both_modes() {
    let (code, report) = equal_in_both_modes(&["--bucket", "lakehouse-rehearsal-taken", "--cluster", "old"]);
    assert_eq!(code, 3);
    assert_eq!(
        blockers(&report),
        ["S3_BUCKET_TAKEN", "EKS_VERSION_UNSUPPORTED"],
        "{report:#}"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_quota_for_one_node_too_few_is_named_in_both_modes() {
    let (code, report) = equal_in_both_modes(&["--profile", "rehearsal-quota-low"]);
    assert_eq!(code, 3);
    assert_eq!(blockers(&report), ["QUOTA_TOO_LOW"], "{report:#}");
    let quota = check(&report, "quota-vcpu");
    assert_eq!(
        quota["message"],
        "On-demand vCPU: 0 of 3 in use, install needs 4 (2 × t3.large, 2 vCPU each): 1 too few."
    );
    let remedy = quota["remediation"].as_str().unwrap();
    for part in [
        "`aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A ",
        " --region us-east-2 --profile rehearsal-quota-low`",
        "`--node-count 1`",
    ] {
        assert!(remedy.contains(part), "{part} in {remedy}");
    }
    // The way out that it names leads out: only Karpenter's share is missing then.
    let world = rehearsal::world();
    let fewer = ["--profile", "rehearsal-quota-low", "--node-count", "1"];
    let report = world.run(&preflight("docker", &fewer)).expect(0).report();
    assert_eq!(warnings(&report), ["QUOTA_NEARLY_USED"], "{report:#}");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_user_who_is_not_root_gets_the_same_with_settings_of_their_own() {
    const UID: u32 = 4242;
    let mut world = rehearsal::world();
    if !rustix::process::geteuid().is_root() {
        world.run(&preflight("docker", &[])).expect(0);
        return;
    }
    rehearsal::settings_into(&world, &world.path("home"));
    // The rehearsal's certificates stand in root's own folder.
    let trusted = world.path("home/trusted.crt");
    std::fs::copy(world.get("LAKEHOUSE_CA_BUNDLE").unwrap(), &trusted).unwrap();
    world.set("LAKEHOUSE_CA_BUNDLE", trusted.display().to_string());
    let own = Command::new("chown")
        .args(["-R", &format!("{UID}:{UID}")])
        .arg(world.folder.path())
        .status()
        .unwrap();
    assert!(own.success());
    // The engine's socket belongs to a group; a user in it needs no other right.
    let group =
        std::os::unix::fs::MetadataExt::gid(&std::fs::metadata("/var/run/docker.sock").unwrap()).to_string();
    let binary = world.path("lakehouse");
    std::fs::copy(env!("CARGO_BIN_EXE_lakehouse"), &binary).unwrap();
    let base = world.command(&[]);
    let mut command = Command::new("setpriv");
    command.args([
        &format!("--reuid={UID}"),
        &format!("--regid={UID}"),
        &format!("--groups={group}"),
        "--",
    ]);
    command
        .arg(&binary)
        .args(preflight("docker", &["--profile", "rehearsal"]));
    command.env_clear().current_dir(world.path("work"));
    for (name, value) in base.get_envs() {
        if !["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]
            .iter()
            .any(|file| name == *file)
        {
            command.env(name, value.unwrap());
        }
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{} {said}",
        String::from_utf8_lossy(&output.stdout)
    );
    let file = std::fs::metadata(world.path("work/lakehouse_ingext.env")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&file), UID);
}

/// A world whose AWS never answers: a port of this machine that takes connections and says nothing.
fn silent_world() -> (World, TcpListener) {
    let mut world = rehearsal::world();
    let listener = TcpListener::bind((rehearsal::own_address(&world), 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    world.set("AWS_ENDPOINT_URL", url);
    // The profile's own endpoint stands in the config file and gives way to the variable.
    (world, listener)
}

/// The run's container, once its first command hangs.
fn hanging(world: &World, listener: &TcpListener) -> (common::Running, String) {
    let running = world.start(&preflight("docker", &[]));
    let _asked = listener.accept().unwrap();
    let runs = std::fs::read_dir(world.path("state/lakehouse/runs")).unwrap();
    let run = runs.flatten().next().unwrap().file_name().into_string().unwrap();
    let container = format!("lakehouse-{run}");
    assert!(session_containers().contains(&container));
    (running, container)
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_signal_ends_the_tool_in_the_container_and_a_report_is_printed() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (world, listener) = silent_world();
        let (running, container) = hanging(&world, &listener);
        running.signal(signal);
        let (status, stdout, stderr) = running.wait(Duration::from_secs(15));
        assert_eq!(status.code(), Some(code), "{stderr}");
        let report: Value = serde_json::from_str(&stdout).unwrap();
        let (report, records) = with_journal(report, &world);
        assert_eq!(report["preflight"]["status"], "interrupted", "{report:#}");
        assert!(
            records.iter().any(|record| record["ended"] == "interrupted"),
            "{records:#?}"
        );
        assert!(!session_containers().contains(&container));
        assert!(!common::runs(&container), "no client of the engine is left");
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn after_sigkill_the_container_is_gone_within_two_seconds() {
    let (world, listener) = silent_world();
    let (running, container) = hanging(&world, &listener);
    running.signal("KILL");
    let gone = until(Duration::from_secs(2), || {
        (!session_containers().contains(&container) && !common::runs(&container)).then_some(())
    });
    assert!(gone.is_some(), "{:?}", session_containers());
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_container_killed_by_somebody_else_is_the_engines_failure_not_an_answer() {
    let (world, listener) = silent_world();
    let (running, container) = hanging(&world, &listener);
    docker(&["kill", &container]);
    let (status, stdout, stderr) = running.wait(Duration::from_secs(20));
    assert_eq!(status.code(), Some(3), "{stderr}");
    let (report, records) = with_journal(serde_json::from_str(&stdout).unwrap(), &world);
    assert_eq!(report["preflight"]["okToInstall"], false);
    let asked = records.iter().find(|record| record["argv"][1] == "sts").unwrap();
    assert_eq!(
        (&asked["ended"], asked.get("exit")),
        (&"engine".into(), Some(&Value::Null)),
        "{asked:#}"
    );
}

/// A world with another CA bundle: its toolbox image is not there and must be built.
fn world_without_image() -> World {
    let mut world = rehearsal::world();
    let bundle = world.path("ca.crt");
    std::fs::write(&bundle, format!("# {}\n", world.folder.path().display())).unwrap();
    world.set("LAKEHOUSE_CA_BUNDLE", bundle.display().to_string());
    // No host is asked: the build begins at once, wherever the test runs.
    world.set("LAKEHOUSE_TOOLBOX_SOURCE", "registry");
    world
}

/// All containers but those of runs.
fn containers() -> Vec<String> {
    docker(&["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}}"])
        .lines()
        .filter(|line| !line.contains(" lakehouse-"))
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect()
}

/// Held by a test that starts a container without a name, or builds: their containers could not be told apart.
static ONE_BUILD: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_signal_in_the_middle_of_a_build_leaves_no_container_and_no_image() {
    let _alone = ONE_BUILD
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let world = world_without_image();
    let images = docker(&["image", "ls", "--quiet", "lakehouse-toolbox"]);
    let mut command = world.command(&["toolbox", "build"]);
    let log = world.path("stderr");
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap());
    let before = containers();
    let mut running = common::Running(command.spawn().unwrap());
    // A step of the build runs in a container of its own.
    let step = until(Duration::from_secs(60), || {
        containers().into_iter().find(|name| !before.contains(name))
    });
    assert!(step.is_some(), "{}", std::fs::read_to_string(&log).unwrap());
    running.signal("INT");
    let status = until(Duration::from_secs(15), || running.0.try_wait().unwrap()).expect("ends in time");
    assert_eq!(
        status.code(),
        Some(130),
        "{}",
        std::fs::read_to_string(&log).unwrap()
    );
    let mut stdout = String::new();
    std::io::Read::read_to_string(running.0.stdout.as_mut().unwrap(), &mut stdout).unwrap();
    let report: Value = serde_json::from_str(&stdout).unwrap();
    common::assert_valid(&report);
    assert_eq!(report["failure"]["code"], "INTERRUPTED", "{report:#}");
    let gone = until(Duration::from_secs(2), || {
        step.as_ref()
            .is_none_or(|name| !containers().contains(name))
            .then_some(())
    });
    assert!(gone.is_some(), "the build's container is gone");
    assert_eq!(docker(&["image", "ls", "--quiet", "lakehouse-toolbox"]), images);
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn sigkill_in_the_middle_of_a_build_leaves_no_container() {
    let _alone = ONE_BUILD
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let world = world_without_image();
    let before = containers();
    let running = world.start(&["toolbox", "build"]);
    let step = until(Duration::from_secs(60), || {
        containers().into_iter().find(|name| !before.contains(name))
    })
    .unwrap();
    running.signal("KILL");
    let gone = until(Duration::from_secs(2), || {
        (!containers().contains(&step)).then_some(())
    });
    assert!(gone.is_some(), "the build's container is gone");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn the_toolbox_is_what_its_lock_says() {
    let world = rehearsal::world();
    let report = world.run(&["toolbox", "verify"]).expect(0).report();
    assert_eq!(report["toolbox"]["status"], "verified");
    assert_eq!(report["toolbox"]["found"], report["toolbox"]["locked"]);
    let (report, records) = with_journal(report, &world);
    assert_eq!(
        (records.len(), &report["run"]["exec"]["tools"]),
        (4, &report["toolbox"]["locked"])
    );
    assert!(report["toolbox"]["sizeBytes"].as_u64().unwrap() <= 900_000_000);
    let image = report["toolbox"]["image"].as_str().unwrap();
    assert_eq!(
        docker(&["image", "inspect", "--format", "{{.Config.User}}", image]).trim(),
        "65532:65532"
    );
    let said = docker(&[
        "run",
        "--rm",
        image,
        "sh",
        "-c",
        "id -u; ls -A /var/lib/apt/lists /var/cache/apt; echo $HISTFILE",
    ]);
    assert!(
        said.starts_with("65532\n") && said.ends_with("/dev/null\n"),
        "{said}"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn an_engine_that_does_not_answer_is_a_blocker_not_a_crash() {
    let mut world = rehearsal::world();
    world.set("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let report = world.run(&preflight("docker", &[])).expect(3).report();
    assert_eq!(blockers(&report), ["DOCKER_NOT_READY"]);
    assert_eq!(report["preflight"]["okToInstall"], false);
}

/// What `scripts/rehearse` built the toolbox image in: the image bears the certificates that it trusts.
fn builders_environment() -> std::collections::BTreeMap<std::ffi::OsString, std::ffi::OsString> {
    let mut env: std::collections::BTreeMap<_, _> = std::env::vars_os().collect();
    let world = rehearsal::world();
    let bundle = world.get("LAKEHOUSE_CA_BUNDLE").unwrap();
    env.insert("LAKEHOUSE_CA_BUNDLE".into(), bundle.into());
    env
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_private_file_stands_in_the_containers_memory_and_goes_with_it() {
    let engine = Engine::probe(
        builders_environment(),
        std::sync::Arc::new(Redactor::new([])),
        Interrupt::default(),
    )
    .unwrap();
    let recipe = Recipe::new(&engine, "registry", &std::collections::BTreeMap::new()).unwrap();
    let image = image::find(&engine, &[recipe]).unwrap().map(|(_, image)| image);
    let world = World::new();
    let plan = SessionPlan {
        run: "private-file-test",
        image: &image.expect("the toolbox is built").id,
        user: "1234:1234".to_owned(),
        network: None,
        mounts: Mounts::default(),
        copy: SettingsCopy::default(),
        env: std::collections::BTreeMap::new(),
        folder: &world.path("state"),
    };
    let session = Session::start(&engine, plan).unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let file = |name| PrivateFile {
        name,
        bytes: &bytes,
        secrets: &[],
    };
    let path = session.keep(&file("kubeconfig-demo.json")).unwrap();
    let name = "lakehouse-private-file-test";
    let modes = docker(&["exec", name, "stat", "-c", "%a %u %s", &path]);
    assert_eq!(modes.trim(), "600 1234 300000", "{path}");
    let place = docker(&["exec", name, "stat", "-f", "-c", "%T", &path]);
    assert_eq!(place.trim(), "tmpfs");
    let others = std::process::Command::new("docker")
        .args(["exec", "--user", "4321:4321", name, "cat", &path])
        .output()
        .unwrap();
    assert!(!others.status.success(), "another user of the container reads it");
    assert!(session.keep(&file("../x")).is_err());
    session.close();
    assert!(!session_containers().iter().any(|container| container == name));
    assert!(
        session.keep(&file("kubeconfig-demo.json")).is_err(),
        "a container that is gone keeps nothing"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_tools_lines_are_heard_out_of_the_container_without_the_gateways_own() {
    let engine = Engine::probe(
        builders_environment(),
        std::sync::Arc::new(Redactor::new([])),
        Interrupt::default(),
    )
    .unwrap();
    let recipe = Recipe::new(&engine, "registry", &std::collections::BTreeMap::new()).unwrap();
    let image = image::find(&engine, &[recipe]).unwrap().map(|(_, image)| image);
    let world = World::new();
    let plan = SessionPlan {
        run: "lines-test",
        image: &image.expect("the toolbox is built").id,
        user: "1234:1234".to_owned(),
        network: None,
        mounts: Mounts::default(),
        copy: SettingsCopy::default(),
        env: std::collections::BTreeMap::new(),
        folder: &world.path("state"),
    };
    let session = Session::start(&engine, plan).unwrap();
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = std::sync::Arc::clone(&told);
    let listener =
        LineListener::new(move |stream, line| kept.lock().unwrap().push((stream, line.to_owned())));
    let run = |args: &[&str], input: &str| {
        let mut spec = CommandSpec::read(Tool::Eksctl, "look", args.iter().copied());
        spec.listener = Some(listener.clone());
        spec.stdin = Some(input.into());
        session.run(&spec).unwrap()
    };
    assert_eq!(run(&["version"], "").exit, 0);
    assert_eq!(
        run(&["create", "cluster", "-f", "-", "--dry-run"], "a: b").exit,
        1
    );
    session.close();
    let told = told.lock().unwrap().clone();
    assert_eq!(told[0], (Stream::Stdout, "0.230.0".to_owned()));
    assert!(
        told[1].0 == Stream::Stderr && told[1].1.starts_with("Error: "),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|(_, line)| line.contains("lakehouse-proof")),
        "{told:?}"
    );
}
