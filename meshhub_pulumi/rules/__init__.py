"""Review rules: one file each, and this sorted list."""

from __future__ import annotations

from meshhub_pulumi.model.plugin import Rule
from meshhub_pulumi.rules import (
    existing_objects,
    failover_access,
    failover_routes,
    gateway_addresses,
    hidden_routes,
    host_twice,
    long_names,
    port_protocol,
    retry_time,
    same_pods,
    smh_output,
    strict_callers,
    target_port,
    tcp_address,
    unseen_fault,
    virtual_ip,
)

RULES: tuple[Rule, ...] = (
    existing_objects.RULE,
    failover_access.RULE,
    failover_routes.RULE,
    gateway_addresses.RULE,
    hidden_routes.RULE,
    host_twice.RULE,
    long_names.RULE,
    port_protocol.RULE,
    retry_time.RULE,
    same_pods.RULE,
    smh_output.RULE,
    strict_callers.RULE,
    target_port.RULE,
    tcp_address.RULE,
    unseen_fault.RULE,
    virtual_ip.RULE,
)
