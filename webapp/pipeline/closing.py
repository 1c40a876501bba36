"""The end of a site: what goes with it, and letting it go."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from webapp.accounts.models import AccountEvent
from webapp.content.media import drop_copies
from webapp.content.models import Article, Cluster, Idea, Image, Keyword, OfSite, Task
from webapp.core.db import change, db
from webapp.core.errors import Conflict
from webapp.core.settings import settings
from webapp.pipeline import calls, control, pictures, run_log
from webapp.pipeline.models import Run
from webapp.publishing.models import Publication, PublicationStatus
from webapp.publishing.schedule import lock
from webapp.sites.models import Site


@dataclass(frozen=True)
class Belongings:
    """How many rows of each kind a site has."""

    keywords: int
    clusters: int
    ideas: int
    tasks: int
    articles: int
    images: int
    runs: int
    queued: int
    published: int

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """What there is of each kind, in words: ("3 keywords", 3)."""
        for name, (one, many) in NAMES.items():
            count = getattr(self, name)
            if count:
                yield f"{count:,} {one if count == 1 else many}", count

    def __str__(self) -> str:
        return ", ".join(words for words, _ in self) or "nothing"


NAMES = {
    "keywords": ("keyword", "keywords"),
    "clusters": ("cluster", "clusters"),
    "ideas": ("idea", "ideas"),
    "tasks": ("task", "tasks"),
    "articles": ("article", "articles"),
    "images": ("image", "images"),
    "runs": ("run with its log", "runs with their logs"),
    "queued": ("place in the publishing queue", "places in the publishing queue"),
    "published": ("published page", "published pages"),
}


def belongings(site: Site) -> Belongings:
    """Counts all that goes when the site goes."""
    kinds: dict[str, type[OfSite] | type[Run]] = {
        "keywords": Keyword,
        "clusters": Cluster,
        "ideas": Idea,
        "tasks": Task,
        "articles": Article,
        "images": Image,
        "runs": Run,
    }
    counts = {
        name: db.session.scalar(select(func.count()).select_from(kind).where(kind.site_id == site.id)) or 0
        for name, kind in kinds.items()
    }
    by_status = dict(
        db.session.execute(
            select(Publication.status, func.count()).where(Publication.site_id == site.id).group_by(Publication.status)
        ).all()
    )
    published = by_status.pop(PublicationStatus.PUBLISHED, 0)
    return Belongings(**counts, queued=sum(by_status.values()), published=published)


def delete_site(site: Site, *, by: str, run_seen: int | None = None) -> Belongings:
    """Deletes the site and all that hangs from it, records that it did, and commits.

    An active run is in the way unless its number is `run_seen`: then it is cancelled first. What the ledger says of
    the site's costs stays. Raises Conflict and changes nothing while a run or a publication is at work.
    """
    _free(site, by, run_seen)
    calls.give_back_all(site.id, "its site was deleted")
    gone = belongings(site)
    logs = [run_log.path_of(run_id) for run_id in db.session.scalars(select(Run.id).where(Run.site_id == site.id))]
    text = f"Deleted the site {site.name} ({site.slug}) with {gone}."
    db.session.add(AccountEvent(account_id=site.account_id, by=by, text=text))
    folder = settings().published / site.slug
    unwanted = pictures.let_go_of(site.id)
    change(delete(Site).where(Site.id == site.id))
    db.session.commit()
    db.session.expunge_all()
    if folder.is_dir():
        shutil.rmtree(folder)
    for path in logs:
        path.unlink(missing_ok=True)
    drop_copies(unwanted)
    return gone


def _free(site: Site, by: str, run_seen: int | None) -> None:
    lock(site.id)  # so that nothing is claimed between this look and the end
    publishing = select(Publication.id).where(
        Publication.site_id == site.id, Publication.status == PublicationStatus.PUBLISHING
    )
    if db.session.scalar(publishing.limit(1)) is not None:
        raise Conflict("An article of this site is being published right now.", "Try again in a minute.")
    run = control.active_run(site.id)
    if run is None:
        return
    if run.id != run_seen:
        raise control.RunInTheWay(run)
    control.cancel(run, by)
