"""Keywords, clusters, ideas, tasks, articles and images of a site; may import rooms up to credits."""
