"""What the engine starts: to make the pack is to serve it, until the engine ends it."""

from pulumi_policy import PolicyPack

from meshhub_pulumi.policy_pack.policies import policies

PolicyPack("meshhub", policies())
