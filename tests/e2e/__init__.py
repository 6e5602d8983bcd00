"""The whole program on a virtual screen: real window, store, engine and SDK; only the model's server is a fake."""
