# SPDX-License-Identifier: MIT
"""Checks recorded requests against what the platforms say of themselves."""
