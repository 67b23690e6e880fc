"""Download the files of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from cibw.catalog import Catalog
from cibw.cli.sessions import Session
from cibw.config.options import Options
from cibw.model.downloads import Mirrors
from cibw.model.images import ContainerSpec
from cibw.model.plan import Plan
from cibw.model.template import Late
from cibw.running.fetch import Fetching
from cibw.running.fetch_api import Transport
from cibw.running.fetch_for_plan import fetcher_of
from cibw.running.fetch_offline import OFFLINE_VARIABLES, NoTransport, demand_here, downloads_of, images_of
from cibw.running.opened import Fetcher


def plan_fetcher(session: Session, options: Options, catalog: Catalog) -> Fetcher:
    """A fetcher that downloads into the cache, using configured mirrors; offline, it only uses the cache."""

    @cache
    def fetching() -> Fetching:
        return fetching_of(session, options, catalog)

    return fetcher_of(fetching)


def fetching_of(session: Session, options: Options, catalog: Catalog) -> Fetching:
    """The download settings of a run."""
    return Fetching(
        transport=NoTransport() if options.offline else _network(session),
        cache=session.cache_dir,
        mirrors=Mirrors(chosen=options.mirrors, pseudo=catalog.pseudo_addresses()),
    )


def _network(session: Session) -> Transport:
    from cibw.running.fetch_http import HttpTransport, trusted

    return HttpTransport(context=trusted(session.environment))


def environment_of(session: Session, options: Options) -> Mapping[str, str]:
    """The environment for programs on this computer; offline, it keeps uv and pip off the network."""
    return {**session.environment, **OFFLINE_VARIABLES} if options.offline else session.environment


def demand_offline(
    plan: Plan, session: Session, fetching: Fetching, has_image: Callable[[ContainerSpec], bool]
) -> None:
    """DownloadError or ImageUnavailableError with all files or images of a plan that are missing locally."""
    bindings = {Late.CACHE: str(session.cache_dir)}
    images = dict.fromkeys(spec.image for spec in images_of(plan) if not has_image(spec))
    demand_here(downloads_of(plan, bindings), fetching, tuple(images))
