"""Settings, urls, base templates, assets, navigation and the desk."""
