"""The seven stages in their order; each may import rooms up to content and never another stage."""

from webapp.pipeline.stage import PaidStage, Stage
from webapp.pipeline.stages.approval import Approval
from webapp.pipeline.stages.articles import Articles
from webapp.pipeline.stages.clusters import Clusters
from webapp.pipeline.stages.ideas import Ideas
from webapp.pipeline.stages.images import Images
from webapp.pipeline.stages.prompts import Prompts
from webapp.pipeline.stages.tasks import Tasks

STAGES: tuple[Stage, ...] = (Clusters(), Ideas(), Tasks(), Articles(), Prompts(), Images(), Approval())
PAID: tuple[PaidStage, ...] = tuple(stage for stage in STAGES if isinstance(stage, PaidStage))
OPERATIONS = {stage.key: stage.operation for stage in PAID}
