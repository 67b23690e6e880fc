"""How a run fetches what its plan wants."""

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
    """Fetches into the cache by HTTP, from the mirrors of the configuration; offline it takes what is there."""

    @cache
    def fetching() -> Fetching:
        return fetching_of(session, options, catalog)

    return fetcher_of(fetching)


def fetching_of(session: Session, options: Options, catalog: Catalog) -> Fetching:
    """How a run fetches."""
    return Fetching(
        transport=NoTransport() if options.offline else _network(session),
        cache=session.cache_dir,
        mirrors=Mirrors(chosen=options.mirrors, pseudo=catalog.pseudo_addresses()),
    )


def _network(session: Session) -> Transport:
    from cibw.running.fetch_http import HttpTransport, trusted

    return HttpTransport(context=trusted(session.environment))


def environment_of(session: Session, options: Options) -> Mapping[str, str]:
    """The environment that programs of this computer start from; offline it keeps uv and pip from the network."""
    return {**session.environment, **OFFLINE_VARIABLES} if options.offline else session.environment


def demand_offline(
    plan: Plan, session: Session, fetching: Fetching, has_image: Callable[[ContainerSpec], bool]
) -> None:
    """DownloadError or ImageUnavailableError, which lists all that a plan needs and that is not here."""
    bindings = {Late.CACHE: str(session.cache_dir)}
    images = dict.fromkeys(spec.image for spec in images_of(plan) if not has_image(spec))
    demand_here(downloads_of(plan, bindings), fetching, tuple(images))
