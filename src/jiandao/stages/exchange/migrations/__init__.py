"""Migrations of the stage."""
