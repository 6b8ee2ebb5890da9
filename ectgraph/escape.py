"""Token text, made safe for the place it goes to: one function for each place.

Everything in a token is written by somebody else, perhaps by an attacker. No claim reaches a
terminal, a drawing, a page or a spreadsheet but through here.
"""

from __future__ import annotations

import html as _html
import re as _re

LONG = 400
"""Characters of one text after which a line for people is cut."""


def terminal(text: str, limit: int | None = None) -> str:
    r"""Make text printable: control characters, bidi marks and the like become visible escapes.

    So do the beginnings of what CI servers take for a command when it is in the output of a job.

    Args:
        text: anything.
        limit: longest result, in characters; the rest becomes an ellipsis.

    >>> terminal("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    >>> terminal("abcdef", limit=4)
    'abc…'
    >>> terminal("::error::x ##vso[x]")
    '\\x3a:error::x \\x23#vso[x]'

    """
    cut = limit is not None and len(text) > limit
    if cut:
        text = text[:limit]  # escapes only make it longer
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
    if "::" in text or "##" in text:
        text = _COMMAND.sub(lambda mark: f"\\x{ord(mark.group()[0]):x}{mark.group()[1:]}", text)
    if limit is not None and (cut or len(text) > limit):
        text = text[: limit - 1] + "…"
    return text


_COMMAND = _re.compile(r"(?<!\S)::(?=[A-Za-z])|##(?=\w*\[)")
"""GitHub's `::error::` at the beginning of a line, which may be indented, or where it is wrapped;
`##[error]` of GitHub and `##vso[…]` of Azure anywhere."""


