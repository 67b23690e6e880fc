"""How a run fetches what its plan wants."""

from __future__ import annotations

from functools import cache

from cibw.catalog import Catalog
from cibw.cli.sessions import Session
from cibw.config.options import Options
from cibw.model.downloads import Mirrors
from cibw.running.fetch import Fetching
from cibw.running.fetch_for_plan import fetcher_of
from cibw.running.opened import Fetcher


def plan_fetcher(session: Session, options: Options, catalog: Catalog) -> Fetcher:
    """Fetches into the cache by HTTP, from the mirrors of the configuration."""

    @cache
    def fetching() -> Fetching:
        from cibw.running.fetch_http import HttpTransport, trusted

        return Fetching(
            transport=HttpTransport(context=trusted(session.environment)),
            cache=session.cache_dir,
            mirrors=Mirrors(chosen=options.mirrors, pseudo=catalog.pseudo_addresses()),
        )

    return fetcher_of(fetching)
