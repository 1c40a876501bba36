"""Which pictures are wanted: those of images, and those of answers that were paid for."""

from dataclasses import dataclass

from sqlalchemy import Select, delete, select, union

from webapp.content.media import BrokenCopy, path_of, take_in
from webapp.content.models import Image, Picture
from webapp.core.db import change, db
from webapp.core.errors import NotFound
from webapp.pipeline.models import AiCall


@dataclass(frozen=True)
class Gathered:
    """`taken`: how many are in the database now. `refused`: a line for each that cannot be taken in, with its name."""

    taken: int
    refused: list[str]


def gather() -> Gathered:
    """Takes in what an older version kept as files of this machine. Commits each; one that cannot be read stays out."""
    wanted = union(*_of_images(), _of_answers()).subquery()
    absent = select(wanted.c[0]).where(wanted.c[0].not_in(select(Picture.name)))
    names = db.session.scalars(absent).all()
    db.session.commit()
    taken, refused = 0, []
    for name in names:
        try:
            taken += take_in(name)
        except NotFound:
            refused.append(f"{name}: no name of a picture")
        except BrokenCopy:
            refused.append(f"{path_of(name)}: the file is broken")
        except OSError as error:
            refused.append(f"{path_of(name)}: {error.strerror}")
        db.session.commit()
    return Gathered(taken, refused)


def let_go_of(site_id: int) -> list[str]:
    """Removes the pictures that only this site has, in the caller's transaction. Answers their names.

    They are locked before anybody looks for others that want them: who has just kept the same picture has committed
    by then, and who comes later adds it again.
    """
    of_site = union(
        *(files.where(Image.site_id == site_id) for files in _of_images()),
        _of_answers().where(AiCall.site_id == site_id),
    ).subquery()
    of_others = union(
        *(files.where(Image.site_id != site_id) for files in _of_images()),
        _of_answers().where(AiCall.site_id != site_id),
    )
    mine = Picture.name.in_(select(of_site.c[0]))
    db.session.execute(select(Picture.name).where(mine).order_by(Picture.name).with_for_update()).all()
    names = db.session.scalars(select(Picture.name).where(mine, Picture.name.not_in(of_others))).all()
    change(delete(Picture).where(mine, Picture.name.not_in(of_others)))
    return list(names)


def _of_images() -> tuple[Select[str | None], Select[str | None]]:
    """Each has its file, and most have a smaller one beside it."""
    return select(Image.file).where(Image.file.is_not(None)), select(Image.webp).where(Image.webp.is_not(None))


def _of_answers() -> Select[str | None]:
    return select(AiCall.media_file).where(AiCall.media_file.is_not(None))
