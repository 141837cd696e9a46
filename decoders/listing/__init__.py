"""Listings: a method's IL, and its machine code with IL and source lines between."""

from decoders.listing.il import ILLine, ILListing, il_listing
from decoders.listing.native import NativeLine, NativeListing, native_listing, place_listing

__all__ = ["ILLine", "ILListing", "NativeLine", "NativeListing", "il_listing", "native_listing",
           "place_listing"]
