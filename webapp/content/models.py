"""From keyword to image: the rows that the stages make from one another."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.ai.functions.idea_generation import IdeaKind
from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.core.clock import now
from webapp.core.db import Numbered, db, enum_type
from webapp.sites.models import Site


class Intent(StrEnum):
    """Why somebody searches."""

    INFORMATIONAL = "informational"
    COMMERCIAL = "commercial"
    TRANSACTIONAL = "transactional"
    NAVIGATIONAL = "navigational"


class KeywordStatus(StrEnum):
    NEW = "new"
    CLUSTERED = "clustered"
    UNCLUSTERED = "unclustered"  # belongs to no cluster yet; its nearest is offered
    SKIPPED = "skipped"


class ClusterStatus(StrEnum):
    NEW = "new"
    EXPANDED = "expanded"  # its ideas were written
    ATTENTION = "attention"


class IdeaStatus(StrEnum):
    NEW = "new"
    PLANNED = "planned"
    DISMISSED = "dismissed"


class TaskStatus(StrEnum):
    PENDING = "pending"
    WRITTEN = "written"
    ATTENTION = "attention"


class ArticleStatus(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    REJECTED = "rejected"


class ImageStatus(StrEnum):
    PROMPTED = "prompted"
    GENERATED = "generated"
    ATTENTION = "attention"


class OfSite(Numbered):
    """A row that hangs from a site."""

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Keyword(OfSite, db.Model):
    """A search phrase as written. `normal` is its form for comparison; what is unknown of it is None.

    `parent`: the phrase under which the tool that it came from files it; `serp`: addresses of its result page.
    `confidence`: how sure its place in its cluster is, in percent; None where nobody measured it. `nearest_cluster_id`:
    the one that is offered to an unclustered keyword. `placed_by_hand`: a person decided, and no run moves it.
    """

    __tablename__ = "keyword"
    __table_args__ = (
        UniqueConstraint("site_id", "normal"),
        Index("ix_keyword_queue", "site_id", "status", "volume", "id"),
        Index("ix_keyword_cluster", "cluster_id"),
        Index("ix_keyword_nearest", "nearest_cluster_id"),
        CheckConstraint("volume >= 0", name="volume_not_negative"),
        CheckConstraint("difficulty BETWEEN 0 AND 100", name="difficulty_range"),
        CheckConstraint("confidence BETWEEN 0 AND 100", name="confidence_range"),
    )

    phrase: Mapped[str] = mapped_column(String(200))
    normal: Mapped[str] = mapped_column(String(200))
    volume: Mapped[int | None]
    difficulty: Mapped[int | None]
    cpc: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    intent: Mapped[Intent | None] = mapped_column(enum_type(Intent))
    country: Mapped[str] = mapped_column(String(2), default="")
    parent: Mapped[str | None] = mapped_column(String(200))
    serp: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    status: Mapped[KeywordStatus] = mapped_column(enum_type(KeywordStatus), default=KeywordStatus.NEW)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id", ondelete="SET NULL"))

    confidence: Mapped[int | None]
    nearest_cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id", ondelete="SET NULL"))
    placed_by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())

    cluster: Mapped["Cluster | None"] = relationship(back_populates="keywords", foreign_keys=[cluster_id])
    nearest: Mapped["Cluster | None"] = relationship(foreign_keys=[nearest_cluster_id])

    @hybrid_property
    def doubt(self) -> int | None:
        """What the confidence lacks of 100."""
        return None if self.confidence is None else 100 - self.confidence

    @doubt.inplace.expression
    @classmethod
    def _doubt(cls) -> ColumnElement[int | None]:
        return 100 - cls.confidence


class Cluster(OfSite, db.Model):
    """A topic made of keywords. `origin`: of which group; a batch that goes on with that finds its own cluster again.

    `reason`: why a model took keywords out of another group, or put several groups together.
    """

    __tablename__ = "cluster"
    __table_args__ = (
        UniqueConstraint("site_id", "origin"),
        Index("ix_cluster_queue", "site_id", "status", "volume", "id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    head: Mapped[str] = mapped_column(String(200))
    intent: Mapped[Intent | None] = mapped_column(enum_type(Intent))
    volume: Mapped[int] = mapped_column(BigInteger, default=0)
    status: Mapped[ClusterStatus] = mapped_column(enum_type(ClusterStatus), default=ClusterStatus.NEW)
    origin: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    attention: Mapped[str] = mapped_column(Text, default="")

    keywords: Mapped[list[Keyword]] = relationship(back_populates="cluster", foreign_keys=[Keyword.cluster_id])
    ideas: Mapped[list["Idea"]] = relationship(back_populates="cluster")


class Idea(OfSite, db.Model):
    """A proposed article."""

    __tablename__ = "idea"
    __table_args__ = (
        UniqueConstraint("cluster_id", "title"),
        Index("ix_idea_queue", "site_id", "status", "id"),
    )

    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    angle: Mapped[str] = mapped_column(Text)
    outline: Mapped[list[str]] = mapped_column(JSON)
    kind: Mapped[IdeaKind] = mapped_column(enum_type(IdeaKind))
    target_keyword: Mapped[str] = mapped_column(String(200))
    intent: Mapped[Intent | None] = mapped_column(enum_type(Intent))
    status: Mapped[IdeaStatus] = mapped_column(enum_type(IdeaStatus), default=IdeaStatus.NEW)
    reason: Mapped[str | None] = mapped_column(Text)  # why it was dismissed by itself

    cluster: Mapped[Cluster] = relationship(back_populates="ideas")


TARGET_WORDS = {IdeaKind.PILLAR: 1200, IdeaKind.SUPPORTING: 800}  # of an article about such an idea


class Task(OfSite, db.Model):
    """An article to write: the brief and how many words."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("idea_id"),
        Index("ix_task_queue", "site_id", "status", "id"),
        CheckConstraint("target_words > 0", name="some_words"),
    )

    idea_id: Mapped[int] = mapped_column(ForeignKey("idea.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    brief: Mapped[str] = mapped_column(Text)
    target_words: Mapped[int]
    status: Mapped[TaskStatus] = mapped_column(enum_type(TaskStatus), default=TaskStatus.PENDING)
    attention: Mapped[str] = mapped_column(Text, default="")

    idea: Mapped[Idea] = relationship()


class Article(OfSite, db.Model):
    """The text. `prompts_at` says when its image prompts were written, None while they are still to be."""

    __tablename__ = "content"
    __table_args__ = (
        UniqueConstraint("task_id"),
        UniqueConstraint("site_id", "slug"),
        Index("ix_content_queue", "site_id", "status", "id"),
        Index("ix_content_prompts", "site_id", "status", "prompts_at", "id"),
    )

    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(120))
    meta_title: Mapped[str] = mapped_column(String(60))
    meta_description: Mapped[str] = mapped_column(String(155))
    excerpt: Mapped[str] = mapped_column(Text)
    focus_keyword: Mapped[str] = mapped_column(String(200))
    body_html: Mapped[str] = mapped_column(Text)
    words: Mapped[int]
    written_by: Mapped[str] = mapped_column(String(40))  # the provider
    is_draft_quality: Mapped[bool] = mapped_column(default=False)  # its provider does not write for publication
    status: Mapped[ArticleStatus] = mapped_column(enum_type(ArticleStatus), default=ArticleStatus.DRAFT)
    prompts_at: Mapped[datetime | None]
    attention: Mapped[str] = mapped_column(Text, default="")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(String(120), default="")

    site: Mapped[Site] = relationship()
    task: Mapped[Task | None] = relationship()
    images: Mapped[list["Image"]] = relationship(back_populates="article", order_by="Image.position")


class Image(OfSite, db.Model):
    """A picture of an article: first a prompt and alt text, then also two Pictures.

    `file` is the name of the one that everybody can show, `webp` that of the smaller one; None if there is none.
    """

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("article_id", "position"),
        Index("ix_image_queue", "site_id", "status", "id"),
        Index("ix_image_file", "file"),
        Index("ix_image_webp", "webp"),
        CheckConstraint("(status = 'generated') = (file IS NOT NULL)", name="generated_has_file"),
    )

    article_id: Mapped[int] = mapped_column(ForeignKey("content.id", ondelete="CASCADE"))
    position: Mapped[int]
    role: Mapped[ImageRole] = mapped_column(enum_type(ImageRole))
    prompt: Mapped[str] = mapped_column(Text)
    alt_text: Mapped[str] = mapped_column(String(300))
    place: Mapped[str | None] = mapped_column(String(300))
    status: Mapped[ImageStatus] = mapped_column(enum_type(ImageStatus), default=ImageStatus.PROMPTED)
    file: Mapped[str | None] = mapped_column(String(120))
    media_type: Mapped[str | None] = mapped_column(String(40))  # of the file
    webp: Mapped[str | None] = mapped_column(String(120))
    attention: Mapped[str] = mapped_column(Text, default="")

    article: Mapped[Article] = relationship(back_populates="images")


class Picture(db.Model):
    """What a provider drew, named by its content. Ask content.media for it: nobody wants all these bytes unawares."""

    __tablename__ = "picture"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(40))
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ExistingPost(db.Model):
    """A post that is public on the site's WordPress, whoever wrote it: to be linked to, and not to be written again."""

    __tablename__ = "wordpress_existing"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    remote_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    link: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    modified: Mapped[datetime]
