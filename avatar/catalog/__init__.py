"""Every query on MongoDB. Beanie documents stay inside; frozen models come out."""
