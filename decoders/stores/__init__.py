"""Executed field stores by name, whoever recorded them: breakpoints or the TCG plugin."""

from decoders.stores.filters import Filters
from decoders.stores.places import Place, Places
from decoders.stores.sites import Site, SiteTable, Sources, make_site
from decoders.stores.store import FieldStore

__all__ = ["FieldStore", "Filters", "Place", "Places", "Site", "SiteTable", "Sources", "make_site"]
