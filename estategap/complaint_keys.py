"""Which complaints count, and how are their themes known? The keys of [complaints] beside its file."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gis.errors import say
from layers.complaint_themes import complaint_themes
from layers.complaints import ComplaintPeriod, ComplaintWords


def _words(value: Any) -> Any:
    """Refuse a theme there is not, and what is no list of words."""
    themes = tuple(complaint_themes())
    if isinstance(value, dict) and (strange := sorted(set(value) - set(themes))):
        raise ValueError(say("there is no theme {name}; the themes are {names}", name=strange[0], names=themes))
    return value


class ComplaintKeys(BaseModel):
    """``from`` and ``to``: the days that count, both included. ``themes``: only those whose theme holds such a word.

    ``words``: what else a theme of ``layers/complaint_themes.toml`` is called. ``content``: a column of free text that
    is looked at where the theme does not say.
    """

    model_config = ConfigDict(populate_by_name=True)

    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="to")] = None
    themes: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    words: Annotated[Mapping[str, Sequence[Annotated[str, Field(min_length=1)]]], BeforeValidator(_words)] = {}
    content: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.last < self.first:
            raise ValueError(say("the period ends before it begins"))
        return self

    def period(self, data_date: date) -> ComplaintPeriod:
        """The days that count."""
        return ComplaintPeriod(self.first, self.last, data_date)

    @property
    def about(self) -> ComplaintWords:
        """How themes are known."""
        return ComplaintWords(self.words, self.themes, self.content)
