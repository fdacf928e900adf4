"""Clients that are not ours, in headless Chromium: what they say of an avatar and what it looks like there. Tests and
the gallery use it; nothing that is installed does."""
