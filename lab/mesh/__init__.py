"""The data plane of the lab: what a snapshot says becomes namespaces, pods, proxies, and real requests.

Importing this package loads nothing but the standard library: the test app and the caller run without the
environment's packages.
"""
