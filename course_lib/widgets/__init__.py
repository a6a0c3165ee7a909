"""Pictures with sliders: each change calls a plain function that draws the state anew."""
