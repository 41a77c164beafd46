//! aws: EKS, `CloudFormation`, IAM, SQS, S3 and EC2, as far as an install asks them.

use super::{
    ACCOUNT, Association, Bucket, CLUSTER, Cloud, REGION, Reply, Stack, TIME, Tags, arn, flag, list, listed,
    map,
};
use serde_json::{Value, json};

/// Two private subnets and two public ones.
const SUBNETS: [(&str, &str, bool); 4] = [
    ("subnet-0a", "us-east-2a", false),
    ("subnet-0b", "us-east-2b", false),
    ("subnet-0d", "us-east-2a", true),
    ("subnet-0e", "us-east-2b", true),
];
const GROUP: &str = "sg-01";

impl Cloud {
    pub(super) fn aws(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        match words[1] {
            "sts" => Reply::good(&json!({
                "UserId": "AIDAX", "Account": ACCOUNT, "Arn": format!("arn:aws:iam::{ACCOUNT}:user/t")
            })),
            "eks" => self.eks(words),
            "cloudformation" => self.cloudformation(words, stdin),
            "iam" => self.iam(words),
            "sqs" => self.sqs(words),
            "s3api" => self.s3(words, stdin),
            "ec2" => self.ec2(words),
            "elbv2" => self.elbv2(words),
            "route53" => self.route53(words, stdin),
            other => panic!("no service {other}"),
        }
    }

    #[allow(clippy::too_many_lines, reason = "one arm a command of EKS")]
    fn eks(&mut self, words: &[&str]) -> Reply {
        let absent = |operation: &str| Reply::refused("ResourceNotFoundException", operation, "Not found.");
        if words[2] == "get-token" {
            return Reply::good(&json!({
                "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "spec": {},
                "status": { "expirationTimestamp": "2099-01-01T00:00:00Z", "token": "k8s-aws-v1.dGhlLXRva2VuLW9mLXRoZS10ZXN0" }
            }));
        }
        let Some(tags) = &mut self.cluster else {
            return Reply::refused(
                "ResourceNotFoundException",
                "DescribeCluster",
                &format!("No cluster found for name: {CLUSTER}."),
            );
        };
        match words[2] {
            "describe-cluster" => Reply::good(&json!({ "cluster": {
                "name": CLUSTER, "arn": arn("eks", &format!("cluster/{CLUSTER}")), "status": "ACTIVE",
                "version": "1.34", "endpoint": "https://cluster.invalid", "certificateAuthority": { "data": "QUJD" },
                "health": { "issues": [] }, "tags": tags, "accessConfig": { "authenticationMode": "API_AND_CONFIG_MAP" },
                "resourcesVpcConfig": {
                    "vpcId": "vpc-01", "subnetIds": SUBNETS.map(|(id, ..)| id), "clusterSecurityGroupId": GROUP,
                    "endpointPublicAccess": true, "endpointPrivateAccess": false, "publicAccessCidrs": ["0.0.0.0/0"]
                }
            }})),
            "tag-resource" => {
                tags.extend(map(flag(words, "--tags")));
                Reply::text("")
            }
            "list-nodegroups" => {
                Reply::good(&json!({ "nodegroups": self.node_group.iter().collect::<Vec<_>>() }))
            }
            "describe-nodegroup" => Reply::good(&json!({ "nodegroup": {
                "nodegroupName": flag(words, "--nodegroup-name"), "clusterName": CLUSTER, "status": "ACTIVE",
                "version": "1.34", "health": { "issues": [] }, "instanceTypes": ["t3.large"],
                "scalingConfig": { "minSize": 2, "maxSize": 2, "desiredSize": 2 }, "tags": {}
            }})),
            "list-addons" => Reply::good(&json!({ "addons": self.addons.keys().collect::<Vec<_>>() })),
            "describe-addon" => {
                let name = flag(words, "--addon-name");
                match self.addons.get(name) {
                    None => absent("DescribeAddon"),
                    Some(tags) => Reply::good(&json!({ "addon": {
                        "addonName": name, "clusterName": CLUSTER, "status": "ACTIVE", "health": { "issues": [] },
                        "addonArn": arn("eks", &format!("addon/{CLUSTER}/{name}/e29ae72a")),
                        "tags": tags, "podIdentityAssociations": []
                    }})),
                }
            }
            "create-addon" => {
                let (name, tags) = (flag(words, "--addon-name"), map(flag(words, "--tags")));
                if self.addons.contains_key(name) {
                    return Reply::refused("ResourceInUseException", "CreateAddon", "Addon already exists.");
                }
                self.addons.insert(name.to_owned(), tags);
                self.make(format!("add-on {name}"));
                Reply::good(&json!({ "addon": { "addonName": name, "status": "CREATING" } }))
            }
            "list-pod-identity-associations" => {
                let subject = format!(
                    "{}/{}",
                    flag(words, "--namespace"),
                    flag(words, "--service-account")
                );
                let found = self.associations.iter().filter(|(_, one)| one.subject == subject);
                let found: Vec<Value> = found.map(|(id, one)| summary(id, one)).collect();
                Reply::good(&json!({ "associations": found }))
            }
            "describe-pod-identity-association" => {
                let id = flag(words, "--association-id");
                match self.associations.get(id) {
                    None => absent("DescribePodIdentityAssociation"),
                    Some(one) => Reply::good(&json!({ "association": whole(id, one) })),
                }
            }
            "create-pod-identity-association" => self.associate(words),
            "update-pod-identity-association" => {
                let id = flag(words, "--association-id");
                let one = self.associations.get_mut(id).unwrap();
                flag(words, "--role-arn").clone_into(&mut one.role);
                Reply::good(&json!({ "association": whole(id, one) }))
            }
            "describe-access-entry" => {
                let principal = flag(words, "--principal-arn");
                match self.entries.get(principal) {
                    None => absent("DescribeAccessEntry"),
                    Some((kind, tags)) => Reply::good(&json!({ "accessEntry": {
                        "clusterName": CLUSTER, "principalArn": principal, "kubernetesGroups": [], "username": "",
                        "accessEntryArn": arn("eks", "access-entry/demo/7d41bdd7"), "tags": tags, "type": kind
                    }})),
                }
            }
            "create-access-entry" => {
                let principal = flag(words, "--principal-arn").to_owned();
                if self.entries.contains_key(&principal) {
                    return Reply::refused(
                        "ResourceInUseException",
                        "CreateAccessEntry",
                        "It exists already.",
                    );
                }
                self.make(format!("access entry {principal}"));
                let entry = (flag(words, "--type").to_owned(), map(flag(words, "--tags")));
                self.entries.insert(principal, entry);
                Reply::text("{}\n")
            }
            other => panic!("eks {other}"),
        }
    }

