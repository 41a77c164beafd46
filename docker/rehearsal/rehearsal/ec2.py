"""EC2: which instance types are offered where, their true sizes, and the CPU options of instances."""

import fnmatch
import re

from ministack.core.responses import get_region
from ministack.services import ec2

ZONES = "abc"
# type: vCPUs, MiB. Offered in every zone of every region unless SCARCE says where not.
SIZES = {
    "t2.micro": (1, 1024), "t2.small": (1, 2048), "t2.medium": (2, 4096), "t2.large": (2, 8192),
    "t3.micro": (2, 1024), "t3.small": (2, 2048), "t3.medium": (2, 4096), "t3.large": (2, 8192),
    "t3.xlarge": (4, 16384), "t3.2xlarge": (8, 32768), "t3a.large": (2, 8192), "t3a.xlarge": (4, 16384),
    "t4g.medium": (2, 4096), "t4g.large": (2, 8192), "t4g.xlarge": (4, 16384),
    "m5.large": (2, 8192), "m5.xlarge": (4, 16384), "m5.2xlarge": (8, 32768), "m5.4xlarge": (16, 65536),
    "m5a.large": (2, 8192), "m5a.xlarge": (4, 16384), "m6i.large": (2, 8192), "m6i.xlarge": (4, 16384),
    "m6i.2xlarge": (8, 32768), "m6g.large": (2, 8192), "m6g.xlarge": (4, 16384), "m7i.large": (2, 8192),
    "m7i.xlarge": (4, 16384), "m7g.large": (2, 8192), "c5.large": (2, 4096), "c5.xlarge": (4, 8192),
    "c5.2xlarge": (8, 16384), "c6i.large": (2, 4096), "c6i.xlarge": (4, 8192), "c7i.large": (2, 4096),
    "r5.large": (2, 16384), "r5.xlarge": (4, 32768), "r6i.large": (2, 16384), "r6i.xlarge": (4, 32768),
    "i3.large": (2, 15616), "g5.xlarge": (4, 16384), "p5.48xlarge": (192, 2097152),
}
SCARCE = {  # type: zone letters that have it, in the regions named (empty: in no other region either)
    "m7i.large": {"us-east-2": "ab"},
    "p5.48xlarge": {"us-east-2": "b"},
    "i3.large": {"eu-west-1": "abc"},
}
ARM = re.compile(r"^[a-z]+\dg[a-z]*\.")


def zones_of(instance_type):
    if instance_type not in SCARCE:
        return ZONES
    return SCARCE[instance_type].get(get_region(), "")


def locations(instance_type, kind):
    region, letters = get_region(), zones_of(instance_type)
    if kind == "region":
        return [region] if letters else []
    names = [f"{region}{letter}" for letter in letters]
    return [ec2._az_id_for_zone_name(name) for name in names] if kind == "availability-zone-id" else names


def matches(filters, instance_type, location):
    def any_of(name, value):
        return name not in filters or any(fnmatch.fnmatchcase(value, pattern) for pattern in filters[name])

    return any_of("instance-type", instance_type) and any_of("location", location)


def describe_offerings(params):
    kind = ec2._p(params, "LocationType") or "region"
    if kind not in ("region", "availability-zone", "availability-zone-id"):
        return ec2._error("InvalidParameterValue", f"Value ({kind}) for parameter locationType is invalid.", 400)
    filters = ec2._parse_filters(params)
    unknown = sorted(set(filters) - {"instance-type", "location"})
    if unknown:
        return ec2._error("InvalidParameterValue", f"The filter '{unknown[0]}' is invalid", 400)
    offered = [
        (name, where) for name in SIZES for where in locations(name, kind) if matches(filters, name, where)
    ]
    start = int(ec2._p(params, "NextToken") or 0)
    end = start + int(ec2._p(params, "MaxResults") or 1000)
    items = "".join(
        f"<item><instanceType>{name}</instanceType><locationType>{kind}</locationType><location>{where}</location></item>"
        for name, where in offered[start:end]
    )
    following = f"<nextToken>{end}</nextToken>" if end < len(offered) else ""
    return ec2._xml(
        200,
        "DescribeInstanceTypeOfferingsResponse",
        f"<instanceTypeOfferingSet>{items}</instanceTypeOfferingSet>{following}",
    )


def describe_types(params):
    """ministack's answer with true sizes; AWS refuses types that it does not have."""
    wanted = ec2._parse_member_list(params, "InstanceType")
    unknown = [name for name in wanted if not (name in SIZES and zones_of(name))]
    if unknown:
        listed = ", ".join(unknown)
        return ec2._error(
            "InvalidInstanceType", f"The following supplied instance types do not exist: [{listed}]", 400
        )
    status, headers, body = ministack_describe_types(params)
    text = body.decode()
    items = re.findall(r"<item>\s*<instanceType>.*?</autoRecoverySupported>\s*</item>", text, re.S)
    for item in items:
        name = re.search(r"<instanceType>(.*?)</instanceType>", item).group(1)
        if name not in SIZES:
            continue
        cpus, mebibytes = SIZES[name]
        fixed = re.sub(r"(<defaultVCpus>)\d+", rf"\g<1>{cpus}", item)
        fixed = re.sub(r"(<sizeInMiB>)\d+", rf"\g<1>{mebibytes}", fixed)
        fixed = re.sub(r"(<hypervisor>)xen", r"\g<1>nitro", fixed)
        if ARM.match(name):
            fixed = fixed.replace("<item>x86_64</item>", "<item>arm64</item>")
        text = text.replace(item, fixed)
    return status, headers, text.encode()


def instance_xml(instance):
    """ministack's instance with the CPU options that AWS tells of each: cores, and the threads of one."""
    name = instance["InstanceType"]
    cpus = SIZES.get(name, (2, 0))[0]
    threads = 1 if cpus == 1 or ARM.match(name) else 2
    options = f"<cpuOptions><coreCount>{cpus // threads}</coreCount><threadsPerCore>{threads}</threadsPerCore></cpuOptions>"
    head, _, tail = ministack_instance_xml(instance).rpartition("</item>")
    return f"{head}{options}</item>{tail}"


def create_tags(params):
    """AWS tags nothing that is not there."""
    kinds = {
        "subnet": (ec2._subnets, "InvalidSubnetID.NotFound", "The subnet ID"),
        "sg": (ec2._security_groups, "InvalidGroup.NotFound", "The security group"),
        "vpc": (ec2._vpcs, "InvalidVpcID.NotFound", "The vpc ID"),
    }
    for resource in ec2._parse_member_list(params, "ResourceId"):
        store, code, name = kinds.get(resource.partition("-")[0], ({resource}, "", ""))
        if resource not in store:
            return ec2._error(code, f"{name} '{resource}' does not exist", 400)
    return ministack_create_tags(params)


ministack_create_tags = ec2._ACTION_MAP["CreateTags"]
ministack_describe_types = ec2._describe_instance_types
ministack_instance_xml = ec2._instance_xml


def install():
    ec2._ACTION_MAP["CreateTags"] = create_tags
    ec2._ACTION_MAP["DescribeInstanceTypeOfferings"] = describe_offerings
    ec2._ACTION_MAP["DescribeInstanceTypes"] = describe_types
    ec2._instance_xml = instance_xml
