//! Every code a report can hold, with its meaning and remedy: the one source of `docs/codes.md`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($variant:ident $name:literal $meaning:literal $remedy:literal;)*) => {
        /// A stable reason, `SCREAMING_SNAKE` in JSON. Codes are added, never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The name as it stands in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }

            /// What mends it, in general; a finding's own remediation is more exact.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Code::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    AwsNotAuthenticated "AWS_NOT_AUTHENTICATED" "AWS did not accept who is asking: no credentials, wrong keys, or an unknown profile." "Log in (`aws sso login --profile NAME`), or run `aws configure --profile NAME`, then run the command again.";
    AwsSsoExpired "AWS_SSO_EXPIRED" "The single sign-on session has ended or was never started." "`aws sso login --profile NAME`, then run the command again.";
    AwsKeysExpired "AWS_KEYS_EXPIRED" "The temporary keys have expired." "Get new temporary keys from where they came from, then run the command again.";
    AwsAccessDenied "AWS_ACCESS_DENIED" "AWS knows the caller and refuses this question; what was asked about is unknown." "Ask the account's administrator for the action named in the tool's words.";
    AwsThrottled "AWS_THROTTLED" "AWS asked to slow down and went on doing so through all retries; what was asked about is unknown." "Wait a minute and run the command again.";
    AwsUnreachable "AWS_UNREACHABLE" "AWS could not be reached: name, network, proxy or certificate trust." "Check the network, HTTPS_PROXY and the region; behind a corporate proxy set AWS_CA_BUNDLE.";
    RegionNotEnabled "REGION_NOT_ENABLED" "The account has not enabled the region; what was asked about is unknown." "`aws account enable-region --region-name REGION`, or another region with `--region`.";
    AwsUnexpected "AWS_UNEXPECTED" "A tool failed or answered in a way that is not understood; what was asked about is unknown." "Read the tool's words, and run the command again with `--log-level debug`.";
    ClockSkew "CLOCK_SKEW" "This machine's clock differs from AWS's by more than signatures allow." "Set the clock (`timedatectl set-ntp true`), then run the command again.";
    CredentialsNotReachable "CREDENTIALS_NOT_REACHABLE" "The credentials exist but can't be used from where the tools run." "Use `--exec local`, or put temporary keys into the environment.";
    MfaNeeded "MFA_NEEDED" "The profile's role asks for a one-time code (MFA), and there was no terminal to ask for it on, or no answer." "Run on a terminal, or `aws sts get-caller-identity --profile NAME` first, which asks and keeps the role's keys.";
    MfaCodeRefused "MFA_CODE_REFUSED" "AWS refused the one-time code (MFA) that was typed." "Wait for the device's next code, then run the command again.";
    SsoExpiresSoon "SSO_EXPIRES_SOON" "The single sign-on session ends before an install would." "`aws sso login --profile NAME`, then run the command again.";
    AccountChanged "ACCOUNT_CHANGED" "The caller's AWS account is not the one in the env file." "Choose the right profile with `--profile`, or another `--namespace` or `--output-env` for the new account.";
    DockerNotReady "DOCKER_NOT_READY" "The container engine does not answer." "Start Docker (`systemctl start docker`, or Docker Desktop), or use `--exec local`.";
    EngineRemote "ENGINE_REMOTE" "The container engine runs on another machine: the AWS settings of this one don't arrive there." "Choose a local engine (`docker context use default`, unset DOCKER_HOST), or use `--exec local`.";
    ToolboxMissing "TOOLBOX_MISSING" "The toolbox image is not there and could not be built, or is not what its lock says." "`lakehouse toolbox build`, and read what it says.";
    ToolboxDownloadFailed "TOOLBOX_DOWNLOAD_FAILED" "A tool of the toolbox could not be downloaded: its host did not answer, answered with something else, or broke off." "Run the command again; check the network and HTTPS_PROXY, name a mirror by LAKEHOUSE_TOOLBOX_MIRROR_TOOL, or use `--toolbox-source registry`.";
    ToolboxDownloadWrong "TOOLBOX_DOWNLOAD_WRONG" "What a host gave for a tool of the toolbox is not what the lock says, or it sent to a host that is not the tool's. Nothing of it was used." "Do not go on with that host: find out who answers there (proxy, mirror), then run the command again.";
    ToolboxNoRoom "TOOLBOX_NO_ROOM" "The disk has too little room to build the toolbox." "Free some (`docker system df`, `lakehouse toolbox prune`), then `lakehouse toolbox build`.";
    ToolMissing "TOOL_MISSING" "A needed tool is not installed here." "Install it, or use `--exec docker`.";
    ToolTooOld "TOOL_TOO_OLD" "A tool is older than the least version that works." "Upgrade it, or use `--exec docker`.";
    ToolUnsupported "TOOL_UNSUPPORTED" "A tool is newer than the versions that work." "Install the version that is named beside it, or use `--exec docker`.";
    ToolTimedOut "TOOL_TIMED_OUT" "A tool did not end within its time limit and was stopped; what was asked about is unknown." "Check the network and run the command again; `--timeout` sets the limit.";
    ToolFailed "TOOL_FAILED" "A tool could not be started, was killed, printed more than can be read, or did not tell its version; what was asked about is unknown." "Read the tool's words, and run the command again.";
    ChangedMeanwhile "CHANGED_MEANWHILE" "Somebody changed the same thing at the same time, or set the same fields of it; it was left as it is." "Run the command again: it looks at everything anew.";
    OwnedByOthers "OWNED_BY_OTHERS" "Something of the name that install needs stands there and is not this install's; it was left as it is." "Look whose it is; remove it, or choose other names (`--cluster`, `--namespace`).";
    OperationInProgress "OPERATION_IN_PROGRESS" "Another operation on the same thing is under way, or was cut short and left its mark." "Wait until it has ended, then run the command again.";
    InputRefused "INPUT_REFUSED" "A tool, the cluster or AWS refused what was handed in: an unknown field, a schema, an admission webhook." "Read the tool's words, which name the field; mend it, then run the command again.";
    NotReadyInTime "NOT_READY_IN_TIME" "What was made did not become ready in the time that the tool waits; it goes on without the tool." "Run the command again: it goes on with what stands.";
    AwsLimitReached "AWS_LIMIT_REACHED" "A quota of the account is used up: AWS makes no more of the kind." "Ask for more in Service Quotas, or remove what is not needed, then run the command again.";
    StackFailed "STACK_FAILED" "A stack failed, or was rolled back." "`aws cloudformation describe-stack-events --stack-name NAME` shows what failed first; mend that, then run the command again.";
    NoRoute53Zone "NO_ROUTE53_ZONE" "No public Route53 zone holds the root domain." "Create one (`aws route53 create-hosted-zone`), or make the DNS record by hand where the domain is hosted.";
    Route53ZonePrivate "ROUTE53_ZONE_PRIVATE" "The only zone of the root domain is private: the internet does not see it." "Create a public zone of the same name, or make the record where the domain is hosted.";
    Route53ZoneAmbiguous "ROUTE53_ZONE_AMBIGUOUS" "Several public zones could hold the site's record; which one the internet asks is decided where the domain is registered." "Compare the zones' name servers with `dig NS ROOT`, and delete the zones that nothing points to.";
    NoCertificate "NO_CERTIFICATE" "No certificate of this region covers the site's domain." "`aws acm request-certificate --domain-name SITE --validation-method DNS`, validate it, run again.";
    CertNotIssued "CERT_NOT_ISSUED" "A certificate for the site's domain exists and is not issued." "Make its validation record in DNS, wait until it is issued, run again.";
    CertExpired "CERT_EXPIRED" "The certificate for the site's domain has expired." "Request a new one in ACM.";
    CertExpiresSoon "CERT_EXPIRES_SOON" "The certificate for the site's domain expires within 30 days." "Keep its validation record in DNS so that ACM renews it; import or request a new one where ACM does not.";
    CertPrivate "CERT_PRIVATE" "The certificate is of a private authority: browsers trust it only where that authority is installed." "Name a public one with `--cert-arn`, or request one in ACM.";
    CertDomainMismatch "CERT_DOMAIN_MISMATCH" "The certificate that was named does not cover the site's domain." "Name another with `--cert-arn`, or leave it out to have one found.";
    CertWrongRegion "CERT_WRONG_REGION" "The certificate is of another region than the cluster." "Request one in the cluster's region.";
    CertNotFound "CERT_NOT_FOUND" "The certificate that was named does not exist in this account, or is another account's." "Name another with `--cert-arn`, or leave it out to have one found.";
    S3BucketTaken "S3_BUCKET_TAKEN" "The bucket's name is somebody else's, or may not be looked at." "Choose another with `--bucket`.";
    S3BucketWrongRegion "S3_BUCKET_WRONG_REGION" "The bucket is ours and stands in another region." "Choose another with `--bucket`, or the bucket's region with `--region`.";
    S3BucketNameInvalid "S3_BUCKET_NAME_INVALID" "S3 refuses the bucket's name." "Choose another with `--bucket`.";
    BucketOfAnother "BUCKET_OF_ANOTHER" "The bucket that the install would use by its default name holds the lake of another installation." "Name another with `--bucket`.";
    BucketPublic "BUCKET_PUBLIC" "The bucket's own policy lets everybody in." "Choose another with `--bucket`, or take the public statements out of its policy.";
    BucketAclsInUse "BUCKET_ACLS_IN_USE" "The bucket, or its objects, may let others in by access control lists, which lose their effect." "Choose another with `--bucket`, or take those grants away first.";
    StackForeign "STACK_FOREIGN" "A stack of the name that install uses is not this installation's." "Look at the stack that is named; delete it if nothing uses it, or choose another `--cluster` or `--namespace`.";
    StackBusy "STACK_BUSY" "A stack of the installation is being deleted, or is in a state in which nothing can be done with it." "Wait for its end, or look at it with the command that is named, then run the same command again.";
    StackDrifted "STACK_DRIFTED" "Something that a stack of the installation made was removed by hand." "Delete the stack with the command that is named, then run the same command again.";
    StackPartTaken "STACK_PART_TAKEN" "A role or queue that install makes exists already, made by somebody else." "Remove it if nothing uses it, or choose another `--cluster` or `--namespace`.";
    AssociationTaken "ASSOCIATION_TAKEN" "The service account has another role already, by a pod identity association that is not this installation's." "Delete that association if nothing needs it, or choose another `--namespace`.";
    AccessEntryTaken "ACCESS_ENTRY_TAKEN" "The role of Karpenter's nodes has an access entry of another type." "Delete that entry with the command that is named, then run the same command again.";
    KarpenterNotReady "KARPENTER_NOT_READY" "Karpenter's controller is not running as it should be." "`kubectl -n kube-system describe pods -l app.kubernetes.io/name=karpenter` says why; mend that, then run the same command again.";
    DiscoveryTagTaken "DISCOVERY_TAG_TAKEN" "A subnet or security group is marked for another cluster's Karpenter, and the mark has room for one." "Choose other subnets with `--subnets`, or take the tag off.";
    EksClusterNotActive "EKS_CLUSTER_NOT_ACTIVE" "A cluster of this name exists and is not active." "Wait until it is, or look at it with `aws eks describe-cluster`.";
    EksVersionUnsupported "EKS_VERSION_UNSUPPORTED" "The cluster's Kubernetes version is not supported." "Upgrade the cluster, or choose another with `--cluster`.";
    EksVersionExtendedSupport "EKS_VERSION_EXTENDED_SUPPORT" "The cluster's Kubernetes version is in extended support, at a higher price an hour." "Upgrade the cluster by one minor version at a time.";
    EksAuthenticationMode "EKS_AUTHENTICATION_MODE" "The cluster knows its callers by `aws-auth` alone (the mode of its config map): access entries, which install makes, are not possible." "`aws eks update-cluster-config --name CLUSTER --access-config authenticationMode=API_AND_CONFIG_MAP`, then run the same command.";
    StackRolledBack "STACK_ROLLED_BACK" "The making of a stack failed and AWS took it back; its name is taken until it is deleted." "Read what failed first (`aws cloudformation describe-stack-events`), delete the stack (`aws cloudformation delete-stack`), then run the same command.";
    StackDeleteFailed "STACK_DELETE_FAILED" "The deletion of a stack stopped halfway: something that it holds is in use." "Read what is in use (`aws cloudformation describe-stack-events`), remove that, delete the stack again, then run the same command.";
    StackInProgress "STACK_IN_PROGRESS" "A stack is being changed by somebody else, or by AWS." "Wait until that has ended, then run the same command.";
    StackLeftOver "STACK_LEFT_OVER" "A stack of a cluster of this name stands, and the cluster does not." "Look at what the stack holds, delete it (`aws cloudformation delete-stack`), then run the same command.";
    SubnetsUnusable "SUBNETS_UNUSABLE" "The subnets that were named can't hold the cluster: absent, of two VPCs, of one zone, none private, or full." "Name others with `--subnets`, or none: install then makes a VPC.";
    SubnetsQuestionable "SUBNETS_QUESTIONABLE" "The subnets that were named lack a role tag or a way out; the cluster can be made in them." "Add the tag, or the route, that is named.";
    NodeGroupFailed "NODE_GROUP_FAILED" "The node group is not well by EKS's own word." "Read the health issues that are named, mend them, then run the same command.";
    NodeGroupDiffers "NODE_GROUP_DIFFERS" "The node group has another instance type than is wanted; an instance type can't be changed." "Give `--node-type` as it is, or delete the node group and run the same command.";
    AddonFailed "ADDON_FAILED" "An add-on of the cluster failed by EKS's own word." "Read the health issues that are named, mend them, then run the same command.";
    AddonWithoutRole "ADDON_WITHOUT_ROLE" "The EBS driver has no role by which it may make volumes." "`eksctl create podidentityassociation`, as it is named, then run the same command.";
    InstanceTypeNotOffered "INSTANCE_TYPE_NOT_OFFERED" "The region does not offer the node's instance type." "Choose another with `--node-type`.";
    InstanceTypeOneZone "INSTANCE_TYPE_ONE_ZONE" "The region offers the node's instance type in fewer than two zones: a node group over two zones can't be made." "Choose another with `--node-type`.";
    QuotaTooLow "QUOTA_TOO_LOW" "A service quota of the account is too low." "Ask for more in Service Quotas.";
    QuotaNearlyUsed "QUOTA_NEARLY_USED" "A service quota holds what install makes, and little is left after it: less than a fifth, or less than Karpenter may ask for later." "`aws service-quotas request-service-quota-increase`, before the load grows.";
    PermissionMissing "PERMISSION_MISSING" "The caller lacks a permission that install needs." "Ask the account's administrator for the action that is named.";
    PermissionUncertain "PERMISSION_UNCERTAIN" "Whether the caller has a permission that install needs can't be told by a simulation: it depends on conditions or resources of the real call." "Compare with what `lakehouse policy` prints, or ask the account's administrator.";
    DomainNotDelegated "DOMAIN_NOT_DELEGATED" "The internet does not ask the Route53 zone's name servers for the domain: records made there are seen by nobody." "Enter the zone's name servers where the domain is registered, or in its parent zone.";
    DnsRecordForeign "DNS_RECORD_FOREIGN" "The site's name already has a record that points somewhere else." "Remove the record, or choose another name with `--domain`.";
    IngressClassTaken "INGRESS_CLASS_TAKEN" "The cluster's Ingress class `alb` is another controller's, or was left behind by one: what install makes would be made by somebody else, or by nobody." "Look at the class (`kubectl get ingressclass alb -o yaml`); delete it if nothing uses it, or choose another `--cluster`.";
    IngressGroupTaken "INGRESS_GROUP_TAKEN" "Another Ingress stands in the group of the site's Ingress with other wishes for the one load balancer that a group has." "Take that Ingress out of the group, or install into another `--cluster`.";
    LoadBalancerControllerUnusable "LOAD_BALANCER_CONTROLLER_UNUSABLE" "The cluster's load balancer controller is somebody else's and can't make the site's load balancer." "Mend the controller that is named, or remove it: install then brings its own.";
    LoadBalancerNameTaken "LOAD_BALANCER_NAME_TAKEN" "A load balancer of the name that install uses is not this cluster's." "Delete it if nothing needs it, or choose another `--cluster` or `--namespace`.";
    LoadBalancerScheme "LOAD_BALANCER_SCHEME" "Who shall reach the site is not who reaches it now, or can't be set: others would be reached by it too." "Give `--scheme` as it is now, or look at what is named.";
    LoadBalancerNotMade "LOAD_BALANCER_NOT_MADE" "The controller could not make the site's load balancer, and goes on trying." "`kubectl describe ingress -n NAMESPACE` shows its words; mend what they name.";
    TargetsUnhealthy "TARGETS_UNHEALTHY" "The load balancer's health checks are not answered as they should be: no visitor gets past it." "`kubectl get pods -n NAMESPACE` shows how the pods are; their logs say why they don't answer.";
    SiteNotSeen "SITE_NOT_SEEN" "This machine's DNS does not lead the site's name to its load balancer; whether the internet's does is not known." "Wait until older answers have ended (15 minutes), or ask another resolver with `--dns-server`.";
    SiteNotReached "SITE_NOT_REACHED" "The site was not reached from this machine: whether it answers is not known." "Open the site from where its users are.";
    SiteCertificateWrong "SITE_CERTIFICATE_WRONG" "The site's load balancer shows a certificate that is not for the site, or whose time is not now: browsers refuse it." "Name a certificate that covers the site with `--cert-arn`, then run the same command.";
    SiteCertificateUntrusted "SITE_CERTIFICATE_UNTRUSTED" "This machine does not trust the issuer of the site's certificate: a private authority's, or a proxy's in between." "Compare with what the site's users trust; `SSL_CERT_FILE` names another bundle of certificates.";
    SiteFails "SITE_FAILS" "The site is reached and answers with an error." "`kubectl logs` of the site's services says why; `kubectl get pods -n NAMESPACE` shows how they are.";
    SiteNotRedirected "SITE_NOT_REDIRECTED" "The site's plain HTTP does not lead to HTTPS." "`kubectl get ingress -n NAMESPACE` shows whether the redirect is there; run the same command.";
    ChartRegistryUnreachable "CHART_REGISTRY_UNREACHABLE" "The chart registry could not be reached from where the tools run." "Check the network and the proxy there, or name a mirror with `--chart-registry`.";
    ChartNotFound "CHART_NOT_FOUND" "The chart registry answers and does not hold the chart." "Check the mirror that `--chart-registry` names.";
    ChartDiffers "CHART_DIFFERS" "What the chart registry holds under the locked version is not the chart that was locked." "Install nothing from it; a newer `lakehouse` may lock the new one.";
    ClusterUnreachable "CLUSTER_UNREACHABLE" "The cluster's API server did not answer from where the tools run; what stands in the cluster is unknown." "Check the cluster's endpoint access and the network there.";
    ClusterAccessDenied "CLUSTER_ACCESS_DENIED" "The cluster's API server answers and does not let this caller look; what stands in the cluster is unknown." "Ask whoever made the cluster for an access entry.";
    ClusterUnhealthy "CLUSTER_UNHEALTHY" "EKS reports health issues of the cluster or of a node group." "Read the issues that are named, and mend them before the install.";
    ClusterVersionSkew "CLUSTER_VERSION_SKEW" "The nodes' Kubernetes version is newer than the control plane's, or too far behind it." "Upgrade the node group that is named.";
    ReleaseConflict "RELEASE_CONFLICT" "A Helm release in the cluster stands where install would put its own." "Look at the release, or choose another `--namespace` or `--cluster`.";
    ReleaseNewer "RELEASE_NEWER" "A Helm release is of a newer chart than the one that is locked, and install takes nothing back to an older one unasked." "Run the newer `lakehouse`, or take the release back yourself by `helm rollback`.";
    SetValuesRefused "SET_VALUES_REFUSED" "`--set-values` sets a key that install itself sets and needs." "Take the key out of the file; install's own flags set what stands behind it.";
    SetValuesInvalid "SET_VALUES_INVALID" "The chart refuses the values of `--set-values`: its schema or its templates do not take them." "Mend the file by what the chart says in `toolOutput`; `helm show values CHART` lists what it takes.";
    SetValuesUnreadable "SET_VALUES_UNREADABLE" "The Secret in which an earlier run kept the values of `--set-values` holds none that can be read." "Give the values anew with `--set-values FILE`; a file of `{}` takes them all away.";
    ReleasePending "RELEASE_PENDING" "A Helm release is in the middle of a change: a helm is at work on it, or was cut short." "Wait for its end and run the same command: a release of this installation that nobody is at work on any more is brought on by the plan; of another one, `helm history RELEASE -n NAMESPACE` shows who.";
    NamespaceTerminating "NAMESPACE_TERMINATING" "The namespace is being deleted: nothing can be made in it." "Wait until it is gone, or choose another with `--namespace`.";
    AppSecretUnusable "APP_SECRET_UNUSABLE" "The Secret `app-secret` stands and has no token, or is being deleted; install never changes one that stands." "Delete it if nothing needs it (`kubectl delete secret app-secret -n NAMESPACE`), then run the same command: it makes one with a new token.";
    ClusterObjectTaken "CLUSTER_OBJECT_TAKEN" "An object of the whole cluster that install needs is another release's, or nobody's: two lakehouses can't share it." "Choose another cluster (`--cluster`), or remove the object that is named once nobody needs it.";
    InitJobUnknown "INIT_JOB_UNKNOWN" "Whether the Job that prepares the application ever completed is not known: it is gone, as it is an hour after its end, and its release is not this installation's." "Say that it has with the label that is named, or uninstall the release; then run the same command.";
    NodePoolNotReady "NODE_POOL_NOT_READY" "Karpenter can't make nodes of a node pool yet." "`kubectl describe nodepools,ec2nodeclasses` says why: often subnets or security groups without the tag `karpenter.sh/discovery`.";
    VolumeReleased "VOLUME_RELEASED" "The lake's volume is left over from a claim that is gone: no new claim can be bound to it." "Delete the volume's object (`kubectl delete persistentvolume s3-lake`; the bucket and what it holds stay), then run the same command.";
    VolumeDiffers "VOLUME_DIFFERS" "The lake's volume is of another bucket, and a volume can't be changed." "Give the volume's bucket with `--bucket`, or remove the volume; then run the same command.";
    EnvFileExists "ENV_FILE_EXISTS" "The env file exists with other values and was not overwritten." "`--overwrite-env`, or another `--output-env`.";
    EnvFileNotWritten "ENV_FILE_NOT_WRITTEN" "The env file could not be written." "Check the folder's permissions and free space, or choose another place with `--output-env`.";
    NoBilling "NO_BILLING" "The user says that the account has no billing." "Set up billing, then run with `--has-billing true`.";
    NoAdmin "NO_ADMIN" "The user says that they have no administrator rights." "Ask an administrator to run the install, or for the rights.";
    NoDns "NO_DNS" "The user says that they can't change the domain's DNS." "Ask who manages the domain.";
    DnsUnknown "DNS_UNKNOWN" "The site's name could not be looked up; whether it has a record is unknown." "Check the resolver, or name one with `--dns-server`.";
    JournalNotWritten "JOURNAL_NOT_WRITTEN" "The journal can't be written: this run leaves no evidence and may not change anything." "Check the state folder's permissions and free space (`$XDG_STATE_HOME/lakehouse`).";
    ReportNotKept "REPORT_NOT_KEPT" "The run's report could not be kept beside its journal: `lakehouse evidence verify` of this run can see no cut end without a report that was kept elsewhere." "Keep this run's output; check the state folder's permissions and free space (`$XDG_STATE_HOME/lakehouse`).";
    RecordNotWritten "RECORD_NOT_WRITTEN" "The run's signed-off record could not be written beside its journal: nothing but journal and report says what was approved and done." "Keep this run's output and its journal (`lakehouse evidence export RUN`); check the state folder's permissions and free space (`$XDG_STATE_HOME/lakehouse`).";
    EvidenceNotFound "EVIDENCE_NOT_FOUND" "No kept run has this name, or several begin with it." "`lakehouse evidence list` shows the runs.";
    EvidenceNotYours "EVIDENCE_NOT_YOURS" "The run's files belong to another user, or others may write them: what they say may be anybody's." "Ask the owner for `lakehouse evidence export RUN`; take others' right to write with `chmod -R go-w`.";
    EvidenceReadable "EVIDENCE_READABLE" "Others on this machine may read the run's files, which name the account, what stands in it and the commands that made it." "Take others' right to read with `chmod -R go-rwx` on the run's folder.";
    EvidenceNotRead "EVIDENCE_NOT_READ" "The evidence could not be read: whether it is intact is unknown." "Check the file that is named, its kind and its permissions.";
    EvidenceAltered "EVIDENCE_ALTERED" "The run's journal, report or signed-off record is not what the run wrote." "Trust none of them; hold them against a report that was kept elsewhere (`lakehouse evidence verify RUN --report FILE`), and find out who could write the folder.";
    EvidenceUnfinished "EVIDENCE_UNFINISHED" "The run goes on, or it ended without its report: what is there holds together, and nothing says that it is all." "Wait for the run's end and verify again; of a run that was killed, nothing more will come.";
    EvidenceNotWritten "EVIDENCE_NOT_WRITTEN" "The export was not written: its file exists, the folder refuses it, or the journal is too large for one file." "Choose another file with `--to`; `--to -` prints it.";
    EventsNotWritten "EVENTS_NOT_WRITTEN" "The event stream (`--events`) could not be written whole: its reader was gone or too slow, or its file could not take more. The run went on, and its report is whole." "Read the report; for the next run check the free space and the reader of the stream, or name another file with `--events`.";
    ReadOnlyRefused "READ_ONLY_REFUSED" "A command that would change something was refused in a read-only run." "Run without `--read-only` if the change is wanted.";
    PlanChanged "PLAN_CHANGED" "What stands in the account or the cluster changed after the plan was approved: what would be written is not what was approved." "Run the same command without `--approve`, look at the new plan, and approve that.";
    ClusterChanged "CLUSTER_CHANGED" "The cluster of this name is not the one that the plan was approved for." "Run the same command without `--approve`, and look at the new plan.";
    StepNotSettled "STEP_NOT_SETTLED" "What a step wrote is not kept: something else changes it, or it can't be so." "Look for another controller or person that changes it (CloudTrail, the object's managed fields), then run the same command.";
    StepTimedOut "STEP_TIMED_OUT" "What a step waits for did not become ready in time; it may still become so." "Run the same command: it looks again and goes on waiting; `lakehouse evidence show latest` has what was asked.";
    WorkloadMissing "WORKLOAD_MISSING" "A workload that a chart makes is not there: removed by hand." "`helm rollback RELEASE -n NAMESPACE` makes it anew, then run the same command.";
    WorkloadStopped "WORKLOAD_STOPPED" "A workload is paused, suspended or scaled to nothing: it never becomes ready by itself." "`kubectl scale`, or `kubectl rollout resume`, as it is named, then run the same command.";
    JobFailed "JOB_FAILED" "A Job failed, or pods of it did and it tries again." "Read its last lines, mend what they name, delete the Job, then run the same command.";
    NamespaceQuotaExceeded "NAMESPACE_QUOTA_EXCEEDED" "A `ResourceQuota` of the namespace does not allow what an install makes." "Have it raised, or choose another `--namespace`.";
    PodRefused "POD_REFUSED" "The cluster's API server refuses to make a workload's pods: a `LimitRange`, the pod security level, an admission webhook, an absent service account." "`kubectl describe` the workload, as it is named, and mend what it says; then run the same command.";
    ImageNotFound "IMAGE_NOT_FOUND" "A registry does not have an image, or its name is none." "See that name and tag are right and that a mirror holds it, then run the same command.";
    ImageDenied "IMAGE_DENIED" "A registry does not give an image to the nodes." "Give the nodes' role, or the service account, the right to pull it, then run the same command.";
    ImageNotPulled "IMAGE_NOT_PULLED" "An image is not pulled yet: its registry was not reached from the nodes, or asked to slow down." "See that the nodes' subnets have a way out, then run the same command.";
    ContainerOutOfMemory "CONTAINER_OUT_OF_MEMORY" "A container used more memory than it may and was killed." "Give it more in the values (`--set-values`), then run the same command.";
    ContainerCrashes "CONTAINER_CRASHES" "A container ends again and again." "`kubectl logs POD --previous` has its last lines; mend what they name, then run the same command.";
    ContainerNotStarted "CONTAINER_NOT_STARTED" "A container can't be made or started: a Secret or `ConfigMap` that it reads is not there, or its command is refused." "`kubectl describe pod` says why; mend that, then run the same command.";
    ContainerNotReady "CONTAINER_NOT_READY" "A container runs, and its readiness probe fails." "`kubectl describe pod` shows the probe's answer, `kubectl logs` what it does; then run the same command.";
    VolumeClaimUnbound "VOLUME_CLAIM_UNBOUND" "A claim has no volume: no such storage class, or its driver can't make one." "`kubectl describe pvc`, as it is named, says why; mend that, then run the same command.";
    VolumeNotMounted "VOLUME_NOT_MOUNTED" "A volume can't be attached or mounted." "`kubectl describe pod` says which and why; mend that, then run the same command.";
    PodUnschedulable "POD_UNSCHEDULABLE" "No node takes a pod: too little room, taints, selectors, or a volume's place." "`kubectl describe pod` has the scheduler's words; make room as it is named, then run the same command.";
    PodEvicted "POD_EVICTED" "A node put a pod out because it ran short of memory or disk." "Give the nodes more (`--node-type`), then run the same command.";
    ServiceWithoutEndpoints "SERVICE_WITHOUT_ENDPOINTS" "A service reaches no pod that is ready." "`kubectl describe service` and `kubectl get pods` show why, then run the same command.";
    KubeconfigNotWritten "KUBECONFIG_NOT_WRITTEN" "The user's own kubeconfig could not take the cluster's context; the install itself stands." "Mend the file that is named, or run `aws eks update-kubeconfig`; then run the same command.";
    InstallHeld "INSTALL_HELD" "Another run installs into this cluster: two at once would write over each other." "Wait for its end, then run the same command.";
    InstallLockFailed "INSTALL_LOCK_FAILED" "The lock that keeps two installs of this machine apart could not be taken, so nothing was written." "Make the state folder (`$XDG_STATE_HOME`, else `~/.local/state`) writable, then run the same command.";
    Interrupted "INTERRUPTED" "The run was stopped by a signal before its end." "Run the command again: it looks at everything anew.";
    Internal "INTERNAL" "Something that should not happen did; nothing is claimed about the account." "Report it, with the journal of the run.";
}
