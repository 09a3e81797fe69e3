"""What a user says of a photo's colours: points, strokes, parts to leave alone, a reference photo."""
