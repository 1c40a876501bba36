"""The seven stages in their order; each may import rooms up to content and never another stage."""

from webapp.pipeline.stage import Stage
from webapp.pipeline.stages.approval import Approval
from webapp.pipeline.stages.articles import Articles
from webapp.pipeline.stages.clusters import Clusters
from webapp.pipeline.stages.ideas import Ideas
from webapp.pipeline.stages.images import Images
from webapp.pipeline.stages.prompts import Prompts
from webapp.pipeline.stages.tasks import Tasks

STAGES: tuple[Stage, ...] = (Clusters(), Ideas(), Tasks(), Articles(), Prompts(), Images(), Approval())
