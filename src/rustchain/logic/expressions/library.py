"""The template library, set up so that an expression can reach nothing but values."""

from minijinja import Environment, TemplateError

_PREFIX = "{{ "


def syntax_problem(source: str) -> tuple[str, int] | None:
    """What the library's parser says is wrong with an expression, and at which character."""
    wrapped = f"{_PREFIX}{source} }}}}"
    try:
        Environment().undeclared_variables_in_str(wrapped)
    except TemplateError as e:
        place = e.range[0] if e.range else 0
        before = len(wrapped.encode()[:place].decode(errors="ignore")) - len(_PREFIX)
        message = str(e.detail or e.message).replace("end of variable block", "end of the expression")
        return message, max(0, min(before, len(source)))
    return None
