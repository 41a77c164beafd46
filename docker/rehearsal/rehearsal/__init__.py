"""What the rehearsal account adds to ministack: missing answers, AWS's own errors, a seed, DNS."""

ACCOUNT = "000000000000"
OTHER_ACCOUNT = "111122223333"
REGION = "us-east-2"
OTHER_REGION = "us-west-2"
ROOT_DOMAIN = "rehearsal.test."
UNDELEGATED = "undelegated.test."  # the internet asks somebody else's name servers for it
UNREGISTERED = "unregistered.test."  # the internet does not know it

# Seeded things are as old as this on every machine, so recorded output never changes.
SEEDED_AT = 1767225600  # 2026-01-01T00:00:00Z
FAR_FUTURE = 4102444799  # 2099-12-31T23:59:59Z: nothing in a test expires on its own
