"""Files that are missing, written again from the SQL that the ledger's rows hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from landed.core.errors import CannotKnow, Code, NotProven
from landed.core.next import STATUS
from landed.core.standing import Judgement, Standing
from landed.ops.examine import Examination


class MissingFile(NamedTuple):
    """A file to write: for which row, where, and with what."""

    name: str
    path: Path
    text: str
    statements: int


def missing_file(exam: Examination, judgement: Judgement) -> MissingFile | str:
    """The file for a row without one, or why it cannot be written."""
    if judgement.standing is not Standing.NO_FILE:
        return "it has a file"
    if judgement.renamed:
        return f"its file is there, under the name {judgement.renamed}"
    found = exam.workspace.engine.lost_file(exam.state, judgement.name)
    if isinstance(found, str):
        return found
    return MissingFile(judgement.name, exam.workspace.directory / found.name, found.text, found.statements)


def write_files(files: Sequence[MissingFile]) -> None:
    """Write them; none that is there is overwritten. Raises NotProven, CannotKnow."""
    for file in files:
        try:
            with file.path.open("x", encoding="utf-8", newline="") as out:
                out.write(file.text)
        except FileExistsError:
            raise NotProven(
                f"{file.path} is there already and was left as it is.", code=Code.EXISTS, next=STATUS
            ) from None
        except OSError as error:
            raise CannotKnow(f"{file.path} cannot be written: {error.strerror}", next=STATUS) from None
