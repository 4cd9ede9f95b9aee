"""Files that are missing, written again from the SQL that the ledger's rows hold."""

from __future__ import annotations

import re
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
    from landed.engines.postgres.ledger import fileless_name

    if judgement.standing is not Standing.NO_FILE:
        return "it has a file"
    if judgement.renamed:
        return f"its file is there, under the name {judgement.renamed}"
    row = next((row for row in exam.state.stored if fileless_name(row) == judgement.name), None)
    if row is None or not row.statements:
        return "the ledger does not hold its SQL"
    # A name is whatever somebody recorded; a file's name must stay in its folder.
    title = re.sub(r"[^\w.-]+", "_", row.name or "").strip(".") or "fetched"
    file = f"{row.version}_{title}.sql"
    if not re.fullmatch(r"\d+", row.version):
        return f"{row.version!r} is no version that a file's name can have"
    text = as_file(row.statements)
    if text is None:
        return "its SQL cannot be put into one file again"
    return MissingFile(judgement.name, exam.workspace.directory / file, text, len(row.statements))


def as_file(statements: Sequence[str]) -> str | None:
    """The statements of a row as the text of a file that holds the same ones."""
    from landed.engines.postgres.sql.stored import same_content
    from landed.engines.postgres.sql.tokens import words

    parts = [f"{s};\n" if words(s, 1) else f"{s}\n" for s in statements]
    # A statement may end in a line comment, of which the ";" must not become a part.
    for text in ("".join(parts), "\n;\n".join(statements) + "\n"):
        if same_content(statements, text):
            return text
    return None


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
