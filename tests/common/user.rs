//! A user of the rehearsal account who has every kind of credentials.

use super::World;
use super::rehearsal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

pub const KEY: &str = "AKIA0REHEARSAL000000";
pub const ROOT: &str = "arn:aws:iam::000000000000:root";
/// A key that AWS does not know: whoever is asked by it fails.
pub const WRONG_KEY: &str = "AKIA0REHEARSALWRONG0";

/// All profiles of these tests. `HERE` is the world's folder, `ENDPOINT` the account.
pub const CONFIG: &str = "\
[default]
region = us-east-2
[profile role]
role_arn = arn:aws:iam::000000000000:role/plain
source_profile = static
[profile environment]
role_arn = arn:aws:iam::000000000000:role/environment
credential_source = Environment
[profile program]
credential_process = HERE/keys --for \"the test\"
endpoint_url = ENDPOINT
[profile program-role]
role_arn = arn:aws:iam::000000000000:role/behind-a-program
source_profile = program
endpoint_url = ENDPOINT
[profile program-fails]
credential_process = HERE/no-such-program
[profile token]
role_arn = arn:aws:iam::000000000000:role/token
web_identity_token_file = HERE/token
[profile token-gone]
role_arn = arn:aws:iam::000000000000:role/token
web_identity_token_file = HERE/no-such-token
[profile mfa]
role_arn = arn:aws:iam::000000000000:role/rehearsal-mfa
source_profile = static
mfa_serial = arn:aws:iam::000000000000:mfa/rehearsal
[sso-session corp]
sso_start_url = https://rehearsal.invalid/start
sso_region = us-east-2
sso_registration_scopes = sso:account:access
[profile sso]
sso_session = corp
sso_account_id = 000000000000
sso_role_name = Rehearsal
[profile sso-forbidden]
sso_session = corp
sso_account_id = 000000000000
sso_role_name = Forbidden
[profile sso-legacy]
sso_start_url = https://rehearsal.invalid/legacy
sso_region = us-east-2
sso_account_id = 000000000000
sso_role_name = Rehearsal
[profile login]
login_session = arn:aws:iam::000000000000:user/somebody
";

/// Names of the token files: `printf corp | sha1sum`, and of the older form's start URL.
pub const CORP: &str = "ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
pub const LEGACY: &str = "c6e58ece1578eb9087f0018089c42590934bfaf3.json";

/// A sign-on token's file.
pub fn signed_on(token: &str, ends: &str, more: &str) -> String {
    format!(
        r#"{{"startUrl":"https://rehearsal.invalid/start","region":"us-east-2","accessToken":"{token}","expiresAt":"{ends}"{more}}}"#
    )
}

pub const RENEWABLE: &str = r#","clientId":"c","clientSecret":"s","registrationExpiresAt":"2099-01-01T00:00:00Z","refreshToken":"rehearsal-sso-refresh""#;
pub const GOOD_TOKEN: &str = "rehearsal-sso-token";
pub const LONG: &str = "2099-01-01T00:00:00Z";
pub const PAST: &str = "2020-01-01T00:00:00Z";

/// A user with all these profiles, and no variable but the account's endpoint.
pub fn world() -> World {
    let mut world = rehearsal::world();
    for name in [
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_PROFILE",
        "AWS_CA_BUNDLE",
    ] {
        world.unset(name);
    }
    let here = world.folder.path().display().to_string();
    let endpoint = world.get("AWS_ENDPOINT_URL").unwrap().to_owned();
    let config = CONFIG.replace("HERE", &here).replace("ENDPOINT", &endpoint);
    fs::create_dir_all(world.path("home/.aws/sso/cache")).unwrap();
    fs::write(world.path("home/.aws/config"), config).unwrap();
    fs::write(
        world.path("home/.aws/credentials"),
        format!("[static]\naws_access_key_id = {KEY}\naws_secret_access_key = not-a-secret\n"),
    )
    .unwrap();
    fs::write(world.path("token"), "rehearsal-web-identity").unwrap();
    let keys = world.path("keys");
    // Only the words of the line, split as aws splits them, give the keys.
    let script = format!(
        "#!/bin/sh\n[ \"$1 $2\" = '--for the test' ] || exit 9\n\
         echo '{{\"Version\":1,\"AccessKeyId\":\"{KEY}\",\"SecretAccessKey\":\"program-secret-0123456789\"}}'\n"
    );
    fs::write(&keys, script).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).unwrap();
    world
}

pub fn token_file(world: &World, name: &str, text: &str) {
    fs::write(world.path("home/.aws/sso/cache").join(name), text).unwrap();
}

pub fn by_token(world: &mut World, file: &str) {
    let path = world.path(file).display().to_string();
    world
        .set("AWS_WEB_IDENTITY_TOKEN_FILE", path)
        .set("AWS_ROLE_ARN", "arn:aws:iam::000000000000:role/ci");
}

/// A preflight's words.
pub fn words<'a>(exec: &'a str, profile: Option<&'a str>) -> Vec<&'a str> {
    let mut words = vec![
        "--exec",
        exec,
        "preflight",
        "--root-domain",
        "rehearsal.test",
        "--dns-check",
        "false",
    ];
    words.extend(["--write-env", "false", "--region", "us-east-2"]);
    words.extend(profile.into_iter().flat_map(|profile| ["--profile", profile]));
    words
}

/// The program in local mode, where the tools are: inside a container of the toolbox image that `flags` are for.
pub fn in_toolbox(world: &World, flags: &[&str]) -> Command {
    let folder = world.folder.path().display().to_string();
    let mut command = Command::new("docker");
    let user = format!(
        "{}:{}",
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw()
    );
    command
        .args(["run", "--rm", "--init", "--cap-drop", "ALL", "--user", &user])
        .args(flags);
    command.args(["--network", world.get("LAKEHOUSE_TOOLBOX_NETWORK").unwrap()]);
    command.args([
        "--volume",
        &format!("{folder}:{folder}"),
        "--workdir",
        &format!("{folder}/work"),
    ]);
    command.args([
        "--volume",
        &format!("{}:/usr/local/bin/lakehouse:ro", env!("CARGO_BIN_EXE_lakehouse")),
    ]);
    for (name, value) in world.variables() {
        let of_the_account = name.starts_with("AWS_")
            || [
                "HOME",
                "XDG_STATE_HOME",
                "LAKEHOUSE_CHART_REGISTRY",
                "LAKEHOUSE_DNS_SERVER",
            ]
            .contains(&name);
        if of_the_account {
            command.args(["--env", &format!("{name}={value}")]);
        }
    }
    command.arg(toolbox(world));
    command
}

/// The toolbox image, as the program itself names it.
pub fn toolbox(world: &World) -> String {
    let info = world.run(&["toolbox", "info"]).expect(0).report();
    info["toolbox"]["image"].as_str().unwrap().to_owned()
}
