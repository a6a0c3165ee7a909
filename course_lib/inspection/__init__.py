"""Look inside a trained network: feature maps, what drives a unit, attribution maps, adversarial examples."""