    fn associate(&mut self, words: &[&str]) -> Reply {
        let subject = format!(
            "{}/{}",
            flag(words, "--namespace"),
            flag(words, "--service-account")
        );
        if self.associations.values().any(|one| one.subject == subject) {
            return Reply::refused(
                "ResourceInUseException",
                "CreatePodIdentityAssociation",
                "It exists.",
            );
        }
        let one = Association {
            subject: subject.clone(),
            role: flag(words, "--role-arn").to_owned(),
            tags: map(flag(words, "--tags")),
        };
        self.make(format!("association {subject}"));
        let id = association_id(&subject);
        let told = whole(&id, &one);
        self.associations.insert(id, one);
        Reply::good(&json!({ "association": told }))
    }

    fn cloudformation(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        let name = flag(words, "--stack-name");
        let id = arn("cloudformation", &format!("stack/{name}/1"));
        match words[2] {
            "create-stack" if self.stacks.contains_key(name) => Reply::refused(
                "AlreadyExistsException",
                "CreateStack",
                &format!("Stack [{name}] already exists"),
            ),
            "create-stack" | "update-stack" => {
                let template: Value = serde_json::from_str(stdin.unwrap()).unwrap();
                let tags: Value = serde_json::from_str(flag(words, "--tags")).unwrap();
                let status = if words[2] == "create-stack" {
                    self.make(format!("stack {name}"));
                    "CREATE_COMPLETE"
                } else {
                    "UPDATE_COMPLETE"
                };
                let outputs = self.resources(&template);
                let stack = Stack {
                    status: status.to_owned(),
                    tags: listed(&tags),
                    outputs,
                    template,
                    reason: None,
                    coming: 2,
                };
                self.stacks.insert(name.to_owned(), stack);
                Reply::good(&json!({ "StackId": id }))
            }
            verb => {
                let Some(stack) = self.stacks.get_mut(name) else {
                    let operation = if verb == "get-template" {
                        "GetTemplate"
                    } else {
                        "DescribeStacks"
                    };
                    let message = format!("Stack with id {name} does not exist");
                    return Reply::refused("ValidationError", operation, &message);
                };
                match verb {
                    "get-template" => Reply::good(
                        &json!({ "StagesAvailable": ["Original"], "TemplateBody": stack.template }),
                    ),
                    "describe-stack-events" => Reply::good(&json!({ "NextToken": null, "StackEvents": [{
                        "StackName": name, "LogicalResourceId": "Role", "ResourceType": "AWS::IAM::Role",
                        "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": stack.reason, "Timestamp": TIME,
                        "ClientRequestToken": null
                    }]})),
                    _ => {
                        let coming = stack.coming > 0;
                        stack.coming = stack.coming.saturating_sub(1);
                        let status = match (coming, stack.status.as_str()) {
                            (true, "UPDATE_COMPLETE") => "UPDATE_IN_PROGRESS",
                            (true, _) => "CREATE_IN_PROGRESS",
                            (false, status) => status,
                        };
                        let output = |(key, value): (&String, &String)| json!({ "OutputKey": key, "OutputValue": value });
                        Reply::good(&json!({ "Stacks": [{
                            "StackId": id, "StackName": name, "CreationTime": TIME, "StackStatus": status,
                            "StackStatusReason": "", "Tags": list(&stack.tags), "EnableTerminationProtection": false,
                            "Outputs": stack.outputs.iter().map(output).collect::<Vec<_>>()
                        }]}))
                    }
                }
            }
        }
    }

