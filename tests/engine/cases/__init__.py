"""The behaviours of ``engine-cases.md``, each as a test named after its rule."""