def html(text: str, limit: int | None = None) -> str:
    """Make text safe within HTML and XML, also within attributes.

    >>> html('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return _html.escape(terminal(text, limit))


def dot(text: str, limit: int | None = None) -> str:
    r"""Make text literal within a DOT label; quoting is the graphviz package's.

    Graphviz expands backslash sequences (`\\N`, `\\G`) and HTML entities in every label.

    >>> dot("\\N &amp;")
    '\\\\N &amp;amp;'
    """
    return terminal(text, limit).replace("\\", "\\\\").replace("&", "&amp;")


def dot_html(text: str, limit: int | None = None) -> str:
    r"""Make text literal within an HTML-like DOT label, where backslash sequences expand as well.

    They do so after entities are resolved, so that a backslash has to be two there, too.

    >>> dot_html("\\G <b>")
    '&#92;&#92;G &lt;b&gt;'
    """
    return html(text, limit).replace("\\", "&#92;&#92;")


def dot_tooltip(text: str, limit: int | None = None) -> str:
    r"""Make text literal within a DOT tooltip, where backslash sequences expand twice.

    >>> dot_tooltip("\\N &amp;")
    '\\\\\\\\N &amp;amp;'
    """
    return dot(text, limit).replace("\\", "\\\\")


def json(text: str) -> str:
    r"""Make a JSON text printable, and leave it the same JSON: what is not becomes `\uXXXX`.

    A command of a CI server is taken apart in the same way, as in `terminal`.

    >>> json('["pr\u00fcfen\u202e"]')
    '["prüfen\\u202e"]'
    """
    return _UNUSUAL.sub(_as_escapes, text)


_UNUSUAL = _re.compile(r"[^\x20-\x7e\n]+|##(?=\w*\[)")


def _as_escapes(found: _re.Match[str]) -> str:
    """Characters that may be odd, the odd ones as JSON escapes: one for each UTF-16 unit."""
    text = found.group()
    if text == "##":
        return r"#\u0023"
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable()
        else "".join(
            f"\\u{unit:04x}"
            for unit in memoryview(char.encode("utf-16-le", "surrogatepass")).cast("H")
        )
        for char in text
    )


def script_json(text: str) -> str:
    r"""Make a JSON text safe within a script element of a page, and leave it the same JSON.

    No tag, comment or entity can begin in it, and no line ends where JavaScript sees an end.

    >>> script_json('["</script><!--&"]')
    '["\\u003c/script\\u003e\\u003c!--\\u0026"]'
    """
    return _PAGE.sub(lambda mark: f"\\u{ord(mark.group()):04x}", json(text))


_PAGE = _re.compile("[<>&\u2028\u2029]")


def csv(text: str) -> str:
    """Make text safe within a CSV cell; quoting is pandas'.

    A spreadsheet runs what begins like a formula, so such text gets an apostrophe in front, which
    spreadsheets take off again.

    >>> csv("=1+1"), csv("a=1")
    ("'=1+1", 'a=1')
    """
    safe = terminal(text)
    return (
        f"'{safe}"
        if safe.startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r"))
        else safe
    )


def xml(text: str, limit: int | None = None) -> str:
    r"""Make text legal in XML 1.0, which has no control characters; quoting is the library's.

    >>> xml("a\0<b>")
    'a\\x00<b>'
    """
    return terminal(text, limit)


def sarif(text: str, limit: int | None = None) -> str:
    r"""Make text literal within a SARIF message, which has placeholders and links (§3.11).

    >>> sarif("{0} [click](https://evil.example)")
    '{{0}} \\[click\\](https://evil.example)'
    """
    safe = terminal(text, limit).replace("{", "{{").replace("}", "}}")
    return _re.sub(r"[\\\[\]]", r"\\\g<0>", safe) if "](" in safe else safe


def github(text: str, limit: int | None = None, *, member: bool = False) -> str:
    """Make text literal within a workflow command of GitHub.

    Args:
        text: anything.
        limit: longest text, in characters, before it is escaped for the command.
        member: whether it goes before the last `::`, as the value of `file=` or `title=`.

    >>> github("100%: a,b"), github("100%: a,b", member=True)
    ('100%25: a,b', '100%25%3A a%2Cb')

    """
    safe = terminal(text, limit).replace("%", "%25")
    return safe.replace(":", "%3A").replace(",", "%2C") if member else safe


def markdown(text: str, limit: int | None = None) -> str:
    """Make text literal within a line of Markdown, also within a table.

    What people are called by, and what else GitHub and GitLab make links or pictures of, is taken
    apart with a space of no width: that is done after Markdown, to text that was escaped as well.

    >>> markdown("*a* | <b>")
    '&#42;a&#42; &#124; &#60;b&#62;'
    >>> markdown("@octocat")
    '&#64;&#8203;octocat'
    """
    return _REFERENCE.sub(r"\g<0>&#8203;", _entities(terminal(text, limit)))


def markdown_code(text: str, limit: int | None = None) -> str:
    """Make text a piece of code within Markdown, where it stays as it is, to be copied.

    A fence of backticks will not do: in tables its parsers differ about backslashes and pipes.

    >>> markdown_code("a|b")
    '<code>a&#124;b</code>'
    """
    return f"<code>{_entities(terminal(text, limit)).replace('&#64;', '&#64;&#8203;')}</code>"


_MARKS = _re.compile(r"[!#$%&*:<>@\[\\\]^_`{|}~]|\.(?=\S)|^[-+= ]|^\d(?=\d*[.)])")
"""What Markdown takes for its own: anywhere, within a word, or at the beginning of a line."""
_REFERENCE = _re.compile(r"&#(?:33|35|36|37|38|58|64|91|94|123|126);(?=\S)")
"""`! # $ % & : @ [ ^ { ~`, as entities: with these begin references to people, issues and more."""


def _entities(text: str) -> str:
    """Text with every mark that Markdown might take for its own as an entity."""
    return _MARKS.sub(lambda mark: f"&#{ord(mark.group())};", text)


def mermaid(text: str, limit: int | None = None) -> str:
    """Make text literal within a quoted label of Mermaid, where Markdown and HTML are read too.

    Mermaid has entities of its own: a number between `#` and `;`.

    >>> mermaid('say "x" <b>')
    'say #34;x#34; #60;b#62;'
    >>> mermaid("review_spec *now*")
    'review_spec #42;now#42;'
    >>> mermaid("one direction TB")
    'one direction#32;TB'
    """
    apart = _SPELLS.sub("\\g<0>\u200b", terminal(text, limit))
    return _MERMAID.sub(lambda mark: f"#{ord(mark.group())};", apart)


_SPELLS = _re.compile(r"\$(?=\$)|\\(?=n)|:(?=fa-)|ﬂ(?=°)|¶(?=ß)")
"""What Mermaid reads once more after it resolved its entities: a formula, a line's end, an icon,
and what it writes itself for `&#` and `;`. They are taken apart with a space of no width."""
_MERMAID = _re.compile(
    r"""["#$%&*:;<>@\[\\\]`{|}~\u200b\U00010000-\U0010ffff]|(?<![^\W_])_|_(?![^\W_])"""
    r"|(?<=[Ww])\.|(?i:(?<=direction) )|^[-+= ]|^\d(?=\d*[.)])"
)
"""What Mermaid, or the Markdown in its labels, takes for its own: anywhere, beside a word, in
`www.`, or at the beginning of a line. With `direction LR` in it a whole line would be lost, even in
quotes, because its lexer takes the longest match. And characters that JavaScript counts as two, so
that a text is as long for Mermaid as for us."""