    /// Makes a template's roles and queues; gives its outputs.
    fn resources(&mut self, template: &Value) -> Tags {
        let resources = template["Resources"].as_object().unwrap().clone();
        let named = |name: &str, key: &str| resources[name]["Properties"][key].as_str().map(str::to_owned);
        for name in resources.keys() {
            self.roles.extend(named(name, "RoleName"));
            self.queues.extend(named(name, "QueueName"));
        }
        let outputs = template["Outputs"].as_object().into_iter().flatten();
        outputs
            .map(|(key, output)| {
                let of = output["Value"]["Fn::GetAtt"][0].as_str().unwrap();
                let role = named(of, "RoleName").map(|name| arn("iam", &format!("role/{name}")));
                (key.clone(), role.or_else(|| named(of, "QueueName")).unwrap())
            })
            .collect()
    }

    fn iam(&mut self, words: &[&str]) -> Reply {
        if words[2] == "create-service-linked-role" {
            let name = "AWSServiceRoleForEC2Spot";
            if !self.roles.insert(name.to_owned()) {
                return taken_role();
            }
            self.make(format!("role {name}"));
            return Reply::text("{}\n");
        }
        let name = flag(words, "--role-name");
        if !self.roles.contains(name) {
            let message = format!("The role with name {name} cannot be found.");
            return Reply::refused("NoSuchEntity", "GetRole", &message);
        }
        match words[2] {
            "get-role" => Reply::good(&json!({ "Role": {
                "Path": "/", "RoleName": name, "Arn": arn("iam", &format!("role/{name}")), "CreateDate": TIME
            }})),
            "list-attached-role-policies" => Reply::good(&json!({ "AttachedPolicies": [{
                "PolicyName": "AmazonEBSCSIDriverPolicyV2",
                "PolicyArn": "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicyV2"
            }]})),
            other => panic!("iam {other}"),
        }
    }

    fn sqs(&self, words: &[&str]) -> Reply {
        if words[2] == "get-queue-attributes" {
            let name = flag(words, "--queue-url").rsplit('/').next().unwrap();
            return Reply::good(&json!({ "Attributes": { "QueueArn": arn("sqs", name) } }));
        }
        let name = flag(words, "--queue-name");
        if self.queues.contains(name) {
            return Reply::good(
                &json!({ "QueueUrl": format!("https://sqs.us-east-2.amazonaws.com/{ACCOUNT}/{name}") }),
            );
        }
        Reply::refused(
            "AWS.SimpleQueueService.NonExistentQueue",
            "GetQueueUrl",
            "The specified queue does not exist.",
        )
    }

