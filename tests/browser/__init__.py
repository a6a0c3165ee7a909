"""The notebooks with widgets, in a real JupyterLab and a real browser: `make browser-test`."""
