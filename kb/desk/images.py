"""Pictures beside articles: editors add them, and whoever may read an article sees those that it mentions."""

from __future__ import annotations

from kb import shapes
from kb.content.image_files import read_image, store_image
from kb.model import Caller, Right
from kb.rules.access import require_for
from kb.system import System
from kb.text.pictures import FOLDER, address, mentioned


class ImageDesk:
    """Pictures lie in folders (product/scenario); every article of a folder may mention each."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def add_for(self, article_id: str, data: bytes) -> shapes.UploadedImage:
        """Store an uploaded picture beside an article, or where its draft is to be. Raises ArticleNotFound,
        ImageRefused.
        """
        state = self._system.editing.editor.open(self._caller, article_id)
        return self._store(state.folder, data)

    def add(self, folder: str, data: bytes) -> shapes.UploadedImage:
        """The same for an article that is still to be written in ``folder``, whose department has to be one's own."""
        library = self._system.snapshots.current().library
        places = (library.scenarios.get(folder), library.products.get(folder.partition("/")[0]))
        require_for(self._caller, Right.EDIT, next((place.owner for place in places if place and place.owner), None))
        return self._store(folder, data)

    def read(self, folder: str, name: str) -> bytes | None:
        """The bytes of a picture; None when there is none, or none for this caller."""
        if not (self._caller.sees_internal or self._is_public(folder, name)):
            return None
        return read_image(self._system.articles, folder, name)

    def _store(self, folder: str, data: bytes) -> shapes.UploadedImage:
        from kb.content.images import recode  # with Pillow, which a server needs for nothing else and loads in 20 ms

        picture = recode(data)
        store_image(self._system.articles, folder, picture)
        self._system.access.audit.record(self._caller, "image.add", f"{folder}/{picture.name}")
        target = f"{FOLDER}/{picture.name}"
        return {
            "markdown": f"![图片]({target})",
            "url": address(folder, target) or "",
            "width": picture.width,
            "height": picture.height,
            "bytes": len(picture.data),
        }

    def _is_public(self, folder: str, name: str) -> bool:
        """Whether an article of the folder that everybody may read mentions the picture."""
        public = self._system.public
        scenarios = (scenario for product in public.current().tree() for scenario in product.scenarios)
        ids = [r.article.id for scenario in scenarios if scenario.path == folder for r, _ in scenario.articles]
        return any(name in mentioned(record.article.body) for record in public.articles.get_many(ids).values())