    fn s3(&mut self, words: &[&str], stdin: Option<&str>) -> Reply {
        if words[2] == "create-bucket" {
            return match &self.bucket {
                Some(bucket) if bucket.foreign => {
                    Reply::refused("BucketAlreadyExists", "CreateBucket", "It exists.")
                }
                Some(_) => Reply::refused("BucketAlreadyOwnedByYou", "CreateBucket", "It is yours."),
                None => {
                    self.bucket = Some(Bucket::default());
                    self.make("bucket");
                    Reply::good(&json!({ "Location": "http://demo-bucket.s3.amazonaws.com/" }))
                }
            };
        }
        let Some(bucket) = &mut self.bucket else {
            return if words[2] == "head-bucket" {
                Reply::refused("404", "HeadBucket", "Not Found")
            } else {
                Reply::refused("NoSuchBucket", "Any", "The specified bucket does not exist")
            };
        };
        if bucket.foreign {
            return Reply::refused(
                if words[2] == "head-bucket" {
                    "403"
                } else {
                    "AccessDenied"
                },
                "Any",
                "Forbidden",
            );
        }
        let there = |is: bool, code: &str, answer: Value| {
            if is {
                Reply::good(&answer)
            } else {
                Reply::refused(code, "Get", "There is none")
            }
        };
        match words[2] {
            "head-bucket" => Reply::good(&json!({ "BucketRegion": REGION })),
            "list-objects-v2" => Reply::good(&json!({ "KeyCount": 0 })),
            "get-bucket-acl" => {
                Reply::good(&json!({ "Owner": { "ID": "me" }, "Grants": [{ "Grantee": { "ID": "me" } }] }))
            }
            "get-public-access-block" => there(
                bucket.closed,
                "NoSuchPublicAccessBlockConfiguration",
                json!({
                "PublicAccessBlockConfiguration": { "BlockPublicAcls": true, "IgnorePublicAcls": true,
                    "BlockPublicPolicy": true, "RestrictPublicBuckets": true } }),
            ),
            "get-bucket-encryption" => there(
                bucket.encrypted,
                "ServerSideEncryptionConfigurationNotFoundError",
                json!({
                "ServerSideEncryptionConfiguration": { "Rules": [{
                    "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" }, "BucketKeyEnabled": true }] } }),
            ),
            "get-bucket-ownership-controls" => there(
                bucket.enforced,
                "OwnershipControlsNotFoundError",
                json!({
                "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] } }),
            ),
            "get-bucket-policy" => there(
                bucket.policy.is_some(),
                "NoSuchBucketPolicy",
                json!({ "Policy": bucket.policy }),
            ),
            "get-bucket-tagging" => there(
                !bucket.tags.is_empty(),
                "NoSuchTagSet",
                json!({ "TagSet": list(&bucket.tags) }),
            ),
            "get-bucket-versioning" => {
                Reply::good(&json!({ "Status": bucket.versioned.then_some("Enabled") }))
            }
            verb => {
                match verb {
                    "put-public-access-block" => bucket.closed = true,
                    "put-bucket-encryption" => bucket.encrypted = true,
                    "put-bucket-ownership-controls" => bucket.enforced = true,
                    "put-bucket-versioning" => bucket.versioned = true,
                    "put-bucket-policy" => bucket.policy = stdin.map(str::to_owned),
                    "put-bucket-tagging" => {
                        let set: Value = serde_json::from_str(flag(words, "--tagging")).unwrap();
                        bucket.tags = listed(&set["TagSet"]);
                    }
                    other => panic!("s3api {other}"),
                }
                Reply::text("")
            }
        }
    }

    fn ec2(&mut self, words: &[&str]) -> Reply {
        let tags = |id: &str| self.tags.get(id).map_or_else(|| json!([]), list);
        match words[2] {
            "describe-subnets" => {
                let subnet = |(id, zone, public): &(&str, &str, bool)| {
                    json!({ "SubnetId": id, "VpcId": "vpc-01", "AvailabilityZone": zone, "AvailableIpAddressCount": 4091,
                        "MapPublicIpOnLaunch": public, "CidrBlock": "192.168.0.0/19", "Tags": tags(id) })
                };
                Reply::good(&json!({ "Subnets": SUBNETS.iter().map(subnet).collect::<Vec<_>>() }))
            }
            "describe-route-tables" => Reply::good(&json!({ "RouteTables": [
                { "RouteTableId": "rtb-01", "VpcId": "vpc-01", "Associations": [{ "Main": true }],
                  "Routes": [{ "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-01", "State": "active" }] },
                { "RouteTableId": "rtb-02", "VpcId": "vpc-01",
                  "Associations": [{ "Main": false, "SubnetId": "subnet-0d" }, { "Main": false, "SubnetId": "subnet-0e" }],
                  "Routes": [{ "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-01", "State": "active" }] }
            ]})),
            "describe-security-groups" => Reply::good(&json!({ "SecurityGroups": [
                { "GroupId": GROUP, "VpcId": "vpc-01", "Tags": tags(GROUP) }
            ]})),
            "create-tags" => {
                let set: Value = serde_json::from_str(flag(words, "--tags")).unwrap();
                let ids = words.iter().skip_while(|word| **word != "--resources").skip(1);
                for id in ids.take_while(|word| !word.starts_with("--")) {
                    self.tags
                        .entry((*id).to_owned())
                        .or_default()
                        .extend(listed(&set));
                }
                Reply::text("")
            }
            other => panic!("ec2 {other}"),
        }
    }
}

pub fn taken_role() -> Reply {
    Reply::refused(
        "InvalidInput",
        "CreateServiceLinkedRole",
        "Service role name AWSServiceRoleForEC2Spot has been taken in this account, please try a different suffix.",
    )
}

pub fn association_id(subject: &str) -> String {
    format!("a-{}", subject.replace('/', "-"))
}

fn summary(id: &str, one: &Association) -> Value {
    let (namespace, account) = one.subject.split_once('/').unwrap();
    json!({ "clusterName": CLUSTER, "namespace": namespace, "serviceAccount": account, "associationId": id,
        "associationArn": arn("eks", &format!("podidentityassociation/{CLUSTER}/{id}")) })
}

fn whole(id: &str, one: &Association) -> Value {
    let mut whole = summary(id, one);
    whole["roleArn"] = one.role.clone().into();
    whole["tags"] = json!(one.tags);
    whole
}
