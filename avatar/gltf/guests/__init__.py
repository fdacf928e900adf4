"""Native codecs, each in a child process: a Node sidecar hosts those of WebAssembly and JavaScript.

A guest ``name`` is two files: ``name.mjs``, which the sidecar loads when the first call asks for it, and ``name.py``,
which checks what goes in (native code trusts its input) and what comes out (we do not trust native code).
"""
