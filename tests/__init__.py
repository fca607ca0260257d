"""Tests: ``unit`` (one module each), ``conformance`` (one suite per port), ``e2e`` (real processes), ``bench``."""
