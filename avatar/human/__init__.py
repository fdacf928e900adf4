"""The parametric human: a character in, a rigged and clothed GLB out. numpy at run time, no network, no GPU."""
