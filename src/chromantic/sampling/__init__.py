"""Drawing colorizations: coherently, and from the generator, exactly."""
