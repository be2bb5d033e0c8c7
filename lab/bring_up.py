"""Bringing clusters up: what works is left alone, what does not is cleaned up and started, all at once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lab import etcd, procfs
from lab.cluster import Cluster, check_names, cluster_of
from lab.errors import LabError
from lab.folder import DEFAULT, LabFolder
from lab.health import is_healthy
from lab.istiod import write_mesh_config
from lab.kubeconfig import write_kubeconfigs
from lab.ports import reserve
from lab.programs import istio_crds, programs
from lab.running import Lab
from lab.start import Report, Starter, silent, start
from lab.state import DEFAULT_TRUST_DOMAIN, ClusterState, read_state, write_state
from lab.stop import stop


def up(
    names: Sequence[str] = (),
    *,
    folder: Path | str = DEFAULT,
    istiod: bool = True,
    trust_domains: Mapping[str, str] | None = None,
    report: Report = silent,
) -> Lab:
    """Make these clusters run in the background, and return the lab with all its clusters.

    Clusters that the lab already has and that are not named stay as they are; without names, all that it
    has are brought up. A cluster that works is not touched. One that does not is ended completely and
    started again: with its data when that was written since the machine's last boot, else empty; on its
    ports when they are free, else on others. `trust_domains` is by cluster name, default `cluster.local`.

    Raises LabError for names, folders and choices that do not fit, and when a step fails; in that case what
    was started by this call has been ended again, and the logs stay for a look.
    """
    if sys.platform != "linux":
        raise LabError("the lab needs Linux: it finds its processes through /proc")
    check_names(list(names))
    asked = {
        name: ClusterState(
            name=name,
            istiod=istiod,
            trust_domain=(trust_domains or {}).get(name, DEFAULT_TRUST_DOMAIN),
        )
        for name in names
    }
    if unknown := sorted(set(trust_domains or {}) - set(asked)):
        raise LabError(f"a trust domain is given for {unknown[0]!r}, which is not one of the clusters named")

    lab = LabFolder.at(folder)
    _wanted(asked, read_state(lab))  # so that a mistake is told before anything is made
    lab.claim()
    with lab.locked():
        lab.claim()  # a `down` that we waited for may have emptied the folder
        known = read_state(lab)
        wanted = _wanted(asked, known)
        works = _works(lab, [known.get(name) for name in wanted])
        ill = [name for name, well in zip(wanted, works, strict=True) if not well]
        if ill:
            known = _start(lab, {**known, **wanted}, ill, report)
        return Lab(lab, [cluster_of(lab, state) for state in known.values() if state.base is not None])


def attach(folder: Path | str = DEFAULT) -> Lab:
    """The lab that `up` left running in this folder; LabError when there is none or it does not work."""
    lab = LabFolder.at(folder)
    lab.refuse_foreign()
    states = [state for state in read_state(lab).values() if state.base is not None]
    if not states or not all(_works(lab, states)):
        raise LabError(f"no lab runs in {lab.path}", advice="Start one with `python -m lab up`.")
    return Lab(lab, [cluster_of(lab, state) for state in states])


def _wanted(asked: Mapping[str, ClusterState], known: Mapping[str, ClusterState]) -> dict[str, ClusterState]:
    """The clusters to bring up, as they will be; choices made at a cluster's first start are for good."""
    if not asked and not known:
        raise LabError("no cluster is named", advice="For example: `python -m lab up kind2 kind3`.")
    for name, state in asked.items():
        had = known.get(name)
        if had is None:
            continue
        for choice, now, then in (
            ("istiod", state.istiod, had.istiod),
            ("trust domain", state.trust_domain, had.trust_domain),
        ):
            if now != then:
                raise LabError(
                    f"{name} was made with {choice} {_say(then)}, now {_say(now)} is asked for",
                    advice="Run `python -m lab down` first; it removes the clusters.",
                )
    return {name: known.get(name, state) for name, state in asked.items()} if asked else dict(known)


def _say(choice: str | bool) -> str:
    if isinstance(choice, bool):
        return "on" if choice else "off"
    return choice


def _works(lab: LabFolder, states: Sequence[ClusterState | None]) -> list[bool]:
    def works(state: ClusterState | None) -> bool:
        return state is not None and state.base is not None and is_healthy(cluster_of(lab, state))

    with ThreadPoolExecutor(max_workers=max(1, len(states))) as pool:
        return list(pool.map(works, states))


def _start(
    lab: LabFolder, states: dict[str, ClusterState], names: Sequence[str], report: Report
) -> dict[str, ClusterState]:
    """Start the clusters of these names anew; returns all states as they are then."""
    # Imported late: `up` of a lab that runs must not wait for the cryptography library to load.
    from lab.pki import make_cluster_pki, make_mesh_root

    with_istiod = any(states[name].istiod for name in names)
    starter = Starter(programs=programs(with_istiod=with_istiod), crds=istio_crds(), report=report)
    for name in names:
        stop(lab, name)
    others = [state.base for state in states.values() if state.base is not None and state.name not in names]
    with reserve([states[name].base for name in names], avoid=others, lab=lab.prefix) as reserved:
        here = procfs.boot()
        outdated = [name for name in names if states[name].boot != here]
        chosen = {
            name: replace(states[name], base=ports.base, boot=here) for name, ports in zip(names, reserved, strict=True)
        }
        states = {**states, **chosen}
        write_state(lab, states.values())
        clusters = {name: cluster_of(lab, state) for name, state in states.items() if state.base is not None}
        make_mesh_root(lab)
        for name in names:
            cluster = clusters[name]
            cluster.folder.mkdir(mode=0o700, exist_ok=True)
            if name in outdated:
                with suppress(FileNotFoundError):
                    shutil.rmtree(etcd.data(cluster))
            make_cluster_pki(cluster)
        write_kubeconfigs(lab, list(clusters.values()))
        for cluster in clusters.values():
            if cluster.istiod:  # those that run as well: they are to trust the new ones
                write_mesh_config(cluster, [other.trust_domain for other in clusters.values()])
        _start_all(lab, [clusters[name] for name in names], starter)
    return states


def _start_all(lab: LabFolder, clusters: Sequence[Cluster], starter: Starter) -> None:
    with ThreadPoolExecutor(max_workers=len(clusters)) as pool:
        starts = [pool.submit(start, cluster, starter) for cluster in clusters]
        try:
            for done in as_completed(starts):
                done.result()
        except BaseException as problem:
            starter.given_up.set()
            # Twice: the first time to end what the other starts wait for, then what they began meanwhile.
            for _ in range(2):
                for cluster in clusters:
                    stop(lab, cluster.name)
                wait(starts)
            if isinstance(problem, LabError) and not problem.advice:
                problem.advice = "The logs stay for a look; `python -m lab down` removes everything."
            raise
