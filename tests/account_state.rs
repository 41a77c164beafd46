//! The rehearsal's own words about what it holds: what tests of an install compare must itself be right.

mod common;

use common::rehearsal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// One request to the account, without a body.
fn asked(world: &common::World, method: &str, path: &str) -> Value {
    let address = world
        .get("AWS_ENDPOINT_URL")
        .unwrap()
        .trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A script of the real aws in the toolbox image, on the account's network.
fn aws(world: &common::World, script: &str) {
    let network = world.get("LAKEHOUSE_TOOLBOX_NETWORK").unwrap();
    let image = rehearsal::docker(&["image", "ls", "--quiet", "lakehouse-toolbox"]);
    let image = image
        .lines()
        .next()
        .expect("no toolbox image: run scripts/rehearse up");
    let folder = std::path::Path::new(world.get("AWS_CONFIG_FILE").unwrap())
        .parent()
        .unwrap();
    let user = format!(
        "{}:{}",
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw()
    );
    let mut child = Command::new("docker")
        .args([
            "run",
            "--rm",
            "--interactive",
            "--network",
            network,
            "--user",
            &user,
        ])
        .args(["--volume", &format!("{}:/aws:ro", folder.display())])
        .args(["--env", "AWS_CONFIG_FILE=/aws/config"])
        .args(["--env", "AWS_SHARED_CREDENTIALS_FILE=/aws/credentials"])
        .args([
            "--env",
            "AWS_PROFILE=rehearsal",
            "--env",
            "AWS_PAGER=",
            "--env",
            "HOME=/tmp",
        ])
        .args([
            "--env",
            &format!("AWS_ENDPOINT_URL={}", world.get("AWS_ENDPOINT_URL").unwrap()),
        ])
        .args(["--entrypoint", "sh", image, "-eu"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{script}");
}

const MAKE: &str = r#"
cat /proc/sys/kernel/random/uuid >/tmp/token
cat >/tmp/t.json <<'T'
{"Parameters": {"C": {"Type": "String"}},
 "Resources": {
  "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": "${C}-role"}, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
   "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}]}},
  "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "C"}, "MessageRetentionPeriod": 300, "SqsManagedSseEnabled": true}},
  "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["aws.ec2"]}, "Targets": [{"Id": "T", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}}}
T
aws cloudformation create-stack --stack-name state-test --template-body file:///tmp/t.json --capabilities CAPABILITY_NAMED_IAM \
    --parameters ParameterKey=C,ParameterValue=state-test --tags Key=mark,Value=m --client-request-token one
aws cloudformation create-stack --stack-name state-test --template-body file:///tmp/t.json --capabilities CAPABILITY_NAMED_IAM \
    --parameters ParameterKey=C,ParameterValue=state-test --tags Key=mark,Value=m --client-request-token one
aws cloudformation wait stack-create-complete --stack-name state-test
aws s3api create-bucket --bucket state-test --create-bucket-configuration LocationConstraint=us-east-2
aws s3api put-bucket-versioning --bucket state-test --versioning-configuration Status=Enabled
for try in first again; do
aws eks create-pod-identity-association --cluster-name standing --namespace state --service-account test \
    --role-arn arn:aws:iam::000000000000:role/state-test-role --tags mark=m --client-request-token state-$(cat /tmp/token)
done
aws ec2 create-tags --resources subnet-0b0000000000000a1 --tags Key=state-test,Value=1
"#;

const UNMAKE: &str = r"
aws ec2 delete-tags --resources subnet-0b0000000000000a1 --tags Key=state-test
aws eks delete-pod-identity-association --cluster-name standing --association-id \
    $(aws eks list-pod-identity-associations --cluster-name standing --namespace state --query 'associations[0].associationId' --output text)
aws s3api delete-bucket --bucket state-test
aws cloudformation delete-stack --stack-name state-test
aws cloudformation wait stack-delete-complete --stack-name state-test
";

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn equal_installs_give_equal_states_and_each_write_is_counted() {
    let world = rehearsal::world();
    let before = asked(&world, "GET", "/_rehearsal/state");
    asked(&world, "DELETE", "/_rehearsal/writes");
    aws(&world, MAKE);
    let made = asked(&world, "GET", "/_rehearsal/state");
    let writes = asked(&world, "GET", "/_rehearsal/writes");
    aws(&world, UNMAKE);
    // What is gone leaves nothing behind, and what is made again is the same, whatever ids it has.
    assert_eq!(asked(&world, "GET", "/_rehearsal/state"), before);
    aws(&world, MAKE);
    let again = asked(&world, "GET", "/_rehearsal/state");
    aws(&world, UNMAKE);
    assert_eq!(made, again);

    // The second create-stack came with the token of the first, and made nothing.
    for action in [
        "cloudformation:CreateStack",
        "s3:CreateBucket",
        "eks:CreatePodIdentityAssociation",
    ] {
        assert_eq!(writes["counts"][action], 1, "{action}: {writes:#}");
    }
    assert_eq!(writes["writes"].as_array().unwrap().len(), 5, "{writes:#}");

    assert_eq!(made["stacks"]["state-test"]["status"], "CREATE_COMPLETE");
    assert_eq!(made["stacks"]["state-test"]["tags"], json!({"mark": "m"}));
    assert_eq!(made["iam"]["roles"]["state-test-role"]["tags"]["mark"], "m");
    let own = &made["iam"]["roles"]["state-test-role"]["inline"]["own"]["Statement"][0];
    assert_eq!(own["Resource"], "arn:aws:sqs:us-east-2:000000000000:state-test");
    assert_eq!(
        made["queues"]["state-test"]["attributes"]["MessageRetentionPeriod"],
        "300"
    );
    assert_eq!(made["rules"]["state-test-Rule-<made>"]["targets"][0]["Id"], "T");
    assert_eq!(made["buckets"]["state-test"]["versioning"], "Enabled");
    assert_eq!(
        made["buckets"]["state-test"]["publicAccessBlock"]["BlockPublicPolicy"],
        "true"
    );
    let association = &made["clusters"]["standing"]["associations"]["state/test"];
    assert_eq!(association["tags"], json!({"mark": "m"}));
    let subnets = made["network"]["2-subnets"].as_array().unwrap();
    assert!(subnets.iter().any(|subnet| subnet["tags"]["state-test"] == "1"));
}
