"""Expressions and templates into values."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from rustchain.logic.expressions.lookup import Missing, look_up
from rustchain.logic.expressions.split import bare
from rustchain.logic.expressions.values import check_size, room, text_of
from rustchain.model.expression import Expression, Template

if TYPE_CHECKING:
    from rustchain.logic.expressions.evaluation import Evaluation
    from rustchain.logic.expressions.program import Run


class _Machinery(NamedTuple):
    evaluation: "type[Evaluation]"
    program: "Callable[[str], Run]"


def evaluate(expression: Expression, names: Mapping[str, Any]) -> Any:
    """
    The value of an expression over plain JSON values; it may share parts with them, and changes none.

    Raises EvaluationFailed where something is missing, of the wrong kind, too large or too costly.
    """
    if expression.plain:
        return look_up(names, expression.references[0])
    value = _machinery().evaluation(names).run(_machinery().program(expression.source))
    if isinstance(value, str | list | dict):
        check_size(value)
    return value


def render(
    template: Template, names: Mapping[str, Any], *, keep: bool = False, warnings: list[str] | None = None
) -> Any:
    """
    The value of a template: of exactly one expression as it is, otherwise a text; never evaluated again.

    With `keep` an expression that names something missing stays as it is written, with a line in `warnings`.
    Raises EvaluationFailed.
    """
    values = [p if isinstance(p, str) else _value(p, names, keep, warnings) for p in template.parts]
    if template.whole:
        return values[0]
    texts = [text_of(value) for value in values]
    room(sum(map(len, texts)))
    return "".join(texts)


def _value(expression: Expression, names: Mapping[str, Any], keep: bool, warnings: list[str] | None) -> Any:
    try:
        return evaluate(expression, names)
    except Missing as e:
        if not keep:
            raise
        if warnings is not None:
            warnings.append(e.message)
        return f"{{{{ {expression.source} }}}}"


def compile_predicate(text: str) -> Callable[[Mapping[str, Any]], Any]:
    """
    What evaluates one expression over many small objects, quickly; for one thread at a time.

    Raises InvalidExpression; what it gives raises EvaluationFailed.
    """
    program = _machinery().program(bare(text).expressions[0].source)
    evaluation = _machinery().evaluation({})

    def predicate(names: Mapping[str, Any]) -> Any:
        evaluation.renew(names)
        return evaluation.run(program)

    return predicate


@cache
def _machinery() -> "_Machinery":
    # Loaded here because most missions have only plain references, which need none of it.
    from rustchain.logic.expressions.evaluation import Evaluation
    from rustchain.logic.expressions.program import program

    return _Machinery(Evaluation, program)
