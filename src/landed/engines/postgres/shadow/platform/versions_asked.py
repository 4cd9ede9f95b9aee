"""``CREATE EXTENSION … VERSION``: a version that a shadow's server lacks is made of the one that it has.

``supabase db diff`` writes the version of the platform that it was run on into the file; everything that the
file does with the extension would fail for want of it.
"""

from __future__ import annotations

from landed.engines.postgres.shadow.platform.collations_asked import with_icu_stood_in
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.tokens import literal
from landed.engines.postgres.sql.tree import copied, options, written

_TAG = "$landed_version$"


def as_this_server_can(head: Head, powers: Powers | None) -> tuple[bytes, ...]:
    """What to send for a statement, in order: itself, unless it asks for an extension's version, for ICU, or
    for something that landed does for it with its ``powers`` (on a server of its own).

    A version is tried first. Where the server has no script for it (22023), its default version is made
    and registered as the one asked for. What any other error says is as if the statement had been sent alone.
    """
    if head.begins("CREATE", "COLLATION"):
        return (with_icu_stood_in(head).encode(),)
    if not head.begins("CREATE", "EXTENSION") or _TAG in head.text:
        return powers.sent(head) if powers is not None else (head.text.encode(),)
    tree = head.tree
    version = options(tree.node.options).get("new_version") if tree is not None else None
    if tree is None or version is None:
        return (head.text.encode(),)
    rest = copied(tree)
    kept = [option for option in rest.node.options if option.def_elem.defname != "new_version"]
    del rest.node.options[:]
    rest.node.options.extend(kept)
    tried = f"""DO {_TAG}
BEGIN
{head.text}
;
EXCEPTION WHEN invalid_parameter_value THEN
  IF strpos(SQLERRM, 'has no installation script') = 0 THEN RAISE; END IF;
{written(rest)}
;
  PERFORM pg_catalog.set_config('landed.version', {literal(tree.node.extname)}, true);
END {_TAG}"""
    known = () if powers is None else (powers.act(version=[tree.node.extname, version.string.sval]),)
    return (tried.encode(), *known)
