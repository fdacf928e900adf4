"""How the parts come together: settings, wiring, the embedded stack."""
