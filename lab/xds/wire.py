"""The messages of Envoy's discovery protocol (v3) that a client sends and gets, with the fields that matter here.

Made from the tables below when this is imported. Envoy's whole API in Python would be the other way: of the two
packages that keep up with it, one replaces files of packages that Pulumi's SDK needs, and the other brings a second
protobuf runtime. What is *in* a response istiod writes as JSON itself (lab.xds.ask).
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.struct_pb2 import Struct

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
CLUSTERS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
LISTENERS = "type.googleapis.com/envoy.config.listener.v3.Listener"
ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "meshhub.lab.xds"
_NODE, _STRUCT, _ANY = f".{_PACKAGE}.Node", f".{Struct.DESCRIPTOR.full_name}", f".{AnyMessage.DESCRIPTOR.full_name}"

# name, number, message type ("" is a string), repeated; the numbers are Envoy's, and only they are on the wire
_MESSAGES = {
    "Node": [("id", 1, "", False), ("cluster", 2, "", False), ("metadata", 3, _STRUCT, False)],
    "DiscoveryRequest": [
        ("version_info", 1, "", False),
        ("node", 2, _NODE, False),
        ("resource_names", 3, "", True),
        ("type_url", 4, "", False),
        ("response_nonce", 5, "", False),
    ],
    "DiscoveryResponse": [
        ("version_info", 1, "", False),
        ("resources", 2, _ANY, True),
        ("type_url", 4, "", False),
        ("nonce", 5, "", False),
    ],
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="meshhub/lab/xds.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[Struct.DESCRIPTOR.file.name, AnyMessage.DESCRIPTOR.file.name],
    )
    for message, fields in _MESSAGES.items():
        made = file.message_type.add(name=message)
        for name, number, type_name, repeated in fields:
            made.field.add(
                name=name,
                number=number,
                type=_Field.TYPE_MESSAGE if type_name else _Field.TYPE_STRING,
                type_name=type_name or None,
                label=_Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL,
            )
    return file


def _classes() -> list[Any]:
    # A pool of our own: the same file in the common one would be refused if this module were loaded twice.
    pool = descriptor_pool.DescriptorPool()
    for known in (Struct, AnyMessage):
        known_file = descriptor_pb2.FileDescriptorProto()
        known.DESCRIPTOR.file.CopyToProto(known_file)
        pool.Add(known_file)
    pool.Add(_file())
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES]


Node, DiscoveryRequest, DiscoveryResponse = _classes()
