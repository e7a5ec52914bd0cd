"""Jiandao (尖刀) runs a key-technology breakthrough programme, from a problem to a product on the line."""

__version__ = "0.1.0.dev0"
