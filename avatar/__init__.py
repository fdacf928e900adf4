"""The domain and its adapters: profiles, characters, humans, models, storage.

No Temporal, no FastAPI, no environment variables.
"""
