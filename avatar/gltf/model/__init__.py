"""What a GLB is: the document and its parts, where vertices are, who names whom by number. Reads no foreign file."""
