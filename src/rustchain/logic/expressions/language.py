"""The words of the expression language; the reference page is generated from these tables."""

KEYWORDS = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"}
)
"""Words that name no value of the mission."""

FUNCTIONS = {
    "range": "A list of whole numbers: `range(stop)`, `range(start, stop, step)`.",
    "dict": "An object from named values: `dict(a=1)`.",
}

FILTERS = {
    "abs": "The number without its sign.",
    "attr": "The field of that name.",
    "b64decode": "The text that a Base64 text stands for.",
    "b64encode": "The text in Base64.",
    "batch": "Lists of so many items each.",
    "bool": "Whether the value counts as true.",
    "capitalize": "The text with a capital first letter, the others small.",
    "chain": "Several lists or objects as one.",
    "count": "The same as `length`.",
    "d": "The same as `default`.",
    "date": "A day or moment from an RFC 3339 text, by `format`, so many `days` later.",
    "default": "Another value where this one is undefined; with `true` also where it counts as false.",
    "dictsort": "The object's pairs, sorted.",
    "first": "The first item.",
    "flatten": "The items of the lists in a list, as one list.",
    "float": "The value as a number.",
    "format": "The text with `%s` and the like filled in.",
    "fromjson": "The value that a JSON text stands for.",
    "groupby": "The items grouped by a field.",
    "indent": "The text with its lines moved to the right.",
    "int": "The value as a whole number.",
    "items": "The object's pairs of name and value.",
    "join": "The items as one text, with a text between them.",
    "last": "The last item.",
    "length": "How many items, fields or characters there are.",
    "lines": "The text's lines.",
    "list": "The items as a list; of a text, its characters.",
    "lower": "The text in small letters.",
    "map": "Each item through a filter, or its field: `map(attribute='name')`.",
    "max": "The largest item.",
    "min": "The smallest item.",
    "pprint": "The value as a text that is easy to read.",
    "regex_replace": "The text with every match of a pattern replaced; `\\1` is a group.",
    "reject": "The items that a test does not hold for.",
    "rejectattr": "The items for whose field a test does not hold.",
    "replace": "The text with one part replaced wherever it is.",
    "reverse": "The items or characters from the last to the first.",
    "round": "The number rounded to so many places.",
    "select": "The items that a test holds for.",
    "selectattr": "The items for whose field a test holds.",
    "sha256": "The SHA-256 digest of the text, in hexadecimal.",
    "shell_quote": "The text as one word of a POSIX shell.",
    "slice": "The items dealt out to so many lists.",
    "sort": "The items in order.",
    "split": "The parts of the text between a text.",
    "string": "The value as a text.",
    "sum": "The items added up.",
    "title": "The text with every word capitalised.",
    "tojson": "The value as JSON text.",
    "trim": "The text without spaces at its ends.",
    "unique": "Each item once.",
    "upper": "The text in capital letters.",
    "urlencode": "The text, or an object's pairs, as part of a URL.",
    "zip": "Lists side by side, as a list of pairs.",
}
"""Filters by name, with what each gives."""

TESTS = frozenset(
    "boolean defined divisibleby endingwith eq equalto even false float ge greaterthan gt in int integer iterable le "
    "lessthan lower lt mapping ne none number odd sequence startingwith string true undefined upper".split()
)
"""Words that may follow `is`."""
