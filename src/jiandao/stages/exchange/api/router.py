"""The router on which every file of this folder puts its routes."""

from ninja import Router

router = Router(tags=["exchange"])
