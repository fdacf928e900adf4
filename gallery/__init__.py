"""Contact sheets of the people that the parametric human makes: `make gallery`."""
