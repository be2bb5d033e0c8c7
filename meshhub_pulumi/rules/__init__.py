"""Review rules: one file each, and these sorted lists.

A rule asks the view and the manifests; a manifest rule the manifests alone, so that the policy pack runs it too.
"""

from __future__ import annotations

from meshhub_pulumi.model.plugin import ManifestRule, Rule
from meshhub_pulumi.rules import (
    beside_gateways,
    empty_access,
    existing_access,
    existing_objects,
    existing_peers,
    existing_sidecars,
    failover_access,
    failover_routes,
    gateway_addresses,
    gateway_api_order,
    gateway_api_values,
    hidden_routes,
    host_twice,
    long_names,
    plain_servers,
    port_protocol,
    regular_expressions,
    release,
    retry_time,
    same_pods,
    service_names,
    shares,
    smh_output,
    strict_callers,
    target_port,
    tcp_address,
    undefined_subset,
    unjudged_backings,
    unresolved_hosts,
    unseen_fault,
    virtual_ip,
)

RULES: tuple[Rule, ...] = (
    beside_gateways.RULE,
    existing_access.RULE,
    existing_objects.RULE,
    existing_peers.RULE,
    existing_sidecars.RULE,
    failover_access.RULE,
    failover_routes.RULE,
    gateway_addresses.RULE,
    gateway_api_order.RULE,
    gateway_api_values.RULE,
    port_protocol.RULE,
    release.RULE,
    same_pods.RULE,
    service_names.RULE,
    smh_output.RULE,
    target_port.RULE,
    tcp_address.RULE,
    unjudged_backings.RULE,
    unresolved_hosts.RULE,
    virtual_ip.RULE,
)

MANIFEST_RULES: tuple[ManifestRule, ...] = (
    empty_access.RULE,
    hidden_routes.RULE,
    host_twice.RULE,
    long_names.RULE,
    plain_servers.RULE,
    regular_expressions.RULE,
    retry_time.RULE,
    shares.RULE,
    strict_callers.RULE,
    undefined_subset.RULE,
    unseen_fault.RULE,
)
